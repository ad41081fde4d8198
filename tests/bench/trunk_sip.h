// SPDX-License-Identifier: GPL-2.0-or-later
// SIP messages as trunk_load.c reads them.
#pragma once

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct message {
    const char *head; // ends with an empty line
    size_t head_len;
};

// The value of the first header of that name; its length, 0: none.
static inline size_t header(const struct message *message, const char *name, const char **value)
{
    const size_t len = strlen(name);
    const char *at = message->head, *end = message->head + message->head_len;
    while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
        at += 2;
        if ((size_t)(end - at) > len + 1 && strncasecmp(at, name, len) == 0 && at[len] == ':') {
            *value = at + len + 1;
            while (*value < end && **value == ' ')
                (*value)++;
            const char *stop = memmem(*value, (size_t)(end - *value), "\r\n", 2);
            return stop == NULL ? 0 : (size_t)(stop - *value);
        }
    }
    return 0;
}

static inline void header_copy(const struct message *message, const char *name, char *out,
                               size_t size)
{
    const char *value = "";
    size_t len = header(message, name, &value);
    if (len >= size)
        len = size - 1;
    memcpy(out, value, len);
    out[len] = '\0';
}

// All header lines of these names, as they are.
static inline size_t lines_copy(const struct message *message, char *out, size_t size)
{
    static const char *const names[] = {"via:", "record-route:", "from:", "call-id:", "cseq:"};
    size_t len = 0;
    const char *at = message->head, *end = message->head + message->head_len;
    while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
        at += 2;
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        for (size_t i = 0; stop != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
            const size_t line = (size_t)(stop - at) + 2;
            if (strncasecmp(at, names[i], strlen(names[i])) == 0 && len + line < size) {
                memcpy(out + len, at, line);
                len += line;
            }
        }
    }
    out[len] = '\0';
    return len;
}

// Length of the first message in bytes and its head; 0: it is not complete.
static inline size_t message_next(const char *bytes, size_t len, struct message *message)
{
    const char *empty = memmem(bytes, len, "\r\n\r\n", 4);
    if (empty == NULL)
        return 0;
    *message = (struct message){bytes, (size_t)(empty - bytes) + 4};
    char body[16];
    header_copy(message, "Content-Length", body, sizeof(body));
    const size_t whole = message->head_len + strtoul(body, NULL, 10);
    return whole <= len ? whole : 0;
}

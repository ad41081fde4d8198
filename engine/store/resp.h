// SPDX-License-Identifier: GPL-2.0-or-later
// Redis's wire format (RESP2) as bytes in and values out. All that is used of hiredis: its reader
// and its command formatter; sockets and deadlines are redis_conn's. resp.c alone includes hiredis.
#pragma once

#include <stdint.h>

#include "fg/err.h"
#include "fg/view.h"

#define RESP_ELEMENTS_MAX 65536 // of one array; more is a protocol error

enum resp_type { RESP_STRING, RESP_STATUS, RESP_ERROR, RESP_INTEGER, RESP_NIL, RESP_ARRAY };
struct resp {
    enum resp_type type;
    int64_t integer;
    struct fg_view text; // string, status, error; NUL follows
    struct resp **elements;
    size_t n_elements;
    char bytes[]; // of text
};
void resp_free(struct resp *value);
// The i-th element when value is an array that has one, else NULL.
const struct resp *resp_at(const struct resp *value, size_t i);
// The bytes of a string or status; the empty view for anything else and for NULL.
struct fg_view resp_text(const struct resp *value);

struct resp_reader;
// NULL when out of memory.
struct resp_reader *resp_reader_new(void);
void resp_reader_free(struct resp_reader *reader);
FG_MUST_CHECK int resp_reader_feed(struct resp_reader *reader, const char *bytes, size_t len);
// The next value in *out (resp_free), or NULL there when more bytes are needed. FG_EPROTOCOL: the
// reader is of no further use.
FG_MUST_CHECK int resp_reader_next(struct resp_reader *reader, struct resp **out);

// The bytes of a command; only lengths count, so any byte may be in an argument. Free with
// resp_command_free(). Negative: FG_ENOMEM.
FG_MUST_CHECK int resp_command_format(const struct fg_view *args, size_t n_args, char **out,
                                      size_t *len);
void resp_command_free(char *command);

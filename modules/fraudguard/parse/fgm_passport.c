// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_passport.h"

#include <string.h>

#include "fg/json.h"

#define DECODED_MAX (FGM_PASSPORT_BYTES_MAX / 4 * 3)

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

// base64url without padding (RFC 7515 2). False for anything else.
static bool decode(struct fg_view text, char out[DECODED_MAX], size_t *len)
{
    uint32_t bits = 0;
    *len = 0;
    if (text.len == 0 || text.len % 4 == 1 || text.len > FGM_PASSPORT_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = sextet(text.ptr[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            out[(*len)++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    return true;
}

static struct fg_json *decode_object(struct fg_view text)
{
    static char decoded[DECODED_MAX]; // large; processes are single threaded
    size_t len;
    if (!decode(text, decoded, &len))
        return NULL;
    return fg_json_parse((struct fg_view){decoded, len});
}

// Up to the next dot, which is left out; *rest begins behind it. Empty where there is none.
static struct fg_view part(struct fg_view *rest)
{
    const char *dot = rest->len ? memchr(rest->ptr, '.', rest->len) : NULL;
    if (!dot)
        return (struct fg_view){0};
    struct fg_view found = {rest->ptr, (size_t)(dot - rest->ptr)};
    rest->ptr = dot + 1;
    rest->len -= found.len + 1;
    return found;
}

// A telephone number in its canonical form (RFC 8224 8.3), with or without the plus.
static bool read_number(const char *text, struct fg_number *out)
{
    char with_plus[FG_NUMBER_DIGITS_MAX + 2] = "+";
    if (!text)
        return false;
    text += *text == '+';
    size_t len = strlen(text);
    if (len > FG_NUMBER_DIGITS_MAX)
        return false;
    memcpy(with_plus + 1, text, len);
    return fg_number_parse_e164((struct fg_view){with_plus, len + 1}, out) == FG_OK;
}

static void read_dests(const struct fg_json *list, struct fgm_passport *out)
{
    for (size_t i = 0; i < fg_json_count(list) && out->n_dests < FGM_PASSPORT_DESTS_MAX; i++) {
        if (read_number(fg_json_string_of(fg_json_item(list, i)), &out->dests[out->n_dests]))
            out->n_dests++;
    }
}

static bool read_claims(const struct fg_json *claims, struct fgm_passport *out)
{
    const char *attest = fg_json_string(claims, "attest");
    if (!attest || strlen(attest) != 1 || !strchr("ABC", attest[0]))
        return false;
    out->attest = attest[0];
    read_dests(fg_json_member(fg_json_member(claims, "dest"), "tn"), out);
    return out->n_dests > 0 &&
           read_number(fg_json_string(fg_json_member(claims, "orig"), "tn"), &out->orig);
}

// The header; the claims begin at *identity then. NULL: there is none.
static struct fg_json *take_header(struct fg_view *identity)
{
    if (identity->len > FGM_PASSPORT_BYTES_MAX)
        return NULL;
    while (identity->len && (*identity->ptr == ' ' || *identity->ptr == '\t'))
        *identity = (struct fg_view){identity->ptr + 1, identity->len - 1};
    return decode_object(part(identity));
}

bool fgm_passport_signed_with(struct fg_view identity, const char *urls)
{
    static const char separators[] = ", \t";
    struct fg_json *header = take_header(&identity);
    const char *url = fg_json_string(header, "x5u");
    bool held = false;
    while (url && !held && *(urls += strspn(urls, separators))) {
        size_t len = strcspn(urls, separators);
        held = fg_view_equal((struct fg_view){urls, len}, fg_view_of(url));
        urls += len;
    }
    fg_json_free(header);
    return held;
}

bool fgm_passport_read(struct fg_view identity, struct fgm_passport *out)
{
    struct fgm_passport found = {0};
    struct fg_json *header = take_header(&identity);
    const char *extension = fg_json_string(header, "ppt");
    bool read = extension && strcmp(extension, "shaken") == 0;
    fg_json_free(header);
    if (!read)
        return false;
    struct fg_json *claims = decode_object(part(&identity));
    read = claims && read_claims(claims, &found);
    fg_json_free(claims);
    if (read)
        *out = found;
    return read;
}

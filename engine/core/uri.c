// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/uri.h"

#include <string.h>

static struct fg_view from(struct fg_view text, size_t offset)
{
    return (struct fg_view){text.ptr + offset, text.len - offset};
}

static bool starts_nocase(struct fg_view text, const char *word)
{
    struct fg_view want = fg_view_of(word);
    return text.len >= want.len && fg_view_equal_nocase((struct fg_view){text.ptr, want.len}, want);
}

static size_t find_byte(struct fg_view text, char byte)
{
    const char *at = text.len > 0 ? memchr(text.ptr, byte, text.len) : NULL;
    return at != NULL ? (size_t)(at - text.ptr) : text.len;
}

static bool is_printable(struct fg_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte <= ' ' || byte == 0x7f || byte == '<' || byte == '>' || byte == '"') {
            return false;
        }
    }
    return true;
}

// Reads the value of ";phone-context=" in a chain of parameters into *out, which is left alone
// where there is none. False where there is another one already: which one counts is anybody's
// guess (RFC 3966 3: no parameter twice).
static bool read_context(struct fg_view chain, struct fg_view *out)
{
    static const char name[] = "phone-context";
    const size_t name_len = sizeof(name) - 1;
    for (size_t at = find_byte(chain, ';'); at < chain.len;) {
        struct fg_view rest = from(chain, at + 1);
        size_t end = find_byte(rest, ';');
        if (end > name_len && rest.ptr[name_len] == '=' && starts_nocase(rest, name)) {
            struct fg_view value = {rest.ptr + name_len + 1, end - name_len - 1};
            if (out->ptr != NULL && !fg_view_equal(*out, value)) {
                return false;
            }
            *out = value;
        }
        at += 1 + end;
    }
    return true;
}

// RFC 5031 4.2: urn:service:sos and what it may be narrowed to, such as urn:service:sos.fire.
static bool is_emergency_service(struct fg_view uri)
{
    static const char sos[] = "urn:service:sos";
    const size_t len = sizeof(sos) - 1;
    return starts_nocase(uri, sos) &&
           (uri.len == len || (uri.len > len + 1 && uri.ptr[len] == '.'));
}

bool fg_uri_number(struct fg_view uri, struct fg_uri_number *out)
{
    *out = (struct fg_uri_number){0};
    if (!is_printable(uri)) {
        return false;
    }
    if (is_emergency_service(uri)) {
        out->user = fg_view_of("112"); // the emergency number everywhere (3GPP TS 22.101 10.1)
        return true;
    }
    if (starts_nocase(uri, "tel:")) {
        struct fg_view rest = from(uri, 4);
        out->user = rest;
        return find_byte(rest, ';') > 0 && rest.len > 0 && read_context(rest, &out->phone_context);
    }
    size_t scheme = starts_nocase(uri, "sip:") ? 4 : starts_nocase(uri, "sips:") ? 5 : 0;
    if (scheme == 0) {
        return false;
    }
    struct fg_view rest = from(uri, scheme);
    size_t at = find_byte(rest, '@');
    // RFC 3261 25.1: '@' is never bare in a user part, a parameter or a header of a URI.
    if (at == 0 || at == rest.len || find_byte(from(rest, at + 1), '@') < rest.len - at - 1) {
        return false;
    }
    out->user = (struct fg_view){rest.ptr, at};
    return read_context(out->user, &out->phone_context) &&
           read_context(from(rest, at + 1), &out->phone_context);
}

bool fg_uri_is_target(struct fg_view text)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "-_.!~*'():@;=+[]%";
    size_t scheme = starts_nocase(text, "sips:") ? 5 : starts_nocase(text, "sip:") ? 4 : 0;
    if (scheme == 0 || text.len > FG_URI_TARGET_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr(alphabet, text.ptr[i], sizeof alphabet - 1))
            return false;
    }
    struct fg_view host = from(text, scheme);
    size_t at = find_byte(host, '@');
    if (at < host.len)
        host = from(host, at + 1);
    return host.len > 0 && !memchr(";:@", host.ptr[0], 3) && find_byte(host, '@') == host.len;
}

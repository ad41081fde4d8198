// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_fingerprint.h"

static const struct {
    const char *name;
    uint8_t bytes;
} hashes[EDGE_HASH_COUNT] = {
    [EDGE_HASH_NONE] = {NULL, 0},
    [EDGE_HASH_SHA256] = {"sha-256", 32},
    [EDGE_HASH_SHA384] = {"sha-384", 48},
    [EDGE_HASH_SHA512] = {"sha-512", 64},
};

const char *edge_dtls_hash_name(enum edge_dtls_hash hash)
{
    return (unsigned)hash < EDGE_HASH_COUNT ? hashes[hash].name : NULL;
}

enum edge_dtls_hash edge_dtls_hash_find(struct edge_view name)
{
    for (unsigned i = EDGE_HASH_SHA256; i < EDGE_HASH_COUNT; i++) {
        if (edge_view_is_equal_nocase(name, edge_view_of(hashes[i].name)))
            return (enum edge_dtls_hash)i;
    }
    return EDGE_HASH_NONE;
}

uint8_t edge_dtls_hash_bytes(enum edge_dtls_hash hash)
{
    return (unsigned)hash < EDGE_HASH_COUNT ? hashes[hash].bytes : 0;
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

int edge_fingerprint_parse(struct edge_view value, struct edge_fingerprint *out)
{
    const char *space = value.len > 0 ? memchr(value.ptr, ' ', value.len) : NULL;
    struct edge_fingerprint print = {0};
    struct edge_view name = value;

    if (!space)
        return EDGE_ESYNTAX;
    name.len = (size_t)(space - value.ptr);
    print.hash = edge_dtls_hash_find(name);
    if (print.hash == EDGE_HASH_NONE)
        return EDGE_ESUITE;
    print.length = hashes[print.hash].bytes;
    while (space < value.ptr + value.len && *space == ' ')
        space++;
    value = (struct edge_view){space, value.len - (size_t)(space - value.ptr)};
    if (value.len != (size_t)print.length * 3 - 1)
        return EDGE_ESYNTAX;
    for (size_t i = 0; i < print.length; i++) {
        int high = digit_of(value.ptr[i * 3]);
        int low = digit_of(value.ptr[i * 3 + 1]);

        if (high < 0 || low < 0 || (i + 1u < print.length && value.ptr[i * 3 + 2] != ':'))
            return EDGE_ESYNTAX;
        print.digest[i] = (uint8_t)(high << 4 | low);
    }
    *out = print;
    return 0;
}

size_t edge_fingerprint_format(const struct edge_fingerprint *print,
                               char text[EDGE_FINGERPRINT_TEXT])
{
    static const char digits[] = "0123456789ABCDEF";
    const char *name = hashes[print->hash].name;
    size_t length = strlen(name);

    memcpy(text, name, length);
    for (size_t i = 0; i < print->length; i++) {
        text[length++] = i == 0 ? ' ' : ':';
        text[length++] = digits[print->digest[i] >> 4];
        text[length++] = digits[print->digest[i] & 0x0f];
    }
    text[length] = '\0';
    return length;
}

bool edge_fingerprint_is_equal(const struct edge_fingerprint *a, const struct edge_fingerprint *b)
{
    unsigned difference = (unsigned)a->hash ^ (unsigned)b->hash;

    /* What lies behind a digest is zero in both. */
    for (size_t i = 0; i < EDGE_FINGERPRINT_MAX; i++)
        difference |= (unsigned)(a->digest[i] ^ b->digest[i]);
    return difference == 0 && a->hash != EDGE_HASH_NONE;
}

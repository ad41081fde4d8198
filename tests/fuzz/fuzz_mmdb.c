// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as the search tree and the data of a MaxMind database: the first tells the number of
// nodes, the second the size of a record; sound metadata are put behind the others.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char marker[] = "\xab\xcd\xefMaxMind.com";

// MaxMind DB File Format Specification 2.0, "Data Field Format": a text.
static size_t put(char *out, size_t at, const char *text)
{
    out[at] = (char)(0x40 | strlen(text));
    memcpy(out + at + 1, text, strlen(text));
    return at + 1 + strlen(text);
}

static size_t put_number(char *out, size_t at, const char *key, uint8_t size_and_type,
                         uint32_t value)
{
    at = put(out, at, key);
    out[at++] = (char)size_and_type;
    for (int i = (size_and_type & 0x1f) - 1; i >= 0; i--) {
        out[at++] = (char)(value >> (8 * i));
    }
    return at;
}

static size_t put_metadata(char *out, uint32_t nodes, uint16_t record_size)
{
    size_t at = sizeof(marker) - 1;
    memcpy(out, marker, at);
    out[at++] = (char)0xe9; // a map of nine
    out[at++] = (char)0x5b; // a text of 27 bytes
    memcpy(out + at, "binary_format_major_version", 27);
    at += 27;
    out[at++] = (char)0xa1;
    out[at++] = 2;
    at = put_number(out, at, "ip_version", 0xa1, 6);
    at = put_number(out, at, "node_count", 0xc4, nodes);
    at = put_number(out, at, "record_size", 0xa2, record_size);
    at = put(out, at, "build_epoch");
    out[at++] = 0x01; // extended type 9, uint64, one byte
    out[at++] = 0x02;
    out[at++] = 1;
    at = put(out, at, "database_type");
    at = put(out, at, "t");
    at = put(out, at, "languages");
    out[at++] = 0x00; // extended type 11, an array of none
    out[at++] = 0x04;
    at = put(out, at, "description");
    out[at++] = (char)0xe0; // a map of none
    at = put(out, at, "binary_format_minor_version");
    out[at++] = (char)0xa1;
    out[at++] = 0;
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t sizes[] = {24, 28, 32};
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    char *bytes = malloc(size + 256);
    if (arena == NULL || diags == NULL || bytes == NULL) {
        abort();
    }
    size_t len = size;
    if (size > 2) {
        memcpy(bytes, data + 2, size - 2);
        len = size - 2 + put_metadata(bytes + size - 2, data[0], sizes[data[1] % 3]);
    } else {
        memcpy(bytes, data, size);
    }
    struct fg_named_bytes file = {"fuzz.mmdb", bytes, len};
    struct fg_networks networks;
    if (fg_networks_parse(file, arena, diags, &networks) == FG_OK) {
        struct fg_ip ip = {{0}};
        fg_country country;
        uint32_t asn;
        (void)fg_networks_find(&networks, &ip, &country, &asn);
    } else if (fg_diags_total(diags) == 0) {
        abort(); // refused without a word
    }
    free(bytes);
    fg_diags_free(diags);
    fg_arena_free(arena);
    return 0;
}

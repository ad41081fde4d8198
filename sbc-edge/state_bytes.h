// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>
#include <string.h>

/**
 * Numbers (big-endian) and texts one after the other in a bounded buffer. A writer that runs out of
 * room and a reader that runs out of bytes stay failed; a failed reader gives zeroes.
 */

struct edge_bytes_writer {
    uint8_t *bytes;
    size_t size;
    size_t used;
    bool has_failed;
};

struct edge_bytes_reader {
    const uint8_t *bytes;
    size_t left;
    bool has_failed;
};

static inline void edge_bytes_put(struct edge_bytes_writer *writer, const void *bytes, size_t n)
{
    if (writer->has_failed || n > writer->size - writer->used) {
        writer->has_failed = true;
        return;
    }
    if (n > 0)
        memcpy(writer->bytes + writer->used, bytes, n);
    writer->used += n;
}

/** The lowest `n` bytes of a number, 1 to 8. */
static inline void edge_bytes_put_number(struct edge_bytes_writer *writer, uint64_t number,
                                         unsigned n)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < n; i++)
        bytes[i] = (uint8_t)(number >> (8 * (n - 1 - i)));
    edge_bytes_put(writer, bytes, n);
}

/** A length of two bytes and the text. */
static inline void edge_bytes_put_text(struct edge_bytes_writer *writer, struct edge_view text)
{
    if (text.len > UINT16_MAX)
        writer->has_failed = true;
    edge_bytes_put_number(writer, text.len, 2);
    edge_bytes_put(writer, text.ptr, text.len);
}

/** Where the next `n` bytes lie; NULL when there are fewer, or none are asked for. */
static inline const uint8_t *edge_bytes_get(struct edge_bytes_reader *reader, size_t n)
{
    const uint8_t *at = reader->bytes;

    if (reader->has_failed || n > reader->left) {
        reader->has_failed = true;
        return NULL;
    }
    if (n == 0)
        return NULL;
    reader->bytes += n;
    reader->left -= n;
    return at;
}

static inline uint64_t edge_bytes_get_number(struct edge_bytes_reader *reader, unsigned n)
{
    const uint8_t *at = edge_bytes_get(reader, n);
    uint64_t number = 0;

    for (unsigned i = 0; at && i < n; i++)
        number = number << 8 | at[i];
    return number;
}

/** A number of at most `max`; a greater one fails the reader. */
static inline uint64_t edge_bytes_get_limited(struct edge_bytes_reader *reader, unsigned n,
                                              uint64_t max)
{
    uint64_t number = edge_bytes_get_number(reader, n);

    if (number <= max)
        return number;
    reader->has_failed = true;
    return 0;
}

static inline bool edge_bytes_get_bool(struct edge_bytes_reader *reader)
{
    return edge_bytes_get_limited(reader, 1, 1) != 0;
}

/** A text of at most `max` bytes, in place. */
static inline struct edge_view edge_bytes_get_text(struct edge_bytes_reader *reader, size_t max)
{
    size_t length = (size_t)edge_bytes_get_limited(reader, 2, max);
    const uint8_t *at = edge_bytes_get(reader, length);

    return (struct edge_view){(const char *)at, at ? length : 0};
}

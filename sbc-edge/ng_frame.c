// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_frame.h"

#include "decimal.h"

#define COOKIE_MAX  255
#define DIGITS_MAX  9  /* of a length */
#define INTEGER_MAX 24 /* bytes of `i...e` */
#define DEPTH_MAX   64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/*
 * A cookie may begin with any letter: `d` begins a dictionary only where a length follows, digits
 * and a colon, which no cookie of a proxy has in this place.
 */
static enum edge_ng_frame_status find_body(struct edge_ng_frame *frame, struct edge_view bytes)
{
    size_t i = 1;

    if (bytes.len == 0)
        return EDGE_NG_FRAME_MORE;
    if (bytes.ptr[0] == '{') {
        frame->has_body = true;
        return EDGE_NG_FRAME_DONE;
    }
    while (bytes.ptr[0] == 'd' && i < bytes.len && i <= DIGITS_MAX && is_digit(bytes.ptr[i]))
        i++;
    if (bytes.ptr[0] == 'd' && i == bytes.len)
        return EDGE_NG_FRAME_MORE;
    if (bytes.ptr[0] == 'd' && i > 1 && bytes.ptr[i] == ':') {
        frame->has_body = true;
        return EDGE_NG_FRAME_DONE;
    }
    const char *space =
        memchr(bytes.ptr, ' ', bytes.len < COOKIE_MAX + 1 ? bytes.len : COOKIE_MAX + 1);
    if (!space)
        return bytes.len > COOKIE_MAX ? EDGE_NG_FRAME_BAD : EDGE_NG_FRAME_MORE;
    if (space == bytes.ptr)
        return EDGE_NG_FRAME_BAD;
    frame->body = (size_t)(space - bytes.ptr) + 1;
    frame->at = frame->body;
    frame->has_body = true;
    return EDGE_NG_FRAME_DONE;
}

/* `i...e`: its length, or 0 when the end is not there yet. */
static size_t integer_length(const char *at, size_t left)
{
    const char *end = memchr(at, 'e', left < INTEGER_MAX ? left : INTEGER_MAX);

    return end ? (size_t)(end - at) + 1 : 0;
}

/* `LENGTH:`: the bytes of the text and of what stands before it; 0 when not there yet. */
static enum edge_ng_frame_status text_length(const char *at, size_t left, size_t *out)
{
    const size_t window = left < DIGITS_MAX + 1 ? left : DIGITS_MAX + 1;
    const char *colon = memchr(at, ':', window);
    uint64_t length;

    if (!colon)
        return window > DIGITS_MAX ? EDGE_NG_FRAME_BAD : EDGE_NG_FRAME_MORE;
    if (edge_decimal_parse((struct edge_view){at, (size_t)(colon - at)}, UINT32_MAX, &length) != 0)
        return EDGE_NG_FRAME_BAD;
    *out = (size_t)(colon - at) + 1 + (size_t)length;
    return *out <= left ? EDGE_NG_FRAME_DONE : EDGE_NG_FRAME_MORE;
}

/* One token; DONE: it has been read. */
static enum edge_ng_frame_status read_bencode(struct edge_ng_frame *frame, struct edge_view bytes)
{
    const char *at = bytes.ptr + frame->at;
    const size_t left = bytes.len - frame->at;
    enum edge_ng_frame_status status = EDGE_NG_FRAME_DONE;
    size_t length = 1;

    if (*at == 'd' || *at == 'l') {
        frame->depth++;
    } else if (*at == 'e') {
        frame->depth--;
    } else if (*at == 'i') {
        length = integer_length(at, left);
        if (length == 0)
            status = left >= INTEGER_MAX ? EDGE_NG_FRAME_BAD : EDGE_NG_FRAME_MORE;
    } else {
        status = text_length(at, left, &length);
    }
    if (status == EDGE_NG_FRAME_DONE)
        frame->at += length;
    return status;
}

static void read_json(struct edge_ng_frame *frame, char c)
{
    frame->at++;
    if (frame->is_in_string) {
        if (frame->is_after_slash)
            frame->is_after_slash = false;
        else if (c == '\\')
            frame->is_after_slash = true;
        else if (c == '"')
            frame->is_in_string = false;
        return;
    }
    if (c == '"')
        frame->is_in_string = true;
    else if (c == '{' || c == '[')
        frame->depth++;
    else if (c == '}' || c == ']')
        frame->depth--;
}

enum edge_ng_frame_status edge_ng_frame_read(struct edge_ng_frame *frame, struct edge_view bytes)
{
    enum edge_ng_frame_status status = EDGE_NG_FRAME_DONE;

    if (!frame->has_body)
        status = find_body(frame, bytes);
    while (status == EDGE_NG_FRAME_DONE && frame->at < bytes.len) {
        if (frame->depth == 0) {
            /* The first byte of the dictionary. */
            if (bytes.ptr[frame->at] != 'd' && bytes.ptr[frame->at] != '{')
                return EDGE_NG_FRAME_BAD;
            frame->is_json = bytes.ptr[frame->at] == '{';
        }
        if (frame->is_json)
            read_json(frame, bytes.ptr[frame->at]);
        else
            status = read_bencode(frame, bytes);
        if (status == EDGE_NG_FRAME_DONE && frame->depth == 0)
            return EDGE_NG_FRAME_DONE;
        if (frame->depth > DEPTH_MAX)
            return EDGE_NG_FRAME_BAD;
    }
    return status == EDGE_NG_FRAME_BAD ? status : EDGE_NG_FRAME_MORE;
}

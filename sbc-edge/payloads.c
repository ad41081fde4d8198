// SPDX-License-Identifier: GPL-2.0-or-later
#include "payloads.h"

#include <string.h>
#include <strings.h>

/* RFC 3551 table 4; for those that nobody describes. */
static const struct edge_payload well_known[] = {
    {0, EDGE_SOUND_ULAW, 8000, "PCMU"},   {3, EDGE_SOUND_OTHER, 8000, "GSM"},
    {4, EDGE_SOUND_OTHER, 8000, "G723"},  {8, EDGE_SOUND_ALAW, 8000, "PCMA"},
    {9, EDGE_SOUND_OTHER, 8000, "G722"},  {13, EDGE_SOUND_NOISE, 8000, "CN"},
    {15, EDGE_SOUND_OTHER, 8000, "G728"}, {18, EDGE_SOUND_OTHER, 8000, "G729"},
};

static const struct edge_payload *find(const struct edge_payload *list, size_t n, uint8_t type)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].type == type)
            return &list[i];
    }
    return NULL;
}

const struct edge_payload *edge_payloads_find(const struct edge_payloads *by_receiver,
                                              const struct edge_payloads *by_sender, uint8_t type)
{
    const struct edge_payload *found =
        by_receiver ? find(by_receiver->list, by_receiver->n, type) : NULL;

    if (!found && by_sender)
        found = find(by_sender->list, by_sender->n, type);
    return found ? found : find(well_known, sizeof(well_known) / sizeof(well_known[0]), type);
}

static bool is_codec_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static enum edge_sound sound_of(const char *codec)
{
    if (strcasecmp(codec, "PCMU") == 0)
        return EDGE_SOUND_ULAW;
    if (strcasecmp(codec, "PCMA") == 0)
        return EDGE_SOUND_ALAW;
    if (strcasecmp(codec, "CN") == 0)
        return EDGE_SOUND_NOISE;
    if (strcasecmp(codec, "telephone-event") == 0)
        return EDGE_SOUND_KEYS;
    return EDGE_SOUND_OTHER;
}

/* Digits from `*at` on, up to `most`; false: none, or a greater number. */
static bool read_number(const char *text, size_t length, size_t *at, uint32_t most, uint32_t *out)
{
    size_t begin_at = *at;

    *out = 0;
    while (*at < length && text[*at] >= '0' && text[*at] <= '9') {
        *out = *out * 10 + (uint32_t)(text[*at] - '0');
        if (*out > most)
            return false;
        (*at)++;
    }
    return *at > begin_at;
}

/* The value of an a=rtpmap: "101 telephone-event/8000". */
static void add(struct edge_payloads *payloads, const char *value, size_t length)
{
    struct edge_payload payload = {0};
    uint32_t number;
    size_t at = 0;
    size_t n = 0;

    while (at < length && value[at] == ' ')
        at++;
    if (payloads->n == EDGE_PAYLOADS_MAX || !read_number(value, length, &at, 127, &number))
        return;
    payload.type = (uint8_t)number;
    while (at < length && value[at] == ' ')
        at++;
    for (; at < length && is_codec_byte(value[at]); at++) {
        if (n == EDGE_CODEC_MAX)
            return;
        payload.codec[n++] = value[at];
    }
    if (n == 0 || at == length || value[at++] != '/' ||
        !read_number(value, length, &at, 1000000, &payload.clock_hz) || payload.clock_hz == 0)
        return;
    payload.sound = sound_of(payload.codec);
    payloads->list[payloads->n++] = payload;
}

void edge_payloads_read(const struct edge_sdp *sdp, const struct edge_sdp_media *section,
                        struct edge_payloads *out)
{
    static const char prefix[] = "a=rtpmap:";
    const size_t prefix_length = sizeof(prefix) - 1;

    memset(out, 0, sizeof(*out));
    for (unsigned i = section->first_line; i < section->end_line; i++) {
        struct edge_view text = sdp->lines[i].text;

        if (text.len > prefix_length && memcmp(text.ptr, prefix, prefix_length) == 0)
            add(out, text.ptr + prefix_length, text.len - prefix_length);
    }
}

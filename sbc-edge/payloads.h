// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sdp.h"

/** What the payload types of a media stream mean, as its ends have described them. */

#define EDGE_PAYLOADS_MAX 12 /**< described payload types of one m= section that are kept */
#define EDGE_CODEC_MAX    15 /**< longest name of a codec */

enum edge_sound {
    EDGE_SOUND_OTHER = 0,
    EDGE_SOUND_ULAW,
    EDGE_SOUND_ALAW,
    EDGE_SOUND_NOISE, /**< comfort noise, RFC 3389 */
    EDGE_SOUND_KEYS,  /**< telephone-event, RFC 4733 */
};

struct edge_payload {
    uint8_t type; /**< payload type, 0 to 127 */
    enum edge_sound sound;
    uint32_t clock_hz;
    char codec[EDGE_CODEC_MAX + 1]; /**< of [A-Za-z0-9._-] only */
};

struct edge_payloads {
    unsigned n;
    struct edge_payload list[EDGE_PAYLOADS_MAX];
};

/** Those of one section's a=rtpmap lines that can be kept, in place of what was there. */
void edge_payloads_read(const struct edge_sdp *sdp, const struct edge_sdp_media *section,
                        struct edge_payloads *out);

/**
 * What a type means: as its receiver has described it (RFC 3264 5.1), else its sender, else RFC
 * 3551; NULL when nobody says. Each may be NULL.
 */
const struct edge_payload *edge_payloads_find(const struct edge_payloads *by_receiver,
                                              const struct edge_payloads *by_sender, uint8_t type);

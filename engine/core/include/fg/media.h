// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay tells of a call's media (docs/events.md, media facts): plain values.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FG_MEDIA_CODEC_MAX 15
#define FG_MEDIA_SUITE_MAX 32
// Facts older than this say nothing any more [ms]: three messages have not come.
#define FG_MEDIA_FRESH_MS 30000
// Media is one-way when it has been for so long [s].
#define FG_MEDIA_ONE_WAY_S 10

// What one side sends as audio.
struct fg_media_side {
    bool known;                         // the relay has a stream of this side
    bool customer;                      // its label says that it is the customer\'s
    bool encrypted;                     // SRTP keys for both ways
    char suite[FG_MEDIA_SUITE_MAX + 1]; // SRTP suite; empty: in clear
    char codec[FG_MEDIA_CODEC_MAX + 1]; // empty: no packet came
    int32_t packets_per_second, loss_ppm, jitter_us;
    int32_t dtmf;   // key presses so far
    int32_t idle_s; // since the last packet, or the answer
};

struct fg_media_facts {
    bool known;
    int64_t time_ms; // when they were told, by the clock of who heard them; Unix
    bool on_hold;
    int32_t up_s;      // since the answer
    int32_t silent_s;  // how long there has been nothing to hear from either side
    int32_t one_way_s; // how long only one side has sent
    // Whoever made the offer is the caller, as far as the relay knows; the module puts them right.
    struct fg_media_side caller, called;
};

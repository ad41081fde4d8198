// SPDX-License-Identifier: GPL-2.0-or-later
// Signals of the media, of which the relay tells while a call is up.
#include "plan_priv.h"

#define PPM_PER_PERCENT 10000
#define US_PER_MS       1000

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static void set_number(struct fg_value *out, fg_micro number)
{
    out->present = true;
    out->number = number;
}

static void set_truth(struct fg_value *out, bool truth)
{
    out->present = true;
    out->truth = truth;
}

static void set_text(struct fg_value *out, const char *text)
{
    out->present = text[0] != '\0';
    out->text = fg_view_of(text);
}

static void side_signal(const struct fg_media_side *side, enum fg_signal signal,
                        struct fg_value *out)
{
    if (!side->known) {
        return;
    }
    switch (signal) {
    case FG_SIG_MEDIA_ENCRYPTED:
        set_truth(out, side->encrypted);
        break;
    case FG_SIG_MEDIA_SUITE:
        set_text(out, side->suite);
        break;
    default:
        set_text(out, side->codec);
        break;
    }
}

void fg_plan_media_signal(const struct fg_event *event, enum fg_signal signal, struct fg_value *out)
{
    const struct fg_media_facts *media = event->media;
    if (media == NULL || !media->known) {
        return;
    }
    const struct fg_media_side *caller = &media->caller;
    const struct fg_media_side *called = &media->called;
    switch (signal) {
    case FG_SIG_MEDIA_ONE_WAY:
        set_truth(out, media->one_way_s >= FG_MEDIA_ONE_WAY_S);
        break;
    case FG_SIG_MEDIA_ONE_WAY_SECONDS:
        set_number(out, media->one_way_s * FG_MICRO);
        break;
    case FG_SIG_MEDIA_SILENT_SECONDS:
        set_number(out, media->silent_s * FG_MICRO);
        break;
    case FG_SIG_MEDIA_IDLE_SECONDS:
        set_number(out, (called->known && called->idle_s < caller->idle_s ? called->idle_s
                                                                          : caller->idle_s) *
                            FG_MICRO);
        break;
    case FG_SIG_MEDIA_ON_HOLD:
        set_truth(out, media->on_hold);
        break;
    case FG_SIG_MEDIA_PACKET_RATE:
        set_number(out,
                   ((fg_micro)caller->packets_per_second + called->packets_per_second) * FG_MICRO);
        break;
    case FG_SIG_MEDIA_PACKET_LOSS:
        set_number(out, larger(caller->loss_ppm, called->loss_ppm) * (FG_MICRO / PPM_PER_PERCENT));
        break;
    case FG_SIG_MEDIA_JITTER_MS:
        set_number(out, larger(caller->jitter_us, called->jitter_us) * (FG_MICRO / US_PER_MS));
        break;
    case FG_SIG_MEDIA_DTMF:
        set_number(out, caller->dtmf * FG_MICRO);
        break;
    default:
        side_signal(event->direction == FG_OUTBOUND ? caller : called, signal, out);
        break;
    }
}

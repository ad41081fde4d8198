// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_media.h"

#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "fg/record.h"
#include "fg/redis_link.h"
#include "fgm_calls.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_log.h"
#include "fgm_params.h"
#include "fgm_trunks.h"

#define POLL_MS  500
#define RETRY_US 250000

static void note_trunk(void *arg, const struct fgm_call *call)
{
    (void)arg;
    const struct fg_media_facts *facts = &call->media;
    const struct fg_media_side *side =
        call->direction == FG_OUTBOUND ? &facts->caller : &facts->called;
    if (side->known)
        fgm_trunks_media(call->customer, side, facts->time_ms);
}

static void hear(void *arg, struct fg_view text)
{
    (void)arg;
    struct fg_media_message message;
    if (fg_record_parse_media(text, &message) < 0) {
        FGM_COUNT(messages_unreadable);
        return;
    }
    message.facts.time_ms = fgm_now_ms();
    if (fgm_calls_media(message.call_id, message.customer, &message.facts, note_trunk, NULL))
        FGM_COUNT(media_heard);
}

void fgm_media_run(void)
{
    struct fg_redis_channel *channel = fg_redis_media_channel_new(&fgm_config.redis);
    if (!channel) {
        fgm_error("out of memory");
        return;
    }
    for (;;) {
        bool reconnected; // the next message makes up for those that were missed
        int error = fg_redis_channel_poll(channel, POLL_MS, &reconnected, hear, NULL);
        cfg_update();
        if (error < 0)
            usleep(RETRY_US);
    }
}

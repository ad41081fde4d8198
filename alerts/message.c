// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *fga_message_type(const struct fga_message *message)
{
    const bool flood = message->incident.kind == FGA_TDOS;
    switch (message->step) {
    case FGA_STEP_STARTED:
        return flood ? "fraud.tdos.started" : "fraud.hold.started";
    case FGA_STEP_UPDATED:
        return flood ? "fraud.tdos.updated" : "fraud.hold.updated";
    case FGA_STEP_ENDED:
        return flood ? "fraud.tdos.ended" : "fraud.hold.ended";
    case FGA_STEP_NONE:
    case FGA_STEP_FORGET:
        break;
    }
    return "alert.test";
}

void fga_message_id(const struct fga_message *message, char out[FGA_MESSAGE_ID_MAX])
{
    const char *alert_id = message->incident.alert_id;
    (void)snprintf(out, FGA_MESSAGE_ID_MAX, "msg_%s_%u",
                   strncmp(alert_id, "al_", 3) == 0 ? alert_id + 3 : alert_id,
                   message->incident.sequence);
}

void fga_utc_format(int64_t time_ms, char out[FGA_UTC_MAX])
{
    const time_t seconds = (time_t)(time_ms / FG_MS_PER_S);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, FGA_UTC_MAX, "%FT%TZ", &utc) == 0)
        out[0] = '\0';
}

static void date_time(struct fg_local_time at, char out[24])
{
    (void)snprintf(out, 24, "%04d-%02d-%02d %02d:%02d", at.yyyymmdd / 10000,
                   at.yyyymmdd / 100 % 100, at.yyyymmdd % 100, at.minute / 60, at.minute % 60);
}

void fga_local_format(const struct fg_zone *zone, int64_t time_ms, char out[FGA_LOCAL_MAX])
{
    const struct fg_local_time local = fg_local_time(zone, time_ms);
    const struct fg_local_time utc = fg_local_time(NULL, time_ms);
    char local_text[24], utc_text[24];
    date_time(local, local_text);
    date_time(utc, utc_text);
    const char *utc_shown = local.day == utc.day ? utc_text + 11 : utc_text;
    if (local.day == utc.day && local.minute == utc.minute)
        (void)snprintf(out, FGA_LOCAL_MAX, "%s UTC", local_text);
    else
        (void)snprintf(out, FGA_LOCAL_MAX, "%s (%s UTC)", local_text, utc_shown);
}

void fga_money_format(fg_micro amount, char out[32])
{
    const fg_micro cents = (amount + FG_MICRO / 200) / (FG_MICRO / 100);
    (void)snprintf(out, 32, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
}

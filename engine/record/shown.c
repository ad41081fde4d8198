// SPDX-License-Identifier: GPL-2.0-or-later
#include "shown.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fg/record.h"
#include "fg/text.h"

void fg_shown_put_text(FILE *out, const char *text)
{
    char *plain = text == NULL ? NULL : fg_text_plain(fg_view_of(text));

    (void)fputs(plain == NULL ? "?" : plain, out);
    free(plain);
}

void fg_shown_put_time(FILE *out, int64_t time_ms, bool with_date)
{
    const time_t seconds = (time_t)(time_ms / FG_MS_PER_S);
    struct tm at;

    if (time_ms < 0 || time_ms > SHOWN_TIME_MS_MAX || gmtime_r(&seconds, &at) == NULL) {
        (void)fputs("?", out);
        return;
    }
    if (with_date) {
        (void)fprintf(out, "%04d-%02d-%02d ", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday);
    }
    (void)fprintf(out, "%02d:%02d:%02dZ", at.tm_hour, at.tm_min, at.tm_sec);
}

static bool reads_before(const struct fg_shown_reason *a, const struct fg_shown_reason *b)
{
    return a->shadow != b->shadow ? b->shadow : a->points > b->points;
}

static bool read_reason(const struct fg_json *json, struct fg_shown_reason *out)
{
    out->json = json;
    out->id = fg_json_string(json, "id");
    out->shadow = fg_json_is_true(json, "shadow");
    return out->id != NULL && fg_json_integer(json, "points", &out->points) &&
           out->points >= -SHOWN_POINTS_MAX && out->points <= SHOWN_POINTS_MAX;
}

static bool read_reasons(struct fg_shown *decision)
{
    const struct fg_json *reasons = fg_json_member(decision->json, "reasons");
    const size_t n = fg_json_count(reasons);

    if (reasons == NULL || n > SHOWN_REASONS_MAX) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct fg_shown_reason reason;
        size_t at = i;
        if (!read_reason(fg_json_item(reasons, i), &reason)) {
            return false;
        }
        while (at > 0 && reads_before(&reason, &decision->reasons[at - 1])) {
            decision->reasons[at] = decision->reasons[at - 1];
            at--;
        }
        decision->reasons[at] = reason;
        decision->sum += reason.shadow ? 0 : reason.points;
    }
    decision->n_reasons = n;
    return true;
}

bool fg_shown_read(const struct fg_json *json, struct fg_shown *out)
{
    const char *type = fg_json_string(json, "type");
    int64_t version = 0;

    out->json = json;
    return fg_json_integer(json, "v", &version) && version == FG_RECORD_VERSION && type != NULL &&
           strncmp(type, "call.", 5) == 0 &&
           fg_action_parse(fg_view_of(fg_json_string(json, "action")), &out->action) == FG_OK &&
           fg_json_integer(json, "score", &out->score) &&
           fg_json_integer(json, "shadow_score", &out->shadow_score) &&
           fg_json_integer(json, "time_ms", &out->time_ms) && out->time_ms >= 0 &&
           out->time_ms <= SHOWN_TIME_MS_MAX && read_reasons(out);
}

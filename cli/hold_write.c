// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_write.h"

#include <stdlib.h>
#include <string.h>

#include "redis.h"

// Makes the message and the event of what was stored, and tells both.
static int tell(struct fg_redis *redis, const struct scope *scope, const struct fg_hold *hold)
{
    char *message = fg_record_hold_message(scope->customer, hold);
    char *event = fg_record_hold_set_event(NULL, scope->customer, hold, hold->since_ms);
    int rc = FG_ENOMEM;

    if (message != NULL && event != NULL) {
        rc = fg_redis_hold_tell(redis, scope->customer, scope->text, hold->until_ms,
                                fg_view_of(message));
        if (rc == FG_OK && fg_redis_audit_append(redis, fg_view_of(event)) != FG_OK) {
            complain("the hold stands, but the event log and the audit did not take it: %s",
                     fg_redis_last_error(redis));
        }
    }
    free(message);
    free(event);
    return rc;
}

static int write_hold(struct fg_redis *redis, const struct scope *scope, const struct fg_hold *hold)
{
    char *json = fg_record_hold(scope->customer, hold, NULL, 0);
    char *stored = NULL;
    int rc = json == NULL ? FG_ENOMEM
                          : fg_redis_hold_set(redis, scope->customer, scope->text, NULL,
                                              fg_view_of(json), &stored);

    if (rc == FG_OK) {
        rc = tell(redis, scope, hold);
    }
    free(json);
    free(stored);
    return rc;
}

int hold_write(struct fg_redis *redis, const struct scope *scope, const char *reason,
               int64_t seconds, bool cut, struct fg_hold *hold)
{
    *hold = (struct fg_hold){
        .active = true, .scope = scope->held.scope, .cut = cut, .value = scope->held.value};
    memcpy(hold->of, scope->held.of, sizeof(hold->of));
    hold->since_ms = now_ms();
    hold->until_ms = hold->since_ms + seconds * 1000;
    (void)snprintf(hold->reason, sizeof(hold->reason), "%s", reason);
    by_format(hold->by);
    return write_hold(redis, scope, hold);
}

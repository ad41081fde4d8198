// SPDX-License-Identifier: GPL-2.0-or-later
// Releases a hold.
#include <stdlib.h>

#include "commands.h"
#include "redis.h"
#include "scope.h"

// FG_ENOTFOUND when there was no hold; the nodes are told all the same.
static int release(struct fg_redis *redis, const struct scope *scope, const char *reason)
{
    struct fg_hold released = scope->held;
    char *message = NULL;
    char *event = NULL;
    int rc = FG_ENOMEM;

    by_format(released.by);
    (void)snprintf(released.reason, sizeof(released.reason), "%s", reason);
    message =
        fg_record_release_message(scope->customer, released.scope, released.value, released.by);
    event = fg_record_hold_released_event(NULL, scope->customer, &released, now_ms());
    if (message != NULL && event != NULL) {
        rc = fg_redis_hold_delete(redis, scope->customer, scope->text, fg_view_of(message));
        if (rc == FG_OK && fg_redis_audit_append(redis, fg_view_of(event)) != FG_OK) {
            complain("the hold is released, but the event log and the audit did not take it: %s",
                     fg_redis_last_error(redis));
        }
    }
    free(message);
    free(event);
    return rc;
}

static enum exit_code report(const struct invocation *call, const struct scope *scope)
{
    struct fg_json *object = NULL;

    if (call->output.format == OUTPUT_HUMAN || call->output.format == OUTPUT_TSV) {
        return printf("%s is released (%s)\n", scope->customer, scope->text) > 0 ? EXIT_OK
                                                                                 : EXIT_FAILED;
    }
    object = fg_json_object_new();
    if (!fg_json_set_integer(object, "v", 1) ||
        !fg_json_set_string(object, "customer", scope->customer) ||
        !fg_json_set_string(object, "scope", scope->text) ||
        !fg_json_set_bool(object, "released", true)) {
        fg_json_free(object);
        return EXIT_FAILED;
    }
    return output_object(&call->output, object) ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_unblock(struct invocation *call)
{
    struct scope scope = {0};
    struct fg_redis *redis = NULL;
    const char *reason = NULL;
    int rc = FG_OK;
    enum exit_code code = reason_read(call, &reason);

    if (code == EXIT_OK) {
        code = scope_read(call, call->arguments[0], &scope);
    }
    if (code != EXIT_OK) {
        return code;
    }
    redis = redis_open(call, &code);
    if (redis == NULL) {
        return code;
    }
    rc = release(redis, &scope, reason);
    if (rc == FG_ENOTFOUND) {
        complain("no hold on %s (%s); 'fgctl holds' lists those in force", scope.customer,
                 scope.text);
        code = EXIT_NOT_FOUND;
    } else {
        code = rc == FG_OK ? report(call, &scope) : redis_failed(call, redis, rc);
    }
    fg_redis_free(redis);
    return code;
}

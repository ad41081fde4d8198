// SPDX-License-Identifier: GPL-2.0-or-later
// Puts a hold on a customer's calls.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "hold_write.h"
#include "redis.h"
#include "scope.h"

#define DEFAULT_S INT64_C(3600)
#define LONGEST_S (INT64_C(7) * 86400) // longer needs a decision about the contract, not a hold

static enum exit_code read_duration(const struct invocation *call, int64_t *seconds)
{
    const char *text = invocation_option(call, "for");

    *seconds = DEFAULT_S;
    if (text == NULL) {
        return EXIT_OK;
    }
    if (!duration_read(text, seconds)) {
        complain("'%s' is not a duration; write 90s, 15m, 2h or 3d", text);
        return EXIT_USAGE;
    }
    if (*seconds > LONGEST_S) {
        complain("refused: a hold lasts 7d at most; block again when it ends");
        return EXIT_REFUSED;
    }
    return EXIT_OK;
}

static enum exit_code report(const struct invocation *call, const struct scope *scope,
                             const struct fg_hold *hold)
{
    char until[TIME_TEXT_MAX];
    char *text = NULL;
    bool complete = false;

    if (call->output.format == OUTPUT_HUMAN || call->output.format == OUTPUT_TSV) {
        const bool whole = hold->scope == FG_HOLD_CUSTOMER;
        format_time(hold->until_ms, until);
        complete = printf("%s is held (%s%s%s) until %s; calls in progress %s\n"
                          "undo: fgctl unblock %s%s%s --reason \"...\"\n",
                          scope->customer, scope->text, hold->of[0] == '\0' ? "" : ", ", hold->of,
                          until, hold->cut ? "end too" : "go on", scope->customer, whole ? "" : "/",
                          whole ? "" : scope->text) > 0;
        return complete ? EXIT_OK : EXIT_FAILED;
    }
    text = fg_record_hold(scope->customer, hold, NULL, 0);
    complete = text != NULL && output_object(&call->output, fg_json_parse(fg_view_of(text)));
    free(text);
    return complete ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_block(struct invocation *call)
{
    struct fg_hold hold;
    struct scope scope = {0};
    struct fg_redis *redis = NULL;
    const char *reason = NULL;
    int64_t seconds = 0;
    int rc = FG_OK;
    enum exit_code code = reason_read(call, &reason);

    if (code == EXIT_OK) {
        code = read_duration(call, &seconds);
    }
    if (code == EXIT_OK) {
        code = scope_read(call, call->arguments[0], &scope);
    }
    if (code == EXIT_OK) {
        code = scope_stops_something(&scope);
    }
    if (code != EXIT_OK) {
        return code;
    }
    redis = redis_open(call, &code);
    if (redis == NULL) {
        return code;
    }
    rc = hold_write(redis, &scope, reason, seconds, invocation_option(call, "no-cut") == NULL,
                    &hold);
    code = rc == FG_OK ? report(call, &scope, &hold) : redis_failed(call, redis, rc);
    fg_redis_free(redis);
    return code;
}

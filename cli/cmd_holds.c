// SPDX-License-Identifier: GPL-2.0-or-later
// Lists the holds in force.
#include <inttypes.h>

#include "commands.h"
#include "fg/record.h"
#include "redis.h"

struct listing {
    struct table *table;
    int64_t now_ms;
    bool complete;
    unsigned unreadable;
};

static void format_left(int64_t left_ms, char *out, size_t size)
{
    const int64_t s = (left_ms + 999) / 1000;

    if (s < 120) {
        (void)snprintf(out, size, "%" PRId64 "s", s);
    } else if (s < 7200) {
        (void)snprintf(out, size, "%" PRId64 "m", s / 60);
    } else if (s < 172800) {
        (void)snprintf(out, size, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    } else {
        (void)snprintf(out, size, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
    }
}

static bool add_hold(void *arg, struct fg_view json)
{
    struct listing *listing = arg;
    struct fg_message hold;
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    char until[TIME_TEXT_MAX];
    char left[24];

    if (fg_record_parse_hold(json, &hold) != FG_OK) {
        listing->unreadable++;
        return true;
    }
    if (hold.hold.until_ms <= listing->now_ms) {
        return true;
    }
    fg_hold_scope_format(hold.hold.scope, hold.hold.value, scope);
    format_time(hold.hold.until_ms, until);
    format_left(hold.hold.until_ms - listing->now_ms, left, sizeof(left));
    const char *const cells[] = {
        hold.customer, scope,           hold.hold.of, until, left, hold.hold.cut ? "yes" : "no",
        hold.hold.by,  hold.hold.reason};
    listing->complete = table_add(listing->table, cells, fg_json_parse(json));
    table_tone(listing->table, 1, TONE_BAD);
    return listing->complete;
}

enum exit_code cmd_holds(struct invocation *call)
{
    static const char *const columns[] = {"CUSTOMER", "SCOPE", "OF", "UNTIL",
                                          "LEFT",     "CUT",   "BY", "REASON"};
    struct listing listing = {.now_ms = now_ms(), .complete = true};
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    int rc = FG_ENOMEM;

    if (redis == NULL) {
        return code;
    }
    listing.table = table_new("holds", columns, sizeof(columns) / sizeof(columns[0]));
    if (listing.table != NULL) {
        rc = fg_redis_holds_each(redis, listing.now_ms, add_hold, &listing);
    }
    if (rc != FG_OK) {
        code = redis_failed(call, redis, rc);
    } else if (!listing.complete || !table_print(listing.table, &call->output)) {
        code = EXIT_FAILED;
    } else if (table_rows(listing.table) == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs("no holds\n", stderr);
    }
    if (listing.unreadable > 0) {
        complain("%u hold(s) cannot be read and are left out", listing.unreadable);
        code = code == EXIT_OK ? EXIT_DEGRADED : code;
    }
    table_free(listing.table);
    fg_redis_free(redis);
    return code;
}

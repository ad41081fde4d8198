// SPDX-License-Identifier: GPL-2.0-or-later
// Shows the relay's record of a silenced call: that nothing of it was forwarded after the verdict.
#include <inttypes.h>
#include <stdlib.h>

#include "commands.h"
#include "fg/record.h"
#include "redis.h"

#define US_PER_MS 1000.0

static int64_t integer_of(const struct fg_json *json, const char *key)
{
    int64_t value = 0;

    (void)fg_json_integer(json, key, &value);
    return value;
}

// How long before or after the verdict was obeyed, or "never".
static void format_last(const struct fg_json *leg, int64_t obeyed_us, char *out, size_t size)
{
    const int64_t last_us = integer_of(leg, "last_forwarded_us");
    const double ms = (double)(last_us - obeyed_us) / US_PER_MS;

    if (last_us == 0) {
        (void)snprintf(out, size, "never");
    } else if (obeyed_us == 0) {
        format_time(last_us / 1000, out);
    } else {
        (void)snprintf(out, size, "%.1f ms %s", ms < 0 ? -ms : ms, ms <= 0 ? "before" : "AFTER");
    }
}

static bool add_leg(struct table *table, const struct fg_json *leg)
{
    const struct fg_json *verdict = fg_json_member(leg, "verdict");
    const struct fg_json *dropped = fg_json_member(verdict, "dropped");
    const char *reason = fg_json_string(verdict, "reason");
    const int64_t heard_us = integer_of(verdict, "heard_us");
    const int64_t obeyed_us = integer_of(verdict, "obeyed_us");
    const int64_t after = integer_of(verdict, "forwarded_after");
    char heard[TIME_TEXT_MAX] = "-";
    char obeyed[32] = "-";
    char last[TIME_TEXT_MAX];
    char forwarded[24];
    char bytes[64];

    if (reason != NULL) {
        format_time(heard_us / 1000, heard);
        (void)snprintf(obeyed, sizeof(obeyed), "%.1f ms",
                       (double)(obeyed_us - heard_us) / US_PER_MS);
    }
    format_last(leg, obeyed_us, last, sizeof(last));
    (void)snprintf(forwarded, sizeof(forwarded), "%" PRId64, after);
    (void)snprintf(bytes, sizeof(bytes), "%" PRId64 " (%" PRId64 " bytes)",
                   integer_of(dropped, "packets"), integer_of(dropped, "bytes"));
    const char *const cells[] = {
        fg_json_string(leg, "side"), reason, heard, obeyed, last, forwarded, bytes};
    if (!table_add(table, cells, fg_json_copy(leg))) {
        return false;
    }
    table_tone(table, 5, after == 0 ? TONE_GOOD : TONE_BAD);
    return true;
}

static bool print_legs(const struct invocation *call, const struct fg_json *proof)
{
    static const char *const columns[] = {
        "SIDE", "VERDICT", "HEARD", "OBEYED AFTER", "LAST PACKET", "FORWARDED AFTER", "DROPPED"};
    const struct fg_json *legs = fg_json_member(proof, "legs");
    struct table *table = table_new("legs", columns, sizeof(columns) / sizeof(columns[0]));
    bool complete = table != NULL;

    for (size_t i = 0; complete && i < fg_json_count(legs); i++) {
        complete = add_leg(table, fg_json_item(legs, i));
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    return complete;
}

static enum exit_code print_proof(const struct invocation *call, const char *text, size_t length)
{
    struct fg_json *proof = fg_json_parse((struct fg_view){text, length});
    bool complete = fg_json_count(fg_json_member(proof, "legs")) > 0;

    if (!complete) {
        complain("the record cannot be read");
        fg_json_free(proof);
        return EXIT_FAILED;
    }
    if (call->output.format == OUTPUT_JSON || call->output.format == OUTPUT_JSONL) {
        complete = output_object(&call->output, proof);
        return complete ? EXIT_OK : EXIT_FAILED;
    }
    complete = print_legs(call, proof);
    if (call->output.format == OUTPUT_HUMAN && complete) {
        const int64_t after = integer_of(proof, "forwarded_after");
        complete = printf("%" PRId64 " packet(s) forwarded after the verdict, by relay %s\n", after,
                          fg_json_string(proof, "node")) >= 0 &&
                   fflush(stdout) == 0;
    }
    fg_json_free(proof);
    return complete ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_proof(struct invocation *call)
{
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    char hash[33];
    char *json = NULL;
    size_t length = 0;
    int rc = FG_OK;

    if (redis == NULL) {
        return code;
    }
    fg_record_call_hash(fg_view_of(call->arguments[0]), hash);
    rc = fg_redis_proof_get(redis, hash, &json, &length);
    if (rc == FG_ENOTFOUND) {
        complain("no proof of call '%s': it goes on, was never silenced, or ended over 7 days ago",
                 call->arguments[0]);
        code = EXIT_NOT_FOUND;
    } else {
        code = rc == FG_OK ? print_proof(call, json, length) : redis_failed(call, redis, rc);
    }
    free(json);
    fg_redis_free(redis);
    return code;
}

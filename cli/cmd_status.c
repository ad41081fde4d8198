// SPDX-License-Identifier: GPL-2.0-or-later
// Tells whether Redis answers, evaluates, and what it holds.
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "commands.h"
#include "fg/record.h"
#include "redis.h"

struct facts {
    int64_t now_ms;
    int64_t ping_us, evaluate_us;
    int evaluate_rc;
    unsigned holds, trunks;
    int64_t last_event_ms; // 0: none
};

static int64_t monotonic_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool count_hold(void *arg, struct fg_view json)
{
    struct facts *facts = arg;
    struct fg_message hold;

    if (fg_record_parse_hold(json, &hold) == FG_OK && hold.hold.until_ms > facts->now_ms) {
        facts->holds++;
    }
    return true;
}

static bool count_trunk(void *arg, struct fg_view customer, struct fg_view json)
{
    struct facts *facts = arg;

    (void)customer;
    (void)json;
    facts->trunks++;
    return true;
}

static bool take_time(void *arg, struct fg_view event)
{
    struct facts *facts = arg;
    struct fg_json *json = fg_json_parse(event);

    (void)fg_json_integer(json, "time_ms", &facts->last_event_ms);
    fg_json_free(json);
    return false;
}

// The same round trip as a call's, for a customer that cannot be: no rule counts it, but the
// function library must be there and answer.
static int evaluate(struct fg_redis *redis, int64_t now)
{
    static struct fg_store_request request;
    static struct fg_store_reply reply;
    const struct fg_store store = fg_redis_store(redis);

    request.customer = "-fgctl-status-";
    request.now_ms = now;
    fg_hold_ask(&request.holds, FG_HOLD_CUSTOMER, 0);
    return store.ops->evaluate(store.impl, &request, &reply);
}

static int collect(struct fg_redis *redis, struct facts *facts)
{
    int64_t begin_us = monotonic_us();
    int rc = fg_redis_ping(redis);

    facts->ping_us = monotonic_us() - begin_us;
    if (rc != FG_OK) {
        return rc;
    }
    begin_us = monotonic_us();
    facts->evaluate_rc = evaluate(redis, facts->now_ms);
    facts->evaluate_us = monotonic_us() - begin_us;
    rc = fg_redis_holds_each(redis, facts->now_ms, count_hold, facts);
    if (rc == FG_OK) {
        rc = fg_redis_trunks_each(redis, count_trunk, facts);
    }
    return rc == FG_OK ? fg_redis_events_last(redis, 1, take_time, facts) : rc;
}

static bool print_json(const struct output *output, const struct facts *facts)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        fg_json_set_integer(object, "v", 1) && fg_json_set_bool(object, "redis", true) &&
        fg_json_set_integer(object, "ping_us", facts->ping_us) &&
        fg_json_set_bool(object, "evaluates", facts->evaluate_rc == FG_OK) &&
        fg_json_set_integer(object, "evaluate_us", facts->evaluate_us) &&
        fg_json_set_integer(object, "holds", facts->holds) &&
        fg_json_set_integer(object, "trunks", facts->trunks) &&
        (facts->last_event_ms == 0
             ? fg_json_set_null(object, "last_event_ms")
             : fg_json_set_integer(object, "last_event_ms", facts->last_event_ms));

    if (!complete) {
        fg_json_free(object);
        return false;
    }
    return output_object(output, object);
}

static bool print_people(const struct output *output, const struct facts *facts)
{
    const bool evaluates = facts->evaluate_rc == FG_OK;
    const enum output_tone tone = evaluates ? TONE_GOOD : TONE_BAD;
    char last[TIME_TEXT_MAX] = "none yet";

    if (facts->last_event_ms > 0) {
        format_time(facts->last_event_ms, last);
    }
    (void)printf("redis       %sanswers%s in %.1f ms\n", tone_begin(output, TONE_GOOD),
                 tone_end(output, TONE_GOOD), (double)facts->ping_us / 1000.0);
    if (evaluates) {
        (void)printf("evaluation  %sworks%s, %.1f ms\n", tone_begin(output, tone),
                     tone_end(output, tone), (double)facts->evaluate_us / 1000.0);
    } else {
        (void)printf("evaluation  %sfails%s: %s\n", tone_begin(output, tone),
                     tone_end(output, tone), fg_strerror(facts->evaluate_rc));
    }
    return printf("holds       %u\ntrunks      %u seen\nlast event  %s\n", facts->holds,
                  facts->trunks, last) > 0;
}

enum exit_code cmd_status(struct invocation *call)
{
    struct facts facts = {.now_ms = now_ms()};
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    bool printed = false;
    int rc = FG_OK;

    if (redis == NULL) {
        return code;
    }
    rc = collect(redis, &facts);
    if (rc != FG_OK) {
        code = redis_failed(call, redis, rc);
        fg_redis_free(redis);
        return code;
    }
    fg_redis_free(redis);
    printed = call->output.format == OUTPUT_JSON || call->output.format == OUTPUT_JSONL
                  ? print_json(&call->output, &facts)
                  : print_people(&call->output, &facts);
    if (!printed) {
        return EXIT_FAILED;
    }
    return facts.evaluate_rc == FG_OK ? EXIT_OK : EXIT_DEGRADED;
}

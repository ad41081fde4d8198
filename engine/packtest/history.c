// SPDX-License-Identifier: GPL-2.0-or-later
// Each value is put as an event with it would put it: like the test's first call, but for the
// value.
#include "history.h"

#include <stdlib.h>

#include "fg/known.h"
#include "fg/plan.h"
#include "stage.h"

struct filler {
    const struct test_case *test;
    const struct fg_policy *policy;
    const struct fg_store *store;
    struct test_calls shape;
    struct stage stage;
    struct fg_plan plan;
    int rc;
};

static bool is_of(const struct fg_meter *meter, const enum fg_meter_source *sources, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (meter->source == sources[i]) {
            return true;
        }
    }
    return false;
}

// As the call that was first seen at seen_ms, and again at the clock.
static void put(struct filler *filler, const struct fg_meter *meter, int64_t seen_ms)
{
    const struct fg_customer *customer = filler->stage.event.customer;
    struct fg_store_request request = {
        .customer = customer == NULL ? "" : customer->id, .now_ms = seen_ms, .n_ops = 1};
    struct fg_store_reply reply;
    if (!fg_plan_sighting(&filler->plan, meter, &request.ops[0])) {
        return;
    }
    if (meter->kind ==
        FG_METER_KNOWN) { // the later sighting first, so that the earlier one is not over
        const int64_t clock_ms = filler->test->clock_ms;
        struct fg_store_request late = request;
        request.now_ms = clock_ms;
        request.ops[0].bucket = fg_known_bucket(clock_ms, meter->over_ms);
        filler->rc = filler->store->ops->evaluate(filler->store->impl, &request, &reply);
        request = late;
    }
    const int64_t over_ms = request.ops[0].ttl_ms;
    request.ops[0].ttl_ms = FG_METER_REMEMBERED_MAX_MS; // until the clock, however long that is
    filler->rc = filler->store->ops->evaluate(filler->store->impl, &request, &reply);
    if (filler->rc == FG_OK) {
        request.now_ms = filler->test->clock_ms;
        request.ops[0].ttl_ms = over_ms;
        filler->rc = filler->store->ops->evaluate(filler->store->impl, &request, &reply);
    }
}

// Plans filler->shape, and puts it in the meters of these sources.
static void see(struct filler *filler, const enum fg_meter_source *sources, size_t n,
                fg_country dest_country, int64_t seen_ms)
{
    const struct fg_ruleset *ruleset = filler->policy->ruleset;
    stage_set(&filler->stage, &filler->shape, filler->test->customer, 0, 1, filler->policy,
              seen_ms);
    fg_plan(filler->policy, &filler->stage.event, seen_ms, &filler->plan);
    if (dest_country != FG_COUNTRY_NONE) {
        filler->plan.dest.country = dest_country;
    }
    for (uint32_t i = 0; i < ruleset->n_meters && filler->rc == FG_OK; i++) {
        if (is_of(&ruleset->meters[i], sources, n)) {
            put(filler, &ruleset->meters[i], seen_ms);
        }
    }
    filler->shape = filler->test->calls[0];
}

#define SEE(filler, dest_country, seen_ms, ...)                                                    \
    see((filler), (const enum fg_meter_source[]){__VA_ARGS__},                                     \
        sizeof((const enum fg_meter_source[]){__VA_ARGS__}) / sizeof(enum fg_meter_source),        \
        (dest_country), (seen_ms))

static void see_all(struct filler *filler)
{
    const struct test_history *history = &filler->test->history;
    const int64_t seen_ms = filler->test->clock_ms - history->ago_ms;
    for (uint32_t i = 0; i < history->n_dest_countries; i++) {
        SEE(filler, history->dest_countries[i], seen_ms, FG_SOURCE_DEST_COUNTRY);
    }
    for (uint32_t i = 0; i < history->n_dest_numbers; i++) {
        filler->shape.to = history->dest_numbers[i];
        SEE(filler, FG_COUNTRY_NONE, seen_ms, FG_SOURCE_DEST_NUMBER, FG_SOURCE_DEST_RANGE,
            FG_SOURCE_DEST_COUNTRY);
    }
    for (uint32_t i = 0; i < history->n_callers; i++) {
        filler->shape.from = history->callers[i];
        SEE(filler, FG_COUNTRY_NONE, seen_ms, FG_SOURCE_CALLER_NUMBER);
    }
    for (uint32_t i = 0; i < history->n_src_countries; i++) {
        filler->shape.src_country = history->src_countries[i];
        SEE(filler, FG_COUNTRY_NONE, seen_ms, FG_SOURCE_SRC_COUNTRY);
    }
    for (uint32_t i = 0; i < history->n_networks; i++) {
        filler->shape.source = history->networks[i];
        filler->shape.has_source = true;
        SEE(filler, FG_COUNTRY_NONE, seen_ms, FG_SOURCE_NETWORK);
    }
    if (history->cert_seen_ms != 0) {
        SEE(filler, FG_COUNTRY_NONE, history->cert_seen_ms, FG_SOURCE_CERT);
    }
}

// At each hour of the week before the clock, each of them says what is usual.
static void hear_peers(struct filler *filler, const struct test_peers *peers)
{
    const struct fg_meter *meter = &filler->policy->ruleset->meters[peers->meter];
    const struct fg_customer *customer = filler->test->customer;
    struct fg_store_request request = {
        .customer = customer->id, .now_ms = filler->test->clock_ms, .n_ops = 1};
    struct fg_meter_op *op = &request.ops[0];
    struct fg_store_reply reply;
    stage_set(&filler->stage, &filler->shape, customer, 0, 1, filler->policy, request.now_ms);
    fg_plan(filler->policy, &filler->stage.event, request.now_ms, &filler->plan);
    fg_plan_voice(&filler->plan, meter, op);
    op->amount = fg_peers_level(peers->usual);
    op->bucket -= FG_BASELINE_HOURS;
    for (int hour = 0; hour < FG_BASELINE_HOURS; hour++, op->bucket++) {
        for (int32_t i = 0; i < peers->customers && filler->rc == FG_OK; i++) {
            op->member = (uint64_t)i;
            filler->rc = filler->store->ops->evaluate(filler->store->impl, &request, &reply);
        }
    }
}

int history_fill(const struct test_case *test, const struct fg_policy *policy,
                 const struct fg_store *store)
{
    struct filler *filler = calloc(1, sizeof(*filler));
    if (filler == NULL) {
        return FG_ENOMEM;
    }
    filler->test = test;
    filler->policy = policy;
    filler->store = store;
    filler->shape = test->calls[0];
    see_all(filler);
    for (uint32_t i = 0; i < test->history.n_peers && filler->rc == FG_OK; i++) {
        hear_peers(filler, &test->history.peers[i]);
    }
    int rc = filler->rc;
    free(filler);
    return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "play.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/explain.h"
#include "fg/store.h"
#include "history.h"
#include "schedule.h"
#include "stage.h"

// One call to play: which entry of the test it comes from, or of its history.
struct player_call {
    const struct test_calls *shape;
    int64_t start_ms;
    uint32_t entry;
    int32_t n;
    bool live, past;
    bool up, emergency, outbound;
    fg_micro usd_per_minute;
    uint64_t allowance; // id of the one under which it goes on
};

#define PAST_ENTRY (UINT32_C(1) << 20) // entries of the history are numbered from here

struct player {
    const struct test_case *test;
    struct fg_policy policy; // the test's ruleset and customers
    struct schedule schedule;
    struct player_call *calls;
    int64_t *risky_ms; // times of risky attempts
    uint32_t n_risky;
    void *memory;
    struct fg_local *local;
    struct fg_store store;
    struct play_results *results;
    // Big, and the same for every event.
    struct stage stage;
    struct fg_plan plan;
    struct fg_decision decision;
    struct fg_store_reply reply;
    struct fg_hold held; // set by this event; else not active
};

static int compare_starts(const void *a, const void *b)
{
    const struct player_call *x = a;
    const struct player_call *y = b;
    if (x->start_ms != y->start_ms) {
        return x->start_ms < y->start_ms ? -1 : 1;
    }
    if (x->entry != y->entry) {
        return x->entry < y->entry ? -1 : 1;
    }
    return (x->n > y->n) - (x->n < y->n);
}

// What is usual takes the most room of all registers, and has a sixteenth of them.
static uint32_t registers_for(const struct fg_ruleset *ruleset, const struct test_case *test)
{
    const uint32_t remembered = test->history.ago_ms > 0 ? 4096 : 1024;
    bool typical = false;
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        typical = typical || ruleset->meters[i].kind == FG_METER_TYPICAL;
    }
    return typical ? 8192 : remembered;
}

static bool open_store(struct player *player)
{
    struct fg_local_config config;
    fg_local_config_default(&config);
    config.windows = 4096;
    config.sets = 256;
    config.calls = 32768;
    config.holds = 64;
    config.registers = registers_for(player->policy.ruleset, player->test);
    size_t size = (fg_local_size_bytes(&config) + 63) / 64 * 64;
    player->memory = size == 0 ? NULL : aligned_alloc(64, size);
    if (player->memory == NULL) {
        return false;
    }
    memset(player->memory, 0, size);
    player->local = fg_local_init(player->memory, &config);
    if (player->local == NULL) {
        return false;
    }
    player->store = fg_local_store(player->local);
    return true;
}

static uint32_t count_calls(const struct test_calls *calls, uint32_t n)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        total += (uint32_t)calls[i].repeat;
    }
    return total;
}

// Appends n entries' calls to the player's; returns how many there are then.
static uint32_t add_calls(struct player *player, const struct test_calls *calls, uint32_t n,
                          bool past, uint32_t at)
{
    for (uint32_t i = 0; i < n; i++) {
        for (int32_t k = 0; k < calls[i].repeat; k++) {
            player->calls[at++] = (struct player_call){
                .shape = &calls[i],
                .start_ms = player->test->clock_ms + calls[i].at_ms + k * calls[i].every_ms,
                .entry = past ? PAST_ENTRY + i : i,
                .n = k + 1,
                .past = past};
        }
    }
    return at;
}

static int lay_out(struct player *player)
{
    const struct test_case *test = player->test;
    const struct test_history *history = &test->history;
    const uint32_t n = count_calls(test->calls, test->n_calls);
    const size_t room = (size_t)n + count_calls(history->calls, history->n_calls) + 1;
    player->calls = calloc(room, sizeof(*player->calls));
    player->risky_ms = calloc((size_t)n + 1, sizeof(*player->risky_ms));
    player->results->calls = calloc((size_t)n + 1, sizeof(*player->results->calls));
    if (player->calls == NULL || player->risky_ms == NULL || player->results->calls == NULL) {
        return FG_ENOMEM;
    }
    // The calls of the history stand behind those that results are kept of.
    (void)add_calls(player, test->calls, test->n_calls, false, 0);
    const uint32_t all = add_calls(player, history->calls, history->n_calls, true, n);
    qsort(player->calls, n, sizeof(*player->calls), compare_starts);
    player->results->n = n;
    int rc = FG_OK;
    for (uint32_t i = 0; i < all && rc == FG_OK; i++) {
        rc = schedule_add(
            &player->schedule,
            (struct due){.at_ms = player->calls[i].start_ms, .call = i, .kind = FG_EVENT_ATTEMPT});
    }
    return rc;
}

// Where what hit was written; no file for what is not of a pack.
static struct fg_origin origin_of(const struct fg_ruleset *ruleset, const struct fg_reason *reason)
{
    switch (reason->kind) {
    case FG_REASON_RULE:
        return ruleset->rules[reason->index].origin;
    case FG_REASON_COMPOSITE:
        return ruleset->composites[reason->index].origin;
    case FG_REASON_OVERRIDE:
        return ruleset->overrides[reason->detail].origin;
    case FG_REASON_EXCEPTION:
        return ruleset->rules[reason->index].exceptions[reason->detail].origin;
    default:
        return (struct fg_origin){0};
    }
}

static const char *base_name(const char *path)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// Lines such as "        +45 DEST_IRSF   +96077***45 matches +960   base.yaml:12".
static char *describe(const struct player *player)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < player->decision.n_reasons; i++) {
        const struct fg_reason *reason = &player->decision.reasons[i];
        const struct fg_origin origin = origin_of(player->policy.ruleset, reason);
        char id[96];
        char why[256];
        fg_reason_id(&player->plan, reason, id, sizeof(id));
        fg_reason_text(&player->plan, &player->decision, reason, why, sizeof(why));
        fprintf(out, "        %+4d %s%s  %s", reason->points, id, reason->shadow ? " (shadow)" : "",
                why);
        if (origin.file != NULL) {
            fprintf(out, "   %s:%u", base_name(origin.file), origin.line);
        }
        fputc('\n', out);
    }
    (void)fclose(out);
    return text;
}

static void note_coverage(struct player *player)
{
    for (uint32_t i = 0; i < player->decision.n_reasons; i++) {
        const struct fg_reason *reason = &player->decision.reasons[i];
        if (reason->kind == FG_REASON_RULE) {
            player->results->covered[reason->index / 64] |= UINT64_C(1) << (reason->index % 64);
            uint8_t *steps = &player->results->steps[reason->index];
            *steps = (uint8_t)(*steps | (reason->measured ? 1U << reason->step : 0U));
        } else if (reason->kind == FG_REASON_COMPOSITE) {
            static_assert(FG_COMPOSITES_MAX <= 64, "one bit each");
            player->results->composites |= UINT64_C(1) << reason->index;
        }
    }
}

// Keeps the decisions that tests ask for: on the attempt, and where the call was cut.
static int note_result(struct player *player, const struct due *due)
{
    const struct fg_decision *decision = &player->decision;
    struct played_call *call = &player->results->calls[due->call];
    struct call_result *result = &call->cut;
    const struct fg_hold *held = player->held.active ? &player->held : &decision->hold;
    if (due->kind == FG_EVENT_ATTEMPT) {
        result = &call->attempt;
    } else if (!decision->cut_call || due->kind == FG_EVENT_END) {
        return FG_OK;
    }
    free(result->reasons);
    *result = (struct call_result){
        .decided = true,
        .action = decision->action,
        .identity = player->stage.event.identity,
        .score = decision->score,
        .shadow_score = decision->shadow_score,
        .sip = decision->reply.code,
        .minute = due->minute,
        .degraded = decision->degraded,
        .hold = decision->set_hold.wanted || decision->hold.active,
        .hold_scope = (enum fg_hold_scope)held->scope,
        .hold_for_s = player->held.active ? (held->until_ms - due->at_ms) / FG_MS_PER_S : 0,
        .drop_media = decision->drop_media,
        .reasons = describe(player)};
    for (uint32_t i = 0; i < decision->n_reasons; i++) {
        const struct fg_reason *reason = &decision->reasons[i];
        bool note = reason->kind == FG_REASON_EXCEPTION || reason->kind == FG_REASON_OVERRIDE;
        if (note || reason->kind == FG_REASON_RULE || reason->kind == FG_REASON_COMPOSITE) {
            result->hits[result->n_hits++] =
                (struct call_hit){reason->kind, reason->index, reason->detail, reason->shadow};
        }
    }
    return result->reasons == NULL ? FG_ENOMEM : FG_OK;
}

// Risky calls of the last minute, this one included.
static int32_t count_risky(struct player *player, int64_t now_ms, enum fg_event_kind kind)
{
    if (kind == FG_EVENT_ATTEMPT && player->stage.event.direction == FG_OUTBOUND &&
        !player->plan.dest_ordinary && !player->plan.skip_rules) {
        player->risky_ms[player->n_risky++] = now_ms;
    }
    int32_t count = 0;
    for (uint32_t i = player->n_risky; i-- > 0 && player->risky_ms[i] > now_ms - FG_MS_PER_MIN;) {
        count++;
    }
    return count;
}

static void decide(struct player *player, const struct due *due)
{
    fg_plan(&player->policy, &player->stage.event, due->at_ms, &player->plan);
    const struct fg_store_reply *reply = NULL;
    if (player->plan.store_needed && !player->test->store_down) {
        memset(&player->reply, 0, sizeof(player->reply));
        if (player->store.ops->evaluate(player->store.impl, &player->plan.request,
                                        &player->reply) == FG_OK) {
            player->reply.degraded = player->test->redis_down;
            reply = &player->reply;
        }
    }
    fg_decide(&player->plan, reply, count_risky(player, due->at_ms, due->kind), &player->decision);
}

// What the module does with a decision: holds, and leases given back.
static void apply(struct player *player, const struct due *due)
{
    const struct fg_decision *decision = &player->decision;
    const struct fg_customer *customer = player->stage.event.customer;
    struct fg_store_reply ignored;
    memset(&player->held, 0, sizeof(player->held));
    if (decision->release && !player->test->store_down) {
        (void)player->store.ops->evaluate(player->store.impl, &decision->release_request, &ignored);
    }
    if (decision->allowed) {
        player->calls[due->call].allowance = player->plan.allowance->id;
    }
    if (!decision->set_hold.wanted || customer == NULL) {
        return;
    }
    struct fg_hold *hold = &player->held;
    hold->active = true;
    hold->scope = (uint8_t)decision->set_hold.scope;
    hold->value = decision->set_hold.value;
    hold->since_ms = due->at_ms;
    (void)snprintf(hold->reason, sizeof(hold->reason), "blocked by the rules");
    (void)snprintf(hold->by, sizeof(hold->by), "rules");
    (void)fg_local_hold_renew(player->local, customer->id, &decision->set_hold.span, hold);
}

// The call's next events, after a decision that let it live.
static int follow(struct player *player, const struct due *due)
{
    struct player_call *call = &player->calls[due->call];
    const int64_t duration_ms = call->shape->duration_ms;
    int64_t answer_ms = call->start_ms;
    struct due next = {.at_ms = due->at_ms, .call = due->call};
    int rc = FG_OK;
    switch (due->kind) {
    case FG_EVENT_ATTEMPT:
        call->live = true;
        call->emergency = player->plan.emergency;
        call->outbound = player->stage.event.direction == FG_OUTBOUND;
        call->usd_per_minute = player->plan.dest.usd_per_minute;
        next.kind = duration_ms > 0 ? FG_EVENT_ANSWER : FG_EVENT_END;
        return schedule_add(&player->schedule, next);
    case FG_EVENT_ANSWER:
        call->up = true;
        next.kind = FG_EVENT_END;
        next.at_ms = answer_ms + duration_ms;
        rc = schedule_add(&player->schedule, next);
        next.kind = FG_EVENT_MINUTE;
        next.minute = 1;
        next.at_ms = answer_ms;
        return rc == FG_OK ? schedule_add(&player->schedule, next) : rc;
    case FG_EVENT_MINUTE:
        next.kind = FG_EVENT_MINUTE;
        next.minute = due->minute + 1;
        next.at_ms = answer_ms + due->minute * FG_MS_PER_MIN;
        return next.at_ms < answer_ms + duration_ms ? schedule_add(&player->schedule, next) : rc;
    case FG_EVENT_END:
        call->live = call->up = false;
        break;
    }
    return rc;
}

// The call that ends first of those in progress; all are of one customer. own: where there is none.
static uint32_t dearest_of(const struct player *player, uint32_t own)
{
    uint32_t found = own;
    struct fg_cut_candidate first = {0};
    for (uint32_t i = 0; i < player->results->n; i++) {
        const struct player_call *call = &player->calls[i];
        const struct fg_cut_candidate candidate = {call->usd_per_minute, call->start_ms};
        if (call->up && !call->emergency && call->outbound &&
            (first.answered_ms == 0 || fg_cut_before(&candidate, &first))) {
            found = i;
            first = candidate;
        }
    }
    return found;
}

static void set_stage(struct player *player, const struct due *due)
{
    const struct player_call *call = &player->calls[due->call];
    struct fg_event *event = &player->stage.event;
    stage_set(&player->stage, call->shape, player->test->customer, call->entry, call->n,
              &player->policy, due->at_ms);
    event->kind = due->kind;
    event->minute = due->minute;
    event->answered = due->kind != FG_EVENT_ATTEMPT && call->shape->duration_ms > 0;
    event->duration_s = (int32_t)((due->at_ms - call->start_ms) / FG_MS_PER_S);
    if (event->answered && (due->kind == FG_EVENT_MINUTE || due->kind == FG_EVENT_END)) {
        stage_set_media(&player->stage, call->shape, due->at_ms - call->start_ms);
    }
    event->allowances = player->test->allowances.n > 0 ? &player->test->allowances : NULL;
    event->allowance = call->allowance;
}

// What happened before went through, whatever the rules say of it now; only the meters know of it.
static int play_past(struct player *player, const struct due *due)
{
    fg_plan(&player->policy, &player->stage.event, due->at_ms, &player->plan);
    if (player->plan.store_needed) {
        (void)player->store.ops->evaluate(player->store.impl, &player->plan.request,
                                          &player->reply);
    }
    return follow(player, due);
}

static int play_event(struct player *player, const struct due *due)
{
    set_stage(player, due);
    if (player->calls[due->call].past) {
        return play_past(player, due);
    }
    decide(player, due);
    note_coverage(player);
    apply(player, due);
    struct due ends = *due; // whom the verdict is about
    if (player->decision.cut_dearest) {
        ends.call = dearest_of(player, due->call);
        ends.minute =
            1 + (int32_t)((due->at_ms - player->calls[ends.call].start_ms) / FG_MS_PER_MIN);
    }
    int rc = note_result(player, &ends);
    // From throttle upwards an INVITE is refused.
    bool refused = due->kind == FG_EVENT_ATTEMPT && player->decision.action >= FG_THROTTLE;
    if (rc != FG_OK || refused) {
        return rc;
    }
    if (player->decision.cut_call && due->kind != FG_EVENT_END) {
        player->calls[ends.call].up = false;
        schedule_drop(&player->schedule, ends.call);
        struct due end = {.at_ms = due->at_ms, .call = ends.call, .kind = FG_EVENT_END};
        rc = schedule_add(&player->schedule, end);
        return rc != FG_OK || ends.call == due->call ? rc : follow(player, due);
    }
    return follow(player, due);
}

int play_test(const struct test_case *test, const struct test_file *file,
              const struct fg_policy *policy, struct play_results *out)
{
    memset(out, 0, sizeof(*out));
    struct player *player = calloc(1, sizeof(*player));
    if (player == NULL) {
        return FG_ENOMEM;
    }
    player->test = test;
    player->policy = *policy;
    player->policy.ruleset = file->ruleset;
    player->policy.customers = &file->customers;
    player->results = out;
    int rc = open_store(player) ? lay_out(player) : FG_ENOMEM;
    bool begun = false; // the clock is reached
    struct due due;
    while (rc == FG_OK && schedule_next(&player->schedule, &due)) {
        if (!begun && due.at_ms >= test->clock_ms) {
            begun = true;
            rc = history_fill(test, &player->policy, &player->store);
        }
        rc = rc == FG_OK ? play_event(player, &due) : rc;
    }
    schedule_fini(&player->schedule);
    free(player->calls);
    free(player->risky_ms);
    free(player->memory);
    free(player);
    return rc;
}

void play_results_fini(struct play_results *results)
{
    for (uint32_t i = 0; i < results->n && results->calls != NULL; i++) {
        free(results->calls[i].attempt.reasons);
        free(results->calls[i].cut.reasons);
    }
    free(results->calls);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// A decision as JSON.
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "fg/explain.h"
#include "fg/record.h"
#include "record_json.h"

static bool set_pack(struct fg_json *object, const struct fg_ruleset *ruleset)
{
    struct fg_json *pack = fg_json_object_new();
    const bool complete = fg_json_set_string(pack, "name", ruleset->pack) &&
                          fg_json_set_string(pack, "version", ruleset->version) &&
                          fg_json_set_string(pack, "digest", ruleset->digest);

    return fg_json_set(object, "pack", pack) && complete;
}

// A band that begins where the next one does was left out of the pack.
static bool is_reached(const struct fg_ruleset *ruleset, unsigned band)
{
    return ruleset->thresholds[band] != INT32_MAX &&
           (band + 1 == FG_ACTION_COUNT ||
            ruleset->thresholds[band] < ruleset->thresholds[band + 1]);
}

static bool set_thresholds(struct fg_json *object, const struct fg_ruleset *ruleset)
{
    struct fg_json *thresholds = fg_json_object_new();
    bool complete = true;

    for (unsigned i = FG_ALERT; i < FG_ACTION_COUNT; i++) {
        if (is_reached(ruleset, i)) {
            complete =
                complete && fg_json_set_integer(thresholds, fg_action_name((enum fg_action)i),
                                                ruleset->thresholds[i]);
        }
    }
    return fg_json_set(object, "thresholds", thresholds) && complete;
}

// A number as it is shown: masked, whole, or a short code, which names no person.
static bool set_number(struct fg_json *object, const char *key, const struct fg_number *number,
                       bool short_code, bool unmask)
{
    char text[FG_NUMBER_MASKED_MAX] = "";

    if (number->len == 0) {
        return fg_json_set_null(object, key);
    }
    if (short_code) {
        return fg_json_set_string(object, key, number->digits);
    }
    if (unmask) {
        (void)snprintf(text, sizeof(text), "+%s", number->digits);
    } else {
        fg_number_mask(number, text);
    }
    return fg_json_set_string(object, key, text);
}

static bool set_destination(struct fg_json *object, const struct fg_plan *plan, bool unmask)
{
    const struct fg_destination *dest = &plan->dest;
    struct fg_json *json = fg_json_object_new();
    char country[4];
    bool complete = false;

    fg_country_format(dest->country, country);
    complete =
        set_number(json, "number", &dest->number,
                   plan->event->called.status == FG_NUMBER_SHORT_CODE, unmask) &&
        fg_json_set_string(json, "country", dest->country == FG_COUNTRY_NONE ? NULL : country) &&
        fg_json_set_string(json, "type", fg_number_type_name(dest->type)) &&
        (dest->rated ? fg_json_set_micro(json, "usd_per_minute", dest->usd_per_minute)
                     : fg_json_set_null(json, "usd_per_minute")) &&
        fg_json_set_bool(json, "home", plan->dest_home) &&
        fg_json_set_bool(json, "emergency", dest->emergency);
    return fg_json_set(object, "dest", json) && complete;
}

static bool set_source(struct fg_json *object, const struct fg_ip *ip)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char text[INET6_ADDRSTRLEN] = "";

    if (memcmp(ip->bytes, mapped, sizeof(mapped)) == 0) {
        (void)inet_ntop(AF_INET, ip->bytes + sizeof(mapped), text, sizeof(text));
    } else {
        (void)inet_ntop(AF_INET6, ip->bytes, text, sizeof(text));
    }
    return fg_json_set_string(object, "source", text);
}

// What a reason comes from, for people; false when it is written nowhere.
static bool find_origin(const struct fg_ruleset *ruleset, const struct fg_reason *reason,
                        const char **desc, struct fg_origin *origin)
{
    if (reason->kind == FG_REASON_RULE && reason->index < ruleset->n_rules) {
        *desc = ruleset->rules[reason->index].desc;
        *origin = ruleset->rules[reason->index].origin;
        return true;
    }
    if (reason->kind == FG_REASON_COMPOSITE && reason->index < ruleset->n_composites) {
        *desc = ruleset->composites[reason->index].desc;
        *origin = ruleset->composites[reason->index].origin;
        return true;
    }
    if (reason->kind == FG_REASON_EXCEPTION) {
        *origin = ruleset->rules[reason->index].exceptions[reason->detail].origin;
        return true;
    }
    if (reason->kind == FG_REASON_OVERRIDE) {
        *origin = ruleset->overrides[reason->detail].origin;
        return true;
    }
    return false;
}

static bool set_origin(struct fg_json *json, const struct fg_ruleset *ruleset,
                       const struct fg_reason *reason)
{
    const char *desc = NULL;
    struct fg_origin origin = {0};
    char where[300];

    if (!find_origin(ruleset, reason, &desc, &origin)) {
        return true;
    }
    if (desc != NULL && !fg_json_set_string(json, "desc", desc)) {
        return false;
    }
    if (origin.file == NULL) {
        return true;
    }
    (void)snprintf(where, sizeof(where), "%s:%u", origin.file, (unsigned)origin.line);
    return fg_json_set_string(json, "origin", where);
}

static const char *reason_kind_name(enum fg_reason_kind kind)
{
    switch (kind) {
    case FG_REASON_RULE:
        return "rule";
    case FG_REASON_COMPOSITE:
        return "composite";
    case FG_REASON_CAP:
        return "cap";
    case FG_REASON_HOLD:
        return "hold";
    case FG_REASON_IDENTITY:
        return "identity";
    case FG_REASON_UNREADABLE:
        return "unreadable";
    case FG_REASON_EMERGENCY:
        return "emergency";
    case FG_REASON_DEGRADED:
        return "degraded";
    case FG_REASON_EXCEPTION:
        return "exception";
    case FG_REASON_OVERRIDE:
        return "override";
    case FG_REASON_DIALOG:
        return "dialog";
    case FG_REASON_ALLOWANCE:
        return "allowance";
    }
    return "unknown";
}

static bool set_agreement(struct fg_json *json, const char *reason, const char *owner,
                          int64_t until_ms)
{
    return fg_json_set_string(json, "agreed", reason) &&
           (owner == NULL || fg_json_set_string(json, "owner", owner)) &&
           (until_ms == FG_NEVER_MS || fg_json_set_integer(json, "until_ms", until_ms));
}

// Who answers for it, and what is left.
static bool set_allowance(struct fg_json *json, const struct fg_plan *plan,
                          const struct fg_reason *reason)
{
    const struct fg_allowance *allowance = plan->allowance;
    const bool takes = plan->allowance_calls_op >= 0 && reason->of > 0;
    const int64_t calls = reason->of - reason->hits;
    const fg_micro usd = reason->base - reason->value;
    char to[FG_ALLOWANCE_TO_TEXT_MAX];

    fg_allowance_to_format(allowance, to);
    return fg_json_set_string(json, "to", to) &&
           set_agreement(json, allowance->reason, allowance->by, allowance->until_ms) &&
           (!takes || fg_json_set_integer(json, "calls_left", calls > 0 ? calls : 0)) &&
           (reason->base == 0 || fg_json_set_micro(json, "usd_left", usd > 0 ? usd : 0));
}

// What a rule says beside its points: texts and notices, or why it was left out or changed.
static bool set_rule_facts(struct fg_json *json, const struct fg_ruleset *ruleset,
                           const struct fg_reason *reason)
{
    if (reason->kind == FG_REASON_RULE) {
        const char *text = ruleset->rules[reason->index].customer_text;
        return (text == NULL || fg_json_set_string(json, "customer_text", text)) &&
               (reason->notify == FG_NOTIFY_NONE ||
                fg_json_set_string(json, "notify", fg_notify_name(reason->notify)));
    }
    if (!fg_reason_is_note(reason)) {
        return true;
    }
    const struct fg_rule *rule = &ruleset->rules[reason->index];
    if (!fg_json_set_string(json, "rule", rule->id)) {
        return false;
    }
    if (reason->kind == FG_REASON_EXCEPTION) {
        const struct fg_exception *exception = &rule->exceptions[reason->detail];
        return set_agreement(json, exception->reason, exception->owner, exception->until_ms);
    }
    const struct fg_override *override = &ruleset->overrides[reason->detail];
    return set_agreement(json, override->reason, override->owner, override->until_ms);
}

static struct fg_json *reason_json(const struct fg_plan *plan, const struct fg_decision *decision,
                                   const struct fg_reason *reason)
{
    struct fg_json *json = fg_json_object_new();
    char id[128] = "";
    char why[400] = "";
    bool complete = false;

    fg_reason_id(plan, reason, id, sizeof(id));
    fg_reason_text(plan, decision, reason, why, sizeof(why));
    complete =
        fg_json_set_string(json, "id", id) &&
        fg_json_set_string(json, "kind", reason_kind_name(reason->kind)) &&
        fg_json_set_integer(json, "points", reason->points) &&
        fg_json_set_bool(json, "shadow", reason->shadow) && fg_json_set_string(json, "why", why) &&
        set_origin(json, plan->policy->ruleset, reason) &&
        (reason->kind == FG_REASON_ALLOWANCE ? set_allowance(json, plan, reason)
                                             : set_rule_facts(json, plan->policy->ruleset, reason));
    if (complete && reason->measured) {
        complete = fg_json_set_micro(json, "value", reason->value) &&
                   fg_json_set_micro(json, "threshold", reason->threshold);
    }
    if (complete && reason->measured && reason->base > 0) {
        complete = fg_json_set_micro(json, "base", reason->base);
    }
    if (complete && reason->starts != 0) {
        complete = fg_json_set_bool(json, "unlearned", true);
    }
    if (complete && reason->peers != 0) {
        complete = fg_json_set_integer(json, "peers", reason->peers);
    }
    if (complete && reason->kind == FG_REASON_HOLD && decision->hold.rule[0] != '\0') {
        complete = fg_json_set_string(json, "rule", decision->hold.rule);
    }
    if (complete && reason->unavailable) {
        complete = fg_json_set_bool(json, "unavailable", true);
    }
    if (complete && reason->action_at_least != FG_ALLOW) {
        complete =
            fg_json_set_string(json, "action_at_least", fg_action_name(reason->action_at_least));
    }
    if (!complete) {
        fg_json_free(json);
        return NULL;
    }
    return json;
}

static bool set_reasons(struct fg_json *object, const struct fg_plan *plan,
                        const struct fg_decision *decision)
{
    struct fg_json *reasons = fg_json_array_new();
    const uint32_t n =
        decision->n_reasons < FG_REASONS_MAX ? decision->n_reasons : (uint32_t)FG_REASONS_MAX;
    bool complete = true;

    for (uint32_t i = 0; complete && i < n; i++) {
        complete = fg_json_append(reasons, reason_json(plan, decision, &decision->reasons[i]));
    }
    return fg_json_set(object, "reasons", reasons) && complete;
}

// Rules that were looked at and found nothing.
static uint32_t count_silent_rules(const struct fg_plan *plan, const struct fg_decision *decision)
{
    const struct fg_event *event = plan->event;
    const uint32_t looked_at =
        plan->skip_rules ? 0 : plan->policy->ruleset->n_by_event[event->direction][event->kind];
    uint32_t hits = 0;

    for (uint32_t i = 0; i < decision->n_reasons && i < FG_REASONS_MAX; i++) {
        const enum fg_reason_kind kind = decision->reasons[i].kind;
        hits += kind == FG_REASON_RULE || kind == FG_REASON_EXCEPTION ? 1 : 0;
    }
    return looked_at > hits ? looked_at - hits : 0;
}

static bool set_active_hold(struct fg_json *object, const struct fg_hold *hold)
{
    struct fg_json *json = NULL;
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    bool complete = false;

    if (!hold->active) {
        return fg_json_set_null(object, "hold");
    }
    fg_hold_scope_format(hold->scope, hold->value, scope);
    json = fg_json_object_new();
    complete = fg_json_set_string(json, "scope", scope) &&
               (hold->of[0] == '\0' || fg_json_set_string(json, "of", hold->of)) &&
               (hold->rule[0] == '\0' || fg_json_set_string(json, "rule", hold->rule)) &&
               fg_json_set_string(json, "reason", hold->reason) &&
               fg_json_set_string(json, "by", hold->by) &&
               fg_json_set_integer(json, "since_ms", hold->since_ms) &&
               fg_json_set_integer(json, "until_ms", hold->until_ms) &&
               fg_json_set_bool(json, "cut", hold->cut);
    return fg_json_set(object, "hold", json) && complete;
}

static bool set_hold_to_come(struct fg_json *hold, const struct fg_plan *plan,
                             const struct fg_hold_effect *effect)
{
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    char of[FG_HOLD_OF_MAX];

    fg_hold_scope_format((uint8_t)effect->scope, effect->value, scope);
    fg_plan_hold_of(plan, effect->scope, of);
    return fg_json_set_string(hold, "scope", scope) &&
           (of[0] == '\0' || fg_json_set_string(hold, "of", of)) &&
           fg_json_set_integer(hold, "duration_s",
                               (effect->until_ms - plan->now_ms) / FG_MS_PER_S) &&
           fg_json_set_integer(hold, "until_ms", effect->until_ms);
}

// What the decision asks for; "hold" in here is the one to come, not the one that decided.
static bool set_effects(struct fg_json *object, const struct fg_plan *plan,
                        const struct fg_decision *decision)
{
    struct fg_json *effects = fg_json_object_new();
    bool complete = fg_json_set_bool(effects, "drop_media", decision->drop_media) &&
                    fg_json_set_bool(effects, "cut_call", decision->cut_call) &&
                    (!decision->cut_dearest || fg_json_set_bool(effects, "cut_dearest", true));

    if (complete && decision->reply.code != 0) {
        complete = fg_json_set_integer(effects, "sip_code", decision->reply.code) &&
                   fg_json_set_string(effects, "sip_reason", decision->reply.text);
    }
    if (complete && decision->set_hold.wanted) {
        struct fg_json *hold = fg_json_object_new();
        complete = set_hold_to_come(hold, plan, &decision->set_hold);
        complete = fg_json_set(effects, "hold", hold) && complete;
    }
    return fg_json_set(object, "effects", effects) && complete;
}

static bool set_verdict(struct fg_json *object, const struct fg_decision *decision)
{
    return fg_json_set_string(object, "action", fg_action_name(decision->action)) &&
           fg_json_set_string(object, "shadow_action", fg_action_name(decision->shadow_action)) &&
           fg_json_set_integer(object, "score", decision->score) &&
           fg_json_set_integer(object, "shadow_score", decision->shadow_score) &&
           fg_json_set_bool(object, "degraded", decision->degraded) &&
           fg_json_set_bool(object, "repeated", decision->repeated);
}

static bool set_event(struct fg_json *object, const struct fg_record_context *context,
                      const struct fg_plan *plan)
{
    const struct fg_event *event = plan->event;
    char type[32];

    (void)snprintf(type, sizeof(type), "call.%s", fg_event_kind_name(event->kind));
    return fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
           fg_json_set_string(object, "type", type) &&
           fg_json_set_integer(object, "time_ms", plan->now_ms) &&
           fg_json_set_string(object, "node", context->node) &&
           fg_record_set_call_id(object, context->call_id) &&
           fg_json_set_string(object, "customer",
                              event->customer == NULL ? NULL : event->customer->id) &&
           fg_json_set_string(object, "direction", fg_direction_name(event->direction));
}

static bool set_call(struct fg_json *object, const struct fg_plan *plan, bool unmask)
{
    const struct fg_event *event = plan->event;
    bool complete = set_destination(object, plan, unmask) &&
                    set_number(object, "caller", &event->caller, false, unmask) &&
                    fg_json_set_string(object, "identity", fg_identity_name(event->identity)) &&
                    fg_record_set_tls(object, event->tls, plan->now_ms) &&
                    fg_json_set_string(object, "transport", fg_transport_name(event->transport)) &&
                    set_source(object, &event->source) &&
                    fg_json_set_bool(object, "srtp", event->srtp_offered);

    if (complete && event->kind != FG_EVENT_ATTEMPT) {
        complete = fg_json_set_integer(object, "duration_s", event->duration_s);
    }
    if (complete && event->kind == FG_EVENT_MINUTE) {
        complete = fg_json_set_integer(object, "minute", event->minute);
    }
    return complete;
}

char *fg_record_decision(const struct fg_record_context *context, const struct fg_plan *plan,
                         const struct fg_decision *decision)
{
    const struct fg_ruleset *ruleset = plan->policy->ruleset;
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        set_event(object, context, plan) && set_verdict(object, decision) &&
        set_call(object, plan, context->unmask) && set_reasons(object, plan, decision) &&
        fg_json_set_integer(object, "rules_silent", count_silent_rules(plan, decision)) &&
        set_active_hold(object, &decision->hold) && set_effects(object, plan, decision) &&
        set_pack(object, ruleset) && set_thresholds(object, ruleset) &&
        fg_json_set_integer(object, "decided_us", context->decided_in_us) &&
        fg_json_set_integer(object, "store_us", context->store_us);

    return fg_record_finish(object, complete);
}

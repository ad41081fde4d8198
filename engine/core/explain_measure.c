// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain_priv.h"

static const char *counted_thing(const struct fg_meter *meter)
{
    switch (meter->source) {
    case FG_SOURCE_COST:
        return " USD";
    case FG_SOURCE_MINUTES:
        return " minutes";
    case FG_SOURCE_DEST_NUMBER:
        return " numbers";
    case FG_SOURCE_CALLER_NUMBER:
        return " callers";
    case FG_SOURCE_DEST_COUNTRY:
        return " countries";
    case FG_SOURCE_ANSWERS:
        return " answered calls";
    case FG_SOURCE_ENDS:
        return " ended calls";
    case FG_SOURCE_DEST_RANGE:
        return " number ranges";
    case FG_SOURCE_DEST_BLOCK:
        return " number blocks";
    case FG_SOURCE_DEST_DIALLED:
        return " dialled numbers";
    case FG_SOURCE_NETWORK:
        return " networks";
    case FG_SOURCE_CALLER_RANGE:
        return " caller ranges";
    case FG_SOURCE_CERT:
        return " certificates";
    case FG_SOURCE_SRC_COUNTRY:
        return " source countries";
    case FG_SOURCE_CUSTOMER:
        return " customers";
    case FG_SOURCE_CALLS:
        break;
    }
    return " calls";
}

// One of what was seen.
static const char *seen_thing(const struct fg_meter *meter)
{
    switch (meter->source) {
    case FG_SOURCE_DEST_NUMBER:
        return "number";
    case FG_SOURCE_CALLER_NUMBER:
        return "caller";
    case FG_SOURCE_DEST_COUNTRY:
        return "country";
    case FG_SOURCE_DEST_RANGE:
        return "number range";
    case FG_SOURCE_NETWORK:
        return "network";
    case FG_SOURCE_CERT:
        return "certificate";
    case FG_SOURCE_SRC_COUNTRY:
        return "source country";
    case FG_SOURCE_CUSTOMER:
        return "customer";
    default:
        return "value";
    }
}

// " since this country was first seen", " (this caller was seen before)", " numbers in rising
// order"; else the counted thing.
static void put_thing(const struct fg_meter *meter, struct fg_text *text)
{
    if (meter->kind == FG_METER_FIRST_SEEN) {
        fg_text_put(text, " since this ");
        fg_text_put(text, seen_thing(meter));
        fg_text_put(text, " was first seen");
    } else if (meter->kind == FG_METER_KNOWN) {
        fg_text_put(text, " since this ");
        fg_text_put(text, seen_thing(meter));
        fg_text_put(text, " became known");
    } else if (meter->kind == FG_METER_SEEN) {
        fg_text_put(text, " (this ");
        fg_text_put(text, seen_thing(meter));
        fg_text_put(text, " was seen before)");
    } else if (meter->kind == FG_METER_RUN) {
        fg_text_put(text, " numbers in rising order");
    } else if (meter->kind == FG_METER_TYPICAL) {
        fg_text_put(text, counted_thing(meter));
        fg_text_put(text, " usual at this hour");
    } else if (meter->kind == FG_METER_TREND) {
        fg_text_put(text, " times what it was four to eight weeks before");
    } else {
        fg_text_put(text, counted_thing(meter));
    }
}

// "3 h", "2.5 d"; at most one decimal place.
static void put_age(fg_micro age, struct fg_text *text)
{
    static const struct {
        int64_t s;
        const char *name;
    } units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    size_t i = 0;
    while (i < 3 && age / FG_MICRO < units[i].s) {
        i++;
    }
    fg_text_put_micro(text, age / units[i].s, 0, 1);
    fg_text_put(text, units[i].name);
}

static void put_window(const struct fg_meter *meter, struct fg_text *text)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{FG_MS_PER_DAY, " d"},
                 {60 * FG_MS_PER_MIN, " h"},
                 {FG_MS_PER_MIN, " min"},
                 {FG_MS_PER_S, " s"},
                 {1, " ms"}};
    if (meter->kind == FG_METER_GAUGE) {
        fg_text_put(text, " in progress");
        return;
    }
    if (meter->kind == FG_METER_FIRST_SEEN || meter->kind == FG_METER_SEEN ||
        meter->kind == FG_METER_KNOWN || meter->kind == FG_METER_TYPICAL ||
        meter->kind == FG_METER_TREND) {
        return; // it is remembered, not counted
    }
    if (meter->calendar_day) {
        fg_text_put(text, " today");
        return;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (meter->over_ms % units[i].ms == 0) {
            fg_text_put(text, " in ");
            fg_text_put_int(text, meter->over_ms / units[i].ms, 1);
            fg_text_put(text, units[i].name);
            return;
        }
    }
}

static void put_key(const struct fg_meter *meter, struct fg_text *text)
{
    static const struct {
        enum fg_meter_key key;
        const char *words;
    } keys[] = {{FG_KEY_DEST_NUMBER, " to one number"},
                {FG_KEY_DEST_RANGE, " to one number range"},
                {FG_KEY_DEST_BLOCK, " to one number block"},
                {FG_KEY_DEST_TAIL, " to one dialled ending"},
                {FG_KEY_DEST_TYPE, " to one type of number"},
                {FG_KEY_DEST_COUNTRY, " to one country"},
                {FG_KEY_CALLER_NUMBER, " from one caller"},
                {FG_KEY_CALLER_RANGE, " from one caller range"},
                {FG_KEY_NETWORK, " from one network"},
                {FG_KEY_SOURCE_IP, " from one address"},
                {FG_KEY_CERT, " with one certificate"},
                {FG_KEY_ATTEST, " of one attestation"}};
    if (meter->shared) {
        fg_text_put(text, " of all customers");
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if ((meter->per & (uint32_t)keys[i].key) != 0) {
            fg_text_put(text, keys[i].words);
        }
    }
}

static const struct fg_meter *meter_of(const struct fg_plan *plan, const struct fg_rule *rule)
{
    return &plan->policy->ruleset->meters[rule->measure_meter];
}

// Times a hundred, with "%".
static void put_percent(fg_micro value, unsigned max_decimals, struct fg_text *text)
{
    bool fits = value < INT64_MAX / 100;
    fg_text_put_micro(text, fits ? value * 100 : value, 0, fits ? max_decimals : 1);
    fg_text_put(text, fits ? "%" : " times");
}

void fg_explain_reading(const struct fg_meter *meter, fg_micro value, struct fg_text *text)
{
    if (meter->kind == FG_METER_RATIO) {
        put_percent(value, 1, text);
    } else if (meter->kind == FG_METER_FIRST_SEEN || meter->kind == FG_METER_KNOWN) {
        put_age(value, text);
    } else if (meter->kind == FG_METER_TREND) {
        fg_text_put_micro(text, value, 0, 2);
    } else if (meter->source == FG_SOURCE_COST) {
        fg_text_put_micro(text, value, 2, meter->kind == FG_METER_TYPICAL ? 2 : 4);
    } else {
        fg_text_put_micro(text, value, 0, meter->kind == FG_METER_TYPICAL ? 1 : 3);
    }
}

void fg_explain_value(const struct fg_plan *plan, const struct fg_rule *rule, fg_micro value,
                      struct fg_text *text)
{
    if (rule->relative_to == FG_RELATIVE_METER) {
        fg_text_put_micro(text, value, 0, 2);
        fg_text_put(text, " times");
    } else if (rule->relative_to != FG_RELATIVE_NONE) {
        put_percent(value, 0, text);
    } else if (rule->measure_is_meter) {
        fg_explain_reading(meter_of(plan, rule), value, text);
    } else if (rule->measure_signal == FG_SIG_COST_PER_MINUTE ||
               rule->measure_signal == FG_SIG_CUSTOMER_DAILY_LIMIT) {
        fg_text_put_micro(text, value, 2, 4);
    } else {
        fg_text_put_micro(text, value, 0, 3);
    }
}

// "not known yet; profile office", "usual of its peers; profile office, 12 customers"
static void put_start(const struct fg_plan *plan, const struct fg_meter *meter,
                      const struct fg_reason *reason, unsigned which, struct fg_text *text)
{
    const struct fg_customer *customer = plan->event->customer;
    if ((reason->peered & which) != 0) {
        fg_text_put(text, "usual of its peers; profile ");
        fg_text_put(text, customer->profile != NULL ? customer->profile : "default");
        fg_text_put(text, ", ");
        fg_text_put_int(text, reason->peers, 1);
        fg_text_put(text, " customers");
        return;
    }
    const struct fg_meter_start *start = fg_meter_start_for(meter, customer);
    fg_text_put(text, "not known yet; profile ");
    fg_text_put(text, start != NULL ? start->profile : "default");
}

static bool is_to_typical(const struct fg_plan *plan, const struct fg_rule *rule)
{
    return rule->relative_to == FG_RELATIVE_METER &&
           plan->policy->ruleset->meters[rule->relative_meter].kind == FG_METER_TYPICAL;
}

// a * b / c in doubles: for the eye alone.
static fg_micro scaled(fg_micro a, fg_micro b, fg_micro c)
{
    const double product = (double)a * (double)b / (double)c;
    return product < (double)(INT64_MAX / 2) ? (fg_micro)(product + 0.5) : INT64_MAX / 2;
}

// "5.2 times what is usual at this hour (12.40 USD)": the base is what is usual, so and so many
// times. Where that is less than the rule's least, "6.4 times 10.00 USD, the least (less is usual
// at this hour)".
static void put_typical(const struct fg_plan *plan, const struct fg_rule *rule,
                        const struct fg_reason *reason, struct fg_text *text)
{
    const struct fg_meter *meter = &plan->policy->ruleset->meters[rule->relative_meter];
    const bool known = (reason->starts & FG_START_BASE) == 0;
    if (reason->base <= rule->relative_at_least) {
        fg_text_put_micro(text, reason->value, 0, 2);
        fg_text_put(text, " times ");
        fg_explain_reading(meter, reason->base, text);
        fg_text_put(text, counted_thing(meter));
        fg_text_put(text, ", the least (");
        fg_text_put(text, known                                   ? "less is usual at this hour"
                          : (reason->peered & FG_START_BASE) != 0 ? "less is "
                                                                  : "what is usual is ");
    } else {
        fg_text_put_micro(text, scaled(reason->value, rule->relative_times, FG_MICRO), 0, 2);
        fg_text_put(text, " times what is usual at this hour (");
        fg_explain_reading(meter, scaled(reason->base, FG_MICRO, rule->relative_times), text);
        fg_text_put(text, counted_thing(meter));
        fg_text_put(text, known ? "" : ", ");
    }
    if (!known) {
        put_start(plan, meter, reason, FG_START_BASE, text);
    }
    fg_text_put(text, ")");
}

static void put_threshold(const struct fg_plan *plan, const struct fg_rule *rule,
                          const struct fg_reason *reason, struct fg_text *text)
{
    if (is_to_typical(plan, rule) && reason->base > rule->relative_at_least) {
        fg_text_put_micro(text, scaled(reason->threshold, rule->relative_times, FG_MICRO), 0, 2);
        fg_text_put(text, " times");
    } else {
        fg_explain_value(plan, rule, reason->threshold, text);
    }
}

// "6.5 times the 2 calls usual by foreign_31d"
static void put_usual(const struct fg_plan *plan, const struct fg_rule *rule, fg_micro base,
                      struct fg_text *text)
{
    fg_text_put(text, " the ");
    if (rule->measure_is_meter) {
        fg_explain_reading(meter_of(plan, rule), base, text);
        const char *thing = counted_thing(meter_of(plan, rule));
        fg_text_put(text, meter_of(plan, rule)->kind == FG_METER_RATIO ? "" : thing);
    } else {
        fg_text_put_micro(text, base, 0, 4);
    }
    fg_text_put(text, " usual by ");
    fg_text_put(text, plan->policy->ruleset->meters[rule->relative_meter].name);
}

// "95% of the daily limit of 200.00 USD today, over 80%"
static void put_relative(const struct fg_plan *plan, const struct fg_rule *rule, fg_micro base,
                         struct fg_text *text)
{
    const struct fg_customer *customer = plan->event->customer;
    if (rule->relative_to == FG_RELATIVE_METER) {
        put_usual(plan, rule, base, text);
    } else if (rule->relative_to == FG_RELATIVE_FREE_LINES) {
        const int32_t channels = customer != NULL ? customer->channels : 0;
        const int32_t kept = rule->relative_kept < channels ? rule->relative_kept : channels;
        fg_text_put(text, " of the ");
        fg_text_put_int(text, channels - kept, 1);
        fg_text_put(text, " channels that are not kept");
    } else if (rule->relative_to == FG_RELATIVE_LONGEST) {
        fg_text_put(text, " of the ");
        put_age(base, text);
        fg_text_put(text, " that such a call may last");
    } else if (rule->relative_to == FG_RELATIVE_CHANNELS) {
        fg_text_put(text, " of the ");
        fg_text_put_int(text, customer != NULL ? customer->channels : 0, 1);
        fg_text_put(text, " channels bought");
    } else {
        fg_text_put(text, " of the daily limit of ");
        fg_text_put_micro(text, customer != NULL ? customer->daily_limit_usd : 0, 2, 4);
        fg_text_put(text, " USD");
    }
}

// "3 of 20 ended calls (15%)"
static void put_share(const struct fg_plan *plan, const struct fg_rule *rule,
                      const struct fg_reason *reason, struct fg_text *text)
{
    fg_text_put_int(text, reason->hits, 1);
    fg_text_put(text, " of ");
    fg_text_put_int(text, reason->of, 1);
    fg_text_put(text, counted_thing(meter_of(plan, rule)));
    fg_text_put(text, " (");
    fg_explain_value(plan, rule, reason->value, text);
    fg_text_put(text, ")");
}

void fg_explain_measure(const struct fg_plan *plan, const struct fg_rule *rule,
                        const struct fg_reason *reason, struct fg_text *text)
{
    if (!rule->measure_is_meter) {
        fg_text_put(text, fg_signal_info(rule->measure_signal)->name);
        fg_text_put(text, " ");
    }
    bool ratio = rule->measure_is_meter && meter_of(plan, rule)->kind == FG_METER_RATIO;
    if (is_to_typical(plan, rule)) {
        put_typical(plan, rule, reason, text);
    } else if (rule->relative_to != FG_RELATIVE_NONE) {
        fg_explain_value(plan, rule, reason->value, text);
        put_relative(plan, rule, reason->base, text);
    } else if (ratio) {
        put_share(plan, rule, reason, text);
    } else {
        fg_explain_value(plan, rule, reason->value, text);
    }
    if (rule->relative_to == FG_RELATIVE_NONE && rule->measure_is_meter && !ratio) {
        put_thing(meter_of(plan, rule), text);
    }
    if ((reason->starts & FG_START_VALUE) != 0) {
        fg_text_put(text, " (");
        put_start(plan, meter_of(plan, rule), reason, FG_START_VALUE, text);
        fg_text_put(text, ")");
    }
    if (rule->measure_is_meter) {
        put_key(meter_of(plan, rule), text);
        put_window(meter_of(plan, rule), text);
    }
    fg_text_put(text, ", over ");
    put_threshold(plan, rule, reason, text);
}

// "dest.country first seen 2 h ago"
static void put_first_seen(const struct fg_meter *meter, fg_micro age, struct fg_text *text)
{
    fg_text_put(text, meter->name);
    fg_text_put(text, " first seen ");
    if (age > 0) {
        put_age(age, text);
    }
    fg_text_put(text, age > 0 ? " ago" : "just now");
}

void fg_explain_tests(const struct fg_plan *plan, const struct fg_rule *rule,
                      const struct fg_reason *reason, bool first, struct fg_text *text)
{
    for (uint8_t i = 0; i < rule->n_tests; i++) {
        const struct fg_meter_test *test = &rule->tests[i];
        const struct fg_meter *meter = &plan->policy->ruleset->meters[test->meter];
        fg_text_put(text, first && i == 0 ? "" : " and ");
        if (meter->nameless) {
            put_first_seen(meter, reason->tested[i], text);
            fg_text_put(text, ", within ");
            put_age(test->number, text);
            continue;
        }
        fg_text_put(text, "meters.");
        fg_text_put(text, meter->name);
        fg_text_put(text, " is ");
        fg_explain_reading(meter, reason->tested[i], text);
        if ((reason->starts & (FG_START_TESTED << i)) != 0) {
            fg_text_put(text, " (");
            put_start(plan, meter, reason, (unsigned)FG_START_TESTED << i, text);
            fg_text_put(text, ")");
        }
        fg_text_put(text, test->above ? ", over " : ", under ");
        fg_explain_reading(meter, test->number, text);
    }
}

void fg_explain_throttle(const struct fg_plan *plan, const struct fg_rule *rule,
                         struct fg_text *text)
{
    if (!rule->throttles) {
        return;
    }
    const struct fg_meter *meter = &plan->policy->ruleset->meters[rule->throttle_meter];
    fg_text_put(text, ", above ");
    fg_text_put_int(text, meter->rate, 1);
    fg_text_put(text, meter->rate_s == 1 ? "/s" : meter->rate_s == 60 ? "/min" : "/h");
    fg_text_put(text, " (");
    fg_text_put_int(text, meter->burst, 1);
    fg_text_put(text, " at once)");
    put_key(meter, text);
}

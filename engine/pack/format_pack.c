// SPDX-License-Identifier: GPL-2.0-or-later
// Keys of packs and overrides, but for their rules.
#include "fg/identity.h"
#include "format_tables.h"

static const struct fg_format_key pack_keys[] = {
    {.name = "fraudguard", .types = FG_FORMAT_ONE, .required = true, .doc = "the format's version"},
    {.name = "pack", .types = FG_FORMAT_TEXT, .required = true, .doc = "name"},
    {.name = "version", .types = FG_FORMAT_TEXT, .required = true, .doc = "three numbers, quoted"},
    {.name = "requires",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_REQUIRES,
     .doc = "what the pack needs"},
    {.name = "maintainer", .types = FG_FORMAT_TEXT, .doc = "who to ask"},
    {.name = "description", .types = FG_FORMAT_TEXT, .doc = "what it is for"},
    {.name = "defaults",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_DEFAULTS,
     .doc = "for the rules of this file"},
    {.name = "scoring",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_SCORING,
     .doc = "what points come to; in one file only"},
    {.name = "lists",
     .types = FG_FORMAT_NAMED,
     .shape = FG_SHAPE_LIST,
     .doc = "lists that conditions name"},
    {.name = "calendars",
     .types = FG_FORMAT_NAMED,
     .shape = FG_SHAPE_CALENDAR,
     .doc = "opening hours"},
    {.name = "meters", .types = FG_FORMAT_NAMED, .shape = FG_SHAPE_METER, .doc = "what is counted"},
    {.name = "rules", .types = FG_FORMAT_MAPS, .shape = FG_SHAPE_RULE, .doc = "what gives points"},
    {.name = "composites",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_COMPOSITE,
     .doc = "points for rules that hit together"},
    {.name = "overrides",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_OVERRIDE,
     .doc = "what some customers' rules are instead"},
};

static const struct fg_format_key overrides_file_keys[] = {
    {.name = "fraudguard", .types = FG_FORMAT_ONE, .required = true, .doc = "the format's version"},
    {.name = "overrides",
     .types = FG_FORMAT_MAPS,
     .required = true,
     .shape = FG_SHAPE_OVERRIDE,
     .doc = "what some customers' rules are instead"},
    {.name = "maintainer", .types = FG_FORMAT_TEXT, .doc = "who to ask"},
    {.name = "description", .types = FG_FORMAT_TEXT, .doc = "what it is for"},
};

static const struct fg_format_key requires_keys[] = {
    {.name = "engine",
     .types = FG_FORMAT_TEXT,
     .doc = "the oldest engine that will do, such as \">=0.1.0\""},
};

static const struct fg_format_key defaults_keys[] = {
    {.name = "mode", .types = FG_FORMAT_WORD, .words = FG_SET_MODE, .doc = "as in rules"},
    {.name = "maturity", .types = FG_FORMAT_WORD, .words = FG_SET_MATURITY, .doc = "as in rules"},
    {.name = "direction",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_DIRECTION,
     .doc = "of rules and meters"},
};

static const struct fg_format_key scoring_keys[] = {
    {.name = "thresholds",
     .types = FG_FORMAT_MAP,
     .required = true,
     .shape = FG_SHAPE_THRESHOLDS,
     .doc = "points from which an action applies"},
    {.name = "group_caps",
     .types = FG_FORMAT_CAPS,
     .doc = "the most that a group of rules can give"},
    {.name = "on_block",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_ON_BLOCK,
     .doc = "what follows a block"},
    {.name = "replies", .types = FG_FORMAT_MAP, .shape = FG_SHAPE_REPLIES, .doc = "SIP replies"},
    {.name = "degraded",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_DEGRADED,
     .doc = "while the store is away"},
};

static const struct fg_format_key thresholds_keys[] = {
    {.name = "alert", .types = FG_FORMAT_INT, .min = 1, .max = 10000, .doc = "points"},
    {.name = "throttle", .types = FG_FORMAT_INT, .min = 1, .max = 10000, .doc = "points"},
    {.name = "challenge", .types = FG_FORMAT_INT, .min = 1, .max = 10000, .doc = "points"},
    {.name = "block", .types = FG_FORMAT_INT, .min = 1, .max = 10000, .doc = "points"},
};

static const struct fg_format_key on_block_keys[] = {
    {.name = "sip",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS,
     .doc = "code and reason, such as \"603 Declined\"; or several, of which each call gets one"},
    {.name = "drop_media", .types = FG_FORMAT_BOOL, .doc = "stop the media of the call at once"},
    {.name = "hold",
     .types = FG_FORMAT_DURATION,
     .doc = "how long the next calls are refused, too"},
    {.name = "hold_scope",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_HOLD_SCOPE,
     .doc = "which of the customer's calls the hold is about"},
    {.name = "hold_growth",
     .types = FG_FORMAT_NUMBER,
     .doc =
         "1 to 100: one that comes again within 24 h of the last one's end lasts that many times "
         "as long"},
    {.name = "hold_max", .types = FG_FORMAT_DURATION, .doc = "how long it grows at most"},
};

static const struct fg_format_key replies_keys[] = {
    {.name = "alert",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS | FG_FORMAT_MAP,
     .shape = FG_SHAPE_REPLY,
     .doc = "SIP reply, or several, of which each call gets one"},
    {.name = "throttle",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS | FG_FORMAT_MAP,
     .shape = FG_SHAPE_REPLY,
     .doc = "SIP reply, or several, of which each call gets one"},
    {.name = "challenge",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS | FG_FORMAT_MAP,
     .shape = FG_SHAPE_REPLY,
     .doc = "SIP reply, or several, of which each call gets one"},
    {.name = "block",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS | FG_FORMAT_MAP,
     .shape = FG_SHAPE_REPLY,
     .doc = "SIP reply, or several, of which each call gets one"},
    {.name = "refused",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_REFUSALS,
     .doc = "for callers who are not identified, by the cause"},
};

#define REFUSAL(ID, NAME, DOC)                                                                     \
    {.name = (NAME),                                                                               \
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS | FG_FORMAT_MAP,                                    \
     .shape = FG_SHAPE_REPLY,                                                                      \
     .doc = (DOC)},
static const struct fg_format_key refusals_keys[] = {FG_IDENTITY_REFUSALS(REFUSAL)};
#undef REFUSAL

static const struct fg_format_key reply_keys[] = {
    {.name = "sip",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS,
     .required = true,
     .doc = "code and reason, or several, of which each call gets one"},
    {.name = "retry_after", .types = FG_FORMAT_DURATION, .doc = "when to try again"},
    {.name = "call_info",
     .types = FG_FORMAT_TEXT,
     .doc = "with 608: https URL of the signed jCard that says where to complain (RFC 8688)"},
};

static const struct fg_format_key degraded_keys[] = {
    {.name = "risky_per_minute",
     .types = FG_FORMAT_INT,
     .min = 0,
     .max = 10000,
     .doc = "risky calls a minute, per customer and node"},
};

static const struct fg_format_key list_keys[] = {
    {.name = "type",
     .types = FG_FORMAT_WORD,
     .required = true,
     .words = FG_SET_LIST_TYPE,
     .doc = "what is in it"},
    {.name = "items", .types = FG_FORMAT_TEXTS, .doc = "the items, quoted"},
    {.name = "file",
     .types = FG_FORMAT_TEXT,
     .doc = "a CSV file with the columns prefix and note, below the pack's directory"},
    {.name = "max_age", .types = FG_FORMAT_DURATION, .doc = "how old the file may become"},
    {.name = "desc", .types = FG_FORMAT_TEXT, .doc = "what it is"},
};

static const struct fg_format_key calendar_keys[] = {
    {.name = "tz", .types = FG_FORMAT_TEXT, .doc = "customer, or an IANA time zone"},
    {.name = "open",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS,
     .required = true,
     .doc = "hours such as \"Mon-Fri 07:30-19:00\", or customer: the customer's own"},
    {.name = "default",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS,
     .doc = "hours of customers who have none"},
    {.name = "holidays",
     .types = FG_FORMAT_TEXTS | FG_FORMAT_WORD,
     .words = FG_SET_CUSTOMER,
     .doc = "days that are closed, such as [\"2026-12-25\"], or customer: the customer's own"},
    {.name = "desc", .types = FG_FORMAT_TEXT, .doc = "what it is"},
};

static const struct fg_format_key meter_keys[] = {
    {.name = "count", .types = FG_FORMAT_WORD, .words = FG_SET_COUNTED, .doc = "how many"},
    {.name = "sum",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_SUMMED,
     .doc = "USD or minutes, per started minute"},
    {.name = "distinct",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_TOLD_APART,
     .doc = "how many different ones"},
    {.name = "gauge",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_GAUGED,
     .doc = "how many calls are in progress, or what these have come to"},
    {.name = "first_seen",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_SIGHTED,
     .doc = "seconds since the call's value was first seen; 0 when never"},
    {.name = "seen",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_SIGHTED,
     .doc = "1 when the call's value was seen before, else 0"},
    {.name = "known",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_SIGHTED,
     .doc = "seconds since the call's value was first seen, by a filter of bounded size; 0 when it "
            "is not known"},
    {.name = "members",
     .types = FG_FORMAT_INT,
     .min = 64,
     .max = 65536,
     .doc = "how many a filter of the known has room for; 4096 where it is not said"},
    {.name = "longest_run",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_RUN,
     .doc = "how many numbers were dialled one after the other in rising order"},
    {.name = "typical",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_TYPICAL,
     .doc = "what is usual for an hour at this local hour of the week; has no over"},
    {.name = "trend",
     .types = FG_FORMAT_TEXT,
     .doc =
         "how many times as much last week held, of what this typical meter learns, as the weeks "
         "four to eight before it; has no other key"},
    {.name = "start",
     .types = FG_FORMAT_NUMBER | FG_FORMAT_MAP,
     .shape = FG_SHAPE_START,
     .doc = "what typical reads while nothing is known, by profile of the customer"},
    {.name = "peers",
     .types = FG_FORMAT_BOOL,
     .doc =
         "whether typical reads what is usual for other customers of the profile while nothing is "
         "known of this one; true where it is not said and the meter is the customer's alone"},
    {.name = "ratio",
     .types = FG_FORMAT_WHEN,
     .doc = "which share of the counted calls meets this, from 0 to 1"},
    {.name = "of",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_COUNTED,
     .doc = "what a ratio counts; ends where it is not said"},
    {.name = "min_samples",
     .types = FG_FORMAT_INT,
     .min = 1,
     .max = 1000000,
     .doc = "a ratio of fewer calls is absent; 20 where it is not said"},
    {.name = "on",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_SIGHTED_ON,
     .doc = "when first_seen and seen remember, attempt where it is not said; when known does, "
            "answer or "
            "end, which it is where it is not said"},
    {.name = "shared",
     .types = FG_FORMAT_BOOL,
     .doc = "kept for all customers together; of count, distinct, first_seen and seen"},
    {.name = "per",
     .types = FG_FORMAT_WORD | FG_FORMAT_WORDS,
     .words = FG_SET_METER_KEY,
     .doc = "counted apart for each of these; the customer is always part of it; required but with "
            "trend"},
    {.name = "over",
     .types = FG_FORMAT_DURATION | FG_FORMAT_WORD,
     .words = FG_SET_DAY,
     .doc = "the window; day is the customer's local day"},
    {.name = "direction",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_DIRECTION,
     .doc = "of the calls"},
    {.name = "when", .types = FG_FORMAT_WHEN, .doc = "what a call must meet to be counted"},
    {.name = "desc", .types = FG_FORMAT_TEXT, .doc = "what it is"},
};

// The profiles of customers.
#define START(profile)                                                                             \
    {                                                                                              \
        .name = (profile), .types = FG_FORMAT_NUMBER, .doc = "usual while nothing is known"        \
    }
static const struct fg_format_key start_keys[] = {
    START("default"),     START("office"),     START("hotel"),     START("callcentre"),
    START("shop"),        START("healthcare"), START("education"), START("public"),
    START("residential"), START("wholesale"),
};

static const struct fg_format_key composite_keys[] = {
    {.name = "id", .types = FG_FORMAT_TEXT, .required = true, .doc = "as a rule's"},
    {.name = "desc", .types = FG_FORMAT_TEXT, .doc = "what it means, in a few words"},
    {.name = "all_of", .types = FG_FORMAT_TEXTS, .doc = "ids of rules, or customer.tag.NAME"},
    {.name = "any_of", .types = FG_FORMAT_TEXTS, .doc = "ids of rules, or customer.tag.NAME"},
    {.name = "none_of", .types = FG_FORMAT_TEXTS, .doc = "ids of rules, or customer.tag.NAME"},
    {.name = "score", .types = FG_FORMAT_INT, .min = -1000, .max = 1000, .doc = "points"},
    {.name = "action_at_least",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_ACTION,
     .doc = "the least that follows"},
    {.name = "mode", .types = FG_FORMAT_WORD, .words = FG_SET_MODE, .doc = "as in rules"},
    {.name = "hold",
     .types = FG_FORMAT_MAP | FG_FORMAT_WORD,
     .words = FG_SET_NOBODY,
     .shape = FG_SHAPE_HOLD,
     .doc = "as in rules"},
    {.name = "rollout", .types = FG_FORMAT_MAP, .shape = FG_SHAPE_ROLLOUT, .doc = "as in rules"},
};

static const struct fg_format_key override_keys[] = {
    {.name = "match",
     .types = FG_FORMAT_MAP,
     .required = true,
     .shape = FG_SHAPE_MATCH,
     .doc = "for which customers"},
    {.name = "rule", .types = FG_FORMAT_TEXT, .doc = "id of a rule"},
    {.name = "replace",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_REPLACE,
     .doc = "what the rule has instead"},
    {.name = "append", .types = FG_FORMAT_APPEND, .doc = "what lists have in addition"},
    {.name = "reason", .types = FG_FORMAT_TEXT, .required = true, .doc = "why, such as a ticket"},
    {.name = "owner", .types = FG_FORMAT_TEXT, .required = true, .doc = "who answers for it"},
    {.name = "expires",
     .types = FG_FORMAT_DATE | FG_FORMAT_WORD,
     .required = true,
     .words = FG_SET_NEVER,
     .doc = "the last day, or never"},
};

static const struct fg_format_key match_keys[] = {
    {.name = "customer.id",
     .types = FG_FORMAT_TEXT | FG_FORMAT_MAP,
     .shape = FG_SHAPE_MATCHER,
     .doc = "the customer"},
    {.name = "customer.profile",
     .types = FG_FORMAT_WORD | FG_FORMAT_MAP,
     .words = FG_SET_PROFILE,
     .shape = FG_SHAPE_MATCHER,
     .doc = "the customer's profile"},
    {.name = "customer.tag",
     .types = FG_FORMAT_TEXT | FG_FORMAT_MAP,
     .shape = FG_SHAPE_MATCHER,
     .doc = "one of the customer's tags"},
};

static const struct fg_format_key replace_keys[] = {
    {.name = "mode",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_MODE,
     .doc = "instead of the rule's, and of its rollout"},
    {.name = "score",
     .types = FG_FORMAT_INT,
     .min = 0,
     .max = 1000,
     .doc = "instead of the rule's"},
    {.name = "steps",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_STEP,
     .doc = "instead of the rule's"},
    {.name = "action_at_least",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_ACTION_OR_NONE,
     .doc = "instead of the rule's"},
};

const struct fg_format fg_format_packs[FG_SHAPES] = {
    [FG_SHAPE_PACK] = FORMAT("pack", pack_keys),
    [FG_SHAPE_OVERRIDES_FILE] = FORMAT("overrides file", overrides_file_keys),
    [FG_SHAPE_REQUIRES] = FORMAT("requires", requires_keys),
    [FG_SHAPE_DEFAULTS] = FORMAT("defaults", defaults_keys),
    [FG_SHAPE_SCORING] = FORMAT("scoring", scoring_keys),
    [FG_SHAPE_THRESHOLDS] = FORMAT("thresholds", thresholds_keys),
    [FG_SHAPE_ON_BLOCK] = FORMAT("on_block", on_block_keys),
    [FG_SHAPE_REPLIES] = FORMAT("replies", replies_keys),
    [FG_SHAPE_REFUSALS] = FORMAT("refusals", refusals_keys),
    [FG_SHAPE_REPLY] = FORMAT("reply", reply_keys),
    [FG_SHAPE_DEGRADED] = FORMAT("degraded", degraded_keys),
    [FG_SHAPE_LIST] = FORMAT("list", list_keys),
    [FG_SHAPE_CALENDAR] = FORMAT("calendar", calendar_keys),
    [FG_SHAPE_METER] = FORMAT("meter", meter_keys),
    [FG_SHAPE_START] = FORMAT("start", start_keys),
    [FG_SHAPE_COMPOSITE] = FORMAT("composite", composite_keys),
    [FG_SHAPE_OVERRIDE] = FORMAT("override", override_keys),
    [FG_SHAPE_MATCH] = FORMAT("match", match_keys),
    [FG_SHAPE_REPLACE] = FORMAT("replace", replace_keys),
};

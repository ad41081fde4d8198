// SPDX-License-Identifier: GPL-2.0-or-later
// Keys of rules.
#include "format_tables.h"

static const struct fg_format_key rule_keys[] = {
    {.name = "id",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "capitals, digits and _; never reuse one"},
    {.name = "group", .types = FG_FORMAT_TEXT, .doc = "its points count towards the group's cap"},
    {.name = "desc", .types = FG_FORMAT_TEXT, .doc = "what it means, in a few words"},
    {.name = "direction",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_DIRECTION,
     .doc = "of the calls"},
    {.name = "on",
     .types = FG_FORMAT_WORD | FG_FORMAT_WORDS,
     .words = FG_SET_EVENT,
     .doc = "when it is looked at; attempt where it is not said"},
    {.name = "when", .types = FG_FORMAT_WHEN, .doc = "what must hold"},
    {.name = "score", .types = FG_FORMAT_INT, .min = 0, .max = 1000, .doc = "points"},
    {.name = "measure",
     .types = FG_FORMAT_TEXT,
     .doc = "meters.NAME, or a signal that is a number"},
    {.name = "steps",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_STEP,
     .doc = "points by the measure"},
    {.name = "relative_to",
     .types = FG_FORMAT_WORD | FG_FORMAT_MAP,
     .words = FG_SET_RELATIVE,
     .shape = FG_SHAPE_RELATIVE,
     .doc = "the measure is divided by this"},
    {.name = "throttle_to",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_THROTTLE,
     .doc = "it hits only the calls above this rate; throttle is then the least that follows"},
    {.name = "reserve",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_RESERVE,
     .doc = "it hits the calls that find only the last lines free; throttle is what "
            "follows without a score"},
    {.name = "max_duration",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_DURATIONS,
     .doc = "it hits the calls in progress that last as long as calls of their class may; block is "
            "what follows without a score"},
    {.name = "action_at_least",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_ACTION,
     .doc = "the least that follows a hit, whatever the points"},
    {.name = "cut_dearest",
     .types = FG_FORMAT_BOOL,
     .doc =
         "where it ends a call in progress, the customer's dearest one ends, not the one judged"},
    {.name = "mode",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_MODE,
     .doc = "enforce, or only watch, or neither"},
    {.name = "maturity",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_MATURITY,
     .doc = "what is not stable is in shadow unless mode says otherwise"},
    {.name = "rollout",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_ROLLOUT,
     .doc = "the share of customers for whom it is enforced"},
    {.name = "hold",
     .types = FG_FORMAT_MAP | FG_FORMAT_WORD,
     .words = FG_SET_NOBODY,
     .shape = FG_SHAPE_HOLD,
     .doc = "what a block holds back, instead of what scoring says; none: nothing"},
    {.name = "exceptions",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_EXCEPTION,
     .doc = "cases in which it does not count"},
    {.name = "explain",
     .types = FG_FORMAT_TEXT,
     .doc = "why it hit, with placeholders such as {dest.masked}"},
    {.name = "falsepositives",
     .types = FG_FORMAT_TEXTS,
     .doc = "what looks the same and is honest"},
    {.name = "on_unavailable",
     .types = FG_FORMAT_MAP | FG_FORMAT_WORD,
     .words = FG_SET_SKIP,
     .shape = FG_SHAPE_ON_UNAVAILABLE,
     .doc = "points when one of its meters cannot be read"},
    {.name = "customer_text",
     .types = FG_FORMAT_TEXT,
     .doc = "name of a text for the customer's alert"},
};

static const struct fg_format_key step_keys[] = {
    {.name = "above",
     .types = FG_FORMAT_NUMBER,
     .required = true,
     .doc = "the step is reached above this"},
    {.name = "score", .types = FG_FORMAT_INT, .min = 0, .max = 1000, .doc = "points"},
    {.name = "action_at_least",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_ACTION,
     .doc = "the least that follows"},
    {.name = "notify", .types = FG_FORMAT_WORD, .words = FG_SET_NOTIFY, .doc = "who is told"},
};

static const struct fg_format_key relative_keys[] = {
    {.name = "meter", .types = FG_FORMAT_TEXT, .required = true, .doc = "name of a meter"},
    {.name = "times", .types = FG_FORMAT_NUMBER, .doc = "its reading times this; 1 if not said"},
    {.name = "at_least",
     .types = FG_FORMAT_NUMBER,
     .doc = "never divided by less than this; 1 if not said"},
};

static const struct fg_format_key matcher_keys[] = {
    {.name = "in",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS,
     .doc = "the name of a list, or items"},
    {.name = "not_in",
     .types = FG_FORMAT_TEXT | FG_FORMAT_TEXTS,
     .doc = "the name of a list, or items"},
    {.name = "above", .types = FG_FORMAT_NUMBER, .doc = "more than this"},
    {.name = "below", .types = FG_FORMAT_NUMBER, .doc = "less than this"},
    {.name = "present", .types = FG_FORMAT_BOOL, .doc = "whether there is a value at all"},
    {.name = "first_seen_within",
     .types = FG_FORMAT_DURATION,
     .doc =
         "the customer's calls have not had this value for longer; of what `first_seen` knows, in "
         "rules only"},
};

static const struct fg_format_key on_unavailable_keys[] = {
    {.name = "score",
     .types = FG_FORMAT_INT,
     .required = true,
     .min = 0,
     .max = 1000,
     .doc = "points"},
};

static const struct fg_format_key throttle_keys[] = {
    {.name = "rate",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "calls in a second, minute or hour: \"5/s\", \"100/min\", \"20/h\""},
    {.name = "burst",
     .types = FG_FORMAT_INT,
     .min = 1,
     .max = 100000,
     .doc = "calls that may come at once; as many as the rate names where it is not said"},
    {.name = "key",
     .types = FG_FORMAT_WORD | FG_FORMAT_WORDS,
     .words = FG_SET_METER_KEY,
     .doc = "a rate for each of these; customer where it is not said"},
};

static const struct fg_format_key reserve_keys[] = {
    {.name = "meter",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "a gauge of calls: the lines that are taken"},
    {.name = "percent",
     .types = FG_FORMAT_INT,
     .min = 1,
     .max = 99,
     .doc = "which part of the lines is kept"},
    {.name = "last",
     .types = FG_FORMAT_INT,
     .min = 1,
     .max = 100000,
     .doc = "or how many lines are kept"},
    {.name = "of",
     .types = FG_FORMAT_INT,
     .min = 1,
     .max = 100000,
     .doc = "how many lines there are; the customer's channels where it is not said"},
};

#define LONGEST(type)                                                                              \
    {                                                                                              \
        .name = (type), .types = FG_FORMAT_DURATION, .doc = "how long such calls may last"         \
    }
// The types of numbers, then what is for the others.
static const struct fg_format_key duration_keys[] = {
    LONGEST("unknown"),
    LONGEST("fixed"),
    LONGEST("mobile"),
    LONGEST("fixed_or_mobile"),
    LONGEST("toll_free"),
    LONGEST("premium"),
    LONGEST("shared_cost"),
    LONGEST("personal"),
    LONGEST("voip"),
    LONGEST("pager"),
    LONGEST("uan"),
    LONGEST("satellite"),
    LONGEST("short_code"),
    LONGEST("unallocated"),
    {.name = "international",
     .types = FG_FORMAT_DURATION,
     .doc = "calls abroad to numbers of other types"},
    {.name = "any", .types = FG_FORMAT_DURATION, .doc = "all other calls"},
};

static const struct fg_format_key rollout_keys[] = {
    {.name = "percent",
     .types = FG_FORMAT_INT,
     .required = true,
     .min = 0,
     .max = 100,
     .doc = "of the customers; a higher one only adds some"},
    {.name = "by", .types = FG_FORMAT_WORD, .words = FG_SET_CUSTOMER, .doc = "what is drawn"},
};

static const struct fg_format_key hold_keys[] = {
    {.name = "scope",
     .types = FG_FORMAT_WORD,
     .required = true,
     .words = FG_SET_HOLD_SCOPE,
     .doc = "which of the customer's calls it is about"},
    {.name = "for", .types = FG_FORMAT_DURATION, .required = true, .doc = "how long"},
    {.name = "growth",
     .types = FG_FORMAT_NUMBER,
     .doc =
         "1 to 100: one that comes again within 24 h of the last one's end lasts that many times "
         "as long"},
    {.name = "max", .types = FG_FORMAT_DURATION, .doc = "how long it grows at most"},
};

static const struct fg_format_key exception_keys[] = {
    {.name = "fields", .types = FG_FORMAT_TEXTS, .required = true, .doc = "signals"},
    {.name = "values",
     .types = FG_FORMAT_ROWS,
     .required = true,
     .doc = "rows of values, one for each field, all of which must match"},
    {.name = "reason", .types = FG_FORMAT_TEXT, .required = true, .doc = "why, such as a ticket"},
    {.name = "owner", .types = FG_FORMAT_TEXT, .doc = "who answers for it"},
    {.name = "expires",
     .types = FG_FORMAT_DATE | FG_FORMAT_WORD,
     .required = true,
     .words = FG_SET_NEVER,
     .doc = "the last day, or never"},
};

const struct fg_format fg_format_rules[FG_SHAPES] = {
    [FG_SHAPE_RULE] = FORMAT("rule", rule_keys),
    [FG_SHAPE_STEP] = FORMAT("step", step_keys),
    [FG_SHAPE_RELATIVE] = FORMAT("relative_to", relative_keys),
    [FG_SHAPE_MATCHER] = FORMAT("matcher", matcher_keys),
    [FG_SHAPE_ON_UNAVAILABLE] = FORMAT("on_unavailable", on_unavailable_keys),
    [FG_SHAPE_THROTTLE] = FORMAT("throttle_to", throttle_keys),
    [FG_SHAPE_RESERVE] = FORMAT("reserve", reserve_keys),
    [FG_SHAPE_DURATIONS] = FORMAT("max_duration", duration_keys),
    [FG_SHAPE_ROLLOUT] = FORMAT("rollout", rollout_keys),
    [FG_SHAPE_HOLD] = FORMAT("hold", hold_keys),
    [FG_SHAPE_EXCEPTION] = FORMAT("exception", exception_keys),
};

// SPDX-License-Identifier: GPL-2.0-or-later
// The formats of packs, overrides and rule tests as tables: which keys a mapping has, what their
// values are, and what they mean. The loader refuses what is not in here; the JSON Schema and the
// rule reference are written from it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/signal.h"

struct fg_words {
    const char *const *words;
    size_t n;
};

// Sets of words; their order is that of the enumerations in the code.
enum fg_word_set {
    FG_SET_NONE,
    FG_SET_MODE,
    FG_SET_MATURITY,
    FG_SET_DIRECTION,
    FG_SET_EVENT,
    FG_SET_ACTION, // without allow
    FG_SET_VERDICT,
    FG_SET_NOTIFY,
    FG_SET_RELATIVE,
    FG_SET_LIST_TYPE,
    FG_SET_HOLD_SCOPE,
    FG_SET_CALENDAR_STATE,
    FG_SET_METER_KEY,
    FG_SET_PROFILE,
    FG_SET_NUMBER_TYPE,
    FG_SET_IDENTITY,
    FG_SET_TRANSPORT,
    FG_SET_CERT,
    FG_SET_FAULT,
    FG_SET_COUNTED, // what a meter of the kind count counts, and so on
    FG_SET_SUMMED,
    FG_SET_TOLD_APART,
    FG_SET_GAUGED,
    FG_SET_SIGHTED,    // what first_seen and seen remember
    FG_SET_RUN,        // what longest_run follows
    FG_SET_TYPICAL,    // what typical learns
    FG_SET_SIGHTED_ON, // the events at which first_seen and seen count
    FG_SET_CUSTOMER,   // the word customer alone, and so on
    FG_SET_SKIP,
    FG_SET_NOBODY, // the word none
    FG_SET_DAY,
    FG_SET_SRTP,
    FG_SET_PBX_TRANSPORT,
    FG_SET_DEGRADED,
    FG_SET_NEVER,
    FG_SET_ACTION_OR_NONE,
    FG_SET_ATTESTATION,
    FG_SET_IDENTIFIED_BY,
    FG_SET_KEY_TYPE,
    FG_WORD_SETS
};
struct fg_words fg_word_set(enum fg_word_set set);
// The words that a signal's text can be; FG_SET_NONE: any text, or no text at all.
enum fg_word_set fg_signal_words(enum fg_signal signal);

// The mappings that there are.
enum fg_shape {
    FG_SHAPE_NONE,
    FG_SHAPE_PACK,
    FG_SHAPE_OVERRIDES_FILE,
    FG_SHAPE_REQUIRES,
    FG_SHAPE_DEFAULTS,
    FG_SHAPE_SCORING,
    FG_SHAPE_THRESHOLDS,
    FG_SHAPE_ON_BLOCK,
    FG_SHAPE_REPLIES,
    FG_SHAPE_REFUSALS,
    FG_SHAPE_REPLY,
    FG_SHAPE_DEGRADED,
    FG_SHAPE_LIST,
    FG_SHAPE_CALENDAR,
    FG_SHAPE_METER,
    FG_SHAPE_START,
    FG_SHAPE_RULE,
    FG_SHAPE_STEP,
    FG_SHAPE_RELATIVE,
    FG_SHAPE_MATCHER,
    FG_SHAPE_ON_UNAVAILABLE,
    FG_SHAPE_ROLLOUT,
    FG_SHAPE_THROTTLE,
    FG_SHAPE_RESERVE,
    FG_SHAPE_DURATIONS,
    FG_SHAPE_HOLD,
    FG_SHAPE_EXCEPTION,
    FG_SHAPE_COMPOSITE,
    FG_SHAPE_OVERRIDE,
    FG_SHAPE_MATCH,
    FG_SHAPE_REPLACE,
    FG_SHAPE_TEST_FILE,
    FG_SHAPE_TEST,
    FG_SHAPE_CALL,
    FG_SHAPE_HISTORY,
    FG_SHAPE_PAST_CALL,
    FG_SHAPE_TEST_PEERS,
    FG_SHAPE_ALLOWANCE,
    FG_SHAPE_PART,    // what is expected of one call
    FG_SHAPE_AT_CALL, // of the n-th one
    FG_SHAPE_EXPECT,
    FG_SHAPE_CUSTOMER,
    FG_SHAPE_DIAL_PLAN,
    FG_SHAPE_HOURS,
    FG_SHAPE_MEDIA,
    FG_SHAPE_TRUNK,
    FG_SHAPE_INBOUND,
    FG_SHAPES
};

// What a value may be; where several bits are set, any of them.
enum fg_format_type {
    FG_FORMAT_TEXT = 1U << 0,
    FG_FORMAT_TEXTS = 1U << 1, // a list of texts
    FG_FORMAT_BOOL = 1U << 2,
    FG_FORMAT_INT = 1U << 3,      // from min to max
    FG_FORMAT_NUMBER = 1U << 4,   // with up to six decimal places
    FG_FORMAT_DURATION = 1U << 5, // 900ms, 30s, 15m, 2h, 1d
    FG_FORMAT_DATE = 1U << 6,     // "2027-01-31"
    FG_FORMAT_WORD = 1U << 7,     // one of the set
    FG_FORMAT_WORDS = 1U << 8,    // a list of them
    FG_FORMAT_MAP = 1U << 9,      // the shape
    FG_FORMAT_MAPS = 1U << 10,    // a list of the shape
    FG_FORMAT_NAMED = 1U << 11,   // a mapping of names to the shape
    FG_FORMAT_CAPS = 1U << 12,    // a mapping of names to points or none
    FG_FORMAT_WHEN = 1U << 13,    // a mapping of signals to matchers
    FG_FORMAT_ROWS = 1U << 14,    // a list of rows of values
    FG_FORMAT_APPEND = 1U << 15,  // a mapping of lists.NAME.items to values
    FG_FORMAT_ATTRS = 1U << 16,   // a mapping of names to texts
    FG_FORMAT_ONE = 1U << 17,     // the number 1
    FG_FORMAT_BLANK = 1U << 18,   // nothing: an empty value, or null
    FG_FORMAT_ANY = 1U << 19
};
struct fg_format_key {
    const char *name;
    uint32_t types; // fg_format_type bits
    bool required;
    enum fg_word_set words;
    enum fg_shape shape;
    int32_t min, max;
    const char *doc;
};
struct fg_format {
    const char *name; // "rule"
    const struct fg_format_key *keys;
    size_t n;
};
// Static storage, for any shape but FG_SHAPE_NONE.
const struct fg_format *fg_format_of(enum fg_shape shape);

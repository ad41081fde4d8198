// SPDX-License-Identifier: GPL-2.0-or-later
// A compiled ruleset: read-only arrays in one arena. engine/pack fills one from YAML, unit tests
// from C, fg_ruleset_seal() checks and completes it. After sealing it never changes; any process
// that maps the arena may read it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/calendar.h"
#include "fg/country.h"
#include "fg/customer.h"
#include "fg/destination.h"
#include "fg/err.h"
#include "fg/event.h"
#include "fg/heap.h"
#include "fg/hold.h"
#include "fg/identity.h"
#include "fg/meter.h"
#include "fg/meter_set.h"
#include "fg/network.h"
#include "fg/prefix.h"
#include "fg/signal.h"
#include "fg/units.h"

#define FG_CALL_PREDICATES 256 // different ones whose results are kept while a call lasts
#define FG_RULES_MAX       1024
#define FG_GROUPS_MAX      32
#define FG_COMPOSITES_MAX  64
#define FG_STEPS_MAX       8
#define FG_EXCEPTIONS_MAX  256 // of one rule
#define FG_OVERRIDES_MAX   16384
// Overrides that are looked at for every customer, because they name none; and those that can apply
// to one customer at once. Both bound what an INVITE costs.
#define FG_SHARED_OVERRIDES_MAX  64
#define FG_APPLIED_OVERRIDES_MAX 96

// What a call comes to, in rising severity.
#define FG_ACTIONS(X)                                                                              \
    X(ALLOW, "allow", "the call goes on")                                                          \
    X(ALERT, "alert", "the call goes on, and people are told")                                     \
    X(THROTTLE, "throttle", "the call is refused for now; a later one may go through")             \
    X(CHALLENGE, "challenge", "the call is refused until the caller has shown who he is")          \
    X(BLOCK, "block", "the call is refused or cut, its media stops, and a hold may follow")
enum fg_action {
#define FG_ACTION_ENUM(name, text, doc) FG_##name,
    FG_ACTIONS(FG_ACTION_ENUM)
#undef FG_ACTION_ENUM
        FG_ACTION_COUNT
};
const char *fg_action_name(enum fg_action action); // "throttle"
const char *fg_action_doc(enum fg_action action);  // what it means, in a line
FG_MUST_CHECK int fg_action_parse(struct fg_view text, enum fg_action *out);

enum fg_mode { FG_MODE_ENFORCE, FG_MODE_SHADOW, FG_MODE_OFF }; // in falling effect
const char *fg_mode_name(enum fg_mode mode);

// How far a rule has come. What is not stable is in shadow unless a mode is given.
#define FG_MATURITIES(X)                                                                           \
    X(STABLE, "stable", "in use everywhere")                                                       \
    X(INCUBATING, "incubating", "being tried on real traffic")                                     \
    X(SANDBOX, "sandbox", "an experiment")                                                         \
    X(DEPRECATED, "deprecated", "on its way out")
enum fg_maturity {
#define FG_MATURITY_ENUM(name, text, doc) FG_MATURITY_##name,
    FG_MATURITIES(FG_MATURITY_ENUM)
#undef FG_MATURITY_ENUM
        FG_MATURITY_COUNT
};
const char *fg_maturity_name(enum fg_maturity maturity); // "incubating"
const char *fg_maturity_doc(enum fg_maturity maturity);

// Who is told when a step is reached, beside what its points come to.
enum fg_notify { FG_NOTIFY_NONE, FG_NOTIFY_CUSTOMER, FG_NOTIFY_NOC };
const char *fg_notify_name(enum fg_notify notify); // "customer"; "none"

// --- lists
// -------------------------------------------------------------------------------------------------------------------------------
enum fg_list_kind { FG_LIST_PREFIX, FG_LIST_COUNTRY, FG_LIST_TEXT, FG_LIST_NETWORK };
#define FG_LIST_NETWORKS_MAX 1024 // of one list: they are looked at one by one
struct fg_list {
    const char *name; // of a nameless one: where it was written
    bool nameless;    // written in a matcher
    enum fg_list_kind kind;
    const struct fg_prefix_trie *prefixes; // PREFIX; value: index into notes
    const char *const *notes;              // PREFIX; may hold NULL
    struct fg_country_set countries;       // COUNTRY
    const char *const *texts;              // TEXT, NETWORK (as written), sorted by strcmp
    const struct fg_ip_range *networks;    // NETWORK
    uint32_t n;                            // TEXT: texts; NETWORK: both; PREFIX: notes
    int64_t file_ms;    // PREFIX: when its file was last written [Unix ms]; 0: it has none
    int64_t max_age_ms; // how old that file may become; 0: not said
};

// --- calendars
// ---------------------------------------------------------------------------------------------------------------------------
struct fg_calendar {
    const char *name;
    bool customer_hours; // use the customer's own hours where there are any, else the ones here
    bool customer_holidays;
    const int32_t *holidays; // its own, sorted yyyymmdd
    uint32_t n_holidays;
    const struct fg_zone *zone; // NULL: the customer's
    const struct fg_hours *hours;
    uint32_t n_hours;
};

// --- conditions: a conjunction of predicates
// ---------------------------------------------------------------------------------------------
enum fg_predicate_op {
    FG_OP_PRESENT, // truth: whether a value must be there
    FG_OP_IS,      // bool, text, country or exact digits
    FG_OP_IN_LIST, // list
    FG_OP_NOT_IN_LIST,
    FG_OP_IN_TEXTS, // texts (also countries by their set)
    FG_OP_NOT_IN_TEXTS,
    FG_OP_ABOVE,   // number > operand
    FG_OP_BELOW,   // number < operand
    FG_OP_CALENDAR // calendar, state
};
struct fg_predicate {
    enum fg_signal signal;
    enum fg_predicate_op op;
    const char *attr; // FG_SIG_ATTR: its name
    bool truth;
    fg_micro number;
    struct fg_view text;
    fg_country country;
    struct fg_country_set countries;
    const char *const *texts;
    uint32_t n_texts;
    uint16_t list, calendar;
    enum fg_calendar_state state;
};
struct fg_condition {
    const struct fg_predicate *all; // every one must hold; none: always true
    uint32_t n;
};

// --- meters
// ------------------------------------------------------------------------------------------------------------------------------
enum fg_meter_kind {
    FG_METER_COUNT,      // calls
    FG_METER_SUM,        // cost [USD] or minutes, per started minute
    FG_METER_DISTINCT,   // different values of a signal
    FG_METER_GAUGE,      // calls in progress, leased; of cost: what these have come to [USD]
    FG_METER_RATIO,      // share of the calls that meet a condition
    FG_METER_FIRST_SEEN, // seconds since a value was first seen; 0: never before
    FG_METER_SEEN,       // 1 where a value was seen before, else 0
    FG_METER_RUN,        // length of the longest run of numbers dialled in rising order
    FG_METER_RATE, // 1 while a rate admits the call, which it takes; of a rule that throttles to it
    FG_METER_TYPICAL, // what is usual for an hour at this local hour of the week
    FG_METER_TREND,   // last week by those five to nine weeks ago, of what a typical meter learns;
                      // it has that meter's id and definition, and only reads
    FG_METER_KNOWN    // seconds since a value was first seen, by a filter of bounded size; 0: not
                      // known, also where the call has no such value
};
// What is counted. The order is part of fg_meter.id: new ones go to the end.
enum fg_meter_source {
    FG_SOURCE_CALLS, // attempts
    FG_SOURCE_COST,
    FG_SOURCE_MINUTES,
    FG_SOURCE_DEST_NUMBER,
    FG_SOURCE_CALLER_NUMBER,
    FG_SOURCE_DEST_COUNTRY,
    FG_SOURCE_ANSWERS,
    FG_SOURCE_ENDS,
    FG_SOURCE_DEST_RANGE,   // called number without its last 4 digits
    FG_SOURCE_DEST_BLOCK,   // without its last 2
    FG_SOURCE_DEST_DIALLED, // digits as dialled
    FG_SOURCE_NETWORK,      // source address's /24 or /48
    FG_SOURCE_CALLER_RANGE, // caller without its last 4 digits
    FG_SOURCE_CERT,         // fingerprint of the client certificate
    FG_SOURCE_SRC_COUNTRY,  // country that the source address is in
    FG_SOURCE_CUSTOMER      // distinct ones: of shared meters only
};
enum fg_meter_key {
    FG_KEY_CUSTOMER = 1,
    FG_KEY_DEST_NUMBER = 2,
    FG_KEY_CALLER_NUMBER = 4,
    FG_KEY_SOURCE_IP = 8,
    FG_KEY_DEST_COUNTRY = 16,
    FG_KEY_DEST_RANGE = 32,
    FG_KEY_DEST_BLOCK = 64,
    FG_KEY_DEST_TYPE = 128,
    FG_KEY_DEST_TAIL = 256, // last 8 digits as dialled
    FG_KEY_CALLER_RANGE = 512,
    FG_KEY_NETWORK = 1024,
    FG_KEY_CERT = 2048,  // fingerprint of the client certificate
    FG_KEY_ATTEST = 4096 // the caller's attestation; none is one, too
};

#define FG_METER_REMEMBERED_MAX_MS (400 * FG_MS_PER_DAY)
#define FG_METER_START_MAX         (INT64_C(1000000) * FG_MICRO)

// What a typical meter reads for customers of a profile while nothing is known.
struct fg_meter_start {
    const char *profile;
    fg_micro amount; // 1 to FG_METER_START_MAX
};

struct fg_meter {
    const char *name;
    bool nameless; // made for a matcher first_seen_within; the name is that of what was seen
    uint32_t id;   // hash of name and definition: the same in every node that loads the same text,
                   // another one after a change
    enum fg_meter_kind kind;
    enum fg_meter_source source;
    uint32_t per; // fg_meter_key bits; the customer always counts as part of the key, unless shared
    bool shared;  // kept for all customers together; then per has something else than the customer
    enum fg_event_kind on; // first seen, seen, known: the event that counts; not FG_EVENT_MINUTE
    int64_t over_ms;   // window; 0 with calendar_day; first seen, seen: how long it is remembered
                       // after it was last seen
    bool calendar_day; // the customer's local day
    enum fg_direction direction;
    struct fg_condition when; // the event must meet it to be counted
    // Ratio: the share of the counted events that meet hit, too; absent below min_samples events.
    struct fg_condition hit;
    int32_t min_samples;
    uint32_t hit_id; // as id, of the window that counts the hits
    uint16_t blocks; // known: 1 to FG_KNOWN_BLOCKS_MAX, a power of two
    // Rate: so many calls in so many seconds, and so many at once.
    uint32_t rate, rate_s, burst;
    // Typical: "default" is for every profile that is not named. Not part of id.
    const struct fg_meter_start *starts;
    uint8_t n_starts;
    bool peers; // typical, of the customer alone: its profile's, until its own is known. Not part
                // of id
};

// --- holds
// ------------------------------------------------------------------------------------------------------------------------------
// What a block holds back of the customer's next calls. Of several rules that hit, the terms of the
// one with the most points count; where none has terms, those of the ruleset.
struct fg_hold_terms {
    bool given;
    int32_t duration_s; // 0: no hold
    enum fg_hold_scope scope;
    uint32_t growth_milli; // as in fg_hold_span; 0: 1000
    int32_t max_s;         // 0: duration_s
};

// --- rules
// -------------------------------------------------------------------------------------------------------------------------------
enum fg_relative {
    FG_RELATIVE_NONE,
    FG_RELATIVE_CHANNELS,
    FG_RELATIVE_DAILY_LIMIT,
    FG_RELATIVE_METER,
    FG_RELATIVE_FREE_LINES, // the customer's channels but for those that are kept
    FG_RELATIVE_LONGEST     // how long a call of this class may last [s]
};

// How long calls may last, by the type of the called number; else abroad; else all others. 0: as
// long as they like.
struct fg_longest {
    int32_t type_s[FG_TYPE_COUNT], abroad_s, any_s;
};

// What a meter must read, beside a rule's condition: it is known only once the store has answered.
#define FG_METER_TESTS_MAX 4 // of one rule
struct fg_meter_test {
    uint16_t meter;
    bool above; // else below
    fg_micro number;
};

struct fg_step {
    fg_micro above;
    int32_t score;
    enum fg_action action_at_least; // FG_ALLOW: none
    enum fg_notify notify;
};
// Where something was written, for people.
struct fg_origin {
    const char *file;
    uint32_t line, column;
};
// Cases in which a rule does not count: told in the decision, never silent.
#define FG_NEVER_MS INT64_MAX
struct fg_exception {
    const struct fg_condition *any; // one of them must hold
    uint32_t n;
    const char *reason; // why, and where it was agreed
    const char *owner;  // who answers for it; NULL: not given
    int64_t until_ms;   // from then on it is as if it were not there [Unix ms]; FG_NEVER_MS
    struct fg_origin origin;
};
struct fg_rule {
    const char *id, *desc, *explain; // explain NULL: the reason text writes itself
    struct fg_origin origin;
    int32_t group; // index into groups, -1 none
    enum fg_direction direction;
    uint8_t events; // bit 1 << enum fg_event_kind
    enum fg_mode mode;
    struct fg_condition when;
    struct fg_meter_test tests[FG_METER_TESTS_MAX]; // every one must hold
    uint8_t n_tests;
    bool throttles; // it hits only what a rate does not admit; on attempts alone, without a measure
    uint16_t throttle_meter;        // of kind rate
    int32_t score;                  // points when there is no measure
    enum fg_action action_at_least; // FG_ALLOW: none
    bool cut_dearest; // where it ends a call in progress, it is the customer's dearest one
    bool measured;    // the points come from steps over a meter or a number signal
    bool measure_is_meter;
    uint16_t measure_meter;
    enum fg_signal measure_signal;
    enum fg_relative relative_to; // the measure is divided by this; absent: the rule does not hit
    // FG_RELATIVE_METER: by this meter's reading times relative_times, at least relative_at_least.
    uint16_t relative_meter;
    fg_micro relative_times, relative_at_least; // > 0
    int32_t relative_kept;              // FG_RELATIVE_FREE_LINES: so many channels are kept, > 0
    const struct fg_longest *longest;   // FG_RELATIVE_LONGEST
    struct fg_step steps[FG_STEPS_MAX]; // rising above; the highest one exceeded counts
    uint8_t n_steps;
    bool unavailable_scores; // what happens when a meter cannot be read at all (neither store):
                             // unavailable_score points, else skipped
    int32_t unavailable_score;
    const struct fg_exception *exceptions;
    uint16_t n_exceptions;
    // Customers for whom the rule is enforced, where its mode is enforce; for the others it is in
    // shadow. Sticky: see fg_plan_rolled_out().
    bool rolls_out;
    uint8_t rollout_percent; // 0 to 100
    enum fg_maturity maturity;
    struct fg_hold_terms hold; // not given: as the ruleset says, and on attempts only
    const char *customer_text; // name of a text for the customer; NULL: none
};

// What a rule comes to for some customers instead, or what is added to a list for them.
enum fg_override_change {
    FG_CHANGE_MODE = 1,
    FG_CHANGE_SCORE = 2,
    FG_CHANGE_STEPS = 4,
    FG_CHANGE_ACTION = 8
};
struct fg_list_append {
    uint16_t list;  // this list gets
    uint16_t items; // the items of that one, too
};
struct fg_override {
    struct fg_condition match; // over customer.* alone
    const char *customer;      // the one customer it is about; NULL: match tells
    uint32_t changes;          // fg_override_change bits
    uint16_t rule;             // with changes
    enum fg_mode mode;
    int32_t score;
    struct fg_step steps[FG_STEPS_MAX];
    uint8_t n_steps;
    enum fg_action action_at_least;
    const struct fg_list_append *appends;
    uint32_t n_appends;
    const char *reason, *owner;
    int64_t until_ms; // as in fg_exception
    struct fg_origin origin;
};
enum fg_composite_term_kind { FG_TERM_RULE, FG_TERM_TAG };
struct fg_composite_term {
    enum fg_composite_term_kind kind;
    uint16_t rule;
    const char *tag;
};
struct fg_composite {
    const char *id, *desc;
    struct fg_origin origin;
    const struct fg_composite_term *all_of, *any_of, *none_of;
    uint32_t n_all, n_any, n_none;
    int32_t score; // may be negative
    enum fg_action action_at_least;
    enum fg_mode mode;
    struct fg_hold_terms hold; // as in fg_rule
    bool rolls_out;            // as in fg_rule
    uint8_t rollout_percent;
};
struct fg_group {
    const char *name;
    int32_t cap; // INT32_MAX: none
};

// What the provider does in each band; the SIP reply goes to the customer.
struct fg_reply {
    uint16_t code; // 0: the module's default
    const char *text;
    uint16_t retry_after_s;
    const char *call_info; // 608: where the caller can complain (RFC 8688); NULL: nowhere
};
// Replies of one band: one of them for each call, the same for all its retransmissions.
#define FG_REPLIES_MAX 16
struct fg_replies {
    uint8_t n; // 0: the module's default
    struct fg_reply item[FG_REPLIES_MAX];
};
// A predicate that the rules and meters of an event have, and those of them that need it. Bits of
// rules are their places in by_event.
struct fg_asked {
    const struct fg_predicate *predicate;
    uint16_t id; // its number; FG_CALL_PREDICATES: it has none, its result is not kept
    const uint64_t *rules;
    struct fg_meter_set meters;
};

struct fg_ruleset {
    const char *pack, *version;          // of the main pack
    char digest[65];                     // SHA-256 over all files it was built from, hex
    int32_t thresholds[FG_ACTION_COUNT]; // points from which an action applies; [FG_ALLOW] unused;
                                         // INT32_MAX: never
    struct fg_replies replies[FG_ACTION_COUNT];
    struct fg_replies refusals[FG_IDENTITY_COUNT]; // of who is not identified, by cause
    bool drop_media_on_block;
    struct fg_hold_terms hold;      // on a block; duration_s 0: none. "given" is not looked at.
    int32_t degraded_risky_per_min; // cap of risky calls a minute, per customer and node, while the
                                    // store is away
    const struct fg_list *lists;
    uint32_t n_lists;
    const struct fg_calendar *calendars;
    uint32_t n_calendars;
    const struct fg_meter *meters;
    uint32_t n_meters;
    const struct fg_rule *rules;
    uint32_t n_rules;
    const struct fg_composite *composites;
    uint32_t n_composites;
    const struct fg_group *groups;
    uint32_t n_groups;
    // In the order in which they apply; a later one wins. First those that name no customer, then
    // the others, sorted by customer (strcmp) so that one customer's stand together.
    const struct fg_override *overrides;
    uint32_t n_overrides, n_shared_overrides;
    // Filled by fg_ruleset_seal(): indexes of the rules to look at per direction and event, in
    // order.
    const uint16_t *by_event[2][FG_EVENT_KINDS];
    uint32_t n_by_event[2][FG_EVENT_KINDS];
    // Filled by fg_ruleset_seal(): meters that such an event can change; of each meter the number
    // of what it is kept for: the same for meters of the same keys; and the operation that reads
    // it, as far as it is the same for all calls.
    struct fg_meter_set changed_by_event[2][FG_EVENT_KINDS];
    struct fg_meter_set peered; // meters that learn from peers
    uint8_t scope_of_meter[FG_METERS_MAX];
    const struct fg_meter_op *read_of_meter;
    // Filled by fg_ruleset_seal(): a number for each different predicate of rules and meters. Those
    // of a condition stand together in predicate_ids, from where the other arrays say.
    const uint16_t *predicate_ids;
    const uint32_t *ids_of_rule, *ids_of_meter, *ids_of_hit;
    uint64_t lasting_predicates[FG_CALL_PREDICATES / 64]; // the same for all events of a call
    // Filled by fg_ruleset_seal(): what the conditions of an event's rules and meters ask, what
    // most of them ask first; each rule's meters; and the composites that can hold only where a
    // rule hits, for each rule, with those that can hold where none does.
    const struct fg_asked *asked_by_event[2][FG_EVENT_KINDS];
    uint32_t n_asked_by_event[2][FG_EVENT_KINDS];
    const struct fg_meter_set *meters_of_rule;
    const uint64_t *composites_of_rule;
    uint64_t composites_always;
};

// Where a ruleset asks more of the store than that can give.
struct fg_excess {
    bool of_record;              // the windows of one key; else the operations of one event
    enum fg_direction direction; // of the event
    enum fg_event_kind event;
    uint32_t needs, most;
    uint16_t meter; // the first one that finds no room
};
// False: there is no such place. Of a ruleset whose indexes are right, sealed or not.
bool fg_ruleset_find_excess(const struct fg_ruleset *ruleset, struct fg_excess *out);

// Checks every index and limit and fills by_event from arena. FG_EINVAL with *why set to static
// text, FG_ELIMIT, FG_ENOMEM.
FG_MUST_CHECK int fg_ruleset_seal(struct fg_ruleset *ruleset, struct fg_arena *arena,
                                  const char **why);

// Identifier of a meter's definition, for fg_meter.id. The lists and calendars are those that the
// meter's condition points into; they count by kind and name, not by where they are in their table
// nor by what they hold. A nameless list counts by its prefixes.
uint32_t fg_meter_id(const struct fg_meter *meter, const struct fg_list *lists,
                     const struct fg_calendar *calendars);
// The same for fg_meter.hit_id.
uint32_t fg_meter_hit_id(const struct fg_meter *meter, const struct fg_list *lists,
                         const struct fg_calendar *calendars);

// The start that is for a customer; NULL: none.
const struct fg_meter_start *fg_meter_start_for(const struct fg_meter *meter,
                                                const struct fg_customer *customer);

// Everything one evaluation reads, published together so that no call is judged by a mix.
struct fg_policy {
    const struct fg_ruleset *ruleset;
    const struct fg_destinations *destinations;
    const struct fg_customers *customers;
    const struct fg_networks *networks; // NULL: nothing is known of addresses
    uint64_t generation;
    struct fg_hash_key hash_key;
};

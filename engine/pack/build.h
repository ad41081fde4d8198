// SPDX-License-Identifier: GPL-2.0-or-later
// A ruleset while it is being built from one or more pack files. First every name is declared, then
// every body is compiled, so that files may use each other's names in any order.
#pragma once

#include "digest.h"
#include "fg/ruleset.h"
#include "fields.h"
#include "zone.h"

#define PACK_LISTS_MAX      512
#define PACK_INLINE_MAX     20000 // lists in matchers and overrides
#define PACK_CALENDARS_MAX  64
#define PACK_PREDICATES_MAX 64 // of one condition

enum pack_kind {
    PACK_LIST,
    PACK_CALENDAR,
    PACK_METER,
    PACK_GROUP,
    PACK_RULE,
    PACK_COMPOSITE,
    PACK_KINDS
};

// One pack file.
struct pack_file {
    struct fg_yaml_doc doc;
    const struct fg_yaml_node *root;
    const char *origin; // its name, in the result's arena
    enum fg_mode mode;  // defaults of its rules
    bool has_mode;      // mode is written, and not what follows from the maturity
    enum fg_maturity maturity;
    enum fg_direction direction;
};

// Something with a name.
struct pack_entry {
    struct fg_view name;
    const struct fg_yaml_node *place; // where the name is written
    const struct fg_yaml_node *body;
    const struct pack_file *file;
    bool used;
};
struct pack_table {
    struct pack_entry *items;
    uint32_t n, room;
};

struct pack_build {
    struct fg_fields fields;  // its arena holds the result
    struct fg_arena *scratch; // and this one what only building needs
    struct pack_table tables[PACK_KINDS];
    struct fg_zone_cache *zones;
    struct fg_digest *digest;
    int64_t now_ms;  // what has expired is told; 0: unknown, and nothing is
    const char *dir; // where the files of lists are looked for; NULL: nowhere
    struct fg_list *lists;
    uint32_t n_lists, lists_room;       // declared ones first, then inline ones
    const struct fg_yaml_node *scoring; // NULL: not found yet
    const struct pack_file *main_file;
    struct fg_meter *meters;                  // out's, with room for those that rules make
    const struct fg_yaml_node **meter_places; // where each is written, for people
    uint32_t n_meters_refused;
    struct fg_ruleset *out;
};

// Declares a name. One too many: an error, and it is left out. A name that is there already: an
// error, and it is kept, out of reach of pack_find(), for its other mistakes to be told; so is one
// without a name (an id that is missing or wrong).
void pack_declare(struct pack_build *build, enum pack_kind kind, const struct pack_entry *entry);
// Index of a name in its table, and marks it used; -1 when there is none.
int32_t pack_find(struct pack_build *build, enum pack_kind kind, struct fg_view name);
// As pack_find(); an unknown name is an error at node with a suggestion.
int32_t pack_resolve(struct pack_build *build, enum pack_kind kind,
                     const struct fg_yaml_node *node);
// "list", "calendar", ...
const char *pack_kind_name(enum pack_kind kind);
// All names of a kind, for suggestions.
struct fg_words pack_names(struct pack_build *build, enum pack_kind kind);

// Compilers of one kind each; they report every mistake and go on.
void pack_compile_scoring(struct pack_build *build);
void pack_compile_lists(struct pack_build *build);
void pack_compile_calendars(struct pack_build *build);
void pack_compile_meters(struct pack_build *build);
// A meter with `trend`, once the other ones are compiled.
bool pack_is_trend(const struct pack_entry *entry);
void pack_compile_trend(struct pack_build *build, const struct pack_entry *entry,
                        const struct fg_meter *meters, struct fg_meter *meter);
// The source of first_seen meters that is written text, and its word, which is static; false: none.
bool pack_find_sighted(struct fg_view text, enum fg_meter_source *out, const char **name);
// first_seen_within of a signal or other word in the `when` of a rule: its value, NULL where the
// key has none; how many all rules have, each of which may need a meter; and one read into the
// rule's tests.
const struct fg_yaml_node *pack_first_seen_of(const struct fg_yaml_node *key);
uint32_t pack_count_first_seen(const struct pack_build *build);
void pack_read_first_seen(struct pack_build *build, const struct fg_yaml_node *key,
                          struct fg_rule *rule);
// `start` of a meter.
void pack_read_start(struct pack_build *build, const struct fg_yaml_node *node,
                     struct fg_meter *meter);
// `peers` of a meter whose kind and `per` are read, or what it is where it is not said.
void pack_read_peers(struct pack_build *build, const struct fg_yaml_node *map,
                     struct fg_meter *meter);
// Adds a meter that a rule makes, at place; after those of the table. Its index; -1 after an error.
int32_t pack_add_meter(struct pack_build *build, const struct fg_yaml_node *place,
                       const struct fg_meter *meter);
// The rates that rules throttle to are such meters.
void pack_read_throttle(struct pack_build *build, const struct fg_yaml_node *node,
                        struct fg_rule *rule);
uint32_t pack_count_throttles(const struct pack_build *build);
void pack_read_keys(struct pack_build *build, const struct fg_yaml_node *node, uint32_t *per);
void pack_compile_rules(struct pack_build *build);
void pack_compile_composites(struct pack_build *build);
// Reports what a rule must have and has not. For rules without unknown keys: what looks missing
// beside one is most likely that key.
void pack_check_rule(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule);
// Reports a rule that could not end the dearest of a customer's calls.
void pack_check_cut(struct pack_build *build, const struct pack_entry *entry,
                    const struct fg_rule *rule);
// Warns of a rule that loads but cannot do what it says.
void pack_warn_never(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule);
// Warns of 'above' and 'below' of a matcher that no number fits. negative: the signal can be below
// 0.
void pack_warn_bounds(struct pack_build *build, const struct fg_yaml_node *key, bool negative);
// Warns of 'in' and 'not_in' of one matcher, compiled to n predicates, that no value fits.
void pack_warn_exclusive(struct pack_build *build, const struct fg_yaml_node *key,
                         const struct fg_predicate *predicates, uint32_t n);
// Warns of a composite whose terms exclude each other.
void pack_warn_composite(struct pack_build *build, const struct pack_entry *entry,
                         const struct fg_composite *composite);
void pack_compile_groups(struct pack_build *build); // after the rules, which may name more of them
void pack_compile_overrides(struct pack_build *build, const struct pack_file *files, uint32_t n);
// The exceptions of one rule.
void pack_compile_exceptions(struct pack_build *build, const struct fg_yaml_node *list,
                             const char *origin, struct fg_rule *rule);

// A condition from a `when` mapping.
void pack_compile_when(struct pack_build *build, const struct fg_yaml_node *when,
                       struct fg_condition *out);
// The same for a rule, which may also test meters.
void pack_compile_rule_when(struct pack_build *build, const struct fg_yaml_node *when,
                            struct fg_rule *rule);
// One meters.NAME (key) and its bounds into the rule's tests.
void pack_read_meter_test(struct pack_build *build, const struct fg_yaml_node *key,
                          struct fg_rule *rule);
// Whether a key or measure is meters.NAME, and then NAME's meter: its index, -1 after an error.
bool pack_names_meter(struct fg_view text);
int32_t pack_resolve_meter(struct pack_build *build, const struct fg_yaml_node *node);
// relative_to of a rule.
// Calls that find only the last lines free; calls in progress that last too long. Both are measures
// of their own.
void pack_read_reserve(struct pack_build *build, const struct pack_entry *entry,
                       const struct fg_yaml_node *node, struct fg_rule *rule);
void pack_read_longest(struct pack_build *build, const struct pack_entry *entry,
                       const struct fg_yaml_node *node, struct fg_rule *rule);
void pack_read_relative(struct pack_build *build, const struct fg_yaml_node *node,
                        struct fg_rule *rule);
// rollout of a rule or composite. mode: theirs; where it is not enforce, that is a warning.
void pack_read_rollout(struct pack_build *build, const struct fg_yaml_node *node, enum fg_mode mode,
                       bool *rolls_out, uint8_t *percent);
// One signal (key) and its matcher (key's value); returns how many predicates it gave, at most
// pack_matcher_size().
uint32_t pack_compile_matcher(struct pack_build *build, const struct fg_yaml_node *key,
                              struct fg_predicate *out);
uint32_t pack_matcher_size(const struct fg_yaml_node *value);
// A list without a name, from items written in a matcher. Index of the list, -1 after an error.
int32_t pack_inline_list(struct pack_build *build, enum fg_list_kind kind,
                         const struct fg_yaml_node *items);
// The items of a list into it; items is a list node, or one text.
bool pack_fill_list(struct pack_build *build, const struct fg_yaml_node *items,
                    struct fg_list *list);

// Readers of what rules, composites and scoring share.
bool pack_read_id(struct pack_build *build, const struct fg_yaml_node *node);
bool pack_read_action(struct pack_build *build, const struct fg_yaml_node *node,
                      enum fg_action *out);
bool pack_read_mode(struct pack_build *build, const struct fg_yaml_node *node, enum fg_mode *out);
bool pack_read_direction(struct pack_build *build, const struct fg_yaml_node *node,
                         enum fg_direction *out);
bool pack_read_maturity(struct pack_build *build, const struct fg_yaml_node *node,
                        enum fg_maturity *out);
#define PACK_HOLD_MIN_MS FG_MS_PER_S
#define PACK_HOLD_MAX_MS (30 * FG_MS_PER_DAY)
// A SIP reply, or a list of them, into those of a band, which must be empty.
void pack_read_sip(struct pack_build *build, const struct fg_yaml_node *node,
                   struct fg_replies *replies);
// `replies`: those of each band.
void pack_read_replies(struct pack_build *build, const struct fg_yaml_node *node);
bool pack_read_hold_duration(struct pack_build *build, const struct fg_yaml_node *node,
                             const char *what, int32_t *out_s);
// How a hold that comes again grows; NULL: not given.
struct pack_growth {
    const struct fg_yaml_node *growth;
    const char *growth_name;
    const struct fg_yaml_node *max;
    const char *max_name;
};
void pack_read_hold_growth(struct pack_build *build, const struct pack_growth *growth,
                           struct fg_hold_terms *terms);
// `hold` of a rule or composite: {scope: country, for: 15m}, or none.
void pack_read_hold(struct pack_build *build, const struct fg_yaml_node *node,
                    struct fg_hold_terms *out);
// 1 to FG_STEPS_MAX rising steps.
void pack_read_steps(struct pack_build *build, const struct fg_yaml_node *node,
                     struct fg_step steps[FG_STEPS_MAX], uint8_t *n);

// What departs from the rules is agreed: why, with whom, until when.
struct pack_agreement {
    const char *reason, *owner; // owner NULL: not given
    int64_t until_ms;           // end of the last day, in UTC; FG_NEVER_MS
};
// Reads reason, owner and expires of map, which is a WHAT; reason and expires are required, owner
// where needs_owner is set. What has expired is a warning.
bool pack_read_agreement(struct pack_build *build, const struct fg_yaml_node *map, const char *what,
                         bool needs_owner, struct pack_agreement *out);

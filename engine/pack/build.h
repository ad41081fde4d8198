// SPDX-License-Identifier: GPL-2.0-or-later
// A ruleset while it is being built from one or more pack files. First every name is declared, then
// every body is compiled, so that files may use each other's names in any order.
#pragma once

#include "digest.h"
#include "fg/ruleset.h"
#include "fields.h"
#include "zone.h"

#define PACK_LISTS_MAX      512
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
    const char *dir; // where the files of lists are looked for; NULL: nowhere
    struct fg_list *lists;
    uint32_t n_lists, lists_room;       // declared ones first, then inline ones
    const struct fg_yaml_node *scoring; // NULL: not found yet
    const struct pack_file *main_file;
    struct fg_ruleset *out;
};

// Declares a name. A name that is there already, or one too many: an error, and it is left out.
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
void pack_compile_rules(struct pack_build *build);
void pack_compile_composites(struct pack_build *build);
// Reports what a rule must have and has not. For rules without unknown keys: what looks missing
// beside one is most likely that key.
void pack_check_rule(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule);
// Warns of a rule that loads but cannot do what it says.
void pack_warn_never(struct pack_build *build, const struct pack_entry *entry,
                     const struct fg_rule *rule);
void pack_compile_groups(struct pack_build *build); // after the rules, which may name more of them

// A condition from a `when` mapping.
void pack_compile_when(struct pack_build *build, const struct fg_yaml_node *when,
                       struct fg_condition *out);
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
bool pack_read_maturity(struct pack_build *build, const struct fg_yaml_node *node);

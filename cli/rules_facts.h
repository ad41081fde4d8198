// SPDX-License-Identifier: GPL-2.0-or-later
// A ruleset as things with facts in words, so that two of them can be compared.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fg/ruleset.h"

struct fact {
    char *name; // "score"
    char *text; // "20"
};

// One rule, meter, list, calendar, composite, override, or a part of the scoring.
struct thing {
    const char *kind; // "rule"
    char *name;       // "DEST_IRSF"
    struct fact *facts;
    size_t n;
    uint32_t meter_id, hit_id;  // of a meter
    const struct fg_list *list; // of a list
};
struct things {
    struct thing *items;
    size_t n;
    bool failed; // out of memory
};

// All things of ruleset, which must outlive them. False when out of memory.
bool things_of(const struct fg_ruleset *ruleset, struct things *out);
void things_free(struct things *things);
const struct thing *things_find(const struct things *things, const char *kind, const char *name);
const char *thing_fact(const struct thing *thing, const char *name); // NULL: none

// Where the facts come from, for rules_facts.c alone. Each adds things.
struct thing *thing_add(struct things *things, const char *kind, const char *name);
void thing_put(struct things *things, struct thing *thing, const char *fact, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
// Takes text over; NULL counts as out of memory.
void thing_take(struct things *things, struct thing *thing, const char *fact, char *text);

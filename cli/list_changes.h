// SPDX-License-Identifier: GPL-2.0-or-later
// What came into a list and what left it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fg/ruleset.h"

#define LIST_SHOWN_MAX 5

struct list_side {
    size_t n;
    char *first[LIST_SHOWN_MAX]; // the first few of them
    size_t n_first;
};
struct list_changes {
    struct list_side added, removed;
};

// Compares two lists; NULL is an empty one. False when out of memory; *out is freed in any case
// with list_changes_fini().
bool list_changes_find(const struct fg_list *old, const struct fg_list *new,
                       struct list_changes *out);
void list_changes_fini(struct list_changes *changes);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "list_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The items of one list, sorted.
struct items {
    char **texts;
    size_t n, capacity;
};

static bool add_item(struct items *items, const char *mark, const char *text)
{
    if (items->n == items->capacity) {
        const size_t capacity = items->capacity == 0 ? 64 : 2 * items->capacity;
        char **grown = reallocarray(items->texts, capacity, sizeof(*grown));
        if (grown == NULL) {
            return false;
        }
        items->texts = grown;
        items->capacity = capacity;
    }
    if (asprintf(&items->texts[items->n], "%s%s", mark, text) < 0) {
        return false;
    }
    items->n++;
    return true;
}

static bool add_prefix(void *ctx, const char *digits, uint32_t value)
{
    (void)value;
    return add_item(ctx, "+", digits);
}

static bool add_countries(struct items *items, const struct fg_country_set *set)
{
    for (unsigned i = 1; i < FG_COUNTRY_COUNT; i++) {
        char code[4];
        fg_country_format((fg_country)i, code);
        if (fg_country_set_has(set, (fg_country)i) && !add_item(items, "", code)) {
            return false;
        }
    }
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_items(const struct fg_list *list, struct items *items)
{
    bool complete = true;

    if (list == NULL) {
        return true;
    }
    switch (list->kind) {
    case FG_LIST_PREFIX:
        complete = fg_prefix_walk(list->prefixes, add_prefix, items);
        break;
    case FG_LIST_COUNTRY:
        complete = add_countries(items, &list->countries);
        break;
    case FG_LIST_TEXT:
    case FG_LIST_NETWORK:
        for (uint32_t i = 0; complete && i < list->n; i++) {
            complete = add_item(items, "", list->texts[i]);
        }
        break;
    }
    if (items->n > 1) {
        qsort(items->texts, items->n, sizeof(*items->texts), compare_texts);
    }
    return complete;
}

static void items_fini(struct items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        free(items->texts[i]);
    }
    free(items->texts);
}

// Counts a text, and takes it over while few are kept.
static void count_item(struct list_side *side, char **text)
{
    side->n++;
    if (side->n_first < LIST_SHOWN_MAX) {
        side->first[side->n_first++] = *text;
        *text = NULL;
    }
}

bool list_changes_find(const struct fg_list *old, const struct fg_list *new,
                       struct list_changes *out)
{
    struct items before = {0};
    struct items after = {0};
    const bool complete = read_items(old, &before) && read_items(new, &after);

    *out = (struct list_changes){0};
    for (size_t i = 0, k = 0; complete && (i < before.n || k < after.n);) {
        int order = 0;
        if (i == before.n || k == after.n) {
            order = i == before.n ? 1 : -1;
        } else {
            order = strcmp(before.texts[i], after.texts[k]);
        }
        if (order < 0) {
            count_item(&out->removed, &before.texts[i]);
        } else if (order > 0) {
            count_item(&out->added, &after.texts[k]);
        }
        i += order <= 0 ? 1 : 0;
        k += order >= 0 ? 1 : 0;
    }
    items_fini(&before);
    items_fini(&after);
    return complete;
}

void list_changes_fini(struct list_changes *changes)
{
    for (size_t i = 0; i < changes->added.n_first; i++) {
        free(changes->added.first[i]);
    }
    for (size_t i = 0; i < changes->removed.n_first; i++) {
        free(changes->removed.first[i]);
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/text.h"

struct watch_list {
    struct fg_json *events[WATCH_EVENTS]; // a ring
    size_t first, n;
    size_t shown[WATCH_EVENTS]; // places in the order of age
    size_t n_shown, chosen;
    char filter[WATCH_FILTER_MAX];
};

struct watch_list *watch_list_new(void)
{
    return calloc(1, sizeof(struct watch_list));
}

void watch_list_free(struct watch_list *list)
{
    for (size_t i = 0; list != NULL && i < WATCH_EVENTS; i++) {
        fg_json_free(list->events[i]);
    }
    free(list);
}

static bool is_wanted(const struct watch_list *list, const struct fg_json *event)
{
    static const char *const keys[] = {"customer", "call_id", "action", "type", "caller", "scope"};
    const struct fg_json *reasons = fg_json_member(event, "reasons");
    const struct fg_view text = fg_view_of(list->filter);

    if (text.len == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (fg_text_contains(fg_json_string(event, keys[i]), text)) {
            return true;
        }
    }
    for (size_t i = 0; i < fg_json_count(reasons); i++) {
        if (fg_text_contains(fg_json_string(fg_json_item(reasons, i), "id"), text)) {
            return true;
        }
    }
    return fg_text_contains(fg_json_string(fg_json_member(event, "dest"), "number"), text) ||
           fg_text_contains(fg_json_string(fg_json_member(event, "dest"), "country"), text);
}

static const struct fg_json *by_age(const struct watch_list *list, size_t i)
{
    return list->events[(list->first + i) % WATCH_EVENTS];
}

// Shows what is wanted now, and chooses wanted again if it is among it, else the newest.
static void show(struct watch_list *list, const struct fg_json *wanted)
{
    list->n_shown = 0;
    list->chosen = 0;
    bool found = false;
    for (size_t i = 0; i < list->n; i++) {
        if (is_wanted(list, by_age(list, i))) {
            found = found || by_age(list, i) == wanted;
            list->chosen = by_age(list, i) == wanted ? list->n_shown : list->chosen;
            list->shown[list->n_shown++] = i;
        }
    }
    if (!found && list->n_shown > 0) {
        list->chosen = list->n_shown - 1;
    }
}

static const struct fg_json *chosen_event(const struct watch_list *list)
{
    return list->n_shown == 0 ? NULL : by_age(list, list->shown[list->chosen]);
}

void watch_list_add(struct watch_list *list, struct fg_json *event)
{
    const bool follows = list->n_shown == 0 || list->chosen + 1 == list->n_shown;
    const struct fg_json *chosen = follows ? NULL : chosen_event(list);

    if (list->n == WATCH_EVENTS) {
        chosen = chosen == list->events[list->first] ? NULL : chosen;
        fg_json_free(list->events[list->first]);
        list->events[list->first] = event;
        list->first = (list->first + 1) % WATCH_EVENTS;
    } else {
        list->events[(list->first + list->n) % WATCH_EVENTS] = event;
        list->n++;
    }
    show(list, chosen);
}

void watch_list_filter(struct watch_list *list, const char *text)
{
    const struct fg_json *chosen = chosen_event(list);

    (void)snprintf(list->filter, sizeof(list->filter), "%s", text);
    show(list, chosen);
}

const char *watch_list_filtered_by(const struct watch_list *list)
{
    return list->filter;
}

size_t watch_list_count(const struct watch_list *list)
{
    return list->n_shown;
}

const struct fg_json *watch_list_at(const struct watch_list *list, size_t i)
{
    return i < list->n_shown ? by_age(list, list->shown[i]) : NULL;
}

size_t watch_list_chosen(const struct watch_list *list)
{
    return list->chosen;
}

void watch_list_move(struct watch_list *list, long by)
{
    const long place = (long)list->chosen + by;

    if (list->n_shown == 0 || place < 0) {
        list->chosen = 0;
    } else {
        list->chosen = (size_t)place < list->n_shown ? (size_t)place : list->n_shown - 1;
    }
}

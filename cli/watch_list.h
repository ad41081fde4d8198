// SPDX-License-Identifier: GPL-2.0-or-later
// The events that `fgctl watch` holds, which of them are shown, and which is chosen. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fg/json.h"

#define WATCH_EVENTS     2000 // the oldest go
#define WATCH_FILTER_MAX 64

struct watch_list;
struct watch_list *watch_list_new(void);
void watch_list_free(struct watch_list *list);
// Takes event over. The chosen one stays chosen; where it is the newest, the newest stays chosen.
void watch_list_add(struct watch_list *list, struct fg_json *event);
// Shows only events that contain text (ASCII letters folded) as customer, number, Call-ID, action,
// type or rule; empty: all.
void watch_list_filter(struct watch_list *list, const char *text);
const char *watch_list_filtered_by(const struct watch_list *list);
// How many are shown, and the i-th of them, the oldest first.
size_t watch_list_count(const struct watch_list *list);
const struct fg_json *watch_list_at(const struct watch_list *list, size_t i);
// Index of the chosen one among those shown; 0 where none is.
size_t watch_list_chosen(const struct watch_list *list);
// Chooses another one, so many further on; stays within those shown.
void watch_list_move(struct watch_list *list, long by);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/ruleset.h"

#include "fg/hash.h"

#include <stddef.h>

struct digest {
    struct fg_hash_key key; // carries the state from part to part
};

static void add(struct digest *digest, const void *data, size_t len)
{
    struct fg_hash128 hash = fg_hash128(&digest->key, data, len);
    for (unsigned i = 0; i < 8; i++) {
        digest->key.bytes[i] = (uint8_t)(hash.lo >> (8 * i));
        digest->key.bytes[8 + i] = (uint8_t)(hash.hi >> (8 * i));
    }
}

static void add_number(struct digest *digest, int64_t number)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
    }
    add(digest, bytes, sizeof(bytes));
}

static void add_text(struct digest *digest, struct fg_view text)
{
    add(digest, text.ptr, text.len);
}

// A list counts by its name: its items change often, and a counter should not start anew for one
// more prefix. One without a name is what it holds.
static void add_list(struct digest *digest, const struct fg_list *list)
{
    add_number(digest, (int64_t)list->kind);
    if (list->nameless && list->kind == FG_LIST_NETWORK) {
        for (uint32_t i = 0; i < list->n; i++) {
            add_text(digest, fg_view_of(list->texts[i]));
        }
    } else if (list->nameless) {
        struct fg_hash128 hash = fg_prefix_hash(list->prefixes, &digest->key);
        add_number(digest, (int64_t)hash.lo);
        add_number(digest, (int64_t)hash.hi);
    } else {
        add_text(digest, fg_view_of(list->name));
    }
}

static void add_predicate(struct digest *digest, const struct fg_predicate *predicate,
                          const struct fg_list *lists, const struct fg_calendar *calendars)
{
    add_number(digest, (int64_t)predicate->signal);
    add_number(digest, (int64_t)predicate->op);
    add_text(digest, fg_view_of(predicate->attr));
    add_number(digest, predicate->truth ? 1 : 0);
    add_number(digest, predicate->number);
    add_text(digest, predicate->text);
    add_number(digest, predicate->country);
    for (size_t i = 0; i < sizeof(predicate->countries.bits) / sizeof(uint64_t); i++) {
        add_number(digest, (int64_t)predicate->countries.bits[i]);
    }
    for (uint32_t i = 0; i < predicate->n_texts; i++) {
        add_text(digest, fg_view_of(predicate->texts[i]));
    }
    if (predicate->op == FG_OP_IN_LIST || predicate->op == FG_OP_NOT_IN_LIST) {
        add_list(digest, &lists[predicate->list]);
    }
    if (predicate->op == FG_OP_CALENDAR) {
        add_text(digest, fg_view_of(calendars[predicate->calendar].name));
    }
    add_number(digest, (int64_t)predicate->state);
}

// purpose tells a meter's windows apart; 0 is the first one.
static uint32_t definition_id(const struct fg_meter *meter, const struct fg_list *lists,
                              const struct fg_calendar *calendars, int64_t purpose)
{
    struct digest digest = {.key = {.bytes = "fraudguard meter"}}; // 16 bytes, no terminator
    add_text(&digest, fg_view_of(meter->name));
    add_number(&digest, (int64_t)meter->kind);
    add_number(&digest, (int64_t)meter->source);
    add_number(&digest, meter->per);
    add_number(&digest, meter->over_ms);
    add_number(&digest, meter->calendar_day ? 1 : 0);
    add_number(&digest, (int64_t)meter->direction);
    add_number(&digest, meter->when.n);
    for (uint32_t i = 0; i < meter->when.n; i++) {
        add_predicate(&digest, &meter->when.all[i], lists, calendars);
    }
    if (meter->kind == FG_METER_RATIO) {
        add_number(&digest, meter->min_samples);
        add_number(&digest, meter->hit.n);
        for (uint32_t i = 0; i < meter->hit.n; i++) {
            add_predicate(&digest, &meter->hit.all[i], lists, calendars);
        }
        add_number(&digest, purpose);
    }
    if (meter->kind == FG_METER_KNOWN) {
        add_number(&digest, meter->blocks);
    }
    // Only where they say something, so that other meters keep what they have counted.
    if (meter->on != FG_EVENT_ATTEMPT || meter->shared) {
        add_number(&digest, (int64_t)meter->on);
        add_number(&digest, meter->shared ? 1 : 0);
    }
    uint32_t id = 0;
    for (unsigned i = 0; i < 4; i++) {
        id |= (uint32_t)digest.key.bytes[i] << (8 * i);
    }
    return id != 0 ? id : 1;
}

uint32_t fg_meter_id(const struct fg_meter *meter, const struct fg_list *lists,
                     const struct fg_calendar *calendars)
{
    return definition_id(meter, lists, calendars, 0);
}

uint32_t fg_meter_hit_id(const struct fg_meter *meter, const struct fg_list *lists,
                         const struct fg_calendar *calendars)
{
    return definition_id(meter, lists, calendars, 1);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "pairing.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024U
#define NONE       UINT32_MAX

// Rows are numbered densely: multiplying by 2^64/phi (Knuth, TAOCP 3, 6.4) spreads them.
static uint32_t slot_of(const struct pairing *pairing, uint64_t sequence)
{
    return (uint32_t)((sequence * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (pairing->n_slots - 1);
}

static uint32_t slot_find(const struct pairing *pairing, uint64_t sequence)
{
    uint32_t slot = slot_of(pairing, sequence);
    while (pairing->slots[slot] != 0 &&
           pairing->items[pairing->slots[slot] - 1].sequence != sequence) {
        slot = (slot + 1) & (pairing->n_slots - 1);
    }
    return slot;
}

// At most half of the slots are in use.
static int set_room(struct pairing *pairing, uint32_t room)
{
    struct waiting *items = reallocarray(pairing->items, room, sizeof(*items));
    if (items == NULL) {
        return FG_ENOMEM;
    }
    pairing->items = items;
    memset(items + pairing->room, 0, (room - pairing->room) * sizeof(*items));
    uint32_t *slots = calloc((size_t)room * 2, sizeof(*slots));
    if (slots == NULL) {
        return FG_ENOMEM;
    }
    free(pairing->slots);
    pairing->slots = slots;
    pairing->n_slots = room * 2;
    // Only called when all items are in use.
    for (uint32_t i = 0; i < pairing->room; i++) {
        slots[slot_find(pairing, items[i].sequence)] = i + 1;
    }
    for (uint32_t i = pairing->room; i < room; i++) {
        items[i].next = i + 1 < room ? i + 1 : NONE;
    }
    pairing->free = pairing->room;
    pairing->room = room;
    return FG_OK;
}

int pairing_init(struct pairing *pairing)
{
    *pairing = (struct pairing){.free = NONE};
    return set_room(pairing, FIRST_ROOM);
}

void pairing_fini(struct pairing *pairing)
{
    for (uint32_t i = 0; i < pairing->room; i++) {
        free(pairing->items[i].reasons);
    }
    free(pairing->items);
    free(pairing->slots);
    *pairing = (struct pairing){.free = NONE};
}

struct waiting *pairing_find(const struct pairing *pairing, uint64_t sequence)
{
    const uint32_t item = pairing->slots[slot_find(pairing, sequence)];
    return item == 0 ? NULL : &pairing->items[item - 1];
}

int pairing_keep(struct pairing *pairing, enum fg_compare_side side,
                 const struct fg_replay_result *result)
{
    if (pairing->free == NONE && set_room(pairing, pairing->room * 2) != FG_OK) {
        return FG_ENOMEM;
    }
    const uint32_t index = pairing->free;
    struct waiting *item = &pairing->items[index];
    if (result->n_reasons > item->room) {
        struct fg_replay_reason *reasons =
            reallocarray(item->reasons, result->n_reasons, sizeof(*reasons));
        if (reasons == NULL) {
            return FG_ENOMEM;
        }
        item->reasons = reasons;
        item->room = result->n_reasons;
    }
    if (result->n_reasons > 0) {
        memcpy(item->reasons, result->reasons, result->n_reasons * sizeof(*item->reasons));
    }
    pairing->free = item->next;
    item->sequence = result->sequence;
    item->side = side;
    item->result = *result;
    item->result.reasons = item->reasons;
    pairing->slots[slot_find(pairing, result->sequence)] = index + 1;
    pairing->n++;
    return FG_OK;
}

// Closes the gap that an entry leaves (Knuth, TAOCP 3, 6.4, algorithm R).
static void slot_clear(struct pairing *pairing, uint32_t gap)
{
    const uint32_t mask = pairing->n_slots - 1;
    for (uint32_t at = (gap + 1) & mask; pairing->slots[at] != 0; at = (at + 1) & mask) {
        const uint32_t home = slot_of(pairing, pairing->items[pairing->slots[at] - 1].sequence);
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            pairing->slots[gap] = pairing->slots[at];
            gap = at;
        }
    }
    pairing->slots[gap] = 0;
}

void pairing_drop(struct pairing *pairing, uint64_t sequence)
{
    const uint32_t slot = slot_find(pairing, sequence);
    const uint32_t index = pairing->slots[slot] - 1;
    slot_clear(pairing, slot);
    pairing->items[index].next = pairing->free;
    pairing->free = index;
    pairing->n--;
}

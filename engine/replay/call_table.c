// SPDX-License-Identifier: GPL-2.0-or-later
#include "call_table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_CALLS 1024
#define BLOCKS_MAX  (UINT32_MAX / BLOCK_CALLS / 2)

int call_table_init(struct call_table *table, uint32_t customers)
{
    *table = (struct call_table){.free = NO_CALL, .customers = customers};
    table->live = calloc((size_t)customers + 1, sizeof(*table->live));
    if (table->live == NULL) {
        return FG_ENOMEM;
    }
    memset(table->live, 0xff, ((size_t)customers + 1) * sizeof(*table->live));
    return FG_OK;
}

void call_table_fini(struct call_table *table)
{
    for (uint32_t slot = 0; slot < table->n_slots; slot++) {
        free(call_at(table, slot)->reasons);
    }
    for (uint32_t i = 0; i < table->n_blocks; i++) {
        free(table->blocks[i]);
    }
    free(table->blocks);
    free(table->live);
    *table = (struct call_table){0};
}

struct replay_call *call_at(const struct call_table *table, uint32_t slot)
{
    return &table->blocks[slot / BLOCK_CALLS][slot % BLOCK_CALLS];
}

static int grow(struct call_table *table)
{
    struct replay_call **blocks = NULL;
    if (table->n_blocks < BLOCKS_MAX) {
        blocks = reallocarray(table->blocks, table->n_blocks + 1, sizeof(struct replay_call *));
    }
    if (blocks == NULL) {
        return FG_ENOMEM;
    }
    table->blocks = blocks;
    blocks[table->n_blocks] = calloc(BLOCK_CALLS, sizeof(struct replay_call));
    if (blocks[table->n_blocks] == NULL) {
        return FG_ENOMEM;
    }
    table->n_blocks++;
    return FG_OK;
}

int call_table_take(struct call_table *table, uint32_t *slot)
{
    if (table->free != NO_CALL) {
        *slot = table->free;
        table->free = call_at(table, *slot)->next;
    } else {
        if (table->n_slots == table->n_blocks * BLOCK_CALLS) {
            int rc = grow(table);
            if (rc != FG_OK) {
                return rc;
            }
        }
        *slot = table->n_slots++;
    }
    struct replay_call *call = call_at(table, *slot);
    struct fg_replay_reason *reasons = call->reasons;
    uint16_t room = call->room;
    memset(call, 0, offsetof(struct replay_call, facts));
    call->facts.known = false;
    call->reasons = reasons;
    call->room = room;
    call->next = call->previous = NO_CALL;
    table->n++;
    table->most = table->n > table->most ? table->n : table->most;
    return FG_OK;
}

void call_table_give_back(struct call_table *table, uint32_t slot)
{
    call_at(table, slot)->next = table->free;
    table->free = slot;
    table->n--;
}

static uint32_t *head_of(struct call_table *table, const struct replay_call *call)
{
    bool known = call->customer != NULL && call->customer->index < table->customers;
    return known ? &table->live[call->customer->index] : NULL;
}

void call_table_link(struct call_table *table, uint32_t slot)
{
    struct replay_call *call = call_at(table, slot);
    uint32_t *head = head_of(table, call);
    if (head == NULL) {
        return;
    }
    call->linked = true;
    call->previous = NO_CALL;
    call->next = *head;
    if (*head != NO_CALL) {
        call_at(table, *head)->previous = slot;
    }
    *head = slot;
}

void call_table_unlink(struct call_table *table, uint32_t slot)
{
    struct replay_call *call = call_at(table, slot);
    if (!call->linked) {
        return;
    }
    if (call->previous != NO_CALL) {
        call_at(table, call->previous)->next = call->next;
    } else {
        table->live[call->customer->index] = call->next;
    }
    if (call->next != NO_CALL) {
        call_at(table, call->next)->previous = call->previous;
    }
    call->next = call->previous = NO_CALL;
    call->linked = false;
}

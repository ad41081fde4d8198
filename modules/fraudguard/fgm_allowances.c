// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_allowances.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/locking.h"
#include "fgm_memory.h"
#include "fgm_params.h"

#define ROWS   1024 // of a node
#define GROUPS 4096

struct table {
    gen_lock_t lock;
    // How many rows there are by the customers' hashes, read without the lock: mostly none.
    _Atomic uint16_t groups[GROUPS];
    struct fgm_allowance_row rows[ROWS]; // free: customer empty
};
static struct table *table;

int fgm_allowances_init(void)
{
    table = fgm_memory_map(sizeof *table);
    return table && lock_init(&table->lock) ? FG_OK : FG_ENOMEM;
}

static _Atomic uint16_t *group_of(const char *customer)
{
    return &table->groups[fg_hash64(&fgm_config.hash_key, customer, strlen(customer)) % GROUPS];
}

bool fgm_allowances_of(const char *customer, struct fg_allowances *out)
{
    out->n = 0;
    if (atomic_load_explicit(group_of(customer), memory_order_acquire) == 0)
        return false;
    lock_get(&table->lock);
    for (size_t i = 0; i < ROWS && out->n < FG_ALLOWANCES_MAX; i++) {
        if (strcmp(table->rows[i].customer, customer) == 0)
            out->items[out->n++] = table->rows[i].allowance;
    }
    lock_release(&table->lock);
    return out->n > 0;
}

static void row_free(struct fgm_allowance_row *row)
{
    atomic_fetch_sub(group_of(row->customer), 1);
    row->customer[0] = '\0';
}

static void forget_old(int64_t now_ms)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct fgm_allowance_row *row = &table->rows[i];
        if (row->customer[0] && row->allowance.until_ms + FG_ALLOWANCE_MEMORY_MS <= now_ms)
            row_free(row);
    }
}

// Where one may go: its own row, or a free one, or that of the customer's which ended first.
static struct fgm_allowance_row *find_row(const char *customer, uint64_t id, int64_t now_ms)
{
    struct fgm_allowance_row *unused = NULL, *over = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        struct fgm_allowance_row *row = &table->rows[i];
        if (!row->customer[0]) {
            unused = unused ? unused : row;
        } else if (strcmp(row->customer, customer) == 0) {
            int64_t until_ms = row->allowance.until_ms;
            if (row->allowance.id == id)
                return row;
            n++;
            if (until_ms <= now_ms && (!over || until_ms < over->allowance.until_ms))
                over = row;
        }
    }
    return n < FG_ALLOWANCES_MAX && unused ? unused : over;
}

int fgm_allowances_set(const char *customer, const struct fg_allowance *allowance, int64_t now_ms)
{
    int error = FG_ELIMIT;
    if (!fg_allowance_valid(allowance) || !customer[0] || strlen(customer) > FG_CUSTOMER_ID_MAX)
        return FG_EINVAL;
    lock_get(&table->lock);
    forget_old(now_ms);
    struct fgm_allowance_row *row = find_row(customer, allowance->id, now_ms);
    if (row) {
        if (row->customer[0])
            row_free(row);
        row->allowance = *allowance;
        snprintf(row->customer, sizeof row->customer, "%s", customer);
        atomic_fetch_add(group_of(customer), 1);
        error = FG_OK;
    }
    lock_release(&table->lock);
    return error;
}

int fgm_allowances_remove(const char *customer, uint64_t id, struct fg_allowance *out)
{
    int error = FG_ENOTFOUND;
    lock_get(&table->lock);
    for (size_t i = 0; i < ROWS; i++) {
        struct fgm_allowance_row *row = &table->rows[i];
        if (row->allowance.id != id || strcmp(row->customer, customer) != 0)
            continue;
        *out = row->allowance;
        row_free(row);
        error = FG_OK;
    }
    lock_release(&table->lock);
    return error;
}

struct fgm_allowance_row *fgm_allowances_copy(size_t *n)
{
    struct fgm_allowance_row *rows = calloc(ROWS + 1, sizeof *rows);
    *n = 0;
    if (!rows)
        return NULL;
    lock_get(&table->lock);
    for (size_t i = 0; i < ROWS; i++) {
        if (table->rows[i].customer[0])
            rows[(*n)++] = table->rows[i];
    }
    lock_release(&table->lock);
    return rows;
}

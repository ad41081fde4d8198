// SPDX-License-Identifier: GPL-2.0-or-later
#include "seen.h"

#include <stdlib.h>

#include "fg/hash.h"

#define BUCKETS ((size_t)2 * FGA_SEEN_MAX) // a power of two
#define NONE    UINT32_MAX

struct fga_seen {
    struct entry {
        struct fg_hash128 hash;
        uint32_t next; // of its bucket
    } entries[FGA_SEEN_MAX];
    uint32_t buckets[BUCKETS];
    uint64_t n; // so far; entries are a ring
};

struct fga_seen *fga_seen_new(void)
{
    struct fga_seen *seen = calloc(1, sizeof(*seen));
    for (uint32_t i = 0; seen != NULL && i < BUCKETS; i++)
        seen->buckets[i] = NONE;
    return seen;
}

void fga_seen_free(struct fga_seen *seen)
{
    free(seen);
}

static void unlink_entry(struct fga_seen *seen, uint32_t at)
{
    uint32_t *link = &seen->buckets[seen->entries[at].hash.lo % BUCKETS];
    while (*link != NONE && *link != at)
        link = &seen->entries[*link].next;
    if (*link == at)
        *link = seen->entries[at].next;
}

bool fga_seen_add(struct fga_seen *seen, struct fg_view json)
{
    // Events are the provider's own.
    static const struct fg_hash_key key = {{0}};
    const struct fg_hash128 hash = fg_hash128(&key, json.ptr, json.len);
    uint32_t *bucket = &seen->buckets[hash.lo % BUCKETS];
    for (uint32_t at = *bucket; at != NONE; at = seen->entries[at].next) {
        if (seen->entries[at].hash.lo == hash.lo && seen->entries[at].hash.hi == hash.hi)
            return false;
    }
    const uint32_t place = (uint32_t)(seen->n % FGA_SEEN_MAX);
    if (seen->n >= FGA_SEEN_MAX)
        unlink_entry(seen, place);
    seen->n++;
    seen->entries[place] = (struct entry){hash, *bucket};
    *bucket = place;
    return true;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_revoked.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct fgm_revoked_key));
}

struct fgm_revoked *fgm_revoked_new(const struct fg_heap *heap, uint32_t n)
{
    struct fgm_revoked *revoked =
        heap->alloc(heap->ctx, sizeof *revoked + n * sizeof revoked->keys[0]);
    if (revoked)
        *revoked = (struct fgm_revoked){0};
    return revoked;
}

void fgm_revoked_free(const struct fg_heap *heap, struct fgm_revoked *revoked)
{
    heap->free(heap->ctx, revoked);
}

void fgm_revoked_seal(struct fgm_revoked *revoked)
{
    qsort(revoked->keys, revoked->n, sizeof revoked->keys[0], compare);
}

bool fgm_revoked_has(const struct fgm_revoked *revoked, const struct fgm_revoked_key *key)
{
    return revoked &&
           bsearch(key, revoked->keys, revoked->n, sizeof revoked->keys[0], compare) != NULL;
}

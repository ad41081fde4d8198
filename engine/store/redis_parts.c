// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_parts.h"

#include <stdio.h>
#include <string.h>

void redis_shared_tag(uint64_t scope, char out[REDIS_SHARED_TAG])
{
    snprintf(out, REDIS_SHARED_TAG, "-%02x", (unsigned)(scope & 0xff));
}

static struct redis_part *part_begin(struct redis_part *part, const struct fg_store_request *whole,
                                     const char *tag)
{
    snprintf(part->tag, sizeof(part->tag), "%s", tag);
    part->request.customer = part->tag;
    part->request.now_ms = whole->now_ms;
    part->request.once = whole->once;
    part->request.call_key = whole->call_key;
    part->request.holds = (struct fg_hold_query){0};
    part->request.n_ops = 0;
    return part;
}

static struct redis_part *part_of(struct redis_part *parts, size_t *n,
                                  const struct fg_store_request *whole, const char *tag)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(parts[i].tag, tag) == 0)
            return &parts[i];
    }
    return part_begin(&parts[(*n)++], whole, tag);
}

static void ops_take(const struct fg_store_request *request, bool shared, struct redis_part *parts,
                     size_t *n)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        char tag[REDIS_SHARED_TAG];
        if (op->shared != shared)
            continue;
        redis_shared_tag(op->scope, tag);
        struct redis_part *part = part_of(parts, n, request, shared ? tag : request->customer);
        part->op_of[part->request.n_ops] = (uint8_t)i;
        part->request.ops[part->request.n_ops++] = *op;
    }
}

size_t redis_parts_split(const struct fg_store_request *request, struct redis_part *parts)
{
    size_t n = 0;
    // A call is remembered even where nothing is counted for it.
    if (request->holds.scopes != 0 || (request->once && request->n_ops == 0))
        part_of(parts, &n, request, request->customer)->request.holds = request->holds;
    ops_take(request, false, parts, &n);
    ops_take(request, true, parts, &n);
    return n;
}

void redis_part_merge(const struct redis_part *parts, size_t i, const struct fg_store_reply *from,
                      struct fg_store_reply *into)
{
    const struct redis_part *part = &parts[i];
    for (uint32_t k = 0; k < part->request.n_ops; k++) {
        into->values[part->op_of[k]] = from->values[k];
        into->unavailable[part->op_of[k]] = false;
    }
    if (i != 0)
        return;
    into->repeated = from->repeated;
    if (part->request.holds.scopes != 0)
        into->hold = from->hold;
}

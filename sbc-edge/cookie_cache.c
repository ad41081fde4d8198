// SPDX-License-Identifier: GPL-2.0-or-later
#include "cookie_cache.h"

#include <stdlib.h>

#define ENTRIES_MAX (1u << 20)
#define BYTES_MIN   256u
#define BYTES_MAX   (1u << 30)
#define SLOT_EMPTY  UINT32_MAX

/** Peer, cookie and reply lie one behind the other in the generation's bytes. */
struct entry {
    uint64_t hash;
    uint32_t offset;
    uint32_t reply_len;
    uint16_t peer_len;
    uint16_t cookie_len;
};

struct generation {
    struct entry *entries;
    uint32_t *slots; /**< open addressing over `entries`, twice as many, a power of two */
    char *bytes;
    uint32_t n_entries;
    uint32_t used_bytes;
};

struct edge_cookie_cache {
    struct generation generations[2];
    unsigned current;
    uint64_t started_ms; /**< when the current generation began */
    uint64_t seed;
    uint32_t max_entries;
    uint32_t max_bytes;
    uint32_t slot_mask;
    bool has_started;
};

static void generation_clear(const struct edge_cookie_cache *cache, struct generation *generation)
{
    // Replies carry keys in their SDP.
    if (generation->used_bytes > 0)
        explicit_bzero(generation->bytes, generation->used_bytes);
    memset(generation->slots, 0xff, ((size_t)cache->slot_mask + 1) * sizeof(*generation->slots));
    generation->n_entries = 0;
    generation->used_bytes = 0;
}

static bool generation_allocate(const struct edge_cookie_cache *cache,
                                struct generation *generation)
{
    generation->entries = calloc(cache->max_entries, sizeof(*generation->entries));
    generation->slots = calloc((size_t)cache->slot_mask + 1, sizeof(*generation->slots));
    generation->bytes = malloc(cache->max_bytes);
    if (!generation->entries || !generation->slots || !generation->bytes)
        return false;
    generation_clear(cache, generation);
    return true;
}

int edge_cookie_cache_new(uint32_t max_entries, uint32_t max_bytes, uint64_t seed,
                          struct edge_cookie_cache **out)
{
    uint32_t slots = 2;

    if (max_entries == 0 || max_entries > ENTRIES_MAX || max_bytes < BYTES_MIN ||
        max_bytes > BYTES_MAX)
        return EDGE_EINVALID;
    while (slots < max_entries * 2)
        slots *= 2;
    struct edge_cookie_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return EDGE_ENOMEM;
    cache->seed = seed;
    cache->max_entries = max_entries;
    cache->max_bytes = max_bytes;
    cache->slot_mask = slots - 1;
    if (!generation_allocate(cache, &cache->generations[0]) ||
        !generation_allocate(cache, &cache->generations[1])) {
        edge_cookie_cache_free(cache);
        return EDGE_ENOMEM;
    }
    *out = cache;
    return 0;
}

void edge_cookie_cache_free(struct edge_cookie_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < 2; i++) {
        struct generation *generation = &cache->generations[i];

        if (generation->bytes && generation->used_bytes > 0)
            explicit_bzero(generation->bytes, generation->used_bytes);
        free(generation->bytes);
        free(generation->slots);
        free(generation->entries);
    }
    free(cache);
}

static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    return hash;
}

/** FNV-1a, started from the seed; the peer's length keeps peer and cookie apart. */
static uint64_t key_hash(const struct edge_cookie_cache *cache, struct edge_view peer,
                         struct edge_view cookie)
{
    uint64_t hash = mix(cache->seed ^ 0xcbf29ce484222325u ^ peer.len);

    for (size_t i = 0; i < peer.len; i++)
        hash = (hash ^ (unsigned char)peer.ptr[i]) * 0x100000001b3u;
    for (size_t i = 0; i < cookie.len; i++)
        hash = (hash ^ (unsigned char)cookie.ptr[i]) * 0x100000001b3u;
    return mix(hash);
}

static bool entry_is(const struct generation *generation, const struct entry *entry,
                     struct edge_view peer, struct edge_view cookie)
{
    const char *at = generation->bytes + entry->offset;

    return edge_view_is_equal((struct edge_view){at, entry->peer_len}, peer) &&
           edge_view_is_equal((struct edge_view){at + entry->peer_len, entry->cookie_len}, cookie);
}

/** The slot of that key, or the empty one where it would go; there is always an empty one. */
static uint32_t *slot_find(const struct edge_cookie_cache *cache, struct generation *generation,
                           uint64_t hash, struct edge_view peer, struct edge_view cookie)
{
    uint32_t at = (uint32_t)hash & cache->slot_mask;

    for (;;) {
        uint32_t *slot = &generation->slots[at];
        if (*slot == SLOT_EMPTY)
            return slot;
        const struct entry *entry = &generation->entries[*slot];
        if (entry->hash == hash && entry_is(generation, entry, peer, cookie))
            return slot;
        at = (at + 1) & cache->slot_mask;
    }
}

/** The current generation becomes the old one, and the old one is forgotten. */
static void generation_swap(struct edge_cookie_cache *cache, uint64_t now_ms)
{
    cache->current ^= 1u;
    generation_clear(cache, &cache->generations[cache->current]);
    cache->started_ms = now_ms;
}

static void advance(struct edge_cookie_cache *cache, uint64_t now_ms)
{
    if (!cache->has_started) {
        cache->has_started = true;
        cache->started_ms = now_ms;
    }
    // A clock that steps back restarts the generation rather than keeping it for ever.
    if (now_ms < cache->started_ms)
        cache->started_ms = now_ms;
    const uint64_t age_ms = now_ms - cache->started_ms;
    if (age_ms < EDGE_COOKIE_GENERATION_MS)
        return;
    generation_swap(cache, now_ms);
    if (age_ms >= 2 * (uint64_t)EDGE_COOKIE_GENERATION_MS)
        generation_swap(cache, now_ms);
}

bool edge_cookie_cache_get(struct edge_cookie_cache *cache, struct edge_view peer,
                           struct edge_view cookie, uint64_t now_ms, struct edge_view *out_reply)
{
    const uint64_t hash = key_hash(cache, peer, cookie);

    advance(cache, now_ms);
    for (unsigned i = 0; i < 2; i++) {
        struct generation *generation = &cache->generations[cache->current ^ i];
        const uint32_t *slot = slot_find(cache, generation, hash, peer, cookie);

        if (*slot == SLOT_EMPTY)
            continue;
        const struct entry *entry = &generation->entries[*slot];
        *out_reply = (struct edge_view){
            generation->bytes + entry->offset + entry->peer_len + entry->cookie_len,
            entry->reply_len,
        };
        return true;
    }
    return false;
}

int edge_cookie_cache_put(struct edge_cookie_cache *cache, struct edge_view peer,
                          struct edge_view cookie, uint64_t now_ms, struct edge_view reply)
{
    if (peer.len > EDGE_COOKIE_PEER_MAX || cookie.len > EDGE_COOKIE_MAX ||
        reply.len > cache->max_bytes || peer.len + cookie.len + reply.len > cache->max_bytes)
        return EDGE_ELIMIT;
    const uint32_t needed = (uint32_t)(peer.len + cookie.len + reply.len);
    const uint64_t hash = key_hash(cache, peer, cookie);

    advance(cache, now_ms);
    struct generation *generation = &cache->generations[cache->current];
    if (generation->n_entries == cache->max_entries ||
        needed > cache->max_bytes - generation->used_bytes) {
        generation_swap(cache, now_ms);
        generation = &cache->generations[cache->current];
    }
    // A reply put twice leaves the bytes of the first unused until the generation ends.
    const uint32_t index = generation->n_entries++;
    char *at = generation->bytes + generation->used_bytes;

    *slot_find(cache, generation, hash, peer, cookie) = index;
    generation->entries[index] = (struct entry){
        .hash = hash,
        .offset = generation->used_bytes,
        .reply_len = (uint32_t)reply.len,
        .peer_len = (uint16_t)peer.len,
        .cookie_len = (uint16_t)cookie.len,
    };
    generation->used_bytes += needed;
    if (peer.len > 0)
        memcpy(at, peer.ptr, peer.len);
    if (cookie.len > 0)
        memcpy(at + peer.len, cookie.ptr, cookie.len);
    if (reply.len > 0)
        memcpy(at + peer.len + cookie.len, reply.ptr, reply.len);
    return 0;
}

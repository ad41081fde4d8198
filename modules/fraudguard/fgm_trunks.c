// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_trunks.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/locking.h"
#include "fgm_memory.h"
#include "fgm_params.h"
#include "fgm_snapshot.h"

#define PROBES        16
#define HOLD_PAUSE_MS 5000

struct slot {
    struct fgm_trunk trunk; // customer empty: free
    bool changed;
    struct fg_window risky;
    // The hold set last.
    uint8_t hold_scope;
    uint64_t hold_value;
    int64_t hold_ms;
    int connections[FGM_CONNECTIONS_MAX]; // the newest first; 0: none
};
struct trunks {
    gen_lock_t lock;
    uint32_t n;
    uint32_t labels_left;
    uint64_t beyond[FG_ACTION_COUNT];
    struct slot slots[];
};
static struct trunks *trunks;

int fgm_trunks_init(uint32_t customers, uint32_t labels)
{
    trunks = fgm_memory_map(sizeof *trunks + customers * sizeof trunks->slots[0]);
    if (!trunks)
        return FG_ENOMEM;
    trunks->n = customers;
    trunks->labels_left = labels;
    return lock_init(&trunks->lock) ? FG_OK : FG_ENOMEM;
}

// The customer's slot, or a new one; NULL when the neighbourhood is full. Under the lock.
static struct slot *find(const char *customer)
{
    uint64_t hash = fg_hash64(&fgm_config.hash_key, customer, strlen(customer));
    for (uint32_t i = 0; i < PROBES; i++) {
        struct slot *slot = &trunks->slots[(hash + i) % trunks->n];
        if (strcmp(slot->trunk.customer, customer) == 0)
            return slot;
        if (!slot->trunk.customer[0]) {
            strncpy(slot->trunk.customer, customer, sizeof slot->trunk.customer - 1);
            return slot;
        }
    }
    return NULL;
}

static void format_ip(const struct fg_ip *ip, char out[46])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(ip->bytes, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, ip->bytes + 12, out, 46);
    else
        inet_ntop(AF_INET6, ip->bytes, out, 46);
}

static void note(struct fgm_trunk *trunk, const struct fg_event *event, enum fg_action action,
                 bool repeated)
{
    if (!trunk->seen_ms && trunks->labels_left && strcmp(trunk->customer, FGM_OTHERS) != 0) {
        trunk->labelled = true;
        trunks->labels_left--;
    }
    // An inbound call tells nothing of the customer's own signalling.
    if (event->direction == FG_OUTBOUND) {
        trunk->identity = event->identity;
        trunk->has_tls = event->tls != NULL;
        if (event->tls)
            trunk->tls = *event->tls;
        trunk->srtp_last = event->srtp_offered;
        format_ip(&event->source, trunk->source);
    }
    if (!repeated) {
        if (event->direction == FG_OUTBOUND) {
            trunk->calls++;
            trunk->srtp_calls += event->srtp_offered;
        }
        trunk->blocked += action == FG_BLOCK;
        trunk->by_action[action]++;
    }
}

void fgm_trunks_note(const struct fg_event *event, enum fg_action action, bool repeated,
                     int64_t now_ms)
{
    if (!event->customer)
        return;
    lock_get(&trunks->lock);
    struct slot *slot = find(event->customer->id);
    if (slot) {
        note(&slot->trunk, event, action, repeated);
        slot->trunk.seen_ms = now_ms;
        slot->changed = true;
    } else if (!repeated) {
        trunks->beyond[action]++;
    }
    lock_release(&trunks->lock);
}

void fgm_trunks_beyond(uint64_t out[FG_ACTION_COUNT])
{
    lock_get(&trunks->lock);
    memcpy(out, trunks->beyond, sizeof trunks->beyond);
    lock_release(&trunks->lock);
}

int32_t fgm_trunks_risky(const char *customer, bool add, int64_t now_ms)
{
    int64_t count = add;
    int64_t bucket = fg_window_bucket(now_ms, FG_MS_PER_MIN);
    lock_get(&trunks->lock);
    struct slot *slot = find(customer);
    if (slot) {
        if (add)
            fg_window_add(&slot->risky, FG_WINDOW_CELLS, bucket, 1);
        count = fg_window_sum(&slot->risky, FG_WINDOW_CELLS, bucket);
    }
    lock_release(&trunks->lock);
    return count > INT32_MAX ? INT32_MAX : (int32_t)count;
}

void fgm_trunks_live(const char *customer, int change)
{
    lock_get(&trunks->lock);
    struct slot *slot = find(customer);
    if (slot && (change > 0 || slot->trunk.live > 0)) {
        slot->trunk.live += change > 0 ? 1U : -1U;
        slot->changed = true;
    }
    lock_release(&trunks->lock);
}

bool fgm_trunks_may_hold(const char *customer, uint8_t scope, uint64_t value, int64_t now_ms)
{
    bool may = true;
    lock_get(&trunks->lock);
    struct slot *slot = find(customer);
    if (slot) {
        may = slot->hold_scope != scope || slot->hold_value != value ||
              now_ms - slot->hold_ms >= HOLD_PAUSE_MS;
        if (may) {
            slot->hold_scope = scope;
            slot->hold_value = value;
            slot->hold_ms = now_ms;
        }
    }
    lock_release(&trunks->lock);
    return may;
}

void fgm_trunks_came_by(const char *customer, int connection)
{
    lock_get(&trunks->lock);
    struct slot *slot = find(customer);
    if (slot) {
        uint32_t at = 0;
        while (at < FGM_CONNECTIONS_MAX - 1 && slot->connections[at] != connection)
            at++;
        memmove(slot->connections + 1, slot->connections, at * sizeof slot->connections[0]);
        slot->connections[0] = connection;
    }
    lock_release(&trunks->lock);
}

uint32_t fgm_trunks_connections(const char *customer, int out[FGM_CONNECTIONS_MAX])
{
    uint32_t n = 0;
    lock_get(&trunks->lock);
    const struct slot *slot = find(customer);
    while (slot && n < FGM_CONNECTIONS_MAX && slot->connections[n]) {
        out[n] = slot->connections[n];
        n++;
    }
    lock_release(&trunks->lock);
    return n;
}

void fgm_trunks_each(bool only_changed, void (*fn)(void *arg, const struct fgm_trunk *trunk),
                     void *arg)
{
    for (uint32_t i = 0; i < trunks->n; i++) {
        struct slot *slot = &trunks->slots[i];
        // Read without the lock first: an empty slot stays one for now, and that is most of them.
        if (!slot->trunk.customer[0])
            continue;
        lock_get(&trunks->lock);
        bool wanted = !only_changed || slot->changed;
        struct fgm_trunk copy = slot->trunk;
        if (only_changed)
            slot->changed = false;
        lock_release(&trunks->lock);
        if (wanted && copy.seen_ms)
            fn(arg, &copy);
    }
}

struct fg_trunk_facts fgm_trunk_facts(const struct fgm_trunk *trunk)
{
    struct fg_trunk_facts facts = {
        .customer = trunk->customer,
        .identity = trunk->identity,
        .tls = trunk->has_tls ? &trunk->tls : NULL,
        .seen_ms = trunk->seen_ms,
        .calls = trunk->calls,
        .srtp_calls = trunk->srtp_calls,
        .blocked = trunk->blocked,
        .live = trunk->live,
    };
    memcpy(facts.source, trunk->source, sizeof facts.source);
    return facts;
}

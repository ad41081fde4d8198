// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_trunks.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/locking.h"
#include "fgm_log.h"
#include "fgm_memory.h"
#include "fgm_params.h"
#include "fgm_snapshot.h"

#define PROBES        64
#define HOLD_PAUSE_MS 5000

// A hold, so that it is not set again at once.
struct hold {
    uint8_t scope;
    uint64_t value;
    int64_t set_ms;
};

struct slot {
    struct fgm_trunk trunk; // customer empty: free
    bool was_used;          // free, but a customer's place may be behind it
    bool changed;
    struct fg_window risky;
    struct hold hold;                     // the last one
    int connections[FGM_CONNECTIONS_MAX]; // the newest first; 0: none
};
struct trunks {
    gen_lock_t lock;
    uint32_t n;
    uint32_t labels_left;
    bool told_full;
    uint64_t beyond[FG_ACTION_COUNT];
    // The last hold of somebody without a slot.
    uint64_t beyond_holder;
    struct hold beyond_hold;
    struct slot slots[];
};
static struct trunks *trunks;

static struct trunks *new_table(uint32_t customers)
{
    struct trunks *table =
        fgm_memory_map(sizeof *table + (size_t)customers * sizeof table->slots[0]);
    if (!table || !lock_init(&table->lock))
        return NULL;
    table->n = customers;
    return table;
}

int fgm_trunks_init(uint32_t customers, uint32_t labels)
{
    trunks = new_table(customers);
    if (!trunks)
        return FG_ENOMEM;
    trunks->labels_left = labels;
    return FG_OK;
}

static uint64_t hash_of(const char *customer)
{
    return fg_hash64(&fgm_config.hash_key, customer, strlen(customer));
}

// The customer's slot; else NULL, and *room is where it could get one, or NULL. Under the lock.
static struct slot *look(struct trunks *table, const char *customer, struct slot **room)
{
    uint64_t hash = hash_of(customer);
    *room = NULL;
    for (uint32_t i = 0; i < PROBES && i < table->n; i++) {
        struct slot *slot = &table->slots[(hash + i) % table->n];
        if (strcmp(slot->trunk.customer, customer) == 0)
            return slot;
        if (!slot->trunk.customer[0]) {
            *room = *room ? *room : slot;
            if (!slot->was_used)
                return NULL;
        }
    }
    return NULL;
}

static struct slot *find(const char *customer)
{
    struct slot *room;
    return look(trunks, customer, &room);
}

// The customer's slot, or a new one; NULL when the neighbourhood is full. Under the lock.
static struct slot *find_or_add(const char *customer)
{
    struct slot *room, *slot = look(trunks, customer, &room);
    if (slot || !room)
        return slot;
    strncpy(room->trunk.customer, customer, sizeof room->trunk.customer - 1);
    return room;
}

// Releases the lock. The first time that somebody had no slot is told.
static void release(bool had_room)
{
    bool tell = !had_room && !trunks->told_full;
    trunks->told_full = trunks->told_full || tell;
    lock_release(&trunks->lock);
    if (tell)
        fgm_warn("trunks: a table of %u has no room for all customers; those without one take no "
                 "risky call while Redis is away. Restart Kamailio, or set max_customers higher",
                 trunks->n);
}

int fgm_trunks_fit(uint32_t customers)
{
    if (customers <= trunks->n / 2)
        return FG_OK;
    struct trunks *larger = customers <= UINT32_MAX / 2 ? new_table(customers * 2) : NULL;
    if (!larger)
        return FG_ENOMEM;
    larger->labels_left = trunks->labels_left;
    for (uint32_t i = 0; i < trunks->n; i++) {
        struct slot *room;
        const char *customer = trunks->slots[i].trunk.customer;
        if (customer[0] && !look(larger, customer, &room) && room)
            *room = trunks->slots[i];
    }
    trunks = larger;
    return FG_OK;
}

// What it counted goes on to count among those without a series of their own, if it did before: a
// sum must not fall.
static void forget(struct slot *slot)
{
    for (unsigned i = 0; i < FG_ACTION_COUNT && !slot->trunk.labelled; i++)
        trunks->beyond[i] += slot->trunk.by_action[i];
    trunks->labels_left += slot->trunk.labelled;
    *slot = (struct slot){.was_used = true};
}

void fgm_trunks_keep(const struct fg_customers *customers)
{
    for (uint32_t i = 0; i < trunks->n; i++) {
        struct slot *slot = &trunks->slots[i];
        if (!slot->trunk.customer[0])
            continue;
        lock_get(&trunks->lock);
        // Calls that are up still end there.
        if (slot->trunk.customer[0] && slot->trunk.live == 0 &&
            !fg_customers_by_id(customers, fg_view_of(slot->trunk.customer)))
            forget(slot);
        lock_release(&trunks->lock);
    }
    lock_get(&trunks->lock);
    trunks->told_full = false;
    lock_release(&trunks->lock);
}

static void format_ip(const struct fg_ip *ip, char out[46])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(ip->bytes, mapped, sizeof mapped) == 0)
        inet_ntop(AF_INET, ip->bytes + 12, out, 46);
    else
        inet_ntop(AF_INET6, ip->bytes, out, 46);
}

static void note_today(struct fgm_trunk *trunk, const struct fg_event *event, enum fg_action action,
                       int64_t now_ms)
{
    int32_t today = fg_local_time(event->customer->zone, now_ms).yyyymmdd;
    if (trunk->today != today) {
        trunk->today = today;
        memset(trunk->by_action_today, 0, sizeof trunk->by_action_today);
    }
    trunk->by_action_today[action]++;
}

static void note(struct fgm_trunk *trunk, const struct fg_event *event, enum fg_action action,
                 bool repeated, int64_t now_ms)
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
        note_today(trunk, event, action, now_ms);
    }
}

void fgm_trunks_note(const struct fg_event *event, enum fg_action action, bool repeated,
                     int64_t now_ms)
{
    if (!event->customer)
        return;
    lock_get(&trunks->lock);
    struct slot *slot = find_or_add(event->customer->id);
    if (slot) {
        note(&slot->trunk, event, action, repeated, now_ms);
        slot->trunk.seen_ms = now_ms;
        slot->changed = true;
    } else if (!repeated) {
        trunks->beyond[action]++;
    }
    release(slot != NULL);
}

bool fgm_trunks_get(const char *customer, struct fgm_trunk *out)
{
    lock_get(&trunks->lock);
    const struct slot *slot = find(customer);
    if (slot)
        *out = slot->trunk;
    lock_release(&trunks->lock);
    return slot != NULL;
}

void fgm_trunks_media(const char *customer, const struct fg_media_side *side, int64_t now_ms)
{
    lock_get(&trunks->lock);
    struct slot *slot = find(customer);
    if (slot) {
        slot->trunk.media = *side;
        slot->trunk.media_ms = now_ms;
        slot->changed = true;
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
    int64_t count = 0;
    int64_t bucket = fg_window_bucket(now_ms, FG_MS_PER_MIN);
    struct slot *room;
    lock_get(&trunks->lock);
    struct slot *slot = add ? find_or_add(customer) : look(trunks, customer, &room);
    bool full = !slot && (add || !room);
    if (slot) {
        if (add)
            fg_window_add(&slot->risky, FG_WINDOW_CELLS, bucket, 1);
        count = fg_window_sum(&slot->risky, FG_WINDOW_CELLS, bucket);
    }
    release(!full);
    return full || count > INT32_MAX ? INT32_MAX : (int32_t)count;
}

void fgm_trunks_live(const char *customer, int change)
{
    lock_get(&trunks->lock);
    struct slot *slot = change > 0 ? find_or_add(customer) : find(customer);
    if (slot && (change > 0 || slot->trunk.live > 0)) {
        slot->trunk.live += change > 0 ? 1U : -1U;
        slot->changed = true;
    }
    lock_release(&trunks->lock);
}

bool fgm_trunks_may_hold(const char *customer, uint8_t scope, uint64_t value, int64_t now_ms)
{
    lock_get(&trunks->lock);
    struct slot *slot = find_or_add(customer);
    struct hold *last = slot ? &slot->hold : &trunks->beyond_hold;
    uint64_t holder = slot ? 0 : hash_of(customer);
    bool may = last->scope != scope || last->value != value ||
               now_ms - last->set_ms >= HOLD_PAUSE_MS || (!slot && trunks->beyond_holder != holder);
    if (may) {
        *last = (struct hold){.scope = scope, .value = value, .set_ms = now_ms};
        if (!slot)
            trunks->beyond_holder = holder;
    }
    release(slot != NULL);
    return may;
}

void fgm_trunks_came_by(const char *customer, int connection)
{
    lock_get(&trunks->lock);
    struct slot *slot = find_or_add(customer);
    if (slot) {
        uint32_t at = 0;
        while (at < FGM_CONNECTIONS_MAX - 1 && slot->connections[at] != connection)
            at++;
        memmove(slot->connections + 1, slot->connections, at * sizeof slot->connections[0]);
        slot->connections[0] = connection;
    }
    release(slot != NULL);
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
        .media = trunk->media,
        .media_ms = trunk->media_ms,
    };
    memcpy(facts.source, trunk->source, sizeof facts.source);
    return facts;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_calls.h"

#include <string.h>

#include "core/locking.h"
#include "fg/decide.h"
#include "fgm_counters.h"
#include "fgm_memory.h"
#include "fgm_owners.h"
#include "fgm_params.h"
#include "fgm_trunks.h"

struct calls {
    gen_lock_t lock;
    uint32_t n;
    uint32_t high; // slots ever used lie below
    uint32_t n_free;
    uint32_t *free_slots; // stack: low slots are used first
    // Calls by Call-ID: chains of slots + 1, 0 at their ends.
    uint32_t *heads, *next;
    struct fgm_call *slots;
};
static struct calls *calls;

int fgm_calls_init(uint32_t n)
{
    calls = fgm_memory_map(sizeof *calls);
    if (!calls)
        return FG_ENOMEM;
    calls->slots = fgm_memory_map(n * sizeof calls->slots[0]);
    calls->free_slots = fgm_memory_map(n * sizeof calls->free_slots[0]);
    calls->heads = fgm_memory_map(n * sizeof calls->heads[0]);
    calls->next = fgm_memory_map(n * sizeof calls->next[0]);
    if (!calls->slots || !calls->free_slots || !calls->heads || !calls->next)
        return FG_ENOMEM;
    calls->n = n;
    calls->n_free = n;
    for (uint32_t i = 0; i < n; i++)
        calls->free_slots[i] = n - 1 - i;
    return lock_init(&calls->lock) ? FG_OK : FG_ENOMEM;
}

void fgm_calls_inherit(void)
{
    lock_init(&calls->lock);
}

static uint32_t *head_of(const char *call_id)
{
    uint64_t hash = fg_hash64(&fgm_config.hash_key, call_id, strlen(call_id));
    return &calls->heads[hash % calls->n];
}

static void chain(uint32_t slot)
{
    uint32_t *head = head_of(calls->slots[slot].call_id);
    calls->next[slot] = *head;
    *head = slot + 1;
}

static void unchain(uint32_t slot)
{
    uint32_t *link = head_of(calls->slots[slot].call_id);
    while (*link && *link != slot + 1)
        link = &calls->next[*link - 1];
    if (*link)
        *link = calls->next[slot];
}

// Where the called side has made the offer (RFC 3264: an INVITE may come without one), the relay
// has the sides the other way round; the labels that the script gives them tell.
static void put_sides_right(struct fgm_call *call)
{
    struct fg_media_side *caller = &call->media.caller, *called = &call->media.called;
    bool turned = call->direction == FG_OUTBOUND ? called->customer : caller->customer;
    if (turned) {
        struct fg_media_side kept = *caller;
        *caller = *called;
        *called = kept;
    }
}

bool fgm_calls_media(const char *call_id, const char *customer, const struct fg_media_facts *facts,
                     void (*fn)(void *arg, const struct fgm_call *call), void *arg)
{
    bool found = false;
    lock_get(&calls->lock);
    for (uint32_t at = *head_of(call_id); at; at = calls->next[at - 1]) {
        struct fgm_call *call = &calls->slots[at - 1];
        if (strcmp(call->call_id, call_id) != 0 ||
            (customer[0] && strcmp(call->customer, customer) != 0))
            continue;
        call->media = *facts;
        put_sides_right(call);
        fn(arg, call);
        found = true;
    }
    lock_release(&calls->lock);
    return found;
}

const struct fg_media_facts *fgm_call_media(const struct fgm_call *call, int64_t now_ms)
{
    return call->media.known && now_ms - call->media.time_ms <= FG_MEDIA_FRESH_MS ? &call->media
                                                                                  : NULL;
}

bool fgm_calls_add(struct fgm_call *call, struct fgm_call_ref *ref)
{
    call->state = FGM_CALL_RINGING;
    return fgm_calls_restore(call, ref);
}

bool fgm_calls_restore(struct fgm_call *call, struct fgm_call_ref *ref)
{
    bool added = false;
    lock_get(&calls->lock);
    if (calls->n_free > 0) {
        uint32_t slot = calls->free_slots[--calls->n_free];
        call->turn = calls->slots[slot].turn + 1;
        calls->slots[slot] = *call;
        chain(slot);
        if (slot >= calls->high)
            calls->high = slot + 1;
        *ref = (struct fgm_call_ref){slot, call->turn};
        added = true;
    }
    lock_release(&calls->lock);
    if (added)
        fgm_trunks_live(call->customer, 1);
    else
        FGM_COUNT(calls_untracked);
    return added;
}

static void remember_attrs(struct fgm_call *call, const struct fg_event *event)
{
    size_t used = 0;
    for (uint8_t i = 0; i < event->n_attrs; i++) {
        const struct fg_attr *attr = &event->attrs[i];
        if (used + attr->name.len + attr->value.len > sizeof call->attrs)
            break;
        memcpy(call->attrs + used, attr->name.ptr, attr->name.len);
        memcpy(call->attrs + used + attr->name.len, attr->value.ptr, attr->value.len);
        used += attr->name.len + attr->value.len;
        call->attr_len[i][0] = (uint16_t)attr->name.len;
        call->attr_len[i][1] = (uint16_t)attr->value.len;
        call->n_attrs = (uint8_t)(i + 1);
    }
}

static void copy_text(char *to, size_t size, struct fg_view from)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;
    if (len)
        memcpy(to, from.ptr, len);
    to[len] = '\0';
}

void fgm_call_remember(struct fgm_call *call, const struct fg_event *event, struct fg_view call_id)
{
    *call = (struct fgm_call){
        .direction = event->direction,
        .identity = event->identity,
        .call_key = event->call_key,
        .lease = event->lease,
        .has_tls = event->tls != NULL,
        .transport = event->transport,
        .source = event->source,
        .called = event->called,
        .caller_present = event->caller_present,
        .srtp_offered = event->srtp_offered,
        .caller = event->caller,
    };
    if (event->tls)
        call->tls = *event->tls;
    copy_text(call->customer, sizeof call->customer, fg_view_of(event->customer->id));
    copy_text(call->call_id, sizeof call->call_id, call_id);
    copy_text(call->user_agent, sizeof call->user_agent, event->user_agent);
    remember_attrs(call, event);
}

void fgm_call_event(const struct fgm_call *call, enum fg_event_kind kind, struct fg_event *event)
{
    *event = (struct fg_event){
        .kind = kind,
        .direction = call->direction,
        .identity = call->identity,
        .call_key = call->call_key,
        .lease = call->lease,
        .allowance = call->allowance,
        .tls = call->has_tls ? &call->tls : NULL,
        .transport = call->transport,
        .source = call->source,
        .called = call->called,
        .caller_present = call->caller_present,
        .caller = call->caller,
        .srtp_offered = call->srtp_offered,
        .user_agent = fg_view_of(call->user_agent),
        .n_attrs = call->n_attrs,
    };
    const char *at = call->attrs;
    for (uint8_t i = 0; i < call->n_attrs; i++) {
        event->attrs[i].name = (struct fg_view){at, call->attr_len[i][0]};
        at += call->attr_len[i][0];
        event->attrs[i].value = (struct fg_view){at, call->attr_len[i][1]};
        at += call->attr_len[i][1];
    }
}

// The call of a handle, or NULL when its slot has gone to another one. Under the lock.
static struct fgm_call *of(struct fgm_call_ref ref)
{
    if (ref.slot >= calls->n)
        return NULL;
    struct fgm_call *call = &calls->slots[ref.slot];
    return call->turn == ref.turn && call->state != FGM_CALL_FREE ? call : NULL;
}

void fgm_calls_answered(struct fgm_call_ref ref, int64_t now_ms)
{
    lock_get(&calls->lock);
    struct fgm_call *call = of(ref);
    if (call && call->state == FGM_CALL_RINGING) {
        call->state = FGM_CALL_UP;
        call->answered_ms = now_ms;
        call->due_ms = 0;
    }
    lock_release(&calls->lock);
}

void fgm_calls_ended(struct fgm_call_ref ref, int64_t now_ms)
{
    struct fg_hash128 dialog = {0, 0};
    uint64_t lease = 0;
    lock_get(&calls->lock);
    struct fgm_call *call = of(ref);
    if (call && call->state != FGM_CALL_ENDED) {
        call->state = FGM_CALL_ENDED;
        call->ended_ms = now_ms;
        call->due_ms = 0;
        dialog = call->dialog;
        lease = call->lease;
    }
    lock_release(&calls->lock);
    if (lease)
        fgm_owners_end(dialog, lease, true);
}

void fgm_calls_want_cut(struct fgm_call_ref ref)
{
    lock_get(&calls->lock);
    struct fgm_call *call = of(ref);
    if (call) {
        call->cut_wanted = true;
        call->due_ms = 0;
    }
    lock_release(&calls->lock);
}

void fgm_calls_remove(struct fgm_call_ref ref)
{
    char customer[FG_CUSTOMER_ID_MAX + 1] = "";
    lock_get(&calls->lock);
    struct fgm_call *call = of(ref);
    if (call) {
        memcpy(customer, call->customer, sizeof customer);
        call->state = FGM_CALL_FREE;
        unchain(ref.slot);
        calls->free_slots[calls->n_free++] = ref.slot;
    }
    lock_release(&calls->lock);
    if (customer[0])
        fgm_trunks_live(customer, -1);
}

static bool copy_of(uint32_t slot, int64_t now_ms, struct fgm_call *copy)
{
    // Read without the lock first: free slots and calls at rest are passed quickly, and what
    // changes this moment is seen the next time.
    if (__atomic_load_n(&calls->slots[slot].state, __ATOMIC_RELAXED) == FGM_CALL_FREE ||
        __atomic_load_n(&calls->slots[slot].due_ms, __ATOMIC_RELAXED) > now_ms)
        return false;
    lock_get(&calls->lock);
    *copy = calls->slots[slot];
    lock_release(&calls->lock);
    return copy->state != FGM_CALL_FREE;
}

static void keep(struct fgm_call_ref ref, const struct fgm_call *copy)
{
    lock_get(&calls->lock);
    struct fgm_call *call = of(ref);
    if (call) {
        call->minutes = copy->minutes;
        call->answer_told = copy->answer_told;
        call->allowance = copy->allowance;
        call->cut_at_ms = copy->cut_at_ms;
        // What changed the state or asked for the end meanwhile wants to be looked at.
        if (call->state == copy->state && call->cut_wanted == copy->cut_wanted)
            call->due_ms = copy->due_ms;
    }
    lock_release(&calls->lock);
}

void fgm_calls_due(int64_t now_ms,
                   bool (*fn)(void *arg, struct fgm_call_ref ref, struct fgm_call *call), void *arg)
{
    uint32_t high = __atomic_load_n(&calls->high, __ATOMIC_RELAXED);
    for (uint32_t slot = 0; slot < high; slot++) {
        struct fgm_call copy;
        if (!copy_of(slot, now_ms, &copy))
            continue;
        struct fgm_call_ref ref = {slot, copy.turn};
        if (fn(arg, ref, &copy))
            keep(ref, &copy);
    }
}

void fgm_calls_look(struct fgm_call_ref ref,
                    bool (*fn)(void *arg, struct fgm_call_ref ref, struct fgm_call *call),
                    void *arg)
{
    struct fgm_call copy;
    if (copy_of(ref.slot, INT64_MAX, &copy) && copy.turn == ref.turn && fn(arg, ref, &copy))
        keep(ref, &copy);
}

static bool may_be_dearest(const struct fgm_call *call, const char *customer)
{
    return call->state == FGM_CALL_UP && !call->cut_wanted && !call->emergency &&
           call->direction == FG_OUTBOUND && strcmp(call->customer, customer) == 0;
}

bool fgm_calls_dearest(const char *customer, struct fgm_call_ref *ref)
{
    uint32_t high = __atomic_load_n(&calls->high, __ATOMIC_RELAXED);
    struct fg_cut_candidate first = {0};
    bool found = false;
    for (uint32_t slot = 0; slot < high; slot++) {
        struct fgm_call copy;
        if (!copy_of(slot, INT64_MAX, &copy) || !may_be_dearest(&copy, customer))
            continue;
        const struct fg_cut_candidate candidate = {copy.usd_per_minute, copy.answered_ms};
        if (found && !fg_cut_before(&candidate, &first))
            continue;
        found = true;
        first = candidate;
        *ref = (struct fgm_call_ref){slot, copy.turn};
    }
    return found;
}

void fgm_calls_each(bool (*fn)(void *arg, struct fgm_call_ref ref, struct fgm_call *call),
                    void *arg)
{
    fgm_calls_due(INT64_MAX, fn, arg);
}

uint32_t fgm_calls_live(void)
{
    lock_get(&calls->lock);
    uint32_t n = calls->n - calls->n_free;
    lock_release(&calls->lock);
    return n;
}

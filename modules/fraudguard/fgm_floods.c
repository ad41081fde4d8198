// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_floods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ip_addr.h"
#include "core/locking.h"
#include "core/parser/parse_to.h"
#include "fg/explain.h"
#include "fg/record.h"
#include "fg/uri.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_dialog.h"
#include "fgm_identity.h"
#include "fgm_log.h"
#include "fgm_memory.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_ring.h"
#include "fgm_str.h"

#define OTHERS_TIMES      8  // ACK, BYE and the like may come so many times as often as calls
#define EMERGENCY_PER_S   20 // by one name that sends too much
#define EMERGENCY_URI_MAX 64 // no emergency call has a longer Request-URI

static struct fgm_limiter *limiter;
static struct attacks {
    gen_lock_t lock;
    _Atomic uint32_t suspicions; // 0: nothing to count towards
    struct fgm_attacks table;
} * attacks;

int fgm_floods_init(void)
{
    uint32_t entries = (uint32_t)fgm_params.flood_entries;
    void *memory = fgm_memory_map(fgm_limiter_size_bytes(entries));
    attacks = fgm_memory_map(sizeof *attacks);
    if (!memory || !attacks || !lock_init(&attacks->lock))
        return FG_ENOMEM;
    limiter = fgm_limiter_init(memory, entries);
    return FG_OK;
}

static void tell(const struct fg_attack *attack, bool ended, int64_t now_ms)
{
    const struct fgm_item_event event = {.record_s = 0};
    char *json = fg_record_attack(fgm_config.node, attack, ended, now_ms);
    FGM_COUNT(attacks);
    fgm_warn("%s: flood, %s %s", ended ? "over" : "begins", fg_attack_kind_name(attack->kind),
             attack->subject);
    if (json && fgm_config.has_redis)
        fgm_ring_push(fgm_orders, &(struct fgm_item){.kind = FGM_ITEM_ATTACK,
                                                     .fixed = &event,
                                                     .fixed_len = sizeof event,
                                                     .text = {fg_view_of(json), {"", 0}}});
    free(json);
}

static void note(const struct fgm_attempt_facts *facts)
{
    struct fg_attack begun;
    int64_t now_ms = fgm_now_ms();
    lock_get(&attacks->lock);
    bool begins = fgm_attacks_note(&attacks->table, facts, now_ms, &begun);
    if (facts->outcome != FGM_PASSED)
        atomic_store_explicit(&attacks->suspicions, 1, memory_order_relaxed);
    lock_release(&attacks->lock);
    if (begins)
        tell(&begun, false, now_ms);
}

void fgm_floods_tick(int64_t now_ms)
{
    struct fg_attack ended;
    if (!atomic_load_explicit(&attacks->suspicions, memory_order_relaxed))
        return;
    for (;;) {
        lock_get(&attacks->lock);
        bool over = fgm_attacks_ended(&attacks->table, now_ms, &ended);
        if (!over && fgm_attacks_forget(&attacks->table, now_ms))
            atomic_store_explicit(&attacks->suspicions, 0, memory_order_relaxed);
        lock_release(&attacks->lock);
        if (!over)
            return;
        tell(&ended, true, now_ms);
    }
}

uint32_t fgm_floods_list(struct fg_attack out[FGM_ATTACKS_MAX])
{
    lock_get(&attacks->lock);
    uint32_t n = fgm_attacks_list(&attacks->table, out);
    lock_release(&attacks->lock);
    return n;
}

// --- who sends too much

// What a request is counted under.
struct sender {
    enum fg_attack_kind kind;
    int per_s; // 0: no limit
    uint64_t key;
};

static uint64_t key_of(enum fg_attack_kind kind, bool others, const void *value, size_t len)
{
    const unsigned char domain[2] = {(unsigned char)kind, others};
    const struct fg_view parts[] = {{(const char *)domain, sizeof domain},
                                    {(const char *)value, len}};
    uint64_t key = fg_hash128_parts(&fgm_config.hash_key, parts, 2).lo;
    return key ? key : 1;
}

static bool is_call(const struct sip_msg *msg)
{
    switch (msg->first_line.u.request.method_value) {
    case METHOD_ACK:
    case METHOD_BYE:
    case METHOD_CANCEL:
    case METHOD_PRACK:
    case METHOD_UPDATE:
    case METHOD_INFO:
        return false;
    default:
        return true;
    }
}

// An INVITE of a call that is up, which must not end by being refused. A To tag alone says nothing.
static bool is_in_call(struct sip_msg *msg)
{
    return msg->first_line.u.request.method_value == METHOD_INVITE &&
           parse_headers(msg, HDR_TO_F, 0) >= 0 && msg->to && msg->to->parsed &&
           get_to(msg)->tag_value.len > 0 && fgm_dialog_tracks() && fgm_dialog_knows(msg);
}

// By the Request-URI alone. Only an outbound call can be one: inbound, our customer is called.
static bool is_emergency(const struct fg_policy *policy, const struct fg_customer *customer,
                         const struct sip_msg *msg)
{
    struct fg_uri_number number;
    struct fg_number_readings called;
    const struct fg_dial_plan *dials = customer ? &customer->dial_plan : NULL;
    const str *uri = &msg->first_line.u.request.uri;
    if (!policy || msg->first_line.u.request.method_value != METHOD_INVITE ||
        uri->len > EMERGENCY_URI_MAX || !fg_uri_number(fgm_view(*uri), &number))
        return false;
    fg_number_read(number.user, number.phone_context, dials, &called);
    for (uint8_t i = 0; i < called.n; i++) {
        struct fg_destination destination;
        fg_destination_lookup(policy->destinations, &called.reading[i], called.status, dials,
                              &destination);
        if (destination.emergency)
            return true;
    }
    return false;
}

struct flooded {
    enum fgm_limit limit;
    struct sender by;
};

static struct flooded take(const struct sender *sender, bool others)
{
    if (sender->per_s <= 0)
        return (struct flooded){.limit = FGM_LIMIT_PASS};
    uint32_t per_s = (uint32_t)sender->per_s * (others ? OTHERS_TIMES : 1);
    return (struct flooded){fgm_limiter_take(limiter, sender->key, per_s, fgm_mono_us()), *sender};
}

static void tell_flood(const struct flooded *flooded, const struct sip_msg *msg,
                       const struct fg_tls_peer *tls, const struct fg_customer *customer)
{
    char subject[FG_ATTACK_SUBJECT_MAX] = "";
    if (flooded->by.kind == FG_ATTACK_CERTIFICATE && tls) {
        for (size_t i = 0; i < sizeof tls->fingerprint; i++)
            snprintf(subject + 2 * i, 3, "%02x", tls->fingerprint[i]);
    } else {
        snprintf(subject, sizeof subject, "%s",
                 ip_addr2a((struct ip_addr *)(uintptr_t)&msg->rcv.src_ip));
    }
    note(&(struct fgm_attempt_facts){
        .kind = flooded->by.kind,
        .key = flooded->by.key,
        .customer = customer ? customer->id : "",
        .subject = subject,
        .outcome = flooded->limit == FGM_LIMIT_DROP ? FGM_DROPPED : FGM_REFUSED,
    });
}

// By whom the request is limited, if it is.
static struct flooded count(const struct sip_msg *msg, const struct fg_tls_peer *tls, bool others)
{
    const struct ip_addr *address = &msg->rcv.src_ip;
    int connection = msg->rcv.proto == PROTO_UDP ? 0 : msg->rcv.proto_reserved1;
    // The narrowest name first: what that does not let through is not charged to those behind the
    // same address.
    const struct sender senders[] = {
        {FG_ATTACK_CERTIFICATE, tls && tls->cert_present ? fgm_params.flood_certificate : 0,
         tls ? key_of(FG_ATTACK_CERTIFICATE, others, tls->fingerprint, sizeof tls->fingerprint)
             : 0},
        {FG_ATTACK_CONNECTION, connection > 0 ? fgm_params.flood_connection : 0,
         key_of(FG_ATTACK_CONNECTION, others, &connection, sizeof connection)},
        {FG_ATTACK_SOURCE, fgm_params.flood_source,
         key_of(FG_ATTACK_SOURCE, others, address->u.addr, address->len)},
    };
    struct flooded flooded = {.limit = FGM_LIMIT_PASS};
    for (uint32_t i = 0; i < sizeof senders / sizeof *senders && flooded.limit == FGM_LIMIT_PASS;
         i++)
        flooded = take(&senders[i], others);
    return flooded;
}

static enum fgm_limit check(const struct fg_policy *policy, uint64_t generation,
                            struct sip_msg *msg)
{
    const struct fg_customer *customer = NULL;
    const struct fg_tls_peer *tls =
        policy ? fgm_identify_tls(policy, generation, msg, &customer) : NULL;
    struct flooded flooded = count(msg, tls, !is_call(msg));
    if (flooded.limit == FGM_LIMIT_PASS)
        return FGM_LIMIT_PASS;
    if (is_in_call(msg))
        flooded = count(msg, tls, true);
    if (flooded.limit == FGM_LIMIT_PASS)
        return FGM_LIMIT_PASS;
    if (is_emergency(policy, customer, msg) &&
        fgm_limiter_take(limiter, ~flooded.by.key, EMERGENCY_PER_S, fgm_mono_us()) ==
            FGM_LIMIT_PASS)
        return FGM_LIMIT_PASS;
    if (fgm_config.flood_drops)
        flooded.limit = FGM_LIMIT_DROP;
    tell_flood(&flooded, msg, tls, customer);
    return flooded.limit;
}

enum fgm_limit fgm_floods_check(struct sip_msg *msg)
{
    uint64_t generation;
    struct fg_ip source;
    fgm_msg_source(msg, &source);
    if (msg->first_line.type != SIP_REQUEST || fgm_is_carrier(&source))
        return FGM_LIMIT_PASS;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    enum fgm_limit limit = check(policy, generation, msg);
    fgm_policy_leave();
    if (limit == FGM_LIMIT_REFUSE)
        FGM_COUNT(flood_refused);
    else if (limit == FGM_LIMIT_DROP)
        FGM_COUNT(flood_dropped);
    return fgm_config.shadow ? FGM_LIMIT_PASS : limit;
}

// --- which number is flooded

void fgm_floods_judged(const struct fgm_evaluation *evaluation)
{
    const struct fg_event *event = evaluation->plan.event;
    const struct fg_number *number = &evaluation->plan.dest.number;
    bool refused = evaluation->decision.action >= FG_THROTTLE;
    if (event->direction != FG_INBOUND || !event->customer || evaluation->decision.repeated ||
        number->len == 0 ||
        (!refused && !atomic_load_explicit(&attacks->suspicions, memory_order_relaxed)))
        return;
    char masked[FG_NUMBER_MASKED_MAX];
    if (fgm_params.unmask)
        snprintf(masked, sizeof masked, "+%.*s", number->len, number->digits);
    else
        fg_number_mask(number, masked);
    note(&(struct fgm_attempt_facts){
        .kind = FG_ATTACK_NUMBER,
        .key = key_of(FG_ATTACK_NUMBER, false, number->digits, number->len),
        .customer = event->customer->id,
        .subject = masked,
        .caller = event->caller.len
                      ? key_of(FG_ATTACK_NUMBER, true, event->caller.digits, event->caller.len)
                      : 0,
        .outcome = refused ? FGM_REFUSED : FGM_PASSED,
    });
}

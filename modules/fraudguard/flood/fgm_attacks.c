// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_attacks.h"

#include <stdio.h>
#include <string.h>

#define MS_PER_MIN 60000

static int64_t quiet_ms(const struct fgm_attack *attack)
{
    return attack->facts.kind == FG_ATTACK_NUMBER ? FGM_ATTACK_NUMBER_QUIET
                                                  : FGM_ATTACK_SOURCE_QUIET;
}

// The key's slot, else the one to be taken for it: a free one, or the suspicion that has been quiet
// for longest. NULL: all are attacks that were told.
static struct fgm_attack *find(struct fgm_attacks *attacks, uint64_t key)
{
    struct fgm_attack *best = NULL;
    for (uint32_t i = 0; i < FGM_ATTACKS_MAX; i++) {
        struct fgm_attack *slot = &attacks->slots[i];
        if (slot->key == key)
            return slot;
        if (slot->key && slot->told)
            continue;
        if (!best || (best->key && (!slot->key || slot->facts.last_ms < best->facts.last_ms)))
            best = slot;
    }
    return best;
}

static void begin(struct fgm_attack *slot, const struct fgm_attempt_facts *facts, int64_t now_ms)
{
    *slot = (struct fgm_attack){.key = facts->key};
    slot->facts.kind = facts->kind;
    // Another one on the same number later is not this one.
    slot->facts.id = facts->key ^ (uint64_t)now_ms * UINT64_C(0x9e3779b97f4a7c15);
    slot->facts.since_ms = now_ms;
    snprintf(slot->facts.customer, sizeof slot->facts.customer, "%s", facts->customer);
    snprintf(slot->facts.subject, sizeof slot->facts.subject, "%s", facts->subject);
}

// How many differ, from how many bits they have set (linear counting, Whang 1990): each bit still
// unset was as likely to be hit as any.
static uint32_t count_callers(const struct fgm_attack *attack)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < sizeof attack->callers; i++)
        set += (uint32_t)__builtin_popcount(attack->callers[i]);
    uint64_t thousandths = 0;
    uint32_t unset = FGM_ATTACK_CALLER_BITS - set;
    for (uint32_t i = FGM_ATTACK_CALLER_BITS; i > unset && i > 0; i--)
        thousandths += UINT64_C(1000) * FGM_ATTACK_CALLER_BITS / i;
    return (uint32_t)((thousandths + 500) / 1000);
}

static void count(struct fgm_attack *attack, const struct fgm_attempt_facts *facts, int64_t now_ms)
{
    struct fg_attack *sums = &attack->facts;
    if (attack->minute != now_ms / MS_PER_MIN) {
        attack->minute = now_ms / MS_PER_MIN;
        attack->in_minute = 0;
    }
    attack->in_minute++;
    if (attack->in_minute > sums->peak_per_minute)
        sums->peak_per_minute = attack->in_minute;
    sums->calls++;
    sums->refused += facts->outcome == FGM_REFUSED;
    sums->dropped += facts->outcome == FGM_DROPPED;
    if (facts->caller) {
        uint32_t bit = (uint32_t)(facts->caller % FGM_ATTACK_CALLER_BITS);
        attack->callers[bit / 8] |= (uint8_t)(1U << (bit % 8));
    }
    if (facts->outcome != FGM_PASSED)
        sums->last_ms = now_ms;
}

static void copy_facts(const struct fgm_attack *attack, struct fg_attack *out)
{
    *out = attack->facts;
    out->callers = count_callers(attack);
}

bool fgm_attacks_note(struct fgm_attacks *attacks, const struct fgm_attempt_facts *facts,
                      int64_t now_ms, struct fg_attack *out)
{
    struct fgm_attack *slot = find(attacks, facts->key);
    if (!slot || (slot->key != facts->key && facts->outcome == FGM_PASSED))
        return false;
    if (slot->key == facts->key && now_ms - slot->facts.last_ms > quiet_ms(slot) && !slot->told)
        slot->key = 0; // an old suspicion
    if (slot->key != facts->key) {
        if (facts->outcome == FGM_PASSED)
            return false;
        begin(slot, facts, now_ms);
    }
    count(slot, facts, now_ms);
    if (slot->told || slot->facts.refused + slot->facts.dropped < FGM_ATTACK_BEGINS)
        return false;
    slot->told = true;
    copy_facts(slot, out);
    return true;
}

bool fgm_attacks_ended(struct fgm_attacks *attacks, int64_t now_ms, struct fg_attack *out)
{
    for (uint32_t i = 0; i < FGM_ATTACKS_MAX; i++) {
        struct fgm_attack *slot = &attacks->slots[i];
        if (!slot->key || !slot->told || now_ms - slot->facts.last_ms <= quiet_ms(slot))
            continue;
        copy_facts(slot, out);
        slot->key = 0;
        return true;
    }
    return false;
}

bool fgm_attacks_forget(struct fgm_attacks *attacks, int64_t now_ms)
{
    bool empty = true;
    for (uint32_t i = 0; i < FGM_ATTACKS_MAX; i++) {
        struct fgm_attack *slot = &attacks->slots[i];
        if (slot->key && !slot->told && now_ms - slot->facts.last_ms > quiet_ms(slot))
            slot->key = 0;
        empty = empty && !slot->key;
    }
    return empty;
}

uint32_t fgm_attacks_list(const struct fgm_attacks *attacks, struct fg_attack out[FGM_ATTACKS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < FGM_ATTACKS_MAX; i++) {
        if (attacks->slots[i].key && attacks->slots[i].told)
            copy_facts(&attacks->slots[i], &out[n++]);
    }
    return n;
}

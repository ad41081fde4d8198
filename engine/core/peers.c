// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/peers.h"

#include <stdbool.h>
#include <string.h>

#define LEVELS     8 // of a power of two
#define EXPONENT_0 13
#define EXPONENTS  31
#define DECAY      2 // levels: 2^(-2/8) is about 5/6

uint8_t fg_peers_level(fg_micro amount)
{
    // 128 times 2^(k/8), rounded up
    static const uint8_t bounds[LEVELS] = {128, 140, 153, 166, 182, 198, 216, 235};
    if (amount < INT64_C(1) << EXPONENT_0) {
        return 0;
    }
    const int exponent = 63 - __builtin_clzll((uint64_t)amount);
    if (exponent >= EXPONENT_0 + EXPONENTS) {
        return FG_PEERS_LEVEL_MAX;
    }
    const int64_t mantissa = amount >> (exponent - 7);
    int k = LEVELS - 1;
    while (mantissa < bounds[k]) {
        k--;
    }
    return (uint8_t)(1 + (exponent - EXPONENT_0) * LEVELS + k);
}

fg_micro fg_peers_amount(uint8_t level)
{
    // 1024 times 2^((k + 1/2)/8)
    static const fg_micro middles[LEVELS] = {1069, 1166, 1272, 1387, 1512, 1649, 1799, 1961};
    if (level == 0) {
        return 0;
    }
    const int at = (level < FG_PEERS_LEVEL_MAX ? level : FG_PEERS_LEVEL_MAX) - 1;
    return middles[at % LEVELS] << (at / LEVELS + EXPONENT_0 - 10);
}

static size_t slot_of(int64_t hour)
{
    const int64_t rest = hour % FG_BASELINE_HOURS;
    return (size_t)(rest < 0 ? rest + FG_BASELINE_HOURS : rest);
}

static bool is_fresh(const struct fg_peer *peer, int64_t hour)
{
    const int64_t passed = hour - peer->hour;
    return passed <= FG_PEERS_FRESH_HOURS && passed >= -FG_PEERS_FRESH_HOURS;
}

// Of the newcomer; NULL: it stays out.
static struct fg_peer *place_for(struct fg_peers *peers, const struct fg_peers_vote *vote)
{
    if (peers->n < FG_PEERS_MAX) {
        return &peers->peers[peers->n++];
    }
    struct fg_peer *greatest = &peers->peers[0];
    for (uint32_t i = 0; i < FG_PEERS_MAX; i++) {
        struct fg_peer *peer = &peers->peers[i];
        if (!is_fresh(peer, vote->hour)) {
            return peer;
        }
        greatest = peer->member > greatest->member ? peer : greatest;
    }
    return vote->member < greatest->member ? greatest : NULL;
}

static struct fg_peer *find(struct fg_peers *peers, uint64_t member)
{
    for (uint32_t i = 0; i < peers->n && i < FG_PEERS_MAX; i++) {
        if (peers->peers[i].member == member) {
            return &peers->peers[i];
        }
    }
    return NULL;
}

void fg_peers_put(struct fg_peers *peers, const struct fg_peers_vote *vote)
{
    struct fg_peer *peer = find(peers, vote->member);
    const bool known = peer != NULL && is_fresh(peer, vote->hour);
    if (known && vote->hour <= peer->hour) {
        return;
    }
    peer = peer != NULL ? peer : place_for(peers, vote);
    if (peer == NULL) {
        return;
    }
    if (!known) {
        peer->member = vote->member;
        peer->hour = vote->hour - 1;
        memset(peer->levels, FG_PEERS_UNKNOWN, sizeof(peer->levels));
    }
    const int64_t first = vote->hour - vote->since;
    for (int64_t at = peer->hour + 1 > first ? peer->hour + 1 : first; at < vote->hour; at++) {
        uint8_t *level = &peer->levels[slot_of(at)];
        *level = *level == FG_PEERS_UNKNOWN || *level <= DECAY ? 0 : (uint8_t)(*level - DECAY);
    }
    peer->levels[slot_of(vote->hour)] = vote->level;
    peer->hour = vote->hour;
}

int64_t fg_peers_read(const struct fg_peers *peers, int64_t hour)
{
    uint8_t levels[FG_PEERS_MAX]; // in rising order
    uint32_t n = 0;
    for (uint32_t i = 0; i < peers->n && i < FG_PEERS_MAX; i++) {
        const uint8_t level = peers->peers[i].levels[slot_of(hour)];
        if (level == FG_PEERS_UNKNOWN || !is_fresh(&peers->peers[i], hour)) {
            continue;
        }
        uint32_t at = n++;
        for (; at > 0 && levels[at - 1] > level; at--) {
            levels[at] = levels[at - 1];
        }
        levels[at] = level;
    }
    return n == 0 ? -1 : (int64_t)n * 256 + levels[(n - 1) / 2];
}

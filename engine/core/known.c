// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/known.h"

#include <stdbool.h>
#include <stddef.h>

int64_t fg_known_bucket(int64_t now_ms, int64_t over_ms)
{
    return now_ms / (over_ms / FG_KNOWN_UNITS);
}

int64_t fg_known_seconds(int64_t units, int64_t over_ms)
{
    const int64_t seconds = units * (over_ms / FG_KNOWN_UNITS) / FG_MS_PER_S;
    return seconds > 0 ? seconds : 1;
}

static struct fg_known_member *find(struct fg_known *known, uint16_t tag)
{
    for (uint32_t i = 0; i < known->n; i++) {
        if (known->members[i].tag == tag) {
            return &known->members[i];
        }
    }
    return NULL;
}

int64_t fg_known_read(const struct fg_known *known, int64_t bucket, uint16_t tag)
{
    const int64_t by = bucket > known->bucket ? bucket - known->bucket : 0;
    for (uint32_t i = 0; i < known->n; i++) {
        const struct fg_known_member *member = &known->members[i];
        if (member->tag == tag) {
            return by <= FG_KNOWN_UNITS - member->last ? member->first + by : -1;
        }
    }
    return -1;
}

// Lets time pass, and drops whom it makes forgotten.
static void advance(struct fg_known *known, int64_t bucket)
{
    const int64_t by = bucket - known->bucket;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < known->n; i++) {
        const struct fg_known_member *member = &known->members[i];
        if (by > FG_KNOWN_UNITS - member->last) {
            continue;
        }
        const int64_t first = member->first + by;
        known->members[kept++] = (struct fg_known_member){
            .tag = member->tag,
            .first = (uint8_t)(first < FG_KNOWN_AGE_MAX ? first : FG_KNOWN_AGE_MAX),
            .last = (uint8_t)(member->last + by)};
    }
    known->n = kept;
    known->bucket = bucket;
}

static bool seen_once(const struct fg_known_member *member)
{
    return member->first == member->last;
}

// The one who goes: of those seen once when these are too many, else of the others.
static struct fg_known_member *place_for(struct fg_known *known)
{
    if (known->n < FG_KNOWN_MEMBERS) {
        known->members[known->n].last = FG_KNOWN_AGE_MAX;
        return &known->members[known->n++];
    }
    uint32_t once = 0;
    for (uint32_t i = 0; i < known->n; i++) {
        once += seen_once(&known->members[i]) ? 1 : 0;
    }
    struct fg_known_member *oldest = NULL;
    for (uint32_t i = 0; i < known->n; i++) {
        struct fg_known_member *member = &known->members[i];
        if (seen_once(member) == (once >= FG_KNOWN_ONCE_MAX) &&
            (oldest == NULL || member->last > oldest->last)) {
            oldest = member;
        }
    }
    return oldest;
}

int64_t fg_known_put(struct fg_known *known, int64_t bucket, uint16_t tag)
{
    const int64_t value = fg_known_read(known, bucket, tag);
    if (known->n == 0 || bucket > known->bucket) {
        advance(known, bucket);
    }
    const int64_t late = known->bucket - bucket;
    const uint8_t age = (uint8_t)(late < FG_KNOWN_AGE_MAX ? late : FG_KNOWN_AGE_MAX);
    struct fg_known_member *member = find(known, tag);
    if (member != NULL) {
        member->first = age > member->first ? age : member->first;
        member->last = age < member->last ? age : member->last;
        return value;
    }
    member = age <= FG_KNOWN_UNITS ? place_for(known) : NULL;
    if (member != NULL && member->last >= age) {
        *member = (struct fg_known_member){.tag = tag, .first = age, .last = age};
    }
    return value;
}

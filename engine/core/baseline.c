// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/baseline.h"

#include <stddef.h>
#include <string.h>

#define HOURS_OF_DAY 24
#define DAYS_OF_WEEK 7

static size_t slot_of(int64_t hour)
{
    const int64_t rest = hour % FG_BASELINE_HOURS;
    return (size_t)(rest < 0 ? rest + FG_BASELINE_HOURS : rest);
}

// Day 0 of a slot is a Thursday.
static bool is_weekend(size_t day)
{
    return day == 2 || day == 3;
}

static fg_micro clamped(fg_micro amount)
{
    if (amount < 0) {
        return 0;
    }
    return amount > FG_BASELINE_MAX ? FG_BASELINE_MAX : amount;
}

struct mean {
    fg_micro sum;
    int64_t n;
};

static void mean_take(struct mean *mean, const struct fg_baseline *baseline, size_t slot)
{
    if (baseline->learned[slot] > 0) {
        mean->sum += baseline->means[slot];
        mean->n++;
    }
}

static fg_micro mean_of(const struct mean *mean)
{
    return mean->n > 0 ? mean->sum / mean->n : -1;
}

static fg_micro greater(fg_micro a, fg_micro b)
{
    return a > b ? a : b;
}

fg_micro fg_baseline_usual(const struct fg_baseline *baseline, int64_t hour)
{
    if (!baseline->begun || hour - baseline->first_hour < FG_BASELINE_HOURS) {
        return -1;
    }
    const size_t slot = slot_of(hour);
    struct mean own = {0, 0};
    struct mean alike = {0, 0};
    struct mean beside = {0, 0};
    mean_take(&own, baseline, slot);
    for (size_t day = 0; day < DAYS_OF_WEEK; day++) {
        if (is_weekend(day) == is_weekend(slot / HOURS_OF_DAY)) {
            mean_take(&alike, baseline, day * HOURS_OF_DAY + slot % HOURS_OF_DAY);
        }
    }
    mean_take(&beside, baseline, (slot + FG_BASELINE_HOURS - 1) % FG_BASELINE_HOURS);
    mean_take(&beside, baseline, (slot + 1) % FG_BASELINE_HOURS);
    return greater(mean_of(&own), greater(mean_of(&alike), mean_of(&beside)));
}

static void begin(struct fg_baseline *baseline, int64_t hour)
{
    memset(baseline, 0, sizeof(*baseline));
    baseline->begun = true;
    baseline->hour = hour;
    baseline->first_hour = hour;
    baseline->frozen_until = hour;
}

static void learn(struct fg_baseline *baseline, size_t slot, fg_micro amount, fg_micro start)
{
    const fg_micro most = 2 * greater(baseline->means[slot], start);
    const fg_micro seen = amount < most ? amount : most;
    const int64_t learned = baseline->learned[slot];
    const int64_t part = learned + 1 < FG_BASELINE_MEMORY ? learned + 1 : FG_BASELINE_MEMORY;
    baseline->means[slot] += (seen - baseline->means[slot]) / part;
    if (learned < FG_BASELINE_LEARNED_MAX) {
        baseline->learned[slot]++;
    }
}

static void fold(struct fg_baseline *baseline, int64_t hour, fg_micro start)
{
    const int64_t passed = hour - baseline->hour;
    const int64_t n = passed < FG_BASELINE_HOURS ? passed : FG_BASELINE_HOURS;
    for (int64_t i = 0; i < n; i++) {
        if (baseline->hour + i >= baseline->frozen_until) {
            learn(baseline, slot_of(baseline->hour + i), i == 0 ? baseline->amount : 0, start);
        }
    }
    baseline->hour = hour;
    baseline->amount = 0;
}

void fg_baseline_add(struct fg_baseline *baseline, int64_t hour, fg_micro amount, fg_micro start)
{
    if (!baseline->begun) {
        begin(baseline, hour);
    }
    if (hour > baseline->hour) {
        fold(baseline, hour, greater(clamped(start), FG_MICRO));
    }
    baseline->amount = clamped(baseline->amount + clamped(amount));
}

void fg_baseline_freeze(struct fg_baseline *baseline, int64_t hour)
{
    if (!baseline->begun) {
        begin(baseline, hour);
    }
    if (baseline->frozen_until < hour + FG_BASELINE_FREEZE_HOURS) {
        baseline->frozen_until = hour + FG_BASELINE_FREEZE_HOURS;
    }
}

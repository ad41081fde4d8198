// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/baseline.h"

#include "fg/peers.h"

#include <stddef.h>
#include <string.h>

#define HOURS_OF_DAY 24
#define DAYS_OF_WEEK 7
#define TREND_MAX    (INT64_C(1) << 42) // means saturate here, so that a thousand times one is exact
#define LAST_HOURS   84                 // of the last week, that must be known
#define AGO_MAX      4095               // hours, of what is closed

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

static int64_t week_of(int64_t hour)
{
    return hour / FG_BASELINE_HOURS - (hour % FG_BASELINE_HOURS < 0 ? 1 : 0);
}

static size_t place_of(int64_t week)
{
    const int64_t rest = week % FG_BASELINE_WEEKS;
    return (size_t)(rest < 0 ? rest + FG_BASELINE_WEEKS : rest);
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

int64_t fg_baseline_closes(const struct fg_baseline *baseline, int64_t hour)
{
    const int64_t ago = hour - baseline->hour;
    const int64_t since = baseline->hour - baseline->frozen_until;
    if (!baseline->begun || ago <= 0 || ago > AGO_MAX || since < 0) {
        return -1;
    }
    const fg_micro usual = fg_baseline_usual(baseline, baseline->hour);
    const int64_t known = since < FG_BASELINE_HOURS ? since : FG_BASELINE_HOURS - 1;
    return usual < 0 ? -1 : ago * 65536 + known * 256 + fg_peers_level(usual);
}

int64_t fg_baseline_trend(const struct fg_baseline *baseline, int64_t hour)
{
    const int64_t newest = week_of(baseline->hour);
    const int64_t week = week_of(hour);
    struct mean last = {0, 0};
    struct mean past = {0, 0};
    for (int64_t ago = 1; baseline->begun && ago <= FG_BASELINE_PAST_LAST; ago++) {
        const size_t place = place_of(week - ago);
        if (week - ago > newest || week - ago <= newest - FG_BASELINE_WEEKS) {
            continue; // not remembered
        }
        struct mean *mean = ago == 1 ? &last : &past;
        if (ago == 1 || ago >= FG_BASELINE_PAST_FIRST) {
            mean->sum += baseline->sums[place];
            mean->n += baseline->counted[place];
        }
    }
    if (last.n < LAST_HOURS || past.n < FG_BASELINE_HOURS) {
        return -1;
    }
    const fg_micro now = mean_of(&last) < TREND_MAX ? mean_of(&last) : TREND_MAX;
    const fg_micro then = mean_of(&past) < TREND_MAX ? mean_of(&past) : TREND_MAX;
    return now * 1000 / greater(then, FG_MICRO / FG_BASELINE_HOURS);
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

// Forgets the weeks in whose places those after from, up to to, come.
static void weeks_advance(struct fg_baseline *baseline, int64_t from, int64_t to)
{
    const int64_t n = to - from < FG_BASELINE_WEEKS ? to - from : FG_BASELINE_WEEKS;
    for (int64_t i = 0; i < n; i++) {
        baseline->sums[place_of(to - i)] = 0;
        baseline->counted[place_of(to - i)] = 0;
    }
}

static void count_week(struct fg_baseline *baseline, int64_t week, int64_t newest, fg_micro amount)
{
    const size_t place = place_of(week);
    if (week > newest - FG_BASELINE_WEEKS) {
        baseline->sums[place] = clamped(baseline->sums[place] + amount);
        if (baseline->counted[place] < FG_BASELINE_HOURS) {
            baseline->counted[place]++;
        }
    }
}

static void fold(struct fg_baseline *baseline, int64_t hour, fg_micro start)
{
    const int64_t passed = hour - baseline->hour;
    const int64_t n = passed < FG_BASELINE_HOURS ? passed : FG_BASELINE_HOURS;
    const int64_t newest = week_of(hour);
    weeks_advance(baseline, week_of(baseline->hour), newest);
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = baseline->hour + i;
        const fg_micro amount = i == 0 ? baseline->amount : 0;
        if (at >= baseline->frozen_until) {
            learn(baseline, slot_of(at), amount, start);
            count_week(baseline, week_of(at), newest, amount);
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

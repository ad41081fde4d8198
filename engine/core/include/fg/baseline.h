// SPDX-License-Identifier: GPL-2.0-or-later
// What is usual for an hour of the week, learned so that it cannot be led astray: an hour counts at
// most twice what is known, so that a week at most doubles what is usual, and nothing is learned
// while frozen. Pure; both stores have this arithmetic.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/units.h"

#define FG_BASELINE_HOURS        168 // of a week
#define FG_BASELINE_FREEZE_HOURS 24
#define FG_BASELINE_MEMORY       6 // a new hour weighs at least 1/6
#define FG_BASELINE_LEARNED_MAX  255
#define FG_BASELINE_MAX          (INT64_C(1) << 49) // amounts saturate here [fg_micro]
// Weeks that are remembered for the trend: this one, the last one, and those before.
#define FG_BASELINE_WEEKS      10
#define FG_BASELINE_PAST_FIRST 5 // weeks ago, of those that the last week is compared with
#define FG_BASELINE_PAST_LAST  9

// All zero: nothing seen. Hours are the customer's local ones since 1970-01-01T00, a Thursday.
struct fg_baseline {
    bool begun;
    int64_t hour;                       // that is being added to
    fg_micro amount;                    // so far in hour
    int64_t first_hour;                 // ever seen
    int64_t frozen_until;               // hours before this one are not learned
    fg_micro means[FG_BASELINE_HOURS];  // by hour modulo 168
    uint8_t learned[FG_BASELINE_HOURS]; // how often; 0: mean means nothing
    // What each week came to, without limit, but for hours that are not learned; and the hours in
    // it that are. By week (hours divided by 168, rounded down) modulo FG_BASELINE_WEEKS.
    fg_micro sums[FG_BASELINE_WEEKS];
    uint8_t counted[FG_BASELINE_WEEKS];
};

// What is usual in hour: the greatest of its own mean, the mean over the same hour on days of its
// kind (Monday to Friday; Saturday and Sunday), and the mean over the hours before and after, each
// over what has been learned. -1: not known yet, since nothing was learned or first_hour is less
// than a week ago. What has not been folded yet does not count.
fg_micro fg_baseline_usual(const struct fg_baseline *baseline, int64_t hour);
// What an addition to hour is about to close, for the customer's peers (fg/peers.h): the level of
// what is usual in the hour that was added to, 256 times how many hours before it were learned (at
// most 167), and 65536 times how many hours ago it is. -1: none, or it is not to be learned from,
// or nothing is known yet.
int64_t fg_baseline_closes(const struct fg_baseline *baseline, int64_t hour);
// How many thousandths the last week before hour's comes to of the weeks four to eight before that,
// by the mean over the hours that were learned: 1000 is as before. Less than one unit a week counts
// as one. -1: not known, since less than half of the last week or a week's hours of the others were
// learned. What slow steps, each of which is little, have come to.
int64_t fg_baseline_trend(const struct fg_baseline *baseline, int64_t hour);
// Adds amount (>= 0) to hour; an older hour than the newest is added to that. A newer one first
// folds the finished hour, and the empty ones up to the new one (at most a week of hours), into
// their means. start: what an hour is taken to hold at least when it limits what is learned, raised
// to 1.0.
void fg_baseline_add(struct fg_baseline *baseline, int64_t hour, fg_micro amount, fg_micro start);
// Nothing is learned from hour and those after it, FG_BASELINE_FREEZE_HOURS in all, nor from
// earlier ones that are not folded yet.
void fg_baseline_freeze(struct fg_baseline *baseline, int64_t hour);

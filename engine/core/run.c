// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/run.h"

#include <stdbool.h>
#include <stddef.h>

int64_t fg_runs_longest(const struct fg_runs *runs, int64_t now_s)
{
    int64_t longest = 0;
    for (size_t i = 0; i < FG_RUNS; i++) {
        const struct fg_run *run = &runs->runs[i];
        if (run->expiry_s > now_s && run->length > longest) {
            longest = run->length;
        }
    }
    return longest;
}

static bool ends_with(const struct fg_runs *runs, int64_t number, int64_t now_s)
{
    for (size_t i = 0; i < FG_RUNS; i++) {
        if (runs->runs[i].expiry_s > now_s && runs->runs[i].last == number) {
            return true;
        }
    }
    return false;
}

// The run that number continues, NULL when there is none.
static struct fg_run *continued(struct fg_runs *runs, int64_t number, int64_t now_s)
{
    struct fg_run *found = NULL;
    for (size_t i = 0; i < FG_RUNS; i++) {
        struct fg_run *run = &runs->runs[i];
        const bool follows =
            run->expiry_s > now_s && number > run->last && number - run->last <= FG_RUN_STEP_MAX;
        if (follows && (found == NULL || run->length > found->length)) {
            found = run;
        }
    }
    return found;
}

static struct fg_run *stalest(struct fg_runs *runs)
{
    struct fg_run *found = &runs->runs[0];
    for (size_t i = 1; i < FG_RUNS; i++) {
        if (runs->runs[i].expiry_s < found->expiry_s) {
            found = &runs->runs[i];
        }
    }
    return found;
}

int64_t fg_runs_put(struct fg_runs *runs, int64_t number, int64_t now_s, int64_t ttl_s)
{
    if (!ends_with(runs, number, now_s)) {
        struct fg_run *run = continued(runs, number, now_s);
        uint16_t length = run == NULL ? 0 : run->length;
        if (run == NULL) {
            run = stalest(runs);
        }
        if (length < FG_RUN_LENGTH_MAX) {
            length++;
        }
        *run = (struct fg_run){.last = number, .expiry_s = now_s + ttl_s, .length = length};
    }
    return fg_runs_longest(runs, now_s);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_trunk_page.h"

#include <stdlib.h>
#include <string.h>

#include "fgm_clock.h"
#include "fgm_page_trunks.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_stores.h"
#include "fgm_trunks.h"

#define HOLDS_MAX 4096 // more are not shown

struct holds {
    struct fgm_page_hold *items;
    size_t n;
};

static void take_hold(void *arg, const char *customer, const struct fg_hold *hold)
{
    struct holds *holds = arg;
    if (holds->n >= HOLDS_MAX)
        return;
    struct fgm_page_hold *item = &holds->items[holds->n++];
    strncpy(item->customer, customer, sizeof item->customer - 1);
    item->hold = *hold;
}

static bool collect_holds(struct holds *holds, int64_t now_ms)
{
    holds->items = calloc(HOLDS_MAX, sizeof holds->items[0]);
    holds->n = 0;
    if (!holds->items)
        return false;
    fg_local_holds_each(fgm_local(), now_ms, take_hold, holds);
    fgm_page_sort_holds(holds->items, holds->n);
    return true;
}

// seen: storage for what was seen, as long as out is used.
static void trunk_of(const struct fg_customer *customer, int64_t now_ms, struct fgm_trunk *seen,
                     struct fgm_page_trunk *out)
{
    *out = (struct fgm_page_trunk){.customer = customer, .source = ""};
    if (!fgm_trunks_get(customer->id, seen))
        return;
    out->seen_ms = seen->seen_ms;
    out->came = seen->source[0] != '\0';
    out->identity = seen->identity;
    out->tls = seen->has_tls ? &seen->tls : NULL;
    out->srtp = seen->srtp_last;
    out->media = seen->media.known ? &seen->media : NULL;
    out->source = seen->source;
    out->live = seen->live;
    // Yesterday's counts stand there until the first call of today.
    if (seen->today == fg_local_time(customer->zone, now_ms).yyyymmdd)
        memcpy(out->today, seen->by_action_today, sizeof out->today);
}

// What is shown first.
enum rank { RANK_PROBLEM, RANK_SEEN, RANK_REST, RANKS };

struct walk {
    const struct fg_customers *customers;
    const struct holds *holds;
    struct fgm_page *page;
    const char *search;
    size_t search_len;
    int64_t now_ms;
    bool problems;
};

static bool show(const struct walk *walk, enum rank rank, const struct fg_customer *customer)
{
    struct fgm_trunk seen;
    struct fgm_page_trunk trunk;
    trunk_of(customer, walk->now_ms, &seen, &trunk);
    bool held = fgm_page_find_hold(walk->holds->items, walk->holds->n, customer->id) != NULL;
    unsigned problems = fgm_page_problems(&trunk, held, walk->now_ms);
    enum rank mine = problems ? RANK_PROBLEM : trunk.seen_ms ? RANK_SEEN : RANK_REST;
    bool wanted =
        fgm_page_matches(&trunk, walk->search, walk->search_len) && (problems || !walk->problems);
    if (!wanted) {
        if (rank == RANK_PROBLEM)
            fgm_page_pass(walk->page);
        return true;
    }
    return mine != rank || fgm_page_add(walk->page, &trunk);
}

static bool fill(const struct walk *walk)
{
    bool complete = true;
    for (int rank = 0; complete && walk->customers && rank < RANKS; rank++) {
        for (uint32_t i = 0; complete && i < walk->customers->n; i++)
            complete = show(walk, (enum rank)rank, &walk->customers->items[i]);
    }
    return complete;
}

char *fgm_trunk_page_list(const char *search, size_t len, bool problems)
{
    int64_t now_ms = fgm_now_ms();
    struct holds holds;
    if (!collect_holds(&holds, now_ms))
        return NULL;
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    const char *echo =
        fgm_params.echo_number && *fgm_params.echo_number ? fgm_params.echo_number : NULL;
    struct walk walk = {.customers = policy ? policy->customers : NULL,
                        .holds = &holds,
                        .page = fgm_page_new(fgm_config.node, echo, now_ms, holds.items, holds.n),
                        .search = search,
                        .search_len = len,
                        .now_ms = now_ms,
                        .problems = problems};
    char *text = walk.page && fill(&walk) ? fgm_page_format(walk.page) : NULL;
    fgm_policy_leave();
    fgm_page_free(walk.page);
    free(holds.items);
    return text;
}

char *fgm_trunk_page_one(const char *id, bool *known)
{
    int64_t now_ms = fgm_now_ms();
    struct holds holds;
    uint64_t generation;
    char *text = NULL;
    *known = true;
    if (!collect_holds(&holds, now_ms))
        return NULL;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    const struct fg_customer *customer =
        policy ? fg_customers_by_id(policy->customers, fg_view_of(id)) : NULL;
    *known = customer != NULL;
    if (customer) {
        struct fgm_trunk seen;
        struct fgm_page_trunk trunk;
        trunk_of(customer, now_ms, &seen, &trunk);
        text = fgm_page_format_one(&trunk, fgm_config.node, now_ms, holds.items, holds.n);
    }
    fgm_policy_leave();
    free(holds.items);
    return text;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What the trunk page shows, as JSON (docs/trunk-page.md). Pure: plain values in, text out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/decide.h"
#include "fg/hold.h"
#include "fg/identity.h"
#include "fg/media.h"

#define FGM_PAGE_SHOWN_MAX  500 // trunks in one answer
#define FGM_PAGE_SEARCH_MAX 64  // of a search [bytes]

// A hold in force.
struct fgm_page_hold {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_hold hold;
};

// A trunk: what is known of the customer, and what was seen.
struct fgm_page_trunk {
    const struct fg_customer *customer; // never NULL
    int64_t seen_ms;                    // last request; 0: none since the node started
    bool came;                          // an outbound call was seen, so that what follows is known
    enum fg_identity identity;
    const struct fg_tls_peer *tls; // NULL: no TLS
    bool srtp;
    const struct fg_media_side *media; // as the relay told of the last call; NULL: it told nothing
    const char *source;                // address of the last request; never NULL
    uint32_t live;
    uint64_t today[FG_ACTION_COUNT]; // since midnight of the customer's clock
};

// What is wrong with a trunk, as bits.
enum fgm_page_problem {
    FGM_PAGE_SIGNALLING_CLEAR = 1,
    FGM_PAGE_MEDIA_CLEAR = 2,
    FGM_PAGE_CERTIFICATE_ENDS = 4, // within 14 days, or has ended
    FGM_PAGE_HELD = 8,
};
// Whether something is wrong, by what was seen and what policy asks for. Media in clear is none
// where the customers file says that it is off.
unsigned fgm_page_problems(const struct fgm_page_trunk *trunk, bool held, int64_t now_ms);

// Whether a trunk is searched for: id or name contain text (of len bytes, ASCII letters folded).
bool fgm_page_matches(const struct fgm_page_trunk *trunk, const char *text, size_t len);

// The page's answer, trunk by trunk.
struct fgm_page;
// holds: n_holds of them, sorted with fgm_page_sort_holds(); echo: the number under which customers
// hear themselves, NULL where there is none. Both must last as long as the page. NULL when out of
// memory.
struct fgm_page *fgm_page_new(const char *node, const char *echo, int64_t now_ms,
                              const struct fgm_page_hold *holds, size_t n_holds);
void fgm_page_free(struct fgm_page *page);
// Adds a trunk that is shown, or only counts it where FGM_PAGE_SHOWN_MAX are there. False when out
// of memory.
bool fgm_page_add(struct fgm_page *page, const struct fgm_page_trunk *trunk);
// Counts a trunk that was not searched for.
void fgm_page_pass(struct fgm_page *page);
// The whole answer; malloc'd, NULL when out of memory.
char *fgm_page_format(struct fgm_page *page);
// One trunk alone; malloc'd, NULL when out of memory.
char *fgm_page_format_one(const struct fgm_page_trunk *trunk, const char *node, int64_t now_ms,
                          const struct fgm_page_hold *holds, size_t n_holds);
void fgm_page_sort_holds(struct fgm_page_hold *holds, size_t n_holds);
// A hold of a customer among sorted ones; NULL when there is none.
const struct fgm_page_hold *fgm_page_find_hold(const struct fgm_page_hold *holds, size_t n_holds,
                                               const char *customer);

// SPDX-License-Identifier: GPL-2.0-or-later
// The allowances that this node knows of: a bounded table in shared memory. What is left of them is
// in the stores.
#pragma once

#include "fg/allowance.h"
#include "fg/customer.h"

int fgm_allowances_init(void); // before the fork
// The customer's, the finished ones included. False, at next to no cost, when there are none.
bool fgm_allowances_of(const char *customer, struct fg_allowances *out);
// Puts one; FG_ELIMIT where there is no room: FG_ALLOWANCES_MAX of the customer, or the table's
// end. What is over makes room. FG_EINVAL.
int fgm_allowances_set(const char *customer, const struct fg_allowance *allowance, int64_t now_ms);
// Takes one away, and copies it to *out. FG_ENOTFOUND.
int fgm_allowances_remove(const char *customer, uint64_t id, struct fg_allowance *out);

struct fgm_allowance_row {
    char customer[FG_CUSTOMER_ID_MAX + 1];
    struct fg_allowance allowance;
};
// A copy of all, ended by one without a customer, to be freed; NULL when out of memory.
struct fgm_allowance_row *fgm_allowances_copy(size_t *n);

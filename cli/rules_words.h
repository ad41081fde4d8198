// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of a rule in words. All return malloc'd text, NULL when out of memory.
#pragma once

#include "fg/ruleset.h"

// "dest.prefix in list irsf_ranges and dest.home is false"; "" when there are no conditions.
char *words_condition(const struct fg_ruleset *ruleset, const struct fg_condition *condition);
// "over 5: 10 points; over 20: 30 points, at least throttle".
char *words_steps(const struct fg_step *steps, size_t n);
// "Mon-Fri 08:00-18:00".
char *words_hours(const struct fg_hours *hours, size_t n);
char *words_dates(const int32_t *dates, size_t n); // yyyymmdd
// "customer.id is blue-lagoon and dest.prefix is +960, or ..."
char *words_exception(const struct fg_ruleset *ruleset, const struct fg_exception *exception);
// "all of A, B; none of tag vip".
char *words_terms(const struct fg_ruleset *ruleset, const struct fg_composite *composite);
// "2027-03-31", "never".
char *words_until(int64_t until_ms);
// "5m", "90s", "1 day".
char *words_duration(int64_t ms);
// "12.5".
char *words_number(fg_micro value);

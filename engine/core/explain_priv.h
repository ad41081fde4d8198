// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of an explanation.
#pragma once

#include "fg/explain.h"
#include "text.h"

// "31 calls in 1 min, over 20": a rule's measure.
void fg_explain_measure(const struct fg_plan *plan, const struct fg_rule *rule,
                        const struct fg_reason *reason, struct fg_text *text);
// "Sat 02:10 Europe/London; open Mon-Fri 08:00-18:00"
void fg_explain_calendar(const struct fg_plan *plan, uint16_t index, struct fg_text *text);
// A condition's predicates as sentences, and a template with its placeholders filled in.
void fg_explain_condition(const struct fg_plan *plan, const struct fg_condition *condition,
                          struct fg_text *text);
void fg_explain_template(const struct fg_plan *plan, const struct fg_rule *rule,
                         const struct fg_reason *reason, struct fg_text *text);
// A number as people may see it.
void fg_explain_masked(const struct fg_number *number, struct fg_text *text);
// "12.50 USD", "31", "95%": a measured value of this rule.
void fg_explain_value(const struct fg_plan *plan, const struct fg_rule *rule, fg_micro value,
                      struct fg_text *text);
// "31", "12.50", "15%": what a meter read.
void fg_explain_reading(const struct fg_meter *meter, fg_micro value, struct fg_text *text);
// "meters.known_31d is 0, under 1": the meters that a rule tests.
void fg_explain_tests(const struct fg_plan *plan, const struct fg_rule *rule,
                      const struct fg_reason *reason, bool first, struct fg_text *text);
// ", above 5/s (10 at once) from one caller": the rate that a rule throttles to.
void fg_explain_throttle(const struct fg_plan *plan, const struct fg_rule *rule,
                         struct fg_text *text);
// Why a rule hit; reason may also be of an exception's kind.
void fg_explain_rule(const struct fg_plan *plan, const struct fg_reason *reason,
                     struct fg_text *text);
// "FRAUD-212 (until 2027-03-31); else: +96077***45 matches +960"
void fg_explain_exception(const struct fg_plan *plan, const struct fg_reason *reason,
                          struct fg_text *text);
// "override of VEL_CPM: dialler, contract 8841 (noc@example.net, until 2027-01-31)"
void fg_explain_override(const struct fg_plan *plan, const struct fg_reason *reason,
                         struct fg_text *text);
// "allowance for +960 until 2027-01-31 12:00Z (NOC-7, by fgctl:noc): 85 points set aside; 19 of 20
// calls and 49.60 of 50.00 USD left"
void fg_explain_allowance(const struct fg_plan *plan, const struct fg_reason *reason,
                          struct fg_text *text);
// "2027-01-31 12:00Z"
void fg_explain_time(struct fg_text *text, int64_t time_ms);
// "2027-01-31", in UTC.
void fg_explain_date(int64_t time_ms, struct fg_text *text);

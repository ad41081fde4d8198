// SPDX-License-Identifier: GPL-2.0-or-later
// The commands; each in a file of its own, named after it.
#pragma once

#include "fgctl.h"

enum exit_code cmd_alerts_dead(struct invocation *call);
enum exit_code cmd_alerts_list(struct invocation *call);
enum exit_code cmd_alerts_resend(struct invocation *call);
enum exit_code cmd_alerts_test(struct invocation *call);
enum exit_code cmd_block(struct invocation *call);
enum exit_code cmd_explain(struct invocation *call);
enum exit_code cmd_proof(struct invocation *call);
enum exit_code cmd_attacks(struct invocation *call);
enum exit_code cmd_audit(struct invocation *call);
enum exit_code cmd_completion(struct invocation *call);
enum exit_code cmd_doctor(struct invocation *call);
enum exit_code cmd_manual(struct invocation *call);
enum exit_code cmd_holds(struct invocation *call);
enum exit_code cmd_address(struct invocation *call);
enum exit_code cmd_number(struct invocation *call);
enum exit_code cmd_reload(struct invocation *call);
enum exit_code cmd_replay(struct invocation *call);
enum exit_code cmd_rules_bound(struct invocation *call);
enum exit_code cmd_rules_backtest(struct invocation *call);
enum exit_code cmd_rules_check(struct invocation *call);
enum exit_code cmd_rules_coverage(struct invocation *call);
enum exit_code cmd_rules_diff(struct invocation *call);
enum exit_code cmd_rules_fmt(struct invocation *call);
enum exit_code cmd_rules_lint(struct invocation *call);
enum exit_code cmd_rules_new(struct invocation *call);
enum exit_code cmd_rules_promote(struct invocation *call);
enum exit_code cmd_rules_reference(struct invocation *call);
enum exit_code cmd_rules_schema(struct invocation *call);
enum exit_code cmd_rules_test(struct invocation *call);
enum exit_code cmd_signals(struct invocation *call);
enum exit_code cmd_status(struct invocation *call);
enum exit_code cmd_tail(struct invocation *call);
enum exit_code cmd_top(struct invocation *call);
enum exit_code cmd_trunks(struct invocation *call);
enum exit_code cmd_unblock(struct invocation *call);
enum exit_code cmd_allow(struct invocation *call);
enum exit_code cmd_disallow(struct invocation *call);
enum exit_code cmd_allowances(struct invocation *call);
enum exit_code cmd_version(struct invocation *call);
enum exit_code cmd_watch(struct invocation *call);

// SPDX-License-Identifier: GPL-2.0-or-later
// Rules, customers and rates as one policy, for commands that judge calls or numbers.
#pragma once

#include "fg/pack.h"
#include "fgctl.h"

// Loads the directory of --rules with call's customers file and data; rates_file NULL: the rates of
// the data; networks_file NULL: no networks. EXIT_OK and *out; else after diagnostics or a
// complaint.
enum exit_code policy_open(const struct invocation *call, const char *rates_file,
                           const char *networks_file, struct fg_policy_bundle **out);
// The same without rules: only customers and data, for what looks at no rule and no list.
enum exit_code policy_open_data(const struct invocation *call, struct fg_policy_bundle **out);

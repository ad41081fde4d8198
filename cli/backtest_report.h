// SPDX-License-Identifier: GPL-2.0-or-later
// What two sides of a comparison come to: a page for people, or one JSON object.
#pragma once

#include "fg/compare.h"
#include "output.h"

struct backtest_facts {
    struct fg_compare *compare;
    uint64_t calls, skipped;
    bool knows_labels;
};

// Prints it to stdout. False when memory or the output failed.
bool backtest_report(const struct output *output, const struct backtest_facts *facts);

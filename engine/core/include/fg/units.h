// SPDX-License-Identifier: GPL-2.0-or-later
// Fixed-point numbers: every numeric signal, threshold and reading is an int64_t in millionths, so
// that 1 call is 1000000 and 0.40 USD is 400000.
#pragma once

#include <stdint.h>

typedef int64_t fg_micro;
#define FG_MICRO INT64_C(1000000)

#define FG_MS_PER_S   INT64_C(1000)
#define FG_MS_PER_MIN INT64_C(60000)
#define FG_MS_PER_DAY INT64_C(86400000)

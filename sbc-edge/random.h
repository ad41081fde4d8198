// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Fills `out` from the kernel's generator. 0, or a negative errno value (then nothing is usable).
 */
int edge_random_bytes(void *out, size_t length);

/** A random number for seeds; ends the process when the kernel has none to give. */
uint64_t edge_random_u64(void);

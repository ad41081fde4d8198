// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory for SRTP master keys: locked where the limits allow it, left out of core dumps, wiped when
 * given back. One store a process; thread-safe; for the control path only (it takes a lock).
 */
#pragma once

#include <stdint.h>

#define EDGE_SECRET_BYTES 256u

/* EDGE_SECRET_BYTES zeroed bytes, 256-byte aligned; NULL when memory is short. */
uint8_t *edge_secret_take(void);

/* Wipes and returns what edge_secret_take gave; NULL is fine. */
void edge_secret_return(uint8_t *secret);

/*
 * Forbids core dumps and tracing of the process and locks its memory as far as the limits allow.
 * Returns 0, or a negative errno value when not even core dumps could be forbidden.
 */
int edge_secret_protect_process(void);

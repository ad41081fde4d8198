// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "view.h"

#include <stdint.h>

/**
 * Encrypts what leaves the relay for Redis: AES-256-GCM under a key from a file. Each process
 * derives a key of its own from it with a random salt, which is part of what is sealed, so that its
 * nonces can be counted: no nonce comes twice. Not thread-safe.
 *
 * A key file has lines `ID KEY`, ID of [A-Za-z0-9._-]{1,16} and KEY of 64 hex digits; empty lines
 * and those with `#` are passed over. The first key seals; all of them open.
 */

#define EDGE_SEAL_KEYS_MAX 16
/** What sealing adds to the bytes. */
#define EDGE_SEAL_GROWTH 80u

struct edge_seal;

/**
 * Reads a key file. 0 and `*out`; or a negative errno value with a line of English in `error`
 * (`size` bytes), which never has key material: -EPERM when everybody can read it or a
 * group write (a service manager hands it over with its group's right to read).
 */
int edge_seal_open(const char *path, struct edge_seal **out, char *error, size_t size);

/** Wipes and frees; NULL is fine. */
void edge_seal_close(struct edge_seal *seal);

/**
 * Seals `plain`, bound to `name`: opened under another name it does not verify. `sealed` has room
 * for plain.len + EDGE_SEAL_GROWTH bytes. 0, or EDGE_EINVALID when the library fails.
 */
int edge_seal_lock(struct edge_seal *seal, struct edge_view name, struct edge_view plain,
                   uint8_t *sealed, size_t *length);

/**
 * Opens what was sealed under `name`. `plain` has room for sealed.len bytes. 0; EDGE_ENOENT for a
 * key or layout that is not known; EDGE_ESYNTAX when it is damaged or forged.
 */
int edge_seal_unlock(struct edge_seal *seal, struct edge_view name, struct edge_view sealed,
                     uint8_t *plain, size_t *length);

// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 over named files, so that a verdict can say exactly which rules made it.
#pragma once

#include <stddef.h>

struct fg_digest;

// NULL when out of memory.
struct fg_digest *fg_digest_new(void);
void fg_digest_free(struct fg_digest *digest);
// Adds one file; name and contents are framed, so that no two sets of files give the same bytes.
void fg_digest_add(struct fg_digest *digest, const char *name, const char *bytes, size_t len);
// 64 lower-case hex digits and a NUL; the digest is then closed.
void fg_digest_finish(struct fg_digest *digest, char out[65]);

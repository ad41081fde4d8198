// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dtls_fingerprint.h"

/**
 * Who we are in DTLS: a certificate on P-256 made here, signed by itself and known by its
 * fingerprint alone, with the settings of all handshakes that use it. Belongs to one thread;
 * counted, so that calls keep the one they announced when another takes its place.
 */

struct edge_dtls_identity;

/** Makes one; `now_s` is Unix time [s]. About 0.1 ms. 0 and `*out`, or EDGE_ENOMEM. */
int edge_dtls_identity_new(uint64_t now_s, struct edge_dtls_identity **out);

/** One more holder; returns `identity`. */
struct edge_dtls_identity *edge_dtls_identity_hold(struct edge_dtls_identity *identity);

/** One holder less; the last one frees it. NULL is fine. */
void edge_dtls_identity_drop(struct edge_dtls_identity *identity);

/** The digest of our certificate with that hash. */
void edge_dtls_identity_print(const struct edge_dtls_identity *identity, enum edge_dtls_hash hash,
                              struct edge_fingerprint *out);

/** The `SSL_CTX *`, for dtls.c. */
void *edge_dtls_identity_context(struct edge_dtls_identity *identity);

/** Digest of a certificate (`X509 *`), for dtls.c. 0 or EDGE_ENOMEM. */
int edge_dtls_certificate_print(void *certificate, enum edge_dtls_hash hash,
                                struct edge_fingerprint *out);

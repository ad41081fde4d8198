// SPDX-License-Identifier: GPL-2.0-or-later
// The TLS peer of a request: facts and the names of its client certificate, read from the
// certificate itself. Kamailio's pseudo-variables show only the first name, and raw bytes.
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"
#include "fg/identity.h"
#include "fgm_revoked.h"

// Reads the peer of msg (which came over TLS) into *peer and feeds every name of its certificate to
// walk: all SANs, then the common name; looks it up in revoked (NULL: none are). False when the
// connection is gone. Text in *peer is escaped.
bool fgm_tls_read(struct sip_msg *msg, const struct fgm_revoked *revoked, struct fg_tls_peer *peer,
                  struct fg_identity_walk *walk);
// The same for the connection with this id of Kamailio's.
bool fgm_tls_read_connection(int id, const struct fgm_revoked *revoked, struct fg_tls_peer *peer,
                             struct fg_identity_walk *walk);
// Forgets what OpenSSL keeps for the calling thread. To be called by the main process before others
// are forked: Kamailio 5.6 has OpenSSL 3 allocate from shared memory, so that all processes would
// go on with one and the same error queue and random generator, without a lock (later Kamailios
// mend it: tls_threads_mode).
void fgm_tls_forget_thread(void);

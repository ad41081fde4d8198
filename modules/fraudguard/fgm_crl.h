// SPDX-License-Identifier: GPL-2.0-or-later
// Certificate revocation lists (RFC 5280 5) to a table of what they revoke.
#pragma once

#include <openssl/x509.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fgm_revoked.h"

// Reads every list of file (PEM, one after the other, or one in DER), each of which must be signed
// by one of the certificates in authorities (PEM). Complete lists only: delta and indirect ones
// would need others to be understood. A list that should have been replaced before now_s (Unix) is
// a warning, and what it revokes stays revoked. FG_ESYNTAX with diags, FG_EIO, FG_ELIMIT for more
// than FGM_REVOKED_MAX entries (both in diags, too), FG_ENOMEM. Not for a SIP worker.
FG_MUST_CHECK int fgm_crl_read(const char *file, const char *authorities, int64_t now_s,
                               const struct fg_heap *heap, struct fg_diags *diags,
                               struct fgm_revoked **out);

// What a certificate is looked up by. False when OpenSSL cannot tell.
bool fgm_crl_key(const X509 *certificate, struct fgm_revoked_key *out);

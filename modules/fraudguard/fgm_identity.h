// SPDX-License-Identifier: GPL-2.0-or-later
// Whose call a request is. Outbound: certificate, then listed source address, then digest user.
// Inbound (from a carrier): the owner of the called number. Never what a header says. What comes
// with a customer's certificate is never inbound; where carriers' addresses are configured, only
// what comes from them is one.
#pragma once

#include "core/parser/msg_parser.h"
#include "fg/ruleset.h"
#include "fgm_msg.h"

struct fgm_caller {
    enum fg_direction direction;
    enum fg_identity identity;
    const struct fg_customer *customer; // NULL: nobody
    const struct fg_tls_peer *tls;      // NULL: no TLS; valid until the next call in this process
};

enum fgm_direction_wish { FGM_DIRECTION_AUTO, FGM_DIRECTION_OUTBOUND, FGM_DIRECTION_INBOUND };

// generation: of policy; what is cached per connection is good for one generation only.
void fgm_identify(const struct fg_policy *policy, uint64_t generation, struct sip_msg *msg,
                  const struct fgm_request *request, enum fgm_direction_wish wish,
                  struct fgm_caller *out);

// Whether a request is a customer's wherever it came in: by the certificate of its connection, or
// since we opened the connection to a customer's address. False for carriers' addresses. For SIP
// workers, not between fgm_policy_enter() and fgm_policy_leave().
bool fgm_identify_is_customers(struct sip_msg *msg);
// The customer whose certificate the TLS connection of any request has; NULL: none's. Notes the
// connection as a way to that customer.
const struct fg_customer *fgm_identify_peer(const struct fg_policy *policy, uint64_t generation,
                                            struct sip_msg *msg);
// The TLS peer of any request, valid until the next call in this process, and the customer whose
// certificate it has (NULL: nobody's). NULL without TLS.
const struct fg_tls_peer *fgm_identify_tls(const struct fg_policy *policy, uint64_t generation,
                                           struct sip_msg *msg,
                                           const struct fg_customer **customer);
// Whether a TLS connection is up and its certificate is this customer's, by the rules in force.
bool fgm_identify_connection(const struct fg_policy *policy, int connection,
                             const struct fg_customer *customer);

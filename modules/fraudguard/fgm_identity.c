// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_identity.h"

#include "fgm_auth.h"
#include "fgm_counters.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_tls.h"
#include "fgm_trunks.h"

// A connection's peer and what its names said, per process: walking a certificate costs more than
// the rest of a verdict. Direct mapped by Kamailio's connection ids, which are not used again.
#define CACHE_SLOTS 512
static struct cached {
    int connection; // 0: empty
    uint64_t generation;
    struct fg_tls_peer peer;
    struct fg_identity_walk walk;
} cache[CACHE_SLOTS];

static const struct fg_customer *customer_of(const struct fg_identity_walk *walk,
                                             const struct fg_tls_peer *peer)
{
    static const struct fg_ip nowhere;
    const struct fg_customer *customer;
    enum fg_identity identity = fg_identity_finish(walk, peer, &nowhere, &customer);
    return fg_identity_is_customer(identity) ? customer : NULL;
}

// What a customer's PBX has opened is the way back to it.
static void note_connection(const struct cached *peer)
{
    const struct fg_customer *customer = customer_of(&peer->walk, &peer->peer);
    if (customer)
        fgm_trunks_came_by(customer->id, peer->connection);
}

static const struct cached *peer_of(const struct fg_policy *policy, uint64_t generation,
                                    struct sip_msg *msg)
{
    static struct cached unknown; // the connection is gone: TLS without a certificate
    int connection = msg->rcv.proto_reserved1;
    struct cached *entry = &cache[(unsigned int)connection % CACHE_SLOTS];
    if (connection > 0 && entry->connection == connection && entry->generation == generation) {
        FGM_COUNT(tls_cache_hits);
        return entry;
    }
    FGM_COUNT(tls_cache_misses);
    struct cached fresh = {.connection = connection, .generation = generation};
    fg_identity_begin(&fresh.walk, policy->customers);
    if (!fgm_tls_read(msg, fgm_policy_revoked(), &fresh.peer, &fresh.walk)) {
        unknown = fresh;
        return &unknown;
    }
    *entry = fresh;
    note_connection(&fresh);
    return entry;
}

static bool is_tls(const struct fgm_request *request)
{
    return request->transport == FG_TRANSPORT_TLS || request->transport == FG_TRANSPORT_WSS;
}

static void identify_outbound(const struct fg_policy *policy, const struct cached *cached,
                              const struct fgm_request *request, struct fg_view auth_user,
                              struct fgm_caller *out)
{
    static const struct fg_tls_peer no_tls;
    struct fg_identity_walk walk;
    fg_identity_begin(&walk, policy->customers);
    if (cached)
        walk = cached->walk;
    // The connection's part is kept, the user is each request's own.
    if (auth_user.len > 0)
        fg_identity_add_user(&walk, auth_user);
    out->identity = fg_identity_finish(&walk, cached ? &cached->peer : &no_tls, &request->source,
                                       &out->customer);
}

static void identify_inbound(const struct fg_policy *policy, const struct fgm_request *request,
                             struct fgm_caller *out)
{
    struct fg_number_readings called;
    fg_number_read(request->called_user, request->called_context, NULL, &called);
    out->identity = FG_IDENTITY_UNKNOWN;
    for (uint8_t i = 0; i < called.n && !out->customer; i++)
        out->customer = fg_customers_by_number(policy->customers, &called.reading[i]);
    if (out->customer)
        out->identity = FG_IDENTITY_CALLED_NUMBER;
}

// Also one that is refused, as for its key: it is nobody else.
static bool names_customer(const struct cached *cached)
{
    static const struct fg_ip nowhere;
    const struct fg_customer *customer;
    return fg_identity_finish(&cached->walk, &cached->peer, &nowhere, &customer) ==
               FG_IDENTITY_AMBIGUOUS ||
           customer;
}

// Whoever has a customer's certificate is that customer, on whichever listener; and over a
// connection that we opened ourselves, to a customer's PBX, nothing comes from a carrier.
static bool is_customers(const struct fg_policy *policy, uint64_t generation, struct sip_msg *msg)
{
    struct fg_ip source;
    fgm_msg_source(msg, &source);
    if (fgm_is_carrier(&source))
        return false;
    if (msg->rcv.proto == PROTO_TLS || msg->rcv.proto == PROTO_WSS)
        return names_customer(peer_of(policy, generation, msg));
    return msg->rcv.proto != PROTO_UDP && msg->rcv.bind_address &&
           msg->rcv.dst_port != msg->rcv.bind_address->port_no &&
           fg_customers_by_source(policy->customers, &source) != NULL;
}

bool fgm_identify_is_customers(struct sip_msg *msg)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    bool is = policy && is_customers(policy, generation, msg);
    fgm_policy_leave();
    return is;
}

const struct fg_customer *fgm_identify_peer(const struct fg_policy *policy, uint64_t generation,
                                            struct sip_msg *msg)
{
    if (msg->rcv.proto != PROTO_TLS || msg->rcv.proto_reserved1 <= 0)
        return NULL;
    const struct cached *cached = peer_of(policy, generation, msg);
    note_connection(cached);
    return customer_of(&cached->walk, &cached->peer);
}

const struct fg_tls_peer *fgm_identify_tls(const struct fg_policy *policy, uint64_t generation,
                                           struct sip_msg *msg, const struct fg_customer **customer)
{
    *customer = NULL;
    if (msg->rcv.proto != PROTO_TLS || msg->rcv.proto_reserved1 <= 0)
        return NULL;
    const struct cached *cached = peer_of(policy, generation, msg);
    *customer = customer_of(&cached->walk, &cached->peer);
    return &cached->peer;
}

bool fgm_identify_connection(const struct fg_policy *policy, int connection,
                             const struct fg_customer *customer)
{
    struct fg_tls_peer peer;
    struct fg_identity_walk walk;
    fg_identity_begin(&walk, policy->customers);
    return fgm_tls_read_connection(connection, fgm_policy_revoked(), &peer, &walk) &&
           customer_of(&walk, &peer) == customer;
}

void fgm_identify(const struct fg_policy *policy, uint64_t generation, struct sip_msg *msg,
                  const struct fgm_request *request, enum fgm_direction_wish wish,
                  struct fgm_caller *out)
{
    *out = (struct fgm_caller){.identity = FG_IDENTITY_UNKNOWN};
    if (wish == FGM_DIRECTION_AUTO)
        wish = fgm_is_carrier(&request->source) ? FGM_DIRECTION_INBOUND : FGM_DIRECTION_OUTBOUND;
    if (wish == FGM_DIRECTION_INBOUND && is_customers(policy, generation, msg))
        wish = FGM_DIRECTION_OUTBOUND;
    out->direction = wish == FGM_DIRECTION_INBOUND ? FG_INBOUND : FG_OUTBOUND;

    const struct cached *cached = is_tls(request) ? peer_of(policy, generation, msg) : NULL;
    out->tls = cached ? &cached->peer : NULL;
    if (request->kind == FGM_REQUEST_UNREADABLE)
        out->identity = FG_IDENTITY_UNREADABLE;
    else if (out->direction == FG_INBOUND && fgm_config.n_carriers > 0 &&
             !fgm_is_carrier(&request->source))
        out->identity = FG_IDENTITY_NOT_A_CARRIER;
    else if (out->direction == FG_INBOUND)
        identify_inbound(policy, request, out);
    else
        identify_outbound(policy, cached, request, fgm_auth_user(msg), out);
    if (out->direction == FG_OUTBOUND)
        out->identity = fg_identity_media(out->identity, out->customer, request->srtp_offered);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_way.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/ip_addr.h"
#include "core/tcp_conn.h"
#include "fg/customer.h"
#include "fgm_identity.h"
#include "fgm_log.h"
#include "fgm_policy.h"
#include "fgm_str.h"
#include "fgm_trunks.h"
#include "fgm_verdict.h"

static void uri_of(const struct ip_addr *address, int port, const char *transport,
                   char out[FGM_WAY_MAX])
{
    char text[INET6_ADDRSTRLEN] = "";
    bool v6 = address->af == AF_INET6;
    inet_ntop((int)address->af, address->u.addr, text, sizeof text);
    snprintf(out, FGM_WAY_MAX, "sip:%s%s%s:%d;transport=%s", v6 ? "[" : "", text, v6 ? "]" : "",
             port, transport);
}

static bool go_to(struct sip_msg *msg, const char *uri, struct socket_info *socket)
{
    str text = fgm_str(uri);
    if (!*uri || set_dst_uri(msg, &text) < 0)
        return false;
    if (socket)
        msg->force_send_socket = socket;
    return true;
}

// Where the peer of an open TLS connection is, and on which of our sockets. False when it is
// closed.
static bool open_connection(int id, char uri[FGM_WAY_MAX], struct socket_info **socket)
{
    struct tcp_connection *connection = tcpconn_get(id, 0, 0, 0, 0);
    if (!connection)
        return false;
    bool open = connection->type == PROTO_TLS && connection->state == S_CONN_OK;
    uri_of(&connection->rcv.src_ip, connection->rcv.src_port, "tls", uri);
    *socket = connection->rcv.bind_address;
    tcpconn_put(connection);
    return open;
}

static bool by_connection(const struct fg_policy *policy, const struct fg_customer *customer,
                          struct sip_msg *msg)
{
    int connections[FGM_CONNECTIONS_MAX];
    uint32_t n = fgm_trunks_connections(customer->id, connections);
    for (uint32_t i = 0; i < n; i++) {
        char uri[FGM_WAY_MAX];
        struct socket_info *socket;
        if (open_connection(connections[i], uri, &socket) &&
            fgm_identify_connection(policy, connections[i], customer) && go_to(msg, uri, socket))
            return true;
    }
    return false;
}

void fgm_way_address(const struct fg_customer *customer, char out[FGM_WAY_MAX])
{
    static const char *const transports[] = {"tls", "tcp", "udp"}; // enum fg_pbx_transport
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const struct fg_pbx *pbx = &customer->pbx;
    bool v4 = memcmp(pbx->address.bytes, mapped, sizeof mapped) == 0;
    struct ip_addr address = {.af = v4 ? AF_INET : AF_INET6, .len = v4 ? 4 : 16};
    out[0] = '\0';
    if (!pbx->has_address || (customer->trunk.require_tls && pbx->transport != FG_PBX_TLS))
        return;
    memcpy(address.u.addr, pbx->address.bytes + (v4 ? sizeof mapped : 0), address.len);
    uri_of(&address, pbx->port, transports[pbx->transport], out);
}

static bool by_address(const struct fg_customer *customer, struct sip_msg *msg)
{
    char uri[FGM_WAY_MAX];
    fgm_way_address(customer, uri);
    return go_to(msg, uri, NULL);
}

enum fgm_way fgm_way_to_customer(struct sip_msg *msg)
{
    uint64_t generation;
    enum fgm_way way = FGM_WAY_NONE;
    const struct fgm_verdict *verdict = fgm_verdict_of(msg);
    if (!verdict || verdict->direction != FG_INBOUND || !verdict->customer[0])
        return FGM_WAY_NONE;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    const struct fg_customer *customer =
        policy ? fg_customers_by_id(policy->customers, fg_view_of(verdict->customer)) : NULL;
    if (customer && by_connection(policy, customer, msg))
        way = FGM_WAY_CONNECTION;
    else if (customer && by_address(customer, msg))
        way = FGM_WAY_ADDRESS;
    fgm_policy_leave();
    return way;
}

bool fgm_way_note(struct sip_msg *msg)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    bool known = policy && fgm_identify_peer(policy, generation, msg) != NULL;
    fgm_policy_leave();
    return known;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/event.h"

const char *fg_event_kind_name(enum fg_event_kind kind)
{
    switch (kind) {
    case FG_EVENT_ATTEMPT:
        return "attempt";
    case FG_EVENT_ANSWER:
        return "answer";
    case FG_EVENT_MINUTE:
        return "minute";
    case FG_EVENT_END:
        return "end";
    }
    return "unknown";
}

const char *fg_direction_name(enum fg_direction direction)
{
    return direction == FG_INBOUND ? "inbound" : "outbound";
}

const char *fg_transport_name(enum fg_transport transport)
{
    switch (transport) {
    case FG_TRANSPORT_UDP:
        return "udp";
    case FG_TRANSPORT_TCP:
        return "tcp";
    case FG_TRANSPORT_TLS:
        return "tls";
    case FG_TRANSPORT_WS:
        return "ws";
    case FG_TRANSPORT_WSS:
        return "wss";
    case FG_TRANSPORT_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *fg_attestation_name(size_t index)
{
    static const char *const names[FG_ATTESTATIONS] = {"A", "B", "C", "failed"};
    return names[index < FG_ATTESTATIONS ? index : 0];
}

struct fg_hash128 fg_call_key(const struct fg_hash_key *key, struct fg_view customer_id,
                              struct fg_view call_id, struct fg_view from_tag,
                              struct fg_view called)
{
    const struct fg_view parts[] = {customer_id, call_id, from_tag, called};
    return fg_hash128_parts(key, parts, sizeof(parts) / sizeof(parts[0]));
}

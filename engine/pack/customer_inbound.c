// SPDX-License-Identifier: GPL-2.0-or-later
// The way to the customer's PBX, for calls that come in.
#include <string.h>

#include "address.h"
#include "customer_read.h"
#include "fg/uri.h"

#define DEFAULT_TLS_PORT 5061 // RFC 3261 19.1.2
#define DEFAULT_PORT     5060

static void read_address(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                         struct fg_pbx *out)
{
    struct fg_ip_range range;
    if (node->kind != FG_YAML_SCALAR || !fg_address_parse(node->text, &range) ||
        range.bits != 128) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_ADDRESS,
                       "address is the PBX's IP address, such as \"192.0.2.7\"");
        return;
    }
    out->address = range.base;
    out->has_address = true;
}

static void read_transport(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                           struct fg_pbx *out)
{
    static const char *const words[] = {"tls", "tcp", "udp"}; // enum fg_pbx_transport
    const struct fg_yaml_node *transport = fg_yaml_get(map, "transport");
    const struct fg_yaml_node *port = fg_yaml_get(map, "port");
    size_t index;
    int32_t number;
    if (transport != NULL &&
        fg_field_word(&reader->fields, transport, "transport", FG_WORDS(words), &index)) {
        out->transport = (enum fg_pbx_transport)index;
    }
    out->port = out->transport == FG_PBX_TLS ? DEFAULT_TLS_PORT : DEFAULT_PORT;
    if (port != NULL && fg_field_int(&reader->fields, port, "port", 1, 65535, &number)) {
        out->port = (uint16_t)number;
    }
}

static void read_challenge(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                           struct fg_pbx *out)
{
    if (node->kind != FG_YAML_SCALAR || !fg_uri_is_target(node->text)) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_ADDRESS,
                       "challenge is a SIP URI such as \"sip:test@192.0.2.9:5060\", "
                       "at most %d bytes",
                       FG_URI_TARGET_MAX);
        return;
    }
    out->challenge = fg_field_copy(&reader->fields, node->text);
}

void fg_customer_read_inbound(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                              struct fg_customer *out)
{
    if (node == NULL || !fg_field_shape(&reader->fields, node, FG_SHAPE_INBOUND)) {
        return;
    }
    const struct fg_yaml_node *address = fg_yaml_get(node, "address");
    const struct fg_yaml_node *challenge = fg_yaml_get(node, "challenge");
    if (address != NULL) {
        read_address(reader, address, &out->pbx);
    } else if (fg_yaml_get(node, "port") != NULL || fg_yaml_get(node, "transport") != NULL) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_MISSING_KEY,
                       "port and transport need an 'address'");
    }
    read_transport(reader, node, &out->pbx);
    if (challenge != NULL) {
        read_challenge(reader, challenge, &out->pbx);
    }
}

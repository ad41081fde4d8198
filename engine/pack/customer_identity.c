// SPDX-License-Identifier: GPL-2.0-or-later
// What identifies a customer: certificate names and fingerprints, source addresses.
#include <string.h>

#include "address.h"
#include "customer_read.h"
#include "fg/identity.h"

#define DNS_NAME_MAX 253 // RFC 1035 2.3.4

static const char *read_cert_name(struct fg_customer_reader *reader,
                                  const struct fg_yaml_node *node)
{
    if (!fg_field_is(&reader->fields, node, FG_YAML_SCALAR, "a certificate name")) {
        return NULL;
    }
    if (!fg_identity_is_name(node->text)) {
        // RFC 5922 7.2: no wildcards in SIP certificates.
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_NAME,
                       "a certificate name must be a whole host name such as sip.acme.example%s",
                       memchr(node->text.ptr, '*', node->text.len) != NULL
                           ? "; wildcards are not allowed (RFC 5922)"
                           : "");
        return NULL;
    }
    char name[DNS_NAME_MAX];
    for (size_t i = 0; i < node->text.len && i < sizeof(name); i++) {
        char c = node->text.ptr[i];
        name[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    struct fg_view lower = {name, node->text.len};
    reader->claim(reader->claim_ctx, FG_CLAIM_CERT_NAME, lower, node);
    return fg_field_copy(&reader->fields, lower);
}

static void read_cert_names(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                            struct fg_customer *out)
{
    if (node == NULL || !fg_customer_is_list(reader, node, "cert_names", FG_CUSTOMER_ITEMS_MAX)) {
        return;
    }
    const char **names = fg_field_alloc(&reader->fields, node->n * sizeof(*names));
    for (const struct fg_yaml_node *item = node->first; item != NULL && names != NULL;
         item = item->next) {
        const char *name = read_cert_name(reader, item);
        if (name != NULL) {
            names[out->n_cert_names++] = name;
        }
    }
    out->cert_names = names;
}

static bool read_fingerprint(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                             uint8_t out[32])
{
    bool fits = node->kind == FG_YAML_SCALAR && node->text.len == 64;
    for (size_t i = 0; i < 32 && fits; i++) {
        int high = fg_hex_digit(node->text.ptr[2 * i]);
        int low = fg_hex_digit(node->text.ptr[2 * i + 1]);
        fits = high >= 0 && low >= 0;
        out[i] = (uint8_t)((unsigned)(high & 15) << 4 | (unsigned)(low & 15));
    }
    if (!fits) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_ADDRESS,
                       "a fingerprint is the certificate's SHA-256 in 64 hex digits, "
                       "without colons");
        return false;
    }
    reader->claim(reader->claim_ctx, FG_CLAIM_FINGERPRINT, node->text, node);
    return true;
}

static void read_fingerprints(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                              struct fg_customer *out)
{
    if (node == NULL ||
        !fg_customer_is_list(reader, node, "cert_fingerprints", FG_CUSTOMER_ITEMS_MAX)) {
        return;
    }
    uint8_t(*prints)[32] = fg_field_alloc(&reader->fields, node->n * sizeof(*prints));
    for (const struct fg_yaml_node *item = node->first; item != NULL && prints != NULL;
         item = item->next) {
        out->n_cert_fingerprints +=
            read_fingerprint(reader, item, prints[out->n_cert_fingerprints]);
    }
    out->cert_fingerprints = (const uint8_t(*)[32])prints;
}

static void read_sources(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                         struct fg_customer *out)
{
    if (node == NULL || !fg_customer_is_list(reader, node, "source_ips", FG_CUSTOMER_ITEMS_MAX)) {
        return;
    }
    struct fg_ip_range *ranges = fg_field_alloc(&reader->fields, node->n * sizeof(*ranges));
    for (const struct fg_yaml_node *item = node->first; item != NULL && ranges != NULL;
         item = item->next) {
        struct fg_ip_range *range = &ranges[out->n_source_ips];
        if (item->kind != FG_YAML_SCALAR || !fg_address_parse(item->text, range)) {
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_ADDRESS,
                           "a source is an IP address or network such as 192.0.2.0/24");
        } else if (fg_address_has_host_bits(range)) {
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_ADDRESS,
                           "'%.*s' is not the first address of its network", (int)item->text.len,
                           item->text.ptr);
        } else {
            out->n_source_ips++;
        }
    }
    out->source_ips = ranges;
}

void fg_customer_read_identity(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                               struct fg_customer *out)
{
    read_cert_names(reader, fg_yaml_get(map, "cert_names"), out);
    read_fingerprints(reader, fg_yaml_get(map, "cert_fingerprints"), out);
    read_sources(reader, fg_yaml_get(map, "source_ips"), out);
}

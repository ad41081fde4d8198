// SPDX-License-Identifier: GPL-2.0-or-later
// What identifies a customer: certificate names and fingerprints, source addresses, digest users;
// and what its trunk must be like.
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
        } else if (fg_address_is_too_wide(range)) {
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_ADDRESS,
                           "'%.*s' is too wide for one customer's network: at most /8, of IPv6 /19",
                           (int)item->text.len, item->text.ptr);
        } else {
            reader->source(reader->claim_ctx, range, item);
            out->n_source_ips++;
        }
    }
    out->source_ips = ranges;
}

static const char *read_auth_user(struct fg_customer_reader *reader,
                                  const struct fg_yaml_node *node)
{
    const char *user = fg_field_any_text(&reader->fields, node, "a digest user");
    if (user == NULL) {
        return NULL;
    }
    bool fits = node->text.len <= FG_AUTH_USER_MAX;
    for (size_t i = 0; i < node->text.len && fits; i++) {
        fits = node->text.ptr[i] > ' ' && node->text.ptr[i] <= '~' && node->text.ptr[i] != '"' &&
               node->text.ptr[i] != '\\';
    }
    if (!fits) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_NAME,
                       "a digest user is at most %d visible ASCII characters without quotes and "
                       "backslashes",
                       FG_AUTH_USER_MAX);
        return NULL;
    }
    reader->claim(reader->claim_ctx, FG_CLAIM_AUTH_USER, node->text, node);
    return user;
}

static void read_auth_users(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                            struct fg_customer *out)
{
    if (node == NULL || !fg_customer_is_list(reader, node, "auth_users", FG_CUSTOMER_ITEMS_MAX)) {
        return;
    }
    const char **users = fg_field_alloc(&reader->fields, node->n * sizeof(*users));
    for (const struct fg_yaml_node *item = node->first; item != NULL && users != NULL;
         item = item->next) {
        const char *user = read_auth_user(reader, item);
        if (user != NULL) {
            users[out->n_auth_users++] = user;
        }
    }
    out->auth_users = users;
}

static void read_identified_by(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                               struct fg_customer *out)
{
    struct fg_words ways = fg_word_set(FG_SET_IDENTIFIED_BY); // enum fg_identified_by, bit by bit
    size_t index;
    if (!fg_customer_is_list(reader, node, "identified_by", (uint32_t)ways.n)) {
        return;
    }
    if (node->n == 0) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_MISSING_KEY,
                       "identified_by names no way at all: nobody could call");
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        if (fg_field_word(&reader->fields, item, "identified_by", ways, &index)) {
            out->trunk.identified_by |= (uint8_t)(1U << index);
        }
    }
}

static void read_key_bits(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                          const char *what, int32_t max, uint16_t *out)
{
    int32_t bits;
    if (node != NULL && fg_field_int(&reader->fields, node, what, 160, max, &bits)) {
        *out = (uint16_t)bits;
    }
}

static void read_trunk(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                       struct fg_customer *out)
{
    if (node == NULL || !fg_field_shape(&reader->fields, node, FG_SHAPE_TRUNK)) {
        return;
    }
    const struct fg_yaml_node *ways = fg_yaml_get(node, "identified_by");
    const struct fg_yaml_node *tls = fg_yaml_get(node, "require_tls");
    const struct fg_yaml_node *srtp = fg_yaml_get(node, "require_srtp");
    if (ways != NULL) {
        read_identified_by(reader, ways, out);
    }
    if (tls != NULL) {
        (void)fg_field_bool(&reader->fields, tls, "require_tls", &out->trunk.require_tls);
    }
    if (srtp != NULL) {
        (void)fg_field_bool(&reader->fields, srtp, "require_srtp", &out->trunk.require_srtp);
    }
    read_key_bits(reader, fg_yaml_get(node, "min_rsa_bits"), "min_rsa_bits", 16384,
                  &out->trunk.min_rsa_bits);
    read_key_bits(reader, fg_yaml_get(node, "min_ec_bits"), "min_ec_bits", 521,
                  &out->trunk.min_ec_bits);
}

// A policy that takes nothing of what is listed locks the customer out.
static void check_ways(struct fg_customer_reader *reader, const struct fg_yaml_node *trunk,
                       const struct fg_customer *customer)
{
    unsigned listed = 0;
    listed |= customer->n_cert_names + customer->n_cert_fingerprints > 0 ? FG_BY_CERTIFICATE : 0U;
    listed |= customer->n_source_ips > 0 ? FG_BY_SOURCE_ADDRESS : 0U;
    listed |= customer->n_auth_users > 0 ? FG_BY_AUTH_USER : 0U;
    if (customer->trunk.identified_by != 0 && (customer->trunk.identified_by & listed) == 0) {
        fg_yaml_report(fg_yaml_get(trunk, "identified_by"), reader->fields.diags, FG_WARNING,
                       FG_CODE_CONFLICT,
                       "nothing is listed that identified_by takes: every call of the customer is "
                       "refused");
    }
}

void fg_customer_read_identity(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                               struct fg_customer *out)
{
    read_cert_names(reader, fg_yaml_get(map, "cert_names"), out);
    read_fingerprints(reader, fg_yaml_get(map, "cert_fingerprints"), out);
    read_sources(reader, fg_yaml_get(map, "source_ips"), out);
    read_auth_users(reader, fg_yaml_get(map, "auth_users"), out);
    read_trunk(reader, fg_yaml_get(map, "trunk"), out);
    check_ways(reader, fg_yaml_get(map, "trunk"), out);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// One customer of the customers file, read into its struct.
#pragma once

#include "fg/customer.h"
#include "fields.h"
#include "numbering.h"
#include "zone.h"

#define FG_CUSTOMER_ITEMS_MAX   1000
#define FG_CUSTOMER_NUMBERS_MAX 10000

// What customers must not have in common.
enum fg_claim_kind {
    FG_CLAIM_ID,
    FG_CLAIM_CERT_NAME,
    FG_CLAIM_FINGERPRINT,
    FG_CLAIM_NUMBER,
    FG_CLAIM_AUTH_USER
};

// Texts that many customers share are kept once.
#define FG_SHARED_TEXTS_MAX 256
struct fg_shared_texts {
    const char *items[FG_SHARED_TEXTS_MAX];
    uint32_t n;
};

struct fg_customer_reader {
    struct fg_fields fields;
    const struct fg_countries *countries; // NULL: dial plans must be given
    struct fg_zone_cache *zones;
    struct fg_shared_texts shared;
    // Told of everything that belongs to one customer only.
    void (*claim)(void *ctx, enum fg_claim_kind kind, struct fg_view text,
                  const struct fg_yaml_node *node);
    // Told of every range of numbers.
    void (*range)(void *ctx, const struct fg_number_range *range, const struct fg_yaml_node *node);
    // Told of every source network.
    void (*source)(void *ctx, const struct fg_ip_range *network, const struct fg_yaml_node *node);
    void *claim_ctx; // of all three
};

// Fills *out from node; every mistake is reported.
void fg_customer_read(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                      struct fg_customer *out);

// Parts of it, one file each.
const char *fg_shared_text(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                           const char *what);
void fg_customer_read_numbers(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                              struct fg_customer *out);
void fg_customer_read_dialling(struct fg_customer_reader *reader,
                               const struct fg_yaml_node *home_countries,
                               const struct fg_yaml_node *dial_plan, struct fg_customer *out);
void fg_customer_read_identity(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                               struct fg_customer *out);
void fg_customer_read_hours(struct fg_customer_reader *reader, const struct fg_yaml_node *hours,
                            const struct fg_yaml_node *holidays, struct fg_customer *out);
void fg_customer_read_inbound(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                              struct fg_customer *out);
// Whether node is a list of at most max items.
bool fg_customer_is_list(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                         const char *what, uint32_t max);

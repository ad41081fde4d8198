// SPDX-License-Identifier: GPL-2.0-or-later
// The customers file: a list, read customer by customer, then indexed.
#include <stdlib.h>
#include <string.h>

#include "customer_ranges.h"
#include "customer_read.h"
#include "customer_sources.h"
#include "customers_load.h"
#include "digest.h"

// Something that belongs to one customer, and where that was written.
struct claim {
    uint64_t hash; // of kind and text; 0: empty slot. 64 keyed bits tell texts apart.
    uint32_t customer;
    uint32_t line;
};

struct load {
    struct fg_customer_reader reader;
    struct fg_hash_key hash_key;
    struct fg_customer *items; // scratch, copied at the end
    uint32_t n, room;
    struct claim *claims; // open addressing, at most half full
    uint32_t n_claims, claim_slots;
    struct fg_written_list ranges;
    struct fg_written_list sources;
};

static bool grow_claims(struct load *load)
{
    uint32_t slots = load->claim_slots == 0 ? 1024 : load->claim_slots * 2;
    struct claim *claims = calloc(slots, sizeof(*claims));
    if (claims == NULL) {
        load->reader.fields.out_of_memory = true;
        return false;
    }
    for (uint32_t i = 0; i < load->claim_slots; i++) {
        if (load->claims[i].hash != 0) {
            uint32_t slot = (uint32_t)load->claims[i].hash & (slots - 1);
            while (claims[slot].hash != 0) {
                slot = (slot + 1) & (slots - 1);
            }
            claims[slot] = load->claims[i];
        }
    }
    free(load->claims);
    load->claims = claims;
    load->claim_slots = slots;
    return true;
}

static uint64_t hash_claim(const struct load *load, enum fg_claim_kind kind, struct fg_view text)
{
    unsigned char bytes[300];
    size_t len = text.len < sizeof(bytes) - 1 ? text.len : sizeof(bytes) - 1;
    bytes[0] = (unsigned char)kind;
    memcpy(bytes + 1, text.ptr, len);
    uint64_t hash = fg_hash64(&load->hash_key, bytes, len + 1);
    return hash == 0 ? 1 : hash;
}

static void report_claim(struct load *load, enum fg_claim_kind kind, const struct claim *other,
                         const struct fg_yaml_node *node)
{
    static const char *const names[] = {"id", "certificate name", "certificate fingerprint",
                                        "number", "digest user"};
    if (kind != FG_CLAIM_ID && other->customer == load->n) {
        FG_FIELD_ERROR(&load->reader.fields, node, FG_CODE_DUPLICATE,
                       "%s '%.*s' is there twice; first in line %u", names[kind],
                       node->text.len > 70 ? 70 : (int)node->text.len, node->text.ptr, other->line);
        return;
    }
    FG_FIELD_ERROR(&load->reader.fields, node, FG_CODE_DUPLICATE,
                   "%s '%.*s' belongs to customer '%s' already, in line %u", names[kind],
                   node->text.len > 70 ? 70 : (int)node->text.len, node->text.ptr,
                   load->items[other->customer].id, other->line);
}

static void claim(void *ctx, enum fg_claim_kind kind, struct fg_view text,
                  const struct fg_yaml_node *node)
{
    struct load *load = ctx;
    if (load->n_claims >= load->claim_slots / 2 && !grow_claims(load)) {
        return;
    }
    uint64_t hash = hash_claim(load, kind, text);
    uint32_t slot = (uint32_t)hash & (load->claim_slots - 1);
    while (load->claims[slot].hash != 0) {
        if (load->claims[slot].hash == hash) {
            report_claim(load, kind, &load->claims[slot], node);
            return;
        }
        slot = (slot + 1) & (load->claim_slots - 1);
    }
    load->claims[slot] = (struct claim){.hash = hash, .customer = load->n, .line = node->line};
    load->n_claims++;
}

static void note_range(void *ctx, const struct fg_number_range *range,
                       const struct fg_yaml_node *node)
{
    struct load *load = ctx;
    if (fg_written_add_range(&load->ranges, load->n, range, node) != FG_OK) {
        load->reader.fields.out_of_memory = true;
    }
}

static void note_source(void *ctx, const struct fg_ip_range *network,
                        const struct fg_yaml_node *node)
{
    struct load *load = ctx;
    if (fg_written_add_network(&load->sources, load->n, network, node) != FG_OK) {
        load->reader.fields.out_of_memory = true;
    }
}

static int read_item(void *ctx, const struct fg_yaml_node *item)
{
    struct load *load = ctx;
    if (load->n == FG_CUSTOMERS_MAX) {
        FG_FIELD_ERROR(&load->reader.fields, item, FG_CODE_LIMIT, "more than %d customers",
                       FG_CUSTOMERS_MAX);
        return FG_ESYNTAX;
    }
    if (load->n == load->room) {
        uint32_t room = load->room == 0 ? 64 : load->room * 2;
        struct fg_customer *items = realloc(load->items, room * sizeof(*items));
        if (items == NULL) {
            return FG_ENOMEM;
        }
        load->items = items;
        load->room = room;
    }
    // A claim of this customer may be reported against itself: its id must be there to be shown.
    memset(&load->items[load->n], 0, sizeof(load->items[0]));
    load->items[load->n].id = "";
    fg_customer_read(&load->reader, item, &load->items[load->n]);
    load->items[load->n].index = load->n;
    load->n++;
    return load->reader.fields.out_of_memory ? FG_ENOMEM : FG_OK;
}

// Only for a file without mistakes.
static int finish(struct load *load, const struct fg_yaml_doc *doc, struct fg_customers *out)
{
    struct fg_arena *arena = load->reader.fields.arena;
    struct fg_customer *items = fg_arena_alloc(arena, load->n * sizeof(*items));
    struct fg_digest *digest = fg_digest_new();
    if (items == NULL || digest == NULL) {
        fg_digest_free(digest);
        return FG_ENOMEM;
    }
    if (load->n > 0) {
        memcpy(items, load->items, load->n * sizeof(*items));
    }
    struct fg_customers table;
    memset(&table, 0, sizeof(table));
    int rc = fg_customers_build(items, load->n, &load->hash_key, arena, &table);
    if (rc == FG_OK) {
        fg_digest_add(digest, "customers", doc->bytes, doc->len);
        fg_digest_finish(digest, table.digest);
        *out = table;
    } else if (rc != FG_ENOMEM) {
        struct fg_text_place whole = {0};
        fg_yaml_report_place(doc, whole, load->reader.fields.diags, FG_ERROR, FG_CODE_DUPLICATE,
                             "the customers cannot be told apart: %s", fg_strerror(rc));
        rc = FG_ESYNTAX;
    }
    fg_digest_free(digest);
    return rc;
}

static bool load_init(struct load *load, const struct fg_countries *countries,
                      const struct fg_hash_key *hash_key, struct fg_arena *arena,
                      struct fg_diags *diags)
{
    memset(load, 0, sizeof(*load));
    load->hash_key = *hash_key;
    load->reader = (struct fg_customer_reader){.fields = {.arena = arena, .diags = diags},
                                               .countries = countries,
                                               .claim = claim,
                                               .range = note_range,
                                               .source = note_source,
                                               .claim_ctx = load,
                                               .zones = fg_zone_cache_new(arena)};
    return load->reader.zones != NULL;
}

static void load_fini(struct load *load)
{
    fg_zone_cache_free(load->reader.zones);
    free(load->items);
    free(load->claims);
    fg_written_fini(&load->ranges);
    fg_written_fini(&load->sources);
}

int fg_customers_load(struct fg_named_bytes file, const struct fg_countries *countries,
                      const struct fg_hash_key *hash_key, struct fg_arena *arena,
                      struct fg_diags *diags, struct fg_customers *out)
{
    struct load load;
    struct fg_yaml_doc doc = {file.name, file.bytes, file.len};
    uint32_t errors = fg_diags_count(diags, FG_ERROR);
    int rc = load_init(&load, countries, hash_key, arena, diags) ? FG_OK : FG_ENOMEM;
    if (rc == FG_OK) {
        rc = fg_yaml_read_items(&doc, diags, read_item, &load);
    }
    if (rc == FG_OK) {
        fg_ranges_check(&load.ranges, load.items, &doc, diags);
        fg_sources_check(&load.sources, load.items, &doc, diags);
    }
    if (rc == FG_OK && load.n == 0 && file.name[0] != '\0') {
        // Half a write rather than a decision: every call would be refused.
        struct fg_text_place whole = {0};
        fg_yaml_report_place(&doc, whole, diags, FG_ERROR, FG_CODE_MISSING_KEY,
                             "the file has no customers");
    }
    if (rc == FG_OK && fg_diags_count(diags, FG_ERROR) > errors) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        rc = finish(&load, &doc, out);
    }
    load_fini(&load);
    return rc;
}

int fg_customers_load_fixtures(const struct fg_yaml_node *fixtures,
                               const struct fg_countries *countries,
                               const struct fg_hash_key *hash_key, struct fg_arena *arena,
                               struct fg_diags *diags, struct fg_customers *out)
{
    struct load load;
    uint32_t errors = fg_diags_count(diags, FG_ERROR);
    int rc = load_init(&load, countries, hash_key, arena, diags) ? FG_OK : FG_ENOMEM;
    for (const struct fg_yaml_node *key = fixtures->first; key != NULL && rc == FG_OK;
         key = key->next) {
        rc = read_item(&load, key->value);
    }
    if (rc == FG_OK) {
        fg_ranges_check(&load.ranges, load.items, fixtures->doc, diags);
    }
    if (rc == FG_OK && fg_diags_count(diags, FG_ERROR) > errors) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        rc = finish(&load, fixtures->doc, out);
    }
    load_fini(&load);
    return rc;
}

int fg_customers_parse(const char *name, const char *bytes, size_t len,
                       const struct fg_hash_key *hash_key, struct fg_arena *arena,
                       struct fg_diags *diags, struct fg_customers *out)
{
    struct fg_named_bytes file = {name, bytes, len};
    return fg_customers_load(file, NULL, hash_key, arena, diags, out);
}

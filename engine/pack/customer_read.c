// SPDX-License-Identifier: GPL-2.0-or-later
#include "customer_read.h"

#include <string.h>

#include "currency.h"
#include "fg/suggest.h"
#include "hours.h"

bool fg_customer_is_list(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                         const char *what, uint32_t max)
{
    if (!fg_field_is(&reader->fields, node, FG_YAML_LIST, what)) {
        return false;
    }
    if (node->n > max) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_LIMIT, "more than %u %s", max, what);
        return false;
    }
    return true;
}

const char *fg_shared_text(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                           const char *what)
{
    if (node->kind == FG_YAML_SCALAR) {
        for (uint32_t i = 0; i < reader->shared.n; i++) {
            if (fg_view_equal(node->text, fg_view_of(reader->shared.items[i]))) {
                return reader->shared.items[i];
            }
        }
    }
    const char *text = fg_field_name(&reader->fields, node, what, true);
    if (text != NULL && reader->shared.n < FG_SHARED_TEXTS_MAX) {
        reader->shared.items[reader->shared.n++] = text;
    }
    return text;
}

static void read_id(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                    struct fg_customer *out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, "id");
    out->id = "";
    if (node == NULL) {
        FG_FIELD_ERROR(&reader->fields, map, FG_CODE_MISSING_KEY, "the customer needs an 'id'");
        return;
    }
    if (!fg_field_is(&reader->fields, node, FG_YAML_SCALAR, "id")) {
        return;
    }
    bool fits = node->text.len > 0 && node->text.len <= FG_CUSTOMER_ID_MAX;
    for (size_t i = 0; i < node->text.len && fits; i++) {
        char c = node->text.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    if (!fits) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_NAME,
                       "id '%.*s' may only have a-z, 0-9, '.', '_' and '-', 1 to %d of them",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr,
                       FG_CUSTOMER_ID_MAX);
        return;
    }
    // Those are the store's: its probe, and the slots of what customers share.
    if (node->text.ptr[0] == '-') {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_NAME,
                       "id '%.*s' may not begin with '-': such ids are reserved",
                       (int)node->text.len, node->text.ptr);
        return;
    }
    const char *id = fg_field_copy(&reader->fields, node->text);
    out->id = id == NULL ? "" : id;
    reader->claim(reader->claim_ctx, FG_CLAIM_ID, node->text, node);
}

static void read_zone(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                      struct fg_customer *out)
{
    static const struct fg_zone_span utc_span = {0, 0};
    static const struct fg_zone utc = {.name = "UTC", .n_spans = 1, .spans = &utc_span};
    out->zone = &utc; // never NULL; a mistake ends the load anyway
    const struct fg_yaml_node *node = fg_yaml_get(map, "tz");
    if (node == NULL) {
        FG_FIELD_ERROR(&reader->fields, map, FG_CODE_MISSING_KEY,
                       "the customer needs a 'tz', such as Europe/London");
        return;
    }
    if (!fg_field_is(&reader->fields, node, FG_YAML_SCALAR, "tz")) {
        return;
    }
    int rc = fg_zone_find(reader->zones, node->text, &out->zone);
    if (rc == FG_ENOMEM) {
        reader->fields.out_of_memory = true;
    } else if (rc != FG_OK) {
        char near[80];
        fg_zone_suggest(node->text, near, sizeof(near));
        bool none = near[0] == '\0';
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_ZONE, "unknown time zone '%.*s'%s%s%s",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr,
                       none ? "; write an IANA name such as Europe/London" : "; did you mean '",
                       near, none ? "" : "'?");
    }
}

static void read_profile(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                         struct fg_customer *out)
{
    out->profile = fg_word_set(FG_SET_PROFILE).words[0];
    if (node == NULL || !fg_field_is(&reader->fields, node, FG_YAML_SCALAR, "profile")) {
        return;
    }
    struct fg_words known = fg_word_set(FG_SET_PROFILE);
    for (size_t i = 0; i < known.n; i++) {
        if (fg_view_equal(node->text, fg_view_of(known.words[i]))) {
            out->profile = known.words[i];
            return;
        }
    }
    const char *near = fg_suggest(node->text, known.words, known.n);
    fg_yaml_report(node, reader->fields.diags, FG_WARNING, FG_CODE_PROFILE,
                   "unknown profile '%.*s' counts as 'default'%s%s%s",
                   node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr,
                   near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                   near == NULL ? "" : "'?");
}

static void read_tags(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                      struct fg_customer *out)
{
    if (node == NULL || !fg_customer_is_list(reader, node, "tags", FG_CUSTOMER_ITEMS_MAX)) {
        return;
    }
    const char **tags = fg_field_alloc(&reader->fields, node->n * sizeof(*tags));
    for (const struct fg_yaml_node *item = node->first; item != NULL && tags != NULL;
         item = item->next) {
        const char *tag = fg_shared_text(reader, item, "tag");
        if (tag != NULL) {
            tags[out->n_tags++] = tag;
        }
    }
    out->tags = tags;
}

static void read_money(struct fg_customer_reader *reader, const struct fg_yaml_node *limit,
                       const struct fg_yaml_node *currency, struct fg_customer *out)
{
    fg_micro usd = FG_MICRO;
    if (currency != NULL && fg_field_is(&reader->fields, currency, FG_YAML_SCALAR, "currency") &&
        fg_currency_usd(currency->text, &usd) != FG_OK) {
        const char *codes[FG_CURRENCIES_MAX];
        size_t n = fg_currency_codes(codes);
        fg_field_unknown(&reader->fields, currency, FG_CODE_CURRENCY, "currency", "",
                         (struct fg_words){codes, n});
    }
    fg_micro amount;
    if (limit == NULL || !fg_field_micro(&reader->fields, limit, "daily_limit", &amount)) {
        return;
    }
    if (amount > INT64_C(1000000000) * FG_MICRO) {
        FG_FIELD_ERROR(&reader->fields, limit, FG_CODE_NUMBER,
                       "daily_limit must be at most 1000000000");
        return;
    }
    // Whole units and their millionths apart, so that the product of two millionths cannot
    // overflow.
    out->daily_limit_usd = amount / FG_MICRO * usd + amount % FG_MICRO * usd / FG_MICRO;
    if (out->daily_limit_usd == 0) {
        // 0 stands for no limit at all, which nobody means who writes it.
        FG_FIELD_ERROR(&reader->fields, limit, FG_CODE_NUMBER,
                       "daily_limit must be more than 0; leave it out where there is no limit");
    }
}

static void read_media(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                       struct fg_customer *out)
{
    static const char *const words[] = {"preferred", "required", "off"}; // enum fg_media_policy
    size_t index;
    if (node == NULL || !fg_field_shape(&reader->fields, node, FG_SHAPE_MEDIA)) {
        return;
    }
    const struct fg_yaml_node *srtp = fg_yaml_get(node, "srtp");
    if (srtp != NULL && fg_field_word(&reader->fields, srtp, "srtp", FG_WORDS(words), &index)) {
        out->media = (enum fg_media_policy)index;
    }
}

// trunk.require_srtp is about all media of the customer, calls that come in and later offers too.
static void join_media(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                       struct fg_customer *out)
{
    const struct fg_yaml_node *media = fg_yaml_get(map, "media");
    const struct fg_yaml_node *trunk = fg_yaml_get(map, "trunk");
    bool is_said = media != NULL && fg_yaml_get(media, "srtp") != NULL;
    if (out->trunk.require_srtp && is_said && out->media != FG_MEDIA_REQUIRED) {
        FG_FIELD_ERROR(&reader->fields, fg_yaml_get(trunk, "require_srtp"), FG_CODE_CONFLICT,
                       "require_srtp goes with media {srtp: required} only");
    }
    if (out->trunk.require_srtp) {
        out->media = FG_MEDIA_REQUIRED;
    }
    if (out->trunk.require_tls && out->pbx.has_address && out->pbx.transport != FG_PBX_TLS) {
        fg_yaml_report(fg_yaml_get(trunk, "require_tls"), reader->fields.diags, FG_WARNING,
                       FG_CODE_CONFLICT,
                       "calls to the customer's inbound.address are refused: it is not reached "
                       "over TLS");
    }
}

// Contacts are for the alerts, which read them from the file themselves; here only their shape.
static void check_contacts(struct fg_customer_reader *reader, const struct fg_yaml_node *node)
{
    if (node == NULL || node->kind == FG_YAML_MAP || node->kind == FG_YAML_SCALAR) {
        return;
    }
    (void)fg_customer_is_list(reader, node, "contacts", FG_CUSTOMER_ITEMS_MAX);
}

static void read_plain(struct fg_customer_reader *reader, const struct fg_yaml_node *map,
                       struct fg_customer *out)
{
    static const char *const policies[] = {"cap", "allow", "block"}; // enum fg_degraded_policy
    struct fg_fields *fields = &reader->fields;
    const struct fg_yaml_node *name = fg_yaml_get(map, "name");
    const struct fg_yaml_node *since = fg_yaml_get(map, "since");
    const struct fg_yaml_node *channels = fg_yaml_get(map, "channels");
    const struct fg_yaml_node *locale = fg_yaml_get(map, "locale");
    const struct fg_yaml_node *degraded = fg_yaml_get(map, "degraded_policy");
    size_t index;
    if (name != NULL) {
        out->name = fg_field_any_text(fields, name, "name");
    }
    if (out->name == NULL) {
        out->name = out->id;
    }
    if (since != NULL && (since->kind != FG_YAML_SCALAR ||
                          fg_date_parse(since->text, &out->since_yyyymmdd) != FG_OK)) {
        FG_FIELD_ERROR(fields, since, FG_CODE_TIME, "since must be a date such as \"2024-05-31\"");
    }
    if (channels != NULL) {
        (void)fg_field_int(fields, channels, "channels", 1, 1000000, &out->channels);
    }
    if (locale != NULL) {
        out->locale = fg_shared_text(reader, locale, "locale");
    }
    if (degraded != NULL &&
        fg_field_word(fields, degraded, "degraded_policy", FG_WORDS(policies), &index)) {
        out->degraded = (enum fg_degraded_policy)index;
    }
}

void fg_customer_read(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                      struct fg_customer *out)
{
    memset(out, 0, sizeof(*out));
    out->id = "";
    if (!fg_field_shape(&reader->fields, node, FG_SHAPE_CUSTOMER) && node->kind != FG_YAML_MAP) {
        return;
    }
    read_id(reader, node, out);
    read_zone(reader, node, out);
    read_plain(reader, node, out);
    read_profile(reader, fg_yaml_get(node, "profile"), out);
    read_tags(reader, fg_yaml_get(node, "tags"), out);
    read_money(reader, fg_yaml_get(node, "daily_limit"), fg_yaml_get(node, "currency"), out);
    read_media(reader, fg_yaml_get(node, "media"), out);
    fg_customer_read_inbound(reader, fg_yaml_get(node, "inbound"), out);
    check_contacts(reader, fg_yaml_get(node, "contacts"));
    fg_customer_read_numbers(reader, fg_yaml_get(node, "numbers"), out);
    fg_customer_read_dialling(reader, fg_yaml_get(node, "home_countries"),
                              fg_yaml_get(node, "dial_plan"), out);
    fg_customer_read_identity(reader, node, out);
    join_media(reader, node, out);
    fg_customer_read_hours(reader, fg_yaml_get(node, "hours"), fg_yaml_get(node, "holidays"), out);
}

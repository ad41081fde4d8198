// SPDX-License-Identifier: GPL-2.0-or-later
// The shape of calls in a rule test.
#include <string.h>

#include "pattern.h"
#include "testfile.h"

#define SANS_MAX 16

static void read_san(struct fg_fields *fields, const struct fg_yaml_node *node,
                     struct test_calls *out)
{
    if (!fg_field_is(fields, node, FG_YAML_LIST, "san")) {
        return;
    }
    if (node->n > SANS_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_LIMIT, "more than %d names in one certificate",
                       SANS_MAX);
        return;
    }
    const char **names = fg_field_alloc(fields, (node->n + 1) * sizeof(*names));
    for (const struct fg_yaml_node *item = node->first; item != NULL && names != NULL;
         item = item->next) {
        const char *name = fg_field_text(fields, item, "san");
        if (name != NULL) {
            names[out->n_san++] = name;
        }
    }
    out->san = names;
}

static void read_fingerprint(struct fg_fields *fields, const struct fg_yaml_node *node,
                             struct test_calls *out)
{
    out->has_fingerprint = node->kind == FG_YAML_SCALAR && node->text.len == 64;
    for (size_t i = 0; i < 32 && out->has_fingerprint; i++) {
        const int high = fg_hex_digit(node->text.ptr[2 * i]);
        const int low = fg_hex_digit(node->text.ptr[2 * i + 1]);
        out->has_fingerprint = high >= 0 && low >= 0;
        out->fingerprint[i] = (uint8_t)((unsigned)(high & 15) << 4 | (unsigned)(low & 15));
    }
    if (!out->has_fingerprint) {
        FG_FIELD_ERROR(fields, node, FG_CODE_ADDRESS, "a fingerprint is 64 hex digits");
    }
}

static void read_attrs(struct fg_fields *fields, const struct fg_yaml_node *node,
                       struct test_calls *out)
{
    if (!fg_field_is(fields, node, FG_YAML_MAP, "attrs")) {
        return;
    }
    for (const struct fg_yaml_node *key = node->first; key != NULL; key = key->next) {
        const char *name = fg_field_name(fields, key, "attribute", true);
        const char *value = fg_field_text(fields, key->value, "attribute");
        if (out->n_attrs == FG_ATTRS_MAX) {
            FG_FIELD_ERROR(fields, key, FG_CODE_LIMIT, "more than %d attributes", FG_ATTRS_MAX);
            return;
        }
        if (name != NULL && value != NULL) {
            out->attrs[out->n_attrs++] =
                (struct fg_attr){.name = fg_view_of(name), .value = fg_view_of(value)};
        }
    }
}

static void read_place(struct fg_fields *fields, const struct fg_yaml_node *node,
                       struct test_calls *out)
{
    const struct fg_yaml_node *country = fg_yaml_get(node, "src_country");
    const struct fg_yaml_node *asn = fg_yaml_get(node, "src_asn");
    if (country != NULL && fg_field_quoted(fields, country, "a country", "unquoted NO is false")) {
        out->src_country =
            country->kind == FG_YAML_SCALAR ? fg_country_parse(country->text) : FG_COUNTRY_NONE;
        if (out->src_country == FG_COUNTRY_NONE) {
            FG_FIELD_ERROR(fields, country, FG_CODE_COUNTRY, "src_country must be a country code");
        }
    }
    if (asn != NULL) {
        (void)fg_field_int(fields, asn, "src_asn", 1, INT32_MAX, &out->src_asn);
    }
}

static void read_signalling(struct fg_fields *fields, const struct fg_yaml_node *node,
                            struct test_calls *out)
{
    const struct fg_yaml_node *transport = fg_yaml_get(node, "transport");
    const struct fg_yaml_node *direction = fg_yaml_get(node, "direction");
    const struct fg_yaml_node *cert = fg_yaml_get(node, "cert");
    const struct fg_yaml_node *src = fg_yaml_get(node, "src");
    const struct fg_yaml_node *agent = fg_yaml_get(node, "user_agent");
    const struct fg_yaml_node *user = fg_yaml_get(node, "auth_user");
    size_t index;
    out->transport = FG_TRANSPORT_TLS;
    if (transport != NULL &&
        fg_field_word(fields, transport, "transport", fg_word_set(FG_SET_TRANSPORT), &index)) {
        out->transport = (enum fg_transport)(FG_TRANSPORT_UDP + (int)index);
    }
    if (direction != NULL &&
        fg_field_word(fields, direction, "direction", fg_word_set(FG_SET_DIRECTION), &index)) {
        out->direction = (enum fg_direction)index;
    }
    out->cert = fg_word_set(FG_SET_CERT).words[0];
    if (cert != NULL && fg_field_word(fields, cert, "cert", fg_word_set(FG_SET_CERT), &index)) {
        out->cert = fg_word_set(FG_SET_CERT).words[index];
    }
    if (src != NULL) {
        out->has_source = src->kind == FG_YAML_SCALAR && fg_ip_parse(src->text, &out->source);
        if (!out->has_source) {
            FG_FIELD_ERROR(fields, src, FG_CODE_ADDRESS, "src must be an IP address");
        }
    }
    if (agent != NULL) {
        out->user_agent = fg_field_text(fields, agent, "user_agent");
    }
    if (user != NULL) {
        out->auth_user = fg_field_text(fields, user, "auth_user");
    }
}

static void read_certificate(struct fg_fields *fields, const struct fg_yaml_node *node,
                             struct test_calls *out)
{
    const struct fg_yaml_node *san = fg_yaml_get(node, "san");
    const struct fg_yaml_node *fingerprint = fg_yaml_get(node, "fingerprint");
    const struct fg_yaml_node *days = fg_yaml_get(node, "days_left");
    const struct fg_yaml_node *bits = fg_yaml_get(node, "key_bits");
    out->days_left = 365;
    out->key_bits = 256;
    if (san != NULL) {
        read_san(fields, san, out);
    }
    if (fingerprint != NULL) {
        read_fingerprint(fields, fingerprint, out);
    }
    if (days != NULL) {
        (void)fg_field_int(fields, days, "days_left", -3650, 36500, &out->days_left);
    }
    if (bits != NULL) {
        (void)fg_field_int(fields, bits, "key_bits", 1, 65535, &out->key_bits);
    }
}

static void read_times(struct fg_fields *fields, const struct fg_yaml_node *node,
                       struct test_calls *out)
{
    const struct fg_yaml_node *repeat = fg_yaml_get(node, "repeat");
    const struct fg_yaml_node *every = fg_yaml_get(node, "every");
    const struct fg_yaml_node *duration = fg_yaml_get(node, "duration");
    const struct fg_yaml_node *at = fg_yaml_get(node, "at");
    const struct fg_yaml_node *ago = fg_yaml_get(node, "ago");
    out->repeat = 1;
    out->every_ms = FG_MS_PER_S;
    if (repeat != NULL) {
        (void)fg_field_int(fields, repeat, "repeat", 1, TEST_CALLS_MAX, &out->repeat);
    }
    if (every != NULL) {
        (void)fg_field_duration(fields, every, "every", 0, 31 * FG_MS_PER_DAY, &out->every_ms);
    }
    if (duration != NULL) {
        (void)fg_field_duration(fields, duration, "duration", 1, FG_MS_PER_DAY, &out->duration_ms);
    }
    if (at != NULL) {
        (void)fg_field_duration(fields, at, "at", 0, 366 * FG_MS_PER_DAY, &out->at_ms);
    }
    if (ago != NULL && fg_field_duration(fields, ago, "ago", 1, 400 * FG_MS_PER_DAY, &out->at_ms)) {
        out->at_ms = -out->at_ms;
    }
}

// What the relay would tell of the call's media; without any of it, it tells nothing.
static void read_media(struct fg_fields *fields, const struct fg_yaml_node *node,
                       struct test_calls *out)
{
    const struct fg_yaml_node *silent = fg_yaml_get(node, "silent_after");
    const struct fg_yaml_node *one_way = fg_yaml_get(node, "one_way_after");
    const struct fg_yaml_node *dtmf = fg_yaml_get(node, "dtmf");
    out->has_media = silent != NULL || one_way != NULL || dtmf != NULL;
    out->silent_after_ms = -1;
    out->one_way_after_ms = -1;
    if (silent != NULL) {
        (void)fg_field_duration(fields, silent, "silent_after", 0, FG_MS_PER_DAY,
                                &out->silent_after_ms);
    }
    if (one_way != NULL) {
        (void)fg_field_duration(fields, one_way, "one_way_after", 0, FG_MS_PER_DAY,
                                &out->one_way_after_ms);
    }
    if (dtmf != NULL) {
        (void)fg_field_int(fields, dtmf, "dtmf", 0, INT32_MAX, &out->dtmf);
    }
}

void test_calls_read(struct fg_fields *fields, const struct fg_yaml_node *node, enum fg_shape shape,
                     struct test_calls *out)
{
    memset(out, 0, sizeof(*out));
    out->repeat = 1;
    out->to = "";
    if (!fg_field_shape(fields, node, shape) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *from = fg_yaml_get(node, "from");
    const struct fg_yaml_node *to = fg_yaml_get(node, "to");
    const struct fg_yaml_node *srtp = fg_yaml_get(node, "srtp");
    const struct fg_yaml_node *attrs = fg_yaml_get(node, "attrs");
    static const char why[] = "unquoted +44 is the number 44 to other tools";
    if (from != NULL && fg_field_quoted(fields, from, "a number", why) &&
        pattern_check(fields, from, "from")) {
        out->from = fg_field_text(fields, from, "from");
    }
    if (to == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY, "the call needs a number: 'to'");
    } else if (fg_field_quoted(fields, to, "a number", why) && pattern_check(fields, to, "to")) {
        const char *text = fg_field_text(fields, to, "to");
        out->to = text == NULL ? "" : text;
    }
    out->srtp = true;
    if (srtp != NULL) {
        (void)fg_field_bool(fields, srtp, "srtp", &out->srtp);
    }
    if (attrs != NULL) {
        read_attrs(fields, attrs, out);
    }
    read_signalling(fields, node, out);
    read_place(fields, node, out);
    read_certificate(fields, node, out);
    read_times(fields, node, out);
    read_media(fields, node, out);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule test says of the time before its clock.
#include "hours.h"
#include "testfile.h"

#define AGO_MS (30 * FG_MS_PER_DAY)

// The items of a list of at most TEST_SEEN_MAX, and how many; NULL when there are none.
static const struct fg_yaml_node *
list_items(struct fg_fields *fields, const struct fg_yaml_node *map, const char *key, uint32_t *n)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    *n = 0;
    if (node == NULL || !fg_field_is(fields, node, FG_YAML_LIST, key)) {
        return NULL;
    }
    if (node->n > TEST_SEEN_MAX) {
        FG_FIELD_ERROR(fields, node, FG_CODE_LIMIT, "'%s' lists at most %d values", key,
                       TEST_SEEN_MAX);
        return NULL;
    }
    *n = node->n;
    return node->first;
}

static const fg_country *read_countries(struct fg_fields *fields, const struct fg_yaml_node *map,
                                        const char *key, uint32_t *out_n)
{
    uint32_t room;
    const struct fg_yaml_node *item = list_items(fields, map, key, &room);
    fg_country *out = fg_field_alloc(fields, (room + 1) * sizeof(*out));
    *out_n = 0;
    for (; item != NULL && out != NULL; item = item->next) {
        *out_n += fg_field_country(fields, item, key, &out[*out_n]);
    }
    return out;
}

static const char *const *read_numbers(struct fg_fields *fields, const struct fg_yaml_node *map,
                                       const char *key, uint32_t *out_n)
{
    uint32_t room;
    const struct fg_yaml_node *item = list_items(fields, map, key, &room);
    const char **out = fg_field_alloc(fields, (room + 1) * sizeof(*out));
    *out_n = 0;
    for (; item != NULL && out != NULL; item = item->next) {
        struct fg_number number;
        const char *text =
            fg_field_number(fields, item, key, &number) ? fg_field_copy(fields, item->text) : NULL;
        if (text != NULL) {
            out[(*out_n)++] = text;
        }
    }
    return out;
}

static void read_networks(struct fg_fields *fields, const struct fg_yaml_node *map,
                          struct test_history *out)
{
    uint32_t room;
    const struct fg_yaml_node *item = list_items(fields, map, "src.network", &room);
    struct fg_ip *networks = fg_field_alloc(fields, (room + 1) * sizeof(*networks));
    for (; item != NULL && networks != NULL; item = item->next) {
        if (item->kind == FG_YAML_SCALAR && fg_ip_parse(item->text, &networks[out->n_networks])) {
            out->n_networks++;
        } else {
            FG_FIELD_ERROR(fields, item, FG_CODE_ADDRESS,
                           "src.network lists IP addresses, such as \"203.0.113.9\"");
        }
    }
    out->networks = networks;
}

static void read_certificate(struct fg_fields *fields, const struct fg_yaml_node *node,
                             int64_t clock_ms, int64_t *out)
{
    if (!fg_field_quoted(fields, node, "a time", "other tools make a date of it")) {
        return;
    }
    if (fg_time_parse(node->text, out) != FG_OK) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TIME,
                       "cert_first_seen must be RFC 3339, such as \"2026-11-20T09:00:00Z\", not "
                       "'%.*s'",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr);
    } else if (*out > clock_ms || clock_ms - *out > FG_METER_REMEMBERED_MAX_MS) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TIME,
                       "cert_first_seen must be at or before the test's clock, and within 400 "
                       "days of it");
    }
}

static void read_past_calls(struct fg_fields *fields, const struct fg_yaml_node *node,
                            struct test_history *out)
{
    if (!fg_field_is(fields, node, FG_YAML_LIST, "calls")) {
        return;
    }
    out->calls = fg_field_alloc(fields, (node->n + 1) * sizeof(*out->calls));
    for (const struct fg_yaml_node *item = node->first; item != NULL && out->calls != NULL;
         item = item->next) {
        struct test_calls *calls = &out->calls[out->n_calls++];
        test_calls_read(fields, item, FG_SHAPE_PAST_CALL, calls);
        if (fg_yaml_get(item, "ago") == NULL) {
            FG_FIELD_ERROR(fields, item, FG_CODE_MISSING_KEY,
                           "a call of the history needs 'ago': how long before the clock, such as "
                           "30d");
        } else if (calls->at_ms + (calls->repeat - 1) * calls->every_ms > 0) {
            FG_FIELD_ERROR(fields, item, FG_CODE_TIME,
                           "the last of these calls would begin after the clock: more 'ago', or "
                           "fewer calls");
        }
    }
}

void test_history_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                       const struct fg_ruleset *ruleset, struct test_case *test)
{
    struct test_history *out = &test->history;
    if (!fg_field_shape(fields, node, FG_SHAPE_HISTORY) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *ago = fg_yaml_get(node, "ago");
    const struct fg_yaml_node *certificate = fg_yaml_get(node, "cert_first_seen");
    const struct fg_yaml_node *calls = fg_yaml_get(node, "calls");
    out->ago_ms = AGO_MS;
    out->dest_countries = read_countries(fields, node, "dest.country", &out->n_dest_countries);
    out->src_countries = read_countries(fields, node, "src.country", &out->n_src_countries);
    out->dest_numbers = read_numbers(fields, node, "dest.number", &out->n_dest_numbers);
    out->callers = read_numbers(fields, node, "caller.number", &out->n_callers);
    read_networks(fields, node, out);
    if (ago != NULL) {
        (void)fg_field_duration(fields, ago, "ago", 1, FG_METER_REMEMBERED_MAX_MS, &out->ago_ms);
    }
    if (certificate != NULL) {
        read_certificate(fields, certificate, test->clock_ms, &out->cert_seen_ms);
    }
    if (calls != NULL) {
        read_past_calls(fields, calls, out);
    }
    const struct fg_yaml_node *peers = fg_yaml_get(node, "peers");
    if (peers != NULL) {
        test_peers_read(fields, peers, ruleset, out);
    }
}

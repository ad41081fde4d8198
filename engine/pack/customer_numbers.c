// SPDX-License-Identifier: GPL-2.0-or-later
// A customer's numbers, home countries and way of dialling.
#include <stdio.h>
#include <string.h>

#include "customer_read.h"

// Splits "+4411…00-+4411…99" at its hyphen; false when there is none.
static bool split_range(struct fg_view text, struct fg_view *first, struct fg_view *last)
{
    const char *hyphen = memchr(text.ptr, '-', text.len);
    if (hyphen == NULL) {
        return false;
    }
    *first = (struct fg_view){text.ptr, (size_t)(hyphen - text.ptr)};
    *last = (struct fg_view){hyphen + 1, text.len - first->len - 1};
    while (first->len > 0 && first->ptr[first->len - 1] == ' ') {
        first->len--;
    }
    while (last->len > 0 && last->ptr[0] == ' ') {
        last->ptr++;
        last->len--;
    }
    return true;
}

static bool read_range(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                       struct fg_view first, struct fg_view last, struct fg_number_range *out)
{
    if (fg_number_parse_e164(first, &out->first) != FG_OK ||
        fg_number_parse_e164(last, &out->last) != FG_OK) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_PREFIX,
                       "a range is two E.164 numbers, such as \"+441632960000-+441632960099\"");
        return false;
    }
    if (out->first.len != out->last.len ||
        memcmp(out->first.digits, out->last.digits, out->first.len) > 0) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_PREFIX,
                       "a range is two numbers of one length, the smaller one first");
        return false;
    }
    char range[2 * FG_NUMBER_DIGITS_MAX + 2]; // however it was spaced
    int len = snprintf(range, sizeof(range), "%s-%s", out->first.digits, out->last.digits);
    reader->claim(reader->claim_ctx, FG_CLAIM_NUMBER, (struct fg_view){range, (size_t)len}, node);
    reader->range(reader->claim_ctx, out, node);
    return true;
}

// One entry; gives up to two ranges. A number is owned with everything that may follow it (the
// extensions behind it, or the block it stands for); a trailing "*" says that it is only a prefix.
static uint32_t read_number(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                            struct fg_number_range out[2])
{
    struct fg_view first;
    struct fg_view last;
    if (!fg_field_quoted(&reader->fields, node, "a number",
                         "unquoted +44 is the number 44 to other tools")) {
        return 0;
    }
    if (split_range(node->text, &first, &last)) {
        return read_range(reader, node, first, last, &out[0]) ? 1 : 0;
    }
    struct fg_yaml_node plain = *node;
    bool only_prefix = plain.text.ptr[plain.text.len - 1] == '*';
    plain.text.len -= only_prefix;
    struct fg_number number;
    if (!fg_field_number(&reader->fields, &plain, "a number", &number)) {
        return 0;
    }
    reader->claim(reader->claim_ctx, FG_CLAIM_NUMBER, plain.text, node);
    out[0] = (struct fg_number_range){.first = number};
    out[1] = (struct fg_number_range){.first = number, .last = number};
    return only_prefix ? 1 : 2;
}

void fg_customer_read_numbers(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                              struct fg_customer *out)
{
    if (node == NULL || !fg_customer_is_list(reader, node, "numbers", FG_CUSTOMER_NUMBERS_MAX)) {
        return;
    }
    struct fg_number_range *ranges =
        fg_field_alloc(&reader->fields, (size_t)node->n * 2 * sizeof(*ranges));
    if (ranges == NULL) {
        return;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        out->n_numbers += read_number(reader, item, &ranges[out->n_numbers]);
    }
    out->numbers = ranges;
}

// Digits (and x where any_digit says so) into a field of a dial plan; quoted, because 00 is the
// number 0 to other tools.
static void read_digits(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                        const char *what, size_t max, bool any_digit, char *out)
{
    if (node->kind == FG_YAML_SCALAR && node->quoted && node->text.len == 0) {
        out[0] = '\0';
        return;
    }
    if (!fg_field_quoted(&reader->fields, node, what,
                         "unquoted 00 is the number 0 to other tools")) {
        return;
    }
    bool fits = node->text.len <= max;
    for (size_t i = 0; i < node->text.len && fits; i++) {
        char c = node->text.ptr[i];
        fits = (c >= '0' && c <= '9') || (c == 'x' && any_digit);
    }
    if (!fits) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_DIAL_PLAN, "%s must be at most %u digits%s",
                       what, (unsigned)max, any_digit ? " (x: any digit)" : "");
        return;
    }
    memcpy(out, node->text.ptr, node->text.len);
    out[node->text.len] = '\0';
}

static void read_international(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                               struct fg_dial_plan *plan)
{
    memset(plan->international, 0, sizeof(plan->international));
    if (node->kind == FG_YAML_SCALAR) {
        read_digits(reader, node, "international", FG_INTERNATIONAL_DIGITS_MAX, true,
                    plan->international[0]);
        return;
    }
    if (!fg_customer_is_list(reader, node, "international prefixes", FG_INTERNATIONAL_MAX)) {
        return;
    }
    size_t n = 0;
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        read_digits(reader, item, "international", FG_INTERNATIONAL_DIGITS_MAX, true,
                    plan->international[n++]);
    }
}

// A calling code ("44") or a country ("GB") into plan. The facts of that country; NULL when there
// are none.
static const struct fg_country_facts *read_plan_country(struct fg_customer_reader *reader,
                                                        const struct fg_yaml_node *node,
                                                        struct fg_dial_plan *plan)
{
    if (node->kind != FG_YAML_SCALAR || node->text.len != 2 || node->text.ptr[0] < 'A') {
        read_digits(reader, node, "country", sizeof(plan->country_code) - 1, false,
                    plan->country_code);
        return fg_countries_by_code(reader->countries, plan->country_code);
    }
    fg_country country;
    if (!fg_field_country(&reader->fields, node, "country", &country)) {
        return NULL;
    }
    const struct fg_country_facts *facts = fg_countries_find(reader->countries, country);
    if (facts != NULL) {
        memcpy(plan->country_code, facts->dial_plan.country_code, sizeof(plan->country_code));
    } else if (reader->countries != NULL) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_DIAL_PLAN,
                       "no calling code is known for this country; write it, such as \"44\"");
    }
    return facts;
}

// What is usual where the customer dials: in the plan's country, else in the first home country.
static void begin_plan(struct fg_customer_reader *reader, fg_country home,
                       const struct fg_yaml_node *country, struct fg_dial_plan *plan)
{
    const struct fg_country_facts *facts = fg_countries_find(reader->countries, home);
    struct fg_dial_plan given = {.country_code = ""};
    if (country != NULL) {
        const struct fg_country_facts *own = read_plan_country(reader, country, &given);
        // Countries may share a calling code: the home country's own facts are nearer.
        bool same = facts != NULL && strcmp(facts->dial_plan.country_code, given.country_code) == 0;
        facts = same || given.country_code[0] == '\0' ? facts : own;
    }
    if (facts != NULL) {
        *plan = facts->dial_plan;
    } else {
        // ITU-T E.164 recommends 00 everywhere.
        memcpy(plan->international[0], "00", 3);
    }
    if (country != NULL) {
        memcpy(plan->country_code, given.country_code, sizeof(plan->country_code));
    }
}

static void read_plan(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                      struct fg_dial_plan *plan)
{
    const struct fg_yaml_node *international = fg_yaml_get(node, "international");
    const struct fg_yaml_node *trunk = fg_yaml_get(node, "trunk");
    if (international != NULL) {
        read_international(reader, international, plan);
    }
    if (trunk != NULL) {
        read_digits(reader, trunk, "trunk", sizeof(plan->trunk) - 1, false, plan->trunk);
    }
}

static fg_country read_home(struct fg_customer_reader *reader, const struct fg_yaml_node *node,
                            struct fg_customer *out)
{
    fg_country first = FG_COUNTRY_NONE;
    if (node == NULL || !fg_customer_is_list(reader, node, "home_countries", FG_COUNTRY_COUNT)) {
        return first;
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        fg_country country;
        if (fg_field_country(&reader->fields, item, "home country", &country)) {
            fg_country_set_add(&out->home_countries, country);
            out->has_home_countries = true;
            first = first == FG_COUNTRY_NONE ? country : first;
        }
    }
    return first;
}

void fg_customer_read_dialling(struct fg_customer_reader *reader,
                               const struct fg_yaml_node *home_countries,
                               const struct fg_yaml_node *dial_plan, struct fg_customer *out)
{
    fg_country home = read_home(reader, home_countries, out);
    if (dial_plan != NULL) {
        (void)fg_field_shape(&reader->fields, dial_plan, FG_SHAPE_DIAL_PLAN);
    }
    begin_plan(reader, home, fg_yaml_get(dial_plan, "country"), &out->dial_plan);
    read_plan(reader, dial_plan, &out->dial_plan);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Exceptions: rows of values for named signals, in which a rule does not count.
#include "build.h"

#define FIELDS_MAX 8
#define ROWS_MAX   10000

struct exception_fields {
    const struct fg_yaml_node *nodes[FIELDS_MAX];
    uint32_t n;
};

static bool read_fields(struct pack_build *build, const struct fg_yaml_node *list,
                        struct exception_fields *out)
{
    if (!fg_field_is(&build->fields, list, FG_YAML_LIST, "fields")) {
        return false;
    }
    if (list->n == 0 || list->n > FIELDS_MAX) {
        FG_FIELD_ERROR(&build->fields, list, FG_CODE_LIMIT, "an exception has 1 to %d fields",
                       FIELDS_MAX);
        return false;
    }
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next) {
        if (!fg_field_is(&build->fields, item, FG_YAML_SCALAR, "field")) {
            return false;
        }
        for (uint32_t i = 0; i < out->n; i++) {
            if (fg_view_equal(out->nodes[i]->text, item->text)) {
                FG_FIELD_ERROR(&build->fields, item, FG_CODE_DUPLICATE,
                               "field '%.*s' is named twice",
                               item->text.len > 64 ? 64 : (int)item->text.len, item->text.ptr);
                return false;
            }
        }
        out->nodes[out->n++] = item;
    }
    return true;
}

// One row: a value a field, all of which must match. With one field the value may stand alone.
static bool compile_row(struct pack_build *build, const struct exception_fields *names,
                        const struct fg_yaml_node *row, struct fg_condition *out)
{
    bool alone = row->kind != FG_YAML_LIST && names->n == 1;
    if (!alone && !fg_field_is(&build->fields, row, FG_YAML_LIST, "row of values")) {
        return false;
    }
    if (!alone && row->n != names->n) {
        FG_FIELD_ERROR(&build->fields, row, FG_CODE_TYPE,
                       "the exception has %u fields, but this row has %u values", names->n, row->n);
        return false;
    }
    const struct fg_yaml_node *value = alone ? row : row->first;
    uint32_t room = 0;
    for (uint32_t i = 0; i < names->n; i++) {
        room += pack_matcher_size(value);
        value = value->next;
    }
    struct fg_predicate *all = fg_field_alloc(&build->fields, (room + 1) * sizeof(*all));
    value = alone ? row : row->first;
    for (uint32_t i = 0; i < names->n && all != NULL; i++, value = value->next) {
        struct fg_yaml_node copy = *value;
        struct fg_yaml_node key = *names->nodes[i];
        key.value = &copy;
        uint32_t n = pack_compile_matcher(build, &key, all + out->n);
        if (n == 0) {
            return false; // told already; the name of a wrong field is told once
        }
        out->n += n;
    }
    out->all = all;
    return all != NULL;
}

static void compile_rows(struct pack_build *build, const struct exception_fields *names,
                         const struct fg_yaml_node *rows, struct fg_exception *out)
{
    if (!fg_field_is(&build->fields, rows, FG_YAML_LIST, "values")) {
        return;
    }
    if (rows->n == 0 || rows->n > ROWS_MAX) {
        FG_FIELD_ERROR(&build->fields, rows, FG_CODE_LIMIT,
                       "an exception has 1 to %d rows of values", ROWS_MAX);
        return;
    }
    struct fg_condition *any = fg_field_alloc(&build->fields, rows->n * sizeof(*any));
    for (const struct fg_yaml_node *row = rows->first; row != NULL && any != NULL;
         row = row->next) {
        out->n += compile_row(build, names, row, &any[out->n]) ? 1U : 0U;
    }
    out->any = any;
}

static void compile_exception(struct pack_build *build, const struct fg_yaml_node *node,
                              struct fg_exception *out)
{
    struct fg_fields *fields = &build->fields;
    if (!fg_field_shape(fields, node, FG_SHAPE_EXCEPTION) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *names = fg_yaml_get(node, "fields");
    const struct fg_yaml_node *values = fg_yaml_get(node, "values");
    struct exception_fields parsed = {.n = 0};
    struct pack_agreement agreement;
    if (names == NULL || values == NULL) {
        FG_FIELD_ERROR(fields, node, FG_CODE_MISSING_KEY,
                       "the exception needs 'fields' and 'values', such as fields: [customer.id], "
                       "values: [[acme]]");
    } else if (read_fields(build, names, &parsed)) {
        compile_rows(build, &parsed, values, out);
    }
    (void)pack_read_agreement(build, node, "exception", false, &agreement);
    out->reason = agreement.reason;
    out->owner = agreement.owner;
    out->until_ms = agreement.until_ms;
}

void pack_compile_exceptions(struct pack_build *build, const struct fg_yaml_node *list,
                             const char *origin, struct fg_rule *rule)
{
    if (!fg_field_is(&build->fields, list, FG_YAML_LIST, "exceptions")) {
        return;
    }
    if (list->n > FG_EXCEPTIONS_MAX) {
        FG_FIELD_ERROR(&build->fields, list, FG_CODE_LIMIT, "a rule has at most %d exceptions",
                       FG_EXCEPTIONS_MAX);
        return;
    }
    struct fg_exception *exceptions =
        fg_field_alloc(&build->fields, (list->n + 1) * sizeof(*exceptions));
    for (const struct fg_yaml_node *item = list->first; item != NULL && exceptions != NULL;
         item = item->next) {
        struct fg_exception *exception = &exceptions[rule->n_exceptions++];
        exception->origin = (struct fg_origin){origin, item->line, item->column};
        compile_exception(build, item, exception);
    }
    rule->exceptions = exceptions;
}

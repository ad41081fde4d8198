// SPDX-License-Identifier: GPL-2.0-or-later
// What a rule test says of the other customers of its customer's profile.
#include "testfile.h"

static bool read_peers(struct fg_fields *fields, const struct fg_yaml_node *item,
                       const struct fg_ruleset *ruleset, struct fg_words names,
                       struct test_peers *out)
{
    size_t index;
    if (!fg_field_shape(fields, item, FG_SHAPE_TEST_PEERS)) {
        return false;
    }
    const struct fg_yaml_node *meter = fg_yaml_get(item, "meter");
    if (!fg_field_word(fields, meter, "meter", names, &index)) {
        return false;
    }
    if (!ruleset->meters[index].peers) {
        FG_FIELD_ERROR(fields, meter, FG_CODE_TEST,
                       "'%s' is no typical meter that learns from peers", names.words[index]);
        return false;
    }
    out->meter = (uint16_t)index;
    return fg_field_micro(fields, fg_yaml_get(item, "usual"), "usual", &out->usual) &&
           fg_field_int(fields, fg_yaml_get(item, "customers"), "customers", 1, FG_PEERS_MAX,
                        &out->customers);
}

void test_peers_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                     const struct fg_ruleset *ruleset, struct test_history *out)
{
    const char **names = fg_field_alloc(fields, ((size_t)ruleset->n_meters + 1) * sizeof(*names));
    if (names == NULL || !fg_field_is(fields, node, FG_YAML_LIST, "peers")) {
        return;
    }
    for (uint32_t i = 0; i < ruleset->n_meters; i++) {
        names[i] = ruleset->meters[i].name;
    }
    out->peers = fg_field_alloc(fields, ((size_t)node->n + 1) * sizeof(*out->peers));
    for (const struct fg_yaml_node *item = node->first; item != NULL && out->peers != NULL;
         item = item->next) {
        out->n_peers +=
            read_peers(fields, item, ruleset, (struct fg_words){names, ruleset->n_meters},
                       &out->peers[out->n_peers]);
    }
}

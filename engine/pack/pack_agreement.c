// SPDX-License-Identifier: GPL-2.0-or-later
// Reason, owner and expiry of exceptions and overrides.
#include <stdio.h>

#include "build.h"
#include "hours.h"

// A date's end in UTC, or "never".
static bool read_expiry(struct pack_build *build, const struct fg_yaml_node *node, const char *what,
                        int64_t *until_ms)
{
    struct fg_fields *fields = &build->fields;
    int32_t yyyymmdd;
    char midnight[32];
    *until_ms = FG_NEVER_MS;
    if (node->kind == FG_YAML_SCALAR && fg_view_equal(node->text, fg_view_of("never"))) {
        return true;
    }
    if (!fg_field_quoted(fields, node, "expires", "other tools make a date of it")) {
        return false;
    }
    if (fg_date_parse(node->text, &yyyymmdd) != FG_OK) {
        FG_FIELD_ERROR(fields, node, FG_CODE_TIME,
                       "expires must be a date such as \"2027-03-31\", or never, not '%.*s'",
                       node->text.len > 64 ? 64 : (int)node->text.len, node->text.ptr);
        return false;
    }
    (void)snprintf(midnight, sizeof(midnight), "%.10sT00:00:00Z", node->text.ptr);
    if (fg_time_parse(fg_view_of(midnight), until_ms) != FG_OK) {
        return false;
    }
    *until_ms += FG_MS_PER_DAY;
    if (build->now_ms >= *until_ms) {
        fg_yaml_report(node, fields->diags, FG_WARNING, FG_CODE_EXPIRED,
                       "the %s expired on %.10s and no longer applies; renew or remove it", what,
                       node->text.ptr);
    }
    return true;
}

static void require(struct pack_build *build, const struct fg_yaml_node *map,
                    const struct fg_yaml_node *value, const char *what, const char *needs)
{
    if (value == NULL) {
        FG_FIELD_ERROR(&build->fields, map, FG_CODE_MISSING_KEY, "the %s needs %s", what, needs);
    }
}

bool pack_read_agreement(struct pack_build *build, const struct fg_yaml_node *map, const char *what,
                         bool needs_owner, struct pack_agreement *out)
{
    const struct fg_yaml_node *reason = fg_yaml_get(map, "reason");
    const struct fg_yaml_node *owner = fg_yaml_get(map, "owner");
    const struct fg_yaml_node *expires = fg_yaml_get(map, "expires");
    *out = (struct pack_agreement){.until_ms = FG_NEVER_MS};
    require(build, map, reason, what, "a 'reason', such as a ticket");
    require(build, map, expires, what, "'expires': a date such as \"2027-03-31\", or never");
    if (needs_owner) {
        require(build, map, owner, what, "an 'owner' who answers for it");
    }
    if (reason != NULL) {
        out->reason = fg_field_text(&build->fields, reason, "reason");
    }
    if (owner != NULL) {
        out->owner = fg_field_text(&build->fields, owner, "owner");
    }
    bool dated = expires != NULL && read_expiry(build, expires, what, &out->until_ms);
    return dated && out->reason != NULL && (out->owner != NULL || !needs_owner);
}

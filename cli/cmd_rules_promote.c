// SPDX-License-Identifier: GPL-2.0-or-later
// Changes the mode of one rule or composite in its file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fg/pack_edit.h"
#include "file.h"
#include "rules_edit.h"

struct promotion {
    const struct invocation *call;
    const char *directory, *id;
    const char *file; // of the rule
    struct fg_promotion to;
};

static bool read_target(const char *word, struct fg_promotion *out)
{
    char *end = NULL;
    unsigned long percent = 0;

    *out = (struct fg_promotion){.mode = FG_MODE_ENFORCE};
    if (word == NULL || strcmp(word, "enforce") == 0) {
        return true;
    }
    if (strcmp(word, "shadow") == 0 || strcmp(word, "off") == 0) {
        out->mode = word[0] == 's' ? FG_MODE_SHADOW : FG_MODE_OFF;
        return true;
    }
    if (word[0] < '0' || word[0] > '9' || strlen(word) > 4) {
        return false;
    }
    percent = strtoul(word, &end, 10);
    if (percent > 100 || (*end != '\0' && strcmp(end, "%") != 0)) {
        return false;
    }
    out->rolls_out = true;
    out->percent = (uint8_t)percent;
    return true;
}

// What a rule or composite is now.
struct state {
    const struct fg_origin *origin;
    enum fg_mode mode;
    bool rolls_out;
    uint8_t percent;
};

static bool find_state(const struct fg_ruleset *ruleset, const char *id, struct state *out)
{
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        const struct fg_rule *rule = &ruleset->rules[i];
        if (strcmp(rule->id, id) == 0) {
            *out =
                (struct state){&rule->origin, rule->mode, rule->rolls_out, rule->rollout_percent};
            return true;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        const struct fg_composite *composite = &ruleset->composites[i];
        if (strcmp(composite->id, id) == 0) {
            *out = (struct state){&composite->origin, composite->mode, composite->rolls_out,
                                  composite->rollout_percent};
            return true;
        }
    }
    return false;
}

static enum exit_code unknown_rule(const struct fg_ruleset *ruleset, const char *id)
{
    const char **ids = calloc((size_t)ruleset->n_rules + ruleset->n_composites + 1, sizeof(*ids));
    size_t n = 0;

    for (uint32_t i = 0; ids != NULL && i < ruleset->n_rules; i++) {
        ids[n++] = ruleset->rules[i].id;
    }
    for (uint32_t i = 0; ids != NULL && i < ruleset->n_composites; i++) {
        ids[n++] = ruleset->composites[i].id;
    }
    complain("no rule or composite '%s'%s", id, ids == NULL ? "" : suggestion(id, ids, n));
    free(ids);
    return EXIT_NOT_FOUND;
}

// What would be loaded must be what was asked for.
static enum exit_code check_result(const struct promotion *promotion, const char *bytes,
                                   size_t length)
{
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = EXIT_FAILED;
    int rc = FG_ENOMEM;

    if (diags == NULL) {
        return code;
    }
    rc = edit_try(promotion->call, promotion->directory, promotion->file, bytes, length, diags,
                  &bundle);
    fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
    if (rc == FG_OK) {
        const struct fg_promotion *to = &promotion->to;
        struct state state;
        code = EXIT_OK;
        if (!find_state(fg_policy_of(bundle)->ruleset, promotion->id, &state) ||
            state.mode != to->mode ||
            (to->rolls_out && (!state.rolls_out || state.percent != to->percent))) {
            complain("%s: the rule would not become what was asked for; nothing is changed",
                     promotion->file);
            code = EXIT_RULES;
        }
        fg_policy_bundle_free(bundle);
    } else {
        complain("%s: it could not be loaded any more; nothing is changed", promotion->file);
        code = rules_code(promotion->file, rc, diags);
    }
    fg_diags_free(diags);
    return code;
}

static enum exit_code apply(const struct promotion *promotion, const char *before, char *after,
                            size_t length)
{
    const bool dry_run = invocation_option(promotion->call, "dry-run") != NULL;
    enum exit_code code = EXIT_OK;

    if (strcmp(before, after) == 0) {
        complain("%s: %s is so already", promotion->file, promotion->id);
        return EXIT_OK;
    }
    code = check_result(promotion, after, length);
    if (code == EXIT_OK && !dry_run && !file_replace(promotion->file, after, length)) {
        code = EXIT_FAILED;
    }
    if (code == EXIT_OK) {
        edit_show(&promotion->call->output, promotion->file, before, after);
        code = fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
    }
    if (code == EXIT_OK && dry_run) {
        complain("nothing is changed (--dry-run)");
    }
    return code;
}

static enum exit_code edit(const struct promotion *promotion, struct fg_diags *diags)
{
    char *before = NULL;
    char *after = NULL;
    size_t length = 0;
    size_t after_length = 0;
    enum exit_code code = EXIT_FAILED;
    int rc = FG_OK;

    if (!file_read(promotion->file, &before, &length)) {
        return EXIT_FAILED;
    }
    rc = fg_pack_promote(promotion->file, (struct fg_view){before, length}, promotion->id,
                         &promotion->to, diags, &after, &after_length);
    if (rc == FG_OK) {
        code = apply(promotion, before, after, after_length);
    } else if (rc == FG_ESYNTAX) {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        code = EXIT_RULES;
    } else {
        code = rules_failed(promotion->file, rc);
    }
    free(after);
    free(before);
    return code;
}

enum exit_code cmd_rules_promote(struct invocation *call)
{
    const char *directory = invocation_option(call, "dir");
    struct promotion promotion = {.call = call, .id = call->arguments[0]};
    struct fg_diags *diags = NULL;
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = EXIT_FAILED;
    int rc = FG_OK;

    promotion.directory = directory == NULL ? call->rules_dir : directory;
    if (!read_target(invocation_option(call, "to"), &promotion.to)) {
        complain("--to takes enforce, shadow, off or a percentage from 0 to 100");
        return EXIT_USAGE;
    }
    code = rules_directory(promotion.directory);
    if (code != EXIT_OK) {
        return code;
    }
    diags = fg_diags_new();
    if (diags == NULL) {
        return EXIT_FAILED;
    }
    rc = rules_load(call, promotion.directory, diags, &bundle);
    if (rc == FG_OK) {
        const struct fg_ruleset *ruleset = fg_policy_of(bundle)->ruleset;
        struct state state;
        if (!find_state(ruleset, promotion.id, &state) || state.origin->file == NULL) {
            code = unknown_rule(ruleset, promotion.id);
        } else {
            promotion.file = state.origin->file;
            promotion.to.mode_holds = state.mode == promotion.to.mode;
            code = edit(&promotion, diags);
        }
        fg_policy_bundle_free(bundle);
    } else {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        code = rules_code(promotion.directory, rc, diags);
    }
    fg_diags_free(diags);
    return code;
}

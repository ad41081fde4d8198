// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy.h"

#include <stdlib.h>

#include "rules.h"

static enum exit_code load(const struct invocation *call, const struct fg_policy_paths *given,
                           struct fg_policy_bundle **out)
{
    // A fixed key: the same calls must give the same results in every run.
    static const struct fg_hash_key key = {{0}};
    const enum fg_diag_style style = call->output.colour ? FG_DIAG_HUMAN_COLOUR : FG_DIAG_HUMAN;
    char *data = rules_data_dir(call, call->rules_dir);
    struct fg_policy_paths paths = *given;
    struct fg_diags *diags = fg_diags_new();
    int rc = FG_ENOMEM;

    paths.customers_file = call->customers_file;
    paths.data_dir = data;
    if (diags != NULL && data != NULL) {
        rc = fg_policy_load(&paths, fg_heap_libc(), &key, diags, out);
    }
    if (rc != FG_OK && diags != NULL) {
        fg_diags_print(diags, style, stderr);
    }
    const enum exit_code code = rules_code(call->rules_dir, rc, diags);
    fg_diags_free(diags);
    free(data);
    return code;
}

enum exit_code policy_open(const struct invocation *call, const char *rates_file,
                           const char *networks_file, struct fg_policy_bundle **out)
{
    const struct fg_policy_paths paths = {
        .rules_dir = call->rules_dir, .rates_file = rates_file, .networks_file = networks_file};
    const enum exit_code there = rules_directory(call->rules_dir);

    return there == EXIT_OK ? load(call, &paths, out) : there;
}

enum exit_code policy_open_data(const struct invocation *call, struct fg_policy_bundle **out)
{
    const struct fg_policy_paths paths = {.rules_dir = NULL};

    return load(call, &paths, out);
}

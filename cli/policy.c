// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy.h"

#include <stdlib.h>

#include "rules.h"

enum exit_code policy_open(const struct invocation *call, const char *rates_file,
                           const char *networks_file, struct fg_policy_bundle **out)
{
    const enum exit_code there = rules_directory(call->rules_dir);
    if (there != EXIT_OK) {
        return there;
    }
    // A fixed key: the same calls must give the same results in every run.
    static const struct fg_hash_key key = {{0}};
    const enum fg_diag_style style = call->output.colour ? FG_DIAG_HUMAN_COLOUR : FG_DIAG_HUMAN;
    char *data = rules_data_dir(call, call->rules_dir);
    const struct fg_policy_paths paths = {.rules_dir = call->rules_dir,
                                          .customers_file = call->customers_file,
                                          .data_dir = data,
                                          .rates_file = rates_file,
                                          .networks_file = networks_file};
    struct fg_diags *diags = fg_diags_new();
    enum exit_code code = EXIT_OK;
    int rc = FG_ENOMEM;

    if (diags != NULL && data != NULL) {
        rc = fg_policy_load(&paths, fg_heap_libc(), &key, diags, out);
    }
    if (rc != FG_OK && diags != NULL) {
        fg_diags_print(diags, style, stderr);
    }
    code = rules_code(call->rules_dir, rc, diags);
    fg_diags_free(diags);
    free(data);
    return code;
}

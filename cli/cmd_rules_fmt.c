// SPDX-License-Identifier: GPL-2.0-or-later
// Lays packs and tests out.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fg/pack_edit.h"
#include "file.h"
#include "rules_edit.h"

static enum exit_code refuse(const char *path, int rc, const struct fg_diags *diags)
{
    if (rc == FG_ESYNTAX) {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        return EXIT_RULES;
    }
    if (rc == FG_EINVAL) {
        complain("%s: cannot be laid out without a change of meaning; left as it is", path);
        return EXIT_REFUSED;
    }
    return rules_failed(path, rc);
}

// *differs: the file is, or was, not laid out.
static enum exit_code lay_out(const struct invocation *call, const char *path, bool *differs)
{
    const bool check = invocation_option(call, "check") != NULL;
    struct fg_diags *diags = fg_diags_new();
    char *before = NULL;
    char *after = NULL;
    size_t length = 0;
    size_t after_length = 0;
    enum exit_code code = EXIT_FAILED;

    if (diags != NULL && file_read(path, &before, &length)) {
        const int rc = fg_pack_layout(path, before, length, diags, &after, &after_length);
        code = rc == FG_OK ? EXIT_OK : refuse(path, rc, diags);
    } else if (diags != NULL) {
        code = file_code_of(path);
    }
    if (code == EXIT_OK && after != NULL &&
        (length != after_length || memcmp(before, after, length) != 0)) {
        *differs = true;
        if (check) {
            edit_show(&call->output, path, before, after);
        } else if (file_replace(path, after, after_length)) {
            (void)printf("%s\n", path);
        } else {
            code = EXIT_FAILED;
        }
    }
    free(after);
    free(before);
    fg_diags_free(diags);
    return code;
}

enum exit_code cmd_rules_fmt(struct invocation *call)
{
    enum exit_code code = EXIT_OK;
    bool differs = false;

    for (size_t i = 0; i < call->n_arguments; i++) {
        const enum exit_code one = lay_out(call, call->arguments[i], &differs);
        code = code == EXIT_OK ? one : code;
    }
    if (code == EXIT_OK && fflush(stdout) != 0) {
        code = EXIT_FAILED;
    }
    return code == EXIT_OK && differs && invocation_option(call, "check") != NULL ? EXIT_FAILED
                                                                                  : code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "customers.h"

#include <stdlib.h>

#include "fg/heap.h"
#include "fg/pack.h"
#include "file.h"

// Hashes of one short run: nobody can aim at them.
static const struct fg_hash_key any_key = {{0}};

enum exit_code customers_open(const struct invocation *call, struct customers_file *out)
{
    const enum fg_diag_style style = call->output.colour ? FG_DIAG_HUMAN_COLOUR : FG_DIAG_HUMAN;
    char *bytes = NULL;
    size_t length = 0;
    struct fg_diags *diags = NULL;
    int rc = FG_ENOMEM;

    if (!file_read(call->customers_file, &bytes, &length)) {
        return file_code_of(call->customers_file);
    }
    diags = fg_diags_new();
    out->arena = fg_arena_new(fg_heap_libc());
    if (diags != NULL && out->arena != NULL) {
        rc = fg_customers_parse(call->customers_file, bytes, length, &any_key, out->arena, diags,
                                &out->table);
    }
    if (rc == FG_ESYNTAX) {
        fg_diags_print(diags, style, stderr);
    } else if (rc != FG_OK) {
        complain("%s: %s", call->customers_file, fg_strerror(rc));
    }
    fg_diags_free(diags);
    free(bytes);
    if (rc != FG_OK) {
        customers_close(out);
        return rc == FG_ESYNTAX ? EXIT_RULES : EXIT_FAILED;
    }
    return EXIT_OK;
}

void customers_close(struct customers_file *file)
{
    if (file->arena != NULL) {
        fg_arena_free(file->arena);
        file->arena = NULL;
    }
}

void customers_complain(const struct invocation *call, const struct fg_customers *table,
                        const char *id)
{
    const char **ids = calloc(table->n == 0 ? 1 : table->n, sizeof(*ids));

    for (uint32_t i = 0; ids != NULL && i < table->n; i++) {
        ids[i] = table->items[i].id;
    }
    complain("no customer '%s' in %s%s", id, call->customers_file,
             ids == NULL ? "" : suggestion(id, ids, table->n));
    free(ids);
}

enum exit_code customers_check(const struct invocation *call, const char *id)
{
    struct customers_file file = {0};
    enum exit_code code = EXIT_OK;

    if (call->customers_file == NULL) {
        return EXIT_OK;
    }
    code = customers_open(call, &file);
    if (code != EXIT_OK) {
        return code;
    }
    if (fg_customers_by_id(&file.table, fg_view_of(id)) == NULL) {
        customers_complain(call, &file.table, id);
        code = EXIT_NOT_FOUND;
    }
    customers_close(&file);
    return code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

char *rules_data_dir(const struct invocation *call, const char *directory)
{
    // A directory under work need not have numbering data of its own.
    const char *const packs[] = {directory, call->rules_dir, call->usual_rules_dir};
    char *data = NULL;

    if (call->data_dir != NULL) {
        return strdup(call->data_dir);
    }
    for (size_t i = 0; i < sizeof(packs) / sizeof(packs[0]); i++) {
        free(data);
        if (asprintf(&data, "%s/data", packs[i]) < 0) {
            return NULL;
        }
        if (is_directory(data)) {
            return data;
        }
    }
    complain("there is no numbering data in %s/data or %s; --data DIR or $FRAUDGUARD_DATA says "
             "where it is",
             directory, data);
    return data;
}

int rules_load(const struct invocation *call, const char *directory, struct fg_diags *diags,
               struct fg_policy_bundle **out)
{
    // Hashes of one short run: nobody can aim at them.
    static const struct fg_hash_key any_key = {{0}};
    char *data = rules_data_dir(call, directory);
    const struct fg_policy_paths paths = {.rules_dir = directory,
                                          .customers_file = call->customers_file,
                                          .data_dir = data,
                                          .now_ms = (int64_t)time(NULL) * FG_MS_PER_S};
    const int rc =
        data == NULL ? FG_ENOMEM : fg_policy_load(&paths, fg_heap_libc(), &any_key, diags, out);

    free(data);
    return rc;
}

static const char *severity_name(enum fg_severity severity)
{
    switch (severity) {
    case FG_NOTE:
        return "note";
    case FG_WARNING:
        return "warning";
    case FG_ERROR:
        break;
    }
    return "error";
}

static bool add_diag(struct table *table, const struct fg_diag *diag)
{
    const char *severity = severity_name(diag->severity);
    char line[16];
    char column[16];
    struct fg_json *object = fg_json_object_new();
    const bool complete = fg_json_set_string(object, "file", diag->file) &&
                          fg_json_set_integer(object, "line", diag->line) &&
                          fg_json_set_integer(object, "column", diag->column) &&
                          fg_json_set_integer(object, "length", diag->length) &&
                          fg_json_set_string(object, "severity", severity) &&
                          fg_json_set_string(object, "code", diag->code) &&
                          fg_json_set_string(object, "message", diag->message) &&
                          fg_json_set_string(object, "source", diag->source);

    if (!complete) {
        fg_json_free(object);
        return false;
    }
    (void)snprintf(line, sizeof(line), "%u", (unsigned)diag->line);
    (void)snprintf(column, sizeof(column), "%u", (unsigned)diag->column);
    const char *const cells[] = {diag->file, line, column, severity, diag->code, diag->message};
    return table_add(table, cells, object);
}

bool rules_print(const struct invocation *call, const struct fg_diags *diags)
{
    static const char *const columns[] = {"FILE", "LINE", "COLUMN", "SEVERITY", "CODE", "MESSAGE"};
    struct table *table = NULL;
    bool complete = false;

    if (call->output.format == OUTPUT_HUMAN) {
        fg_diags_print(diags, call->output.colour ? FG_DIAG_HUMAN_COLOUR : FG_DIAG_HUMAN, stdout);
        return fflush(stdout) == 0;
    }
    table = table_new("diagnostics", columns, sizeof(columns) / sizeof(columns[0]));
    complete = table != NULL;
    for (uint32_t i = 0; complete && fg_diags_at(diags, i) != NULL; i++) {
        complete = add_diag(table, fg_diags_at(diags, i));
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    return complete;
}

enum exit_code rules_failed(const char *what, int rc)
{
    complain("%s: %s", what, fg_strerror(rc));
    return EXIT_FAILED;
}

static enum exit_code code_of(const struct fg_diag *diag)
{
    static const char file_code[] = "FG005"; // of docs/pack-format.md: cannot be read

    // With a line it is about what the file says: a list that is not there.
    if (diag->severity != FG_ERROR) {
        return EXIT_OK;
    }
    if (strcmp(diag->code, file_code) != 0 || diag->line > 0 || diag->file == NULL) {
        return EXIT_RULES;
    }
    if (access(diag->file, F_OK) != 0) {
        return file_code_of(diag->file);
    }
    return access(diag->file, R_OK) == 0 ? EXIT_RULES : EXIT_FAILED;
}

enum exit_code rules_code(const char *what, int rc, const struct fg_diags *diags)
{
    enum exit_code code = EXIT_OK;

    if (rc == FG_OK) {
        return EXIT_OK;
    }
    if (rc == FG_ENOMEM || diags == NULL || fg_diags_count(diags, FG_ERROR) == 0) {
        return rules_failed(what, rc);
    }
    for (uint32_t i = 0; fg_diags_at(diags, i) != NULL; i++) {
        const enum exit_code one = code_of(fg_diags_at(diags, i));
        code = code == EXIT_OK || code == EXIT_FAILED || one == EXIT_RULES
                   ? (one == EXIT_OK ? code : one)
                   : code;
    }
    return code == EXIT_OK ? EXIT_RULES : code;
}

enum exit_code rules_directory(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        complain("%s: %s", path, errno == ENOENT ? "no such directory" : strerror(errno));
        return file_code_of(path);
    }
    if (!S_ISDIR(status.st_mode)) {
        complain("%s: not a directory", path);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return strdup(".");
    }
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

bool is_test_file(const char *path)
{
    static const char suffix[] = ".test.yaml";
    const size_t n = strlen(path);
    const size_t m = sizeof(suffix) - 1;

    return n > m && strcmp(path + n - m, suffix) == 0;
}

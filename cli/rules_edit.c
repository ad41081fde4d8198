// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules_edit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AHEAD 4 // added lines that are told from changed ones

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    const size_t n = line_length(line);

    return line + n + (line[n] == '\n' ? 1 : 0);
}

static bool same_line(const char *a, const char *b)
{
    const size_t n = line_length(a);

    return n == line_length(b) && memcmp(a, b, n) == 0;
}

// How many lines of after come before one that is as this line of before; -1: not soon.
static int lines_until(const char *line, const char *after)
{
    for (int i = 0; i < LOOK_AHEAD && *after != '\0'; i++) {
        if (same_line(line, after)) {
            return i;
        }
        after = next_line(after);
    }
    return -1;
}

static void show_line(const struct output *output, char mark, const char *line)
{
    const enum output_tone tone = mark == '+' ? TONE_GOOD : TONE_BAD;

    (void)printf("%s%c%.*s%s\n", tone_begin(output, tone), mark, (int)line_length(line), line,
                 tone_end(output, tone));
}

void edit_show(const struct output *output, const char *file, const char *before, const char *after)
{
    unsigned number = 1;
    bool named = false; // the place of this run of differences is printed

    while (*before != '\0' || *after != '\0') {
        int added = *before == '\0' ? 1 : lines_until(before, after);
        if (added == 0) {
            before = next_line(before);
            after = next_line(after);
            named = false;
            number++;
            continue;
        }
        if (!named) {
            (void)printf("%s:%u\n", file, number);
            named = true;
        }
        if (added < 0) {
            // Changed, or gone.
            show_line(output, '-', before);
            before = next_line(before);
            added = *after != '\0' && (*before == '\0' || !same_line(before, after)) ? 1 : 0;
        }
        for (; added > 0; added--) {
            show_line(output, '+', after);
            after = next_line(after);
            number++;
        }
    }
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool link_entry(const char *directory, const char *shadow, const char *name)
{
    char *target = NULL;
    char *link = NULL;
    bool done = asprintf(&target, "%s/%s", directory, name) >= 0;

    if (!done) {
        return false;
    }
    if (asprintf(&link, "%s/%s", shadow, name) < 0) {
        free(target);
        return false;
    }
    done = symlink(target, link) == 0;
    free(link);
    free(target);
    return done;
}

// Links every entry of directory but `except` into shadow.
static bool link_entries(const char *directory, const char *shadow, const char *except)
{
    char *real = realpath(directory, NULL);
    struct dirent **entries = NULL;
    const int n = real == NULL ? -1 : scandir(real, &entries, is_entry, alphasort);
    bool done = n >= 0;

    for (int i = 0; i < n; i++) {
        if (strcmp(entries[i]->d_name, except) != 0) {
            done = done && link_entry(real, shadow, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    free(real);
    return done;
}

static bool write_file(const char *shadow, const char *name, const char *bytes, size_t length)
{
    char *path = NULL;
    FILE *file = NULL;
    bool done = false;

    if (asprintf(&path, "%s/%s", shadow, name) < 0) {
        return false;
    }
    file = fopen(path, "wbxe");
    if (file != NULL) {
        done = fwrite(bytes, 1, length, file) == length;
        done = fclose(file) == 0 && done;
    }
    free(path);
    return done;
}

// The links and the file; nothing else is in there.
static void remove_shadow(const char *shadow)
{
    struct dirent **entries = NULL;
    const int n = scandir(shadow, &entries, is_entry, alphasort);

    for (int i = 0; i < n; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s", shadow, entries[i]->d_name) >= 0) {
            (void)unlink(path);
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    (void)rmdir(shadow);
}

// Copies diagnostics, with directory in the place of shadow.
static void rename_diags(const struct fg_diags *from, const char *shadow, const char *directory,
                         struct fg_diags *diags)
{
    const size_t n = strlen(shadow);

    for (uint32_t i = 0; fg_diags_at(from, i) != NULL; i++) {
        struct fg_diag diag = *fg_diags_at(from, i);
        char *file = NULL;
        if (diag.file != NULL && strncmp(diag.file, shadow, n) == 0 &&
            asprintf(&file, "%s%s", directory, diag.file + n) >= 0) {
            diag.file = file;
        }
        fg_diags_add(diags, &diag, "%s", diag.message);
        if (diag.file == file) {
            free(file);
        }
    }
}

int edit_try(const struct invocation *call, const char *directory, const char *file,
             const char *bytes, size_t length, struct fg_diags *diags,
             struct fg_policy_bundle **out)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash == NULL ? file : slash + 1;
    const char *place = getenv("TMPDIR");
    struct fg_diags *found = fg_diags_new();
    char *shadow = NULL;
    int rc = FG_ENOMEM;

    if (found == NULL || asprintf(&shadow, "%s/fgctl.XXXXXX", place == NULL ? "/tmp" : place) < 0) {
        fg_diags_free(found);
        return rc;
    }
    if (mkdtemp(shadow) == NULL) {
        complain("%s: %s", shadow, strerror(errno));
        rc = FG_EIO;
    } else {
        rc = FG_EIO;
        if (link_entries(directory, shadow, name) && write_file(shadow, name, bytes, length)) {
            rc = rules_load(call, shadow, found, out);
            rename_diags(found, shadow, directory, diags);
        } else {
            complain("%s: %s", shadow, strerror(errno));
        }
        remove_shadow(shadow);
    }
    fg_diags_free(found);
    free(shadow);
    return rc;
}

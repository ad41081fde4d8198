// SPDX-License-Identifier: GPL-2.0-or-later
// A directory of files for one test.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct scratch_dir {
    char path[64];
    char files[16][96]; // to be removed, newest last
    int n;
};

static inline void scratch_dir_open(struct scratch_dir *dir)
{
    memset(dir, 0, sizeof(*dir));
    (void)snprintf(dir->path, sizeof(dir->path), "/tmp/fg-test-XXXXXX");
    assert_non_null(mkdtemp(dir->path));
}

// Writes a file, or over one that was written before.
static inline void scratch_dir_write(struct scratch_dir *dir, const char *name, const char *text)
{
    assert_true(dir->n < 16);
    char *path = dir->files[dir->n];
    (void)snprintf(path, sizeof(dir->files[0]), "%s/%s", dir->path, name);
    int i = 0;
    while (strcmp(dir->files[i], path) != 0) {
        i++;
    }
    dir->n += i == dir->n ? 1 : 0;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void scratch_dir_subdir(struct scratch_dir *dir, const char *name)
{
    assert_true(dir->n < 16);
    char *path = dir->files[dir->n++];
    (void)snprintf(path, sizeof(dir->files[0]), "%s/%s", dir->path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static inline void scratch_dir_remove(struct scratch_dir *dir)
{
    while (dir->n > 0) {
        assert_int_equal(remove(dir->files[--dir->n]), 0);
    }
    assert_int_equal(rmdir(dir->path), 0);
}

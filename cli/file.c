// SPDX-License-Identifier: GPL-2.0-or-later
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (1024U * 1024U * 1024U) // a million customers are half of that

bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

enum exit_code file_code_of(const char *path)
{
    return access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR) ? EXIT_NOT_FOUND
                                                                            : EXIT_FAILED;
}

bool is_readable(const char *path)
{
    if (access(path, R_OK) != 0) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool read_open(FILE *file, const char *path, char **bytes, size_t *length)
{
    struct stat status;
    char *content = NULL;
    size_t size = 0;

    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        complain("%s: not a regular file", path);
        return false;
    }
    if (status.st_size > (off_t)FILE_BYTES_MAX) {
        complain("%s: larger than %u MiB", path, FILE_BYTES_MAX / 1024 / 1024);
        return false;
    }
    size = (size_t)status.st_size;
    content = malloc(size + 1);
    if (content == NULL) {
        complain("out of memory");
        return false;
    }
    *length = fread(content, 1, size, file);
    content[*length] = '\0';
    if (ferror(file) != 0) {
        complain("%s: cannot be read", path);
        free(content);
        return false;
    }
    *bytes = content;
    return true;
}

bool file_read(const char *path, char **bytes, size_t *length)
{
    // O_NONBLOCK: opening a FIFO must not wait for a writer; it is refused below.
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    bool read = false;

    if (file == NULL) {
        complain("%s: %s", path, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    read = read_open(file, path, bytes, length);
    (void)fclose(file);
    return read;
}

static bool ends_in(const char *text, const char *suffix)
{
    const size_t n = strlen(text);
    const size_t m = strlen(suffix);

    return n > m && strcmp(text + n - m, suffix) == 0;
}

void files_free(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(paths[i]);
    }
    free(paths);
}

bool files_list(const char *directory, const char *suffix, char ***paths, size_t *n)
{
    struct dirent **entries = NULL;
    const int count = scandir(directory, &entries, NULL, alphasort);
    char **found = NULL;
    bool complete = false;

    *n = 0;
    if (count < 0) {
        complain("%s: %s", directory, strerror(errno));
        return false;
    }
    found = calloc((size_t)count + 1, sizeof(*found));
    complete = found != NULL;
    for (int i = 0; i < count; i++) {
        if (complete && entries[i]->d_name[0] != '.' && ends_in(entries[i]->d_name, suffix)) {
            complete = asprintf(&found[*n], "%s/%s", directory, entries[i]->d_name) >= 0;
            *n += complete ? 1 : 0;
        }
        free(entries[i]);
    }
    free(entries);
    if (!complete) {
        complain("out of memory");
        files_free(found, *n);
        return false;
    }
    *paths = found;
    return true;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        const ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0;
}

// Moves what is written to temporary, open as fd, to path.
static bool put_in_place(int fd, const char *temporary, const char *path, const char *bytes,
                         size_t length)
{
    struct stat status;
    bool done = stat(path, &status) == 0 && write_all(fd, bytes, length);

    // Only root can keep another owner; without that, the file becomes the editor's.
    done = done && (fchown(fd, status.st_uid, status.st_gid) == 0 || errno == EPERM) &&
           fchmod(fd, status.st_mode & 07777U) == 0;
    return close(fd) == 0 && done && rename(temporary, path) == 0;
}

bool file_replace(const char *path, const char *bytes, size_t length)
{
    char *real = realpath(path, NULL); // the file itself, not a link to it
    char *temporary = NULL;
    bool done = false;

    if (real != NULL && asprintf(&temporary, "%s.XXXXXX", real) >= 0) {
        const int fd = mkostemp(temporary, O_CLOEXEC);
        done = fd >= 0 && put_in_place(fd, temporary, real, bytes, length);
        if (!done) {
            complain("%s: cannot be written: %s", path, strerror(errno));
        }
        if (!done && fd >= 0) {
            (void)unlink(temporary);
        }
        free(temporary);
    } else {
        complain("%s: %s", path, strerror(errno));
    }
    free(real);
    return done;
}

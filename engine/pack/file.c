// SPDX-License-Identifier: GPL-2.0-or-later
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Reads until len bytes or the end.
static int read_all(int fd, char *bytes, size_t len, size_t *got)
{
    *got = 0;
    while (*got < len) {
        ssize_t n = read(fd, bytes + *got, len - *got);
        if (n == 0) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            return FG_EIO;
        }
        *got += n > 0 ? (size_t)n : 0;
    }
    return FG_OK;
}

int fg_file_read(const char *path, size_t max_bytes, struct fg_file *file)
{
    memset(file, 0, sizeof(*file));
    // O_NONBLOCK: opening a FIFO must not wait for a writer; it is refused below.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        file->system_error = errno;
        return FG_EIO;
    }
    struct stat status;
    int rc = FG_OK;
    if (fstat(fd, &status) != 0) {
        rc = FG_EIO;
        file->system_error = errno;
    } else if (!S_ISREG(status.st_mode)) {
        rc = FG_EIO;
        file->system_error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    } else if (status.st_size < 0 || (size_t)status.st_size > max_bytes) {
        rc = FG_ELIMIT;
    }
    if (rc == FG_OK) {
        file->bytes = malloc((size_t)status.st_size + 1);
        rc = file->bytes == NULL ? FG_ENOMEM
                                 : read_all(fd, file->bytes, (size_t)status.st_size, &file->len);
        if (rc == FG_EIO) {
            file->system_error = errno;
        }
    }
    if (rc == FG_OK) {
        file->bytes[file->len] = '\0';
        file->changed_ms = (int64_t)status.st_mtim.tv_sec * 1000;
    } else {
        free(file->bytes);
        file->bytes = NULL;
        file->len = 0;
    }
    (void)close(fd);
    return rc;
}

void fg_file_fini(struct fg_file *file)
{
    free(file->bytes);
    file->bytes = NULL;
    file->len = 0;
}

const char *fg_file_error(int code, const struct fg_file *file)
{
    if (code == FG_EIO && file->system_error != 0) {
        return strerror(file->system_error);
    }
    return code == FG_ELIMIT ? "the file is too big" : fg_strerror(code);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "calls_input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (1U << 20)
#define COMPLAINTS  20 // bad rows that are told one by one

static void skip_row(void *arg, uint64_t line, const char *why)
{
    struct calls_input *input = arg;

    input->skipped++;
    if (input->skipped <= COMPLAINTS) {
        progress_clear(&input->progress);
        complain("%s:%" PRIu64 ": %s", input->name, line, why);
    } else if (input->skipped == COMPLAINTS + 1) {
        complain("%s: further rows are skipped without a word", input->name);
    }
}

static void tell_columns(void *arg, uint64_t line, const char *what)
{
    const struct calls_input *input = arg;

    complain("%s:%" PRIu64 ": %s", input->name, line, what);
}

static int take_row(void *arg, const struct fg_call_row *row)
{
    struct calls_input *input = arg;
    const int rc = input->take(input->arg, row);

    if (rc == FG_EINVAL) {
        skip_row(input, row->line, "starts before calls that lie 16384 rows earlier in the file");
        return FG_OK;
    }
    input->knows_labels = row->knows_labels;
    input->good++;
    return rc;
}

// Feeds everything that fd gives. FG_EIO after a complaint.
static int feed(struct calls_input *input, struct fg_calls *calls, int fd)
{
    char *piece = malloc(PIECE_BYTES);
    uint64_t bytes = 0;
    ssize_t n = 1;
    int rc = piece == NULL ? FG_ENOMEM : FG_OK;

    while (rc == FG_OK && n > 0) {
        do {
            n = read(fd, piece, PIECE_BYTES);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            complain("%s: %s", input->name, strerror(errno));
            rc = FG_EIO;
        } else {
            rc = fg_calls_feed(calls, piece, (size_t)n);
            bytes += (uint64_t)n;
            progress_show(&input->progress, bytes, input->good);
        }
    }
    free(piece);
    return rc == FG_OK ? fg_calls_finish(calls) : rc;
}

int calls_input_read(struct calls_input *input, bool progress)
{
    const struct fg_calls_sink sink = {
        .row = take_row, .bad = skip_row, .unknown = tell_columns, .arg = input};
    const bool standard = strcmp(input->name, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(input->name, O_RDONLY | O_CLOEXEC);
    struct fg_calls *calls = NULL;
    struct stat status;
    int rc = FG_ENOMEM;

    if (fd < 0 || fstat(fd, &status) != 0) {
        input->absent = fd < 0 && errno == ENOENT;
        complain("%s: %s", input->name, strerror(errno));
        return FG_EIO;
    }
    if (standard) {
        input->name = "standard input";
    }
    progress_begin(&input->progress, progress,
                   S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0);
    calls = fg_calls_new(&sink);
    if (calls != NULL) {
        rc = feed(input, calls, fd);
    }
    fg_calls_free(calls);
    if (!standard) {
        (void)close(fd);
    }
    return rc;
}

enum exit_code calls_input_end(struct calls_input *input, int rc)
{
    progress_clear(&input->progress);
    if (rc != FG_OK) {
        if (rc == FG_ESYNTAX) {
            complain("%s: no calls file, so nothing is read of it", input->name);
        } else if (rc != FG_EIO) {
            complain("%s: %s", input->name, fg_strerror(rc));
        }
        return input->absent ? EXIT_NOT_FOUND : EXIT_FAILED;
    }
    if (input->good + input->skipped == 0) {
        complain("%s: there is no call in it", input->name);
    }
    if (input->skipped > 0) {
        complain("%s: %" PRIu64 " of %" PRIu64 " rows skipped", input->name, input->skipped,
                 input->skipped + input->good);
    }
    return input->good == 0 && input->skipped > 0 ? EXIT_FAILED : EXIT_OK;
}

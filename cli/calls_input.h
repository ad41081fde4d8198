// SPDX-License-Identifier: GPL-2.0-or-later
// Reading a calls file from the command line: in pieces, with progress, and with complaints about
// the rows that are skipped.
#pragma once

#include "fg/calls.h"
#include "fgctl.h"
#include "progress.h"

struct calls_input {
    const char *name; // of the file; "-": standard input
    // FG_EINVAL: the row starts too early for where it stands, and is skipped. Any other error ends
    // the reading.
    int (*take)(void *arg, const struct fg_call_row *row);
    void *arg;
    struct progress progress;
    uint64_t good, skipped;
    bool knows_labels; // the file has a label column; known from the first good row on
    bool absent;       // there is no such file
};

// Reads all of it; progress: --progress was given. FG_OK; FG_EIO or FG_ESYNTAX after a complaint;
// else what take() returned.
FG_MUST_CHECK int calls_input_read(struct calls_input *input, bool progress);
// Takes progress away and complains about rc, unless that was done already, and about how many rows
// were skipped. EXIT_NOT_FOUND where there is no such file; else EXIT_FAILED, also when not one row
// was good and some were bad.
enum exit_code calls_input_end(struct calls_input *input, int rc);

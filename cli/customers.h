// SPDX-License-Identifier: GPL-2.0-or-later
// The customers file as fgctl needs it.
#pragma once

#include "fg/customer.h"
#include "fgctl.h"

struct fg_arena;
struct customers_file {
    struct fg_arena *arena;
    struct fg_customers table;
};

// Reads call's customers file. EXIT_RULES (diagnostics printed to stderr) or EXIT_FAILED after a
// complaint. Not to be called without a file.
enum exit_code customers_open(const struct invocation *call, struct customers_file *out);
void customers_close(struct customers_file *file);
// That call's customers file, read as table, has no id, with the nearest that it has.
void customers_complain(const struct invocation *call, const struct fg_customers *table,
                        const char *id);
// Whether call's customers file knows id; without such a file everybody is known. EXIT_NOT_FOUND
// with a suggestion, EXIT_RULES or EXIT_FAILED after a complaint.
enum exit_code customers_check(const struct invocation *call, const char *id);

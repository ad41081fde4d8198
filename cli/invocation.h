// SPDX-License-Identifier: GPL-2.0-or-later
// From argv to an invocation, and help from the same tables.
#pragma once

#include "fgctl.h"

// Options that every command takes, ended by a NULL name.
extern const struct command_option global_options[];

// Reads argv into *out. EXIT_OK with out->command (NULL: none named; out->help tells whether help
// was asked for), or EXIT_USAGE after a complaint. *group is set to the first word of a two-word
// command that lacks its second word, else NULL.
enum exit_code invocation_parse(int argc, char **argv, struct invocation *out, const char **group);

// Help for fgctl as a whole, or for the commands whose first word is group.
void help_print(FILE *out, const char *group);
void help_print_command(FILE *out, const struct command *command);

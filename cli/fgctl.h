// SPDX-License-Identifier: GPL-2.0-or-later
// What every command of fgctl shares: its place in the table, the options, the exit codes.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

// Exit codes, part of the contract with scripts.
enum exit_code {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_DOWN = 3,      // Redis (or another daemon) cannot be reached
    EXIT_NOT_FOUND = 4, // no such call, customer, hold
    EXIT_RULES = 5,     // rules or customers file invalid, or a rule test failed
    EXIT_REFUSED = 6,   // refused by policy
    EXIT_DEGRADED = 7   // works, but not as it should
};

struct command_option {
    const char *name;  // "for", without dashes
    const char *value; // "TIME"; NULL: a flag
    const char *help;
    char letter; // '\0': none
};

#define OPTIONS_MAX   8
#define ARGUMENTS_MAX 256

struct invocation;
struct command {
    const char *name;      // "rules check": one or two words
    const char *arguments; // "SCOPE", for the usage line; NULL: none
    enum exit_code (*run)(struct invocation *call);
    const char *help;    // one line
    const char *details; // further lines for --help; NULL: none
    size_t min_arguments, max_arguments;
    struct command_option options[OPTIONS_MAX]; // ended by a NULL name
};

// One run of fgctl.
struct invocation {
    const struct command *command;
    const char *arguments[ARGUMENTS_MAX];
    size_t n_arguments;
    const char *values[OPTIONS_MAX]; // of command->options; flags: ""
    struct output output;
    const char *redis_url;       // never NULL
    const char *rules_dir;       // never NULL
    const char *usual_rules_dir; // those of the environment, or of the installation
    bool rules_given;            // rules_dir comes from the command line
    const char *customers_file;  // NULL: not given
    bool customers_given;        // customers_file comes from the command line
    const char *data_dir;        // NULL: not given
    bool help;
};

// Value of an option of the command; NULL when it was not given. Flags give "".
const char *invocation_option(const struct invocation *call, const char *name);

// An option that is a number from 1 to most (at most 9999); usual when it was not given. EXIT_USAGE
// after a complaint.
enum exit_code invocation_count(const struct invocation *call, const char *name, size_t usual,
                                size_t most, size_t *n);

// The table of commands, ended by a NULL name.
extern const struct command commands[];

// Prints "fgctl: MESSAGE" to stderr; format is a literal of ours.
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// From now on complaints are written there, the last one counts; NULL: to stderr again.
void complain_into(char *buffer, size_t size);
// "; did you mean 'X'?" for the nearest of words (n of them) within reach of word, else "".
// Static storage, overwritten by the next call.
const char *suggestion(const char *word, const char *const *words, size_t n);

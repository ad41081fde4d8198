// SPDX-License-Identifier: GPL-2.0-or-later
// The manual page, in mdoc, made from the tables that help is made from.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "invocation.h"

// Text on lines of its own: what would be a request, an escape or an option's minus is written so
// that it is none.
static void print_text(const char *text)
{
    bool line_begins = true;

    for (; *text != '\0'; text++) {
        if (line_begins && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", stdout);
        }
        if (line_begins && *text == ' ') {
            // Lines that are set off stay as they are.
            (void)fputs(".br\n\\ ", stdout);
        }
        line_begins = *text == '\n';
        if (*text == '\\') {
            (void)fputs("\\e", stdout);
        } else if (*text == '-') {
            (void)fputs("\\-", stdout);
        } else if (*text == ' ' && text[-1] == '.' && !line_begins) {
            // A sentence begins a line, so that mdoc sets the space between them.
            (void)putchar('\n');
            line_begins = true;
        } else {
            (void)putchar(*text);
        }
    }
}

static void print_option(const struct command_option *option)
{
    (void)printf(".It ");
    if (option->letter != '\0') {
        (void)printf("Fl %c , ", option->letter);
    }
    (void)printf("Fl \\-%s", option->name);
    if (option->value != NULL) {
        (void)printf(" Ar %s", option->value);
    }
    (void)putchar('\n');
    print_text(option->help);
    (void)putchar('\n');
}

static void print_command(const struct command *command)
{
    (void)printf(".Ss fgctl %s", command->name);
    if (command->arguments != NULL) {
        (void)printf(" %s", command->arguments);
    }
    (void)putchar('\n');
    print_text(command->help);
    (void)puts(".");
    if (command->details != NULL) {
        (void)puts(".Pp");
        print_text(command->details);
        (void)putchar('\n');
    }
    if (command->options[0].name != NULL) {
        (void)puts(".Bl -tag -width Ds");
        for (size_t i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
            print_option(&command->options[i]);
        }
        (void)puts(".El");
    }
}

static void print_environment(void)
{
    static const char *const variables[][2] = {
        {"FRAUDGUARD_REDIS", "where Redis is, else unix:/run/fraudguard/redis.sock"},
        {"FRAUDGUARD_RULES", "the rules, else /etc/fraudguard/rules"},
        {"FRAUDGUARD_CUSTOMERS", "the customers file"},
        {"FRAUDGUARD_DATA", "numbering data and rates, else the directory data of the rules"},
        {"FRAUDGUARD_KAMAILIO", "socket of Kamailio's jsonrpcs, else /run/fraudguard/kamailio.rpc"},
        {"FRAUDGUARD_HASH_KEY", "the nodes' hash_key_file"},
        {"NO_COLOR", "set: no colours"},
    };

    (void)puts(".Sh ENVIRONMENT\n.Bl -tag -width Ds");
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        (void)printf(".It Ev %s\n", variables[i][0]);
        print_text(variables[i][1]);
        (void)putchar('\n');
    }
    (void)puts(".El");
}

static void print_exit_status(void)
{
    static const char *const meanings[] = {"It is done.",
                                           "It failed.",
                                           "The command line is wrong.",
                                           "Redis or Kamailio cannot be reached.",
                                           "There is no such call, customer, hold or file.",
                                           "Rules or customers are invalid, or a rule test failed.",
                                           "It is refused by policy.",
                                           "It works, but not as it should."};

    (void)puts(".Sh EXIT STATUS\n.Bl -tag -width Ds");
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        (void)printf(".It %zu\n", i);
        print_text(meanings[i]);
        (void)putchar('\n');
    }
    (void)puts(".El");
}

enum exit_code cmd_manual(struct invocation *call)
{
    (void)call;
    (void)printf(".\\\" written by `fgctl manual`\n"
                 ".Dd $Mdocdate$\n.Dt FGCTL 1\n.Os Fraudguard %s\n"
                 ".Sh NAME\n.Nm fgctl\n.Nd rules, verdicts, holds and trunks of Fraudguard\n"
                 ".Sh SYNOPSIS\n.Nm\n.Op Ar options\n.Ar command\n.Op Ar argument ...\n"
                 ".Sh DESCRIPTION\n.Nm\n",
                 FG_VERSION);
    print_text("shows and changes what the guard of SIP trunks does, and is the rule author's "
               "tool. Data goes "
               "to standard output, everything else to standard error. Numbers are masked.");
    (void)puts("\n.Pp\nOptions of every command:\n.Bl -tag -width Ds");
    for (const struct command_option *option = global_options; option->name != NULL; option++) {
        print_option(option);
    }
    (void)puts(".El\n.Sh COMMANDS");
    for (const struct command *c = commands; c->name != NULL; c++) {
        print_command(c);
    }
    print_environment();
    print_exit_status();
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_OK : EXIT_FAILED;
}

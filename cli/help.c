// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "invocation.h"

static void print_options(FILE *out, const struct command_option *options, size_t max)
{
    for (size_t i = 0; i < max && options[i].name != NULL; i++) {
        const struct command_option *option = &options[i];
        char left[64];
        char letter[8] = "    ";

        if (option->letter != '\0') {
            (void)snprintf(letter, sizeof(letter), "-%c, ", option->letter);
        }
        (void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name,
                       option->value == NULL ? "" : " ",
                       option->value == NULL ? "" : option->value);
        (void)fprintf(out, "  %-22s  %s\n", left, option->help);
    }
}

static void print_commands(FILE *out, const char *group)
{
    const size_t length = group == NULL ? 0 : strlen(group);

    for (const struct command *c = commands; c->name != NULL; c++) {
        char left[64];
        if (group != NULL && (strncmp(c->name, group, length) != 0 || c->name[length] != ' ')) {
            continue;
        }
        (void)snprintf(left, sizeof(left), "%s%s%s", c->name, c->arguments == NULL ? "" : " ",
                       c->arguments == NULL ? "" : c->arguments);
        (void)fprintf(out, "  %-28s  %s\n", left, c->help);
    }
}

static void print_exit_codes(FILE *out)
{
    (void)fputs("Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon down, 4 not found, "
                "5 rules invalid,\n            6 refused by policy, 7 degraded\n",
                out);
}

void help_print(FILE *out, const char *group)
{
    (void)fprintf(out,
                  "usage: fgctl [OPTIONS] %s%s...\n\n"
                  "Fraudguard at the command line: rules, verdicts, holds and trunks.\n\n"
                  "Commands:\n",
                  group == NULL ? "COMMAND " : group, group == NULL ? "" : " COMMAND ");
    print_commands(out, group);
    (void)fputs("\nOptions of every command:\n", out);
    print_options(out, global_options, 32);
    (void)fputs("\n'fgctl COMMAND --help' tells more about one.\n\n"
                "Environment: FRAUDGUARD_REDIS (else unix:/run/fraudguard/redis.sock), "
                "FRAUDGUARD_RULES\n             (else /etc/fraudguard/rules), "
                "FRAUDGUARD_CUSTOMERS, FRAUDGUARD_DATA, FRAUDGUARD_KAMAILIO\n             (else "
                "/run/fraudguard/kamailio.rpc), NO_COLOR\n",
                out);
    print_exit_codes(out);
}

void help_print_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, "usage: fgctl %s%s%s", command->name, command->arguments == NULL ? "" : " ",
                  command->arguments == NULL ? "" : command->arguments);
    (void)fprintf(out, " [OPTIONS]\n\n%s.\n", command->help);
    if (command->details != NULL) {
        (void)fprintf(out, "%s\n", command->details);
    }
    if (command->options[0].name != NULL) {
        (void)fputs("\nOptions:\n", out);
        print_options(out, command->options, OPTIONS_MAX);
    }
    (void)fputs("\nOptions of every command:\n", out);
    print_options(out, global_options, 32);
    (void)fputc('\n', out);
    print_exit_codes(out);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "invocation.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command_option global_options[] = {
    {"redis", "URL",
     "unix:PATH, HOST:PORT, redis://[USER:PASSWORD@]HOST[:PORT][/DB], sentinel://... or "
     "cluster://...",
     '\0'},
    {"rules", "DIR", "rule packs", '\0'},
    {"customers", "FILE", "customers file", '\0'},
    {"data", "DIR", "numbering data and rates (else the directory data of the rules)", '\0'},
    {"output", "FORMAT", "human, json, jsonl or tsv", 'o'},
    {"color", "WHEN", "auto, always or never (auto heeds $NO_COLOR)", '\0'},
    {"help", NULL, "show help and exit", 'h'},
    {"version", NULL, "show the version and exit", '\0'},
    {0},
};

enum global {
    GLOBAL_REDIS,
    GLOBAL_RULES,
    GLOBAL_CUSTOMERS,
    GLOBAL_DATA,
    GLOBAL_OUTPUT,
    GLOBAL_COLOUR,
    GLOBAL_HELP,
    GLOBAL_VERSION
};
#define GLOBALS      (sizeof(global_options) / sizeof(global_options[0]) - 1)
#define COMMANDS_MAX 64

struct parser {
    char **argv;
    int argc, at;
    struct invocation *call;
    const char *group; // first word of a two-word command
    const char *globals[GLOBALS];
    bool only_arguments; // after "--"
};

static char *complaint; // where complaints go instead of stderr; NULL: stderr
static size_t complaint_size;

void complain_into(char *buffer, size_t size)
{
    complaint = buffer;
    complaint_size = size;
}

void complain(const char *format, ...)
{
    va_list arguments;

    if (complaint != NULL) {
        va_start(arguments, format);
        (void)vsnprintf(complaint, complaint_size, format, arguments);
        va_end(arguments);
        return;
    }
    (void)fputs("fgctl: ", stderr);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

const char *invocation_option(const struct invocation *call, const char *name)
{
    for (size_t i = 0; i < OPTIONS_MAX && call->command->options[i].name != NULL; i++) {
        if (strcmp(call->command->options[i].name, name) == 0) {
            return call->values[i];
        }
    }
    return NULL;
}

static bool is_group(const char *word)
{
    const size_t length = strlen(word);

    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strncmp(c->name, word, length) == 0 && c->name[length] == ' ') {
            return true;
        }
    }
    return false;
}

// group NULL: a command of one word.
static const struct command *find_command(const char *group, const char *word)
{
    const size_t length = group == NULL ? 0 : strlen(group);

    for (const struct command *c = commands; c->name != NULL; c++) {
        if (group == NULL ? strcmp(c->name, word) == 0
                          : strncmp(c->name, group, length) == 0 && c->name[length] == ' ' &&
                                strcmp(c->name + length + 1, word) == 0) {
            return c;
        }
    }
    return NULL;
}

// The words that could stand where word stands: first words, or second words of a group.
static size_t collect_words(const char *group, const char *words[COMMANDS_MAX],
                            char storage[COMMANDS_MAX][32])
{
    const size_t length = group == NULL ? 0 : strlen(group) + 1;
    size_t n = 0;

    for (const struct command *c = commands; c->name != NULL && n < COMMANDS_MAX; c++) {
        if (group != NULL &&
            (strncmp(c->name, group, length - 1) != 0 || c->name[length - 1] != ' ')) {
            continue;
        }
        (void)snprintf(storage[n], sizeof(storage[n]), "%.*s", (int)strcspn(c->name + length, " "),
                       c->name + length);
        words[n] = storage[n];
        n++;
    }
    return n;
}

static enum exit_code complain_command(const struct parser *parser, const char *word)
{
    const char *words[COMMANDS_MAX];
    char storage[COMMANDS_MAX][32];
    const size_t n = collect_words(parser->group, words, storage);

    complain("unknown command '%s%s%s'%s", parser->group == NULL ? "" : parser->group,
             parser->group == NULL ? "" : " ", word, suggestion(word, words, n));
    complain("'fgctl --help' lists the commands");
    return EXIT_USAGE;
}

static enum exit_code take_argument(struct parser *parser, const char *word)
{
    struct invocation *call = parser->call;

    if (call->command != NULL) {
        if (call->n_arguments == ARGUMENTS_MAX) {
            complain("too many arguments");
            return EXIT_USAGE;
        }
        call->arguments[call->n_arguments++] = word;
        return EXIT_OK;
    }
    if (parser->group == NULL && strcmp(word, "help") == 0) {
        call->help = true;
        return EXIT_OK;
    }
    call->command = find_command(parser->group, word);
    if (call->command != NULL) {
        parser->group = NULL;
        return EXIT_OK;
    }
    if (parser->group == NULL && is_group(word)) {
        parser->group = word;
        return EXIT_OK;
    }
    return complain_command(parser, word);
}

static const struct command_option *find_option(const struct command_option *options, size_t n,
                                                const char *name, size_t length, char letter)
{
    for (size_t i = 0; i < n && options[i].name != NULL; i++) {
        if (letter != '\0' ? options[i].letter == letter
                           : strlen(options[i].name) == length &&
                                 strncmp(options[i].name, name, length) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static enum exit_code complain_option(const struct parser *parser, const char *word)
{
    const struct command *command = parser->call->command;
    const struct command_option *tables[] = {global_options,
                                             command == NULL ? NULL : command->options};
    const size_t sizes[] = {GLOBALS, OPTIONS_MAX};
    const char *words[GLOBALS + OPTIONS_MAX];
    char storage[GLOBALS + OPTIONS_MAX][32];
    char name[64];
    size_t n = 0;

    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; tables[t] != NULL && i < sizes[t] && tables[t][i].name != NULL; i++) {
            (void)snprintf(storage[n], sizeof(storage[n]), "--%s", tables[t][i].name);
            words[n] = storage[n];
            n++;
        }
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    complain("unknown option '%s'%s", name, suggestion(name, words, n));
    if (command == NULL) {
        complain("options of a command come after its name; 'fgctl --help' lists the others");
    } else {
        complain("'fgctl %s --help' lists its options", command->name);
    }
    return EXIT_USAGE;
}

// "--name", "--name=value", "-x", "-xvalue".
static enum exit_code take_option(struct parser *parser, const char *word)
{
    const bool is_long = word[1] == '-';
    const char *name = is_long ? word + 2 : word + 1;
    const size_t length = is_long ? strcspn(name, "=") : 1;
    const char letter = is_long ? '\0' : word[1];
    const char *value = name[length] == '\0' ? NULL : name + length + (is_long ? 1 : 0);
    const struct command *command = parser->call->command;
    const struct command_option *option =
        find_option(global_options, GLOBALS, name, length, letter);
    const char **slot = option == NULL ? NULL : &parser->globals[option - global_options];

    if (option == NULL && command != NULL) {
        option = find_option(command->options, OPTIONS_MAX, name, length, letter);
        slot = option == NULL ? NULL : &parser->call->values[option - command->options];
    }
    if (option == NULL) {
        return complain_option(parser, word);
    }
    if (option->value == NULL) {
        if (value != NULL) {
            complain("option '--%s' takes no value", option->name);
            return EXIT_USAGE;
        }
        *slot = "";
        return EXIT_OK;
    }
    if (value == NULL && parser->at < parser->argc) {
        value = parser->argv[parser->at++];
    }
    if (value == NULL) {
        complain("option '--%s' needs a value: %s", option->name, option->value);
        return EXIT_USAGE;
    }
    *slot = value;
    return EXIT_OK;
}

// The option, else the environment, else fallback. Empty counts as not given.
static const char *choose(const char *given, const char *variable, const char *fallback)
{
    const char *value = given != NULL ? given : getenv(variable);

    return value != NULL && value[0] != '\0' ? value : fallback;
}

static enum exit_code choose_output(struct output *output, const char *format, const char *when)
{
    static const char *const formats[] = {"human", "json", "jsonl", "tsv"};
    static const char *const whens[] = {"auto", "always", "never"};
    const char *no_colour = getenv("NO_COLOR"); // https://no-color.org: any value but empty
    const char *terminal = getenv("TERM");
    const bool on_terminal = isatty(STDOUT_FILENO) == 1;

    if (format != NULL && !output_format_parse(format, &output->format)) {
        complain("unknown output format '%s'%s (human, json, jsonl, tsv)", format,
                 suggestion(format, formats, 4));
        return EXIT_USAGE;
    }
    output->unicode = on_terminal && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (when == NULL || strcmp(when, "auto") == 0) {
        output->colour = on_terminal && (no_colour == NULL || no_colour[0] == '\0') &&
                         terminal != NULL && strcmp(terminal, "dumb") != 0;
    } else if (strcmp(when, "always") == 0 || strcmp(when, "yes") == 0) {
        output->colour = true;
    } else if (strcmp(when, "never") != 0 && strcmp(when, "no") != 0) {
        complain("unknown value '%s' of --color%s (auto, always, never)", when,
                 suggestion(when, whens, 3));
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static enum exit_code check_arguments(const struct invocation *call)
{
    const struct command *command = call->command;

    if (command == NULL || call->help) {
        return EXIT_OK;
    }
    if (call->n_arguments < command->min_arguments) {
        complain("%s: missing argument: %s", command->name, command->arguments);
        return EXIT_USAGE;
    }
    if (call->n_arguments > command->max_arguments) {
        complain("%s: unexpected argument '%s'", command->name,
                 call->arguments[command->max_arguments]);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

enum exit_code invocation_parse(int argc, char **argv, struct invocation *out, const char **group)
{
    struct parser parser = {.argv = argv, .argc = argc, .at = 1, .call = out};
    enum exit_code code = EXIT_OK;

    *out = (struct invocation){0};
    while (code == EXIT_OK && parser.at < argc) {
        const char *word = argv[parser.at++];
        if (!parser.only_arguments && strcmp(word, "--") == 0) {
            parser.only_arguments = true;
        } else if (!parser.only_arguments && word[0] == '-' && word[1] != '\0') {
            code = take_option(&parser, word);
        } else {
            code = take_argument(&parser, word);
        }
    }
    *group = parser.group;
    if (code != EXIT_OK) {
        return code;
    }
    out->help = out->help || parser.globals[GLOBAL_HELP] != NULL;
    if (parser.globals[GLOBAL_VERSION] != NULL) {
        out->command = find_command(NULL, "version");
        out->n_arguments = 0;
    }
    out->redis_url =
        choose(parser.globals[GLOBAL_REDIS], "FRAUDGUARD_REDIS", "unix:/run/fraudguard/redis.sock");
    out->rules_dir =
        choose(parser.globals[GLOBAL_RULES], "FRAUDGUARD_RULES", "/etc/fraudguard/rules");
    out->usual_rules_dir = choose(NULL, "FRAUDGUARD_RULES", "/etc/fraudguard/rules");
    out->rules_given = parser.globals[GLOBAL_RULES] != NULL;
    out->customers_file = choose(parser.globals[GLOBAL_CUSTOMERS], "FRAUDGUARD_CUSTOMERS", NULL);
    out->customers_given = out->customers_file != NULL &&
                           parser.globals[GLOBAL_CUSTOMERS] != NULL &&
                           parser.globals[GLOBAL_CUSTOMERS][0] != '\0';
    out->data_dir = choose(parser.globals[GLOBAL_DATA], "FRAUDGUARD_DATA", NULL);
    code =
        choose_output(&out->output, parser.globals[GLOBAL_OUTPUT], parser.globals[GLOBAL_COLOUR]);
    return code != EXIT_OK ? code : check_arguments(out);
}

enum exit_code invocation_count(const struct invocation *call, const char *name, size_t usual,
                                size_t most, size_t *n)
{
    const char *text = invocation_option(call, name);
    const size_t digits = text == NULL ? 0 : strspn(text, "0123456789");

    *n = usual;
    if (text == NULL) {
        return EXIT_OK;
    }
    *n = digits == 0 || digits > 4 || text[digits] != '\0' ? 0 : strtoul(text, NULL, 10);
    if (*n == 0 || *n > most) {
        complain("'%s' is not a number from 1 to %zu", text, most);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Completion for shells, made from the tables that help is made from, so that it cannot name what
// is not there.
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "invocation.h"

// Which files stand where an option's value stands.
static bool is_file_value(const struct command_option *option)
{
    static const char *const words[] = {"FILE", "FILES", "DIR", "PATH", "NEW", "OLD"};

    for (size_t i = 0; option->value != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(option->value, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Help as one word between single quotes: no shell reads anything into it. spared: further
// characters that are left out, such as the colon, which parts words from help in zsh.
static void print_quoted(const char *text, const char *spared)
{
    (void)putchar('\'');
    for (; *text != '\0'; text++) {
        const bool safe = *text != '\'' && *text != '\\' && strchr(spared, *text) == NULL;
        (void)putchar(safe ? *text : ' ');
    }
    (void)putchar('\'');
}

static bool named_before(const struct command *c, size_t length)
{
    for (const struct command *b = commands; b < c; b++) {
        if (strncmp(b->name, c->name, length) == 0 && b->name[length] == ' ') {
            return true;
        }
    }
    return false;
}

// Calls print with each first word (group NULL) or each second word of a group, and its help.
static void each_word(const char *group,
                      void (*print)(const char *word, size_t length, const char *help))
{
    const size_t skip = group == NULL ? 0 : strlen(group) + 1;

    for (const struct command *c = commands; c->name != NULL; c++) {
        if (group != NULL && (strncmp(c->name, group, skip - 1) != 0 || c->name[skip - 1] != ' ')) {
            continue;
        }
        const char *word = c->name + skip;
        const size_t length = strcspn(word, " ");
        const bool is_group = word[length] == ' ';
        if (is_group && named_before(c, length)) {
            continue;
        }
        print(word, length, is_group ? "a group of commands" : c->help);
    }
}

// Calls print with the name of each group of two-word commands.
static void each_group(void (*print)(const char *group))
{
    char name[32];

    for (const struct command *c = commands; c->name != NULL; c++) {
        const size_t length = strcspn(c->name, " ");
        if (c->name[length] != ' ' || named_before(c, length)) {
            continue;
        }
        (void)snprintf(name, sizeof(name), "%.*s", (int)length, c->name);
        print(name);
    }
}

static void each_option(const struct command *command, void (*print)(const struct command_option *))
{
    for (size_t i = 0; i < OPTIONS_MAX && command->options[i].name != NULL; i++) {
        print(&command->options[i]);
    }
}

static void each_global(void (*print)(const struct command_option *))
{
    for (const struct command_option *option = global_options; option->name != NULL; option++) {
        print(option);
    }
}

static void each_value_option(void (*print)(const struct command_option *))
{
    each_global(print);
    for (const struct command *c = commands; c->name != NULL; c++) {
        each_option(c, print);
    }
}

// --- bash ---------------------------------------------------------------------------------------

static void bash_word(const char *word, size_t length, const char *help)
{
    (void)help;
    (void)printf(" %.*s", (int)length, word);
}

static void bash_option(const struct command_option *option)
{
    (void)printf(" --%s", option->name);
}

static void bash_value_option(const struct command_option *option)
{
    if (option->value != NULL) {
        (void)printf("|--%s", option->name);
        if (option->letter != '\0') {
            (void)printf("|-%c", option->letter);
        }
    }
}

static void bash_file_option(const struct command_option *option)
{
    if (is_file_value(option)) {
        (void)printf("|--%s", option->name);
    }
}

static void bash_group(const char *group)
{
    (void)printf("    '%s') words='", group);
    each_word(group, bash_word);
    (void)puts("' ;;");
}

static void print_bash(void)
{
    (void)puts("# bash completion for fgctl; written by `fgctl completion bash`\n"
               "_fgctl() {\n"
               "    local word=${COMP_WORDS[COMP_CWORD]} command= words= last= i\n"
               "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
               "        last=\n"
               "        case ${COMP_WORDS[i]} in");
    (void)printf("        ''");
    each_value_option(bash_value_option);
    (void)puts(
        ") last=${COMP_WORDS[i]}; ((i++)) ;;\n"
        "        -*) ;;\n"
        "        *) command+=${command:+ }${COMP_WORDS[i]} ;;\n"
        "        esac\n"
        "    done\n"
        "    if [[ -n $last && $i -gt $COMP_CWORD ]]; then\n"
        "        case $last in\n"
        "        -o|--output) COMPREPLY=($(compgen -W 'human json jsonl tsv' -- \"$word\")) ;;\n"
        "        --color) COMPREPLY=($(compgen -W 'auto always never' -- \"$word\")) ;;");
    (void)printf("        ''");
    each_value_option(bash_file_option);
    (void)puts(") COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
               "        esac\n"
               "        return\n"
               "    fi\n"
               "    case $command in");
    (void)printf("    '') words='");
    each_word(NULL, bash_word);
    (void)puts("' ;;");
    each_group(bash_group);
    (void)puts("    *) [[ $word == -* ]] || COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
               "    esac\n"
               "    if [[ $word == -* ]]; then\n"
               "        case $command in");
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (c->options[0].name != NULL) {
            (void)printf("        '%s'|'%s '*) words='", c->name, c->name);
            each_option(c, bash_option);
            (void)puts("' ;;");
        }
    }
    (void)printf("        *) words= ;;\n        esac\n        words+='");
    each_global(bash_option);
    (void)puts("'\n"
               "    fi\n"
               "    [[ -z $words ]] || COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
               "}\n"
               "complete -o filenames -F _fgctl fgctl");
}

// --- zsh ----------------------------------------------------------------------------------------

static void zsh_word(const char *word, size_t length, const char *help)
{
    (void)printf(" %.*s:", (int)length, word);
    print_quoted(help, ":");
}

static void zsh_option(const struct command_option *option)
{
    (void)printf(" --%s:", option->name);
    print_quoted(option->help, ":");
}

static void zsh_group(const char *group)
{
    (void)printf("    %s) words=(", group);
    each_word(group, zsh_word);
    (void)puts(") ;;");
}

static void print_zsh(void)
{
    (void)puts(
        "#compdef fgctl\n"
        "# zsh completion for fgctl; written by `fgctl completion zsh`\n"
        "_fgctl() {\n"
        "    local command= word\n"
        "    local -a words_before options\n"
        "    words_before=(${words[2,CURRENT-1]})\n"
        "    for word in $words_before; do [[ $word == -* ]] || command+=${command:+ }$word; done\n"
        "    local -a words\n"
        "    case $command in");
    (void)printf("    '') words=(");
    each_word(NULL, zsh_word);
    (void)puts(") ;;");
    each_group(zsh_group);
    (void)puts("    *) words=() ;;\n    esac\n    case $command in");
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (c->options[0].name != NULL) {
            (void)printf("    '%s'*) options=(", c->name);
            each_option(c, zsh_option);
            (void)puts(") ;;");
        }
    }
    (void)printf("    esac\n    options+=(");
    each_global(zsh_option);
    (void)puts(")\n"
               "    if [[ $PREFIX == -* ]]; then _describe option options\n"
               "    elif (($#words)); then _describe command words\n"
               "    else _files\n"
               "    fi\n"
               "}\n"
               "_fgctl \"$@\"");
}

// --- fish ---------------------------------------------------------------------------------------

static const char *fish_prefix; // what must have been typed before

static void fish_line(const char *kind, const char *word, size_t length, const char *help)
{
    (void)printf("complete -c fgctl -n '__fgctl_at \"%s\"' %s %.*s -d ", fish_prefix, kind,
                 (int)length, word);
    print_quoted(help, "");
    (void)putchar('\n');
}

static void fish_word(const char *word, size_t length, const char *help)
{
    fish_line("-f -a", word, length, help);
}

static void fish_group(const char *group)
{
    fish_prefix = group;
    each_word(group, fish_word);
    fish_prefix = "";
}

static void fish_value_option(const struct command_option *option)
{
    if (option->value != NULL) {
        (void)printf(" --%s", option->name);
        if (option->letter != '\0') {
            (void)printf(" -%c", option->letter);
        }
    }
}

static const char *fish_command; // whose options are printed; NULL: everybody's

static void fish_option(const struct command_option *option)
{
    (void)printf("complete -c fgctl");
    if (fish_command != NULL) {
        (void)printf(" -n '__fgctl_in \"%s\"'", fish_command);
    }
    (void)printf(" -l %s%s -d ", option->name,
                 option->value == NULL   ? ""
                 : is_file_value(option) ? " -r -F"
                                         : " -x");
    print_quoted(option->help, "");
    (void)putchar('\n');
}

static void print_fish(void)
{
    (void)puts("# fish completion for fgctl; written by `fgctl completion fish`\n"
               "function __fgctl_words\n"
               "    set -l skip 1\n"
               "    for word in (commandline -opc)\n"
               "        if test $skip = 1\n"
               "            set skip 0\n"
               "            continue\n"
               "        end\n"
               "        switch $word");
    (void)printf("            case ''");
    each_value_option(fish_value_option);
    (void)puts("\n"
               "                set skip 1\n"
               "            case '-*'\n"
               "            case '*'\n"
               "                echo $word\n"
               "        end\n"
               "    end\n"
               "end\n"
               "function __fgctl_at\n"
               "    set -l words (__fgctl_words)\n"
               "    test \"$words\" = \"$argv[1]\"\n"
               "end\n"
               "function __fgctl_in\n"
               "    set -l words (__fgctl_words)\n"
               "    string match -q -- \"$argv[1] *\" \"$words \"\n"
               "end");
    fish_prefix = "";
    each_word(NULL, fish_word);
    each_group(fish_group);
    fish_command = NULL;
    each_global(fish_option);
    for (const struct command *c = commands; c->name != NULL; c++) {
        fish_command = c->name;
        each_option(c, fish_option);
    }
}

enum exit_code cmd_completion(struct invocation *call)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    static const char *const names[] = {"bash", "zsh", "fish"};

    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(call->arguments[0], shells[i].name) == 0) {
            shells[i].print();
            return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_OK : EXIT_FAILED;
        }
    }
    complain("unknown shell '%s'; expected bash, zsh or fish%s", call->arguments[0],
             suggestion(call->arguments[0], names, 3));
    return EXIT_USAGE;
}

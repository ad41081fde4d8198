// SPDX-License-Identifier: GPL-2.0-or-later
// The reference of what a rule can say, in Markdown, from the tables in the code.
#include <stdio.h>

#include "commands.h"
#include "fg/format.h"
#include "fg/ruleset.h"

static void put_words(enum fg_word_set set)
{
    const struct fg_words known = fg_word_set(set);

    for (size_t i = 0; i < known.n; i++) {
        (void)printf("%s`%s`", i == 0 ? "" : ", ", known.words[i]);
    }
}

static void put_signals(void)
{
    (void)fputs("## Signals\n\nWhat a condition (`when`) can look at.\n\n"
                "| signal | type | meaning |\n|---|---|---|\n",
                stdout);
    for (unsigned i = 0; i < FG_SIG_COUNT; i++) {
        const struct fg_signal_info *info = fg_signal_info((enum fg_signal)i);
        const enum fg_word_set set = fg_signal_words((enum fg_signal)i);
        (void)printf("| `%s` | %s | %s", info->name, fg_signal_type_name(info->type), info->doc);
        if (set != FG_SET_NONE) {
            (void)fputs("; ", stdout);
            put_words(set);
        }
        (void)fputs(" |\n", stdout);
    }
    (void)fputs("| `calendar.NAME` | word | ", stdout);
    put_words(FG_SET_CALENDAR_STATE);
    (void)fputs(" |\n", stdout);
}

static void put_type(const struct fg_format_key *key, uint32_t type)
{
    switch (type) {
    case FG_FORMAT_INT:
        (void)printf("%d to %d", key->min, key->max);
        return;
    case FG_FORMAT_WORD:
        put_words(key->words);
        return;
    case FG_FORMAT_WORDS:
        (void)fputs("a list of them", stdout);
        return;
    case FG_FORMAT_MAP:
        (void)printf("%s", fg_format_of(key->shape)->name);
        return;
    case FG_FORMAT_MAPS:
        (void)printf("list of %s", fg_format_of(key->shape)->name);
        return;
    case FG_FORMAT_NAMED:
        (void)printf("names, each with a %s", fg_format_of(key->shape)->name);
        return;
    default:
        break;
    }
    static const struct {
        uint32_t type;
        const char *text;
    } plain[] = {{FG_FORMAT_TEXT, "text"},
                 {FG_FORMAT_TEXTS, "list of texts"},
                 {FG_FORMAT_BOOL, "true/false"},
                 {FG_FORMAT_NUMBER, "number"},
                 {FG_FORMAT_DURATION, "duration"},
                 {FG_FORMAT_DATE, "date"},
                 {FG_FORMAT_CAPS, "names, each with points or `none`"},
                 {FG_FORMAT_WHEN, "signals with matchers"},
                 {FG_FORMAT_ROWS, "list of rows"},
                 {FG_FORMAT_APPEND, "`lists.NAME.items` with items"},
                 {FG_FORMAT_ATTRS, "names with texts"},
                 {FG_FORMAT_ONE, "`1`"},
                 {FG_FORMAT_BLANK, "nothing"},
                 {FG_FORMAT_ANY, "anything"}};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (plain[i].type == type) {
            (void)fputs(plain[i].text, stdout);
        }
    }
}

static void put_keys(enum fg_shape shape, const char *heading, const char *intro)
{
    const struct fg_format *format = fg_format_of(shape);

    (void)printf("\n## %s\n\n%s\n\n| key | value | meaning |\n|---|---|---|\n", heading, intro);
    for (size_t i = 0; i < format->n; i++) {
        const struct fg_format_key *key = &format->keys[i];
        bool first = true;
        (void)printf("| `%s`%s | ", key->name, key->required ? " (required)" : "");
        for (uint32_t type = 1; type <= FG_FORMAT_ANY; type <<= 1) {
            if ((key->types & type) != 0) {
                (void)fputs(first ? "" : ", or ", stdout);
                put_type(key, type);
                first = false;
            }
        }
        (void)printf(" | %s |\n", key->doc);
    }
}

static void put_actions(void)
{
    (void)fputs("\n## Actions\n\nWhat a call comes to, in rising severity: the band that its "
                "points reach, or the `action_at_least`\nof a rule that hit, whichever is "
                "severer.\n\n| action | meaning |\n|---|---|\n",
                stdout);
    for (unsigned i = 0; i < FG_ACTION_COUNT; i++) {
        (void)printf("| `%s` | %s |\n", fg_action_name((enum fg_action)i),
                     fg_action_doc((enum fg_action)i));
    }
}

static void put_maturities(void)
{
    (void)fputs("\n## Maturity\n\n| maturity | meaning |\n|---|---|\n", stdout);
    for (unsigned i = 0; i < FG_MATURITY_COUNT; i++) {
        (void)printf("| `%s` | %s |\n", fg_maturity_name((enum fg_maturity)i),
                     fg_maturity_doc((enum fg_maturity)i));
    }
}

enum exit_code cmd_rules_reference(struct invocation *call)
{
    (void)call;
    (void)fputs("# Rule reference\n\nWritten by `fgctl rules reference` from the tables in the "
                "code; do not edit it by hand. What the formats\nmean is told in "
                "[pack-format.md](pack-format.md).\n\n",
                stdout);
    put_signals();
    put_keys(FG_SHAPE_MATCHER, "Matchers",
             "A signal has a value to equal (a number's prefix, with `dest.prefix`), or a mapping "
             "of these, all of which must hold.");
    put_keys(
        FG_SHAPE_METER, "Meters",
        "What is counted, for whom, over what time; one of `count`, `sum`, `distinct`, "
        "`gauge`, `first_seen`, `seen`, `known`, `longest_run`, `typical`, `trend` and `ratio`.");
    put_actions();
    put_keys(FG_SHAPE_RULE, "Rules", "What gives points.");
    put_keys(
        FG_SHAPE_RELATIVE, "Relative to a meter",
        "What a rule's measure is divided by: the meter's reading times `times`, or `at_least` "
        "where that is more.");
    put_keys(FG_SHAPE_STEP, "Steps", "Points of a rule that measures; the highest step reached.");
    put_keys(FG_SHAPE_RESERVE, "Lines that are kept", "For everybody but the calls of the rule.");
    put_keys(FG_SHAPE_DURATIONS, "Longest durations", "The first that fits the call.");
    put_maturities();
    put_keys(FG_SHAPE_EXCEPTION, "Exceptions", "Cases in which a rule does not count.");
    put_keys(FG_SHAPE_COMPOSITE, "Composites", "Points for rules that hit together.");
    put_keys(FG_SHAPE_OVERRIDE, "Overrides", "What some customers' rules and lists are instead.");
    put_keys(FG_SHAPE_MATCH, "For whom an override is", "All of these must hold.");
    put_keys(FG_SHAPE_REPLACE, "What an override replaces", "At least one of them.");
    return ferror(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

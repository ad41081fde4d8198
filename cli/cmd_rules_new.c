// SPDX-License-Identifier: GPL-2.0-or-later
// A first rule to change: a pack and its test, which load and pass as they are.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "file.h"
#include "rules_edit.h"

#define NAME_MAX_BYTES 64 // of ids and groups, as the loader has it

#define SCHEMA "# yaml-language-server: $schema=/usr/share/fraudguard/schema/"

// Of the first pack in a directory.
static const char scoring_text[] =
    "# What a call comes to from so many points.\n"
    "scoring:\n"
    "  thresholds: {alert: 30, throttle: 50, challenge: 65, block: 80}\n"
    "\n";

static const char pack_text[] =
    SCHEMA "pack-v1.json\n"
           "fraudguard: 1\n"
           "pack: %s\n"
           "version: \"0.1.0\"\n"
           "\n"
           "%srules:\n"
           "  - id: %s  # for ever: decisions, alerts and composites name it\n"
           "    group: %s  # its points count towards the group's cap, where there is one\n"
           "    desc: What a hit means, in a few words\n"
           "    maturity: sandbox  # sandbox and incubating: in shadow, told but of no effect; "
           "then stable\n"
           "    # All of it must hold. 'fgctl signals' lists what a rule can look at.\n"
           "    when: {dest.home: false}\n"
           "    score: 10\n"
           "    # Instead of 'score', points by a measure; 'when' may then be left out:\n"
           "    #measure: meters.NAME\n"
           "    #steps: [{above: 10, score: 10}, {above: 20, score: 30}]\n"
           "    explain: \"{dest.masked} is abroad\"\n"
           "    falsepositives: [\"what looks the same and is honest\"]\n";

static const char test_text[] = SCHEMA
    "test-v1.json\n"
    "fraudguard_test: 1\n"
    "fixtures:\n"
    "  acme: {id: acme, tz: Europe/London, home_countries: [\"GB\"], "
    "numbers: [\"+441632960000-+441632960099\"], cert_names: [\"sip.acme.example\"]}\n"
    "tests:\n"
    "  - name: %s hits, in shadow\n"
    "    customer: acme\n"
    "    clock: \"2026-11-20T15:00:00Z\"\n"
    "    calls: [{from: \"+441632960007\", to: \"+12025550143\", san: [\"sip.acme.example\"]}]\n"
    "    expect: {shadow_rules: [%s]}\n"
    "  - name: %s leaves honest calls alone\n"
    "    customer: acme\n"
    "    clock: \"2026-11-20T15:00:00Z\"\n"
    "    calls: [{from: \"+441632960007\", to: \"+442079460018\", san: [\"sip.acme.example\"]}]\n"
    "    expect: {not_rules: [%s]}\n";

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_name(const char *text, bool capitals)
{
    const size_t n = strlen(text);
    bool good = n > 0 && n <= NAME_MAX_BYTES;

    for (size_t i = 0; good && i < n; i++) {
        const char c = text[i];
        const bool letter = capitals ? c >= 'A' && c <= 'Z' : is_lower(c);
        good = letter || (i > 0 && (c == '_' || (c >= '0' && c <= '9')));
    }
    return good;
}

static bool exists(const struct fg_ruleset *ruleset, const char *id)
{
    for (uint32_t i = 0; i < ruleset->n_rules; i++) {
        if (strcmp(ruleset->rules[i].id, id) == 0) {
            complain("rule '%s' exists already: %s:%u", id, ruleset->rules[i].origin.file,
                     (unsigned)ruleset->rules[i].origin.line);
            return true;
        }
    }
    for (uint32_t i = 0; i < ruleset->n_composites; i++) {
        if (strcmp(ruleset->composites[i].id, id) == 0) {
            complain("composite '%s' exists already: %s:%u", id, ruleset->composites[i].origin.file,
                     (unsigned)ruleset->composites[i].origin.line);
            return true;
        }
    }
    return false;
}

// Whether directory has no packs yet. False after a complaint, too.
static bool is_fresh(const char *directory, enum exit_code *code)
{
    char **files = NULL;
    size_t n = 0;

    *code = EXIT_FAILED;
    if (!files_list(directory, ".yaml", &files, &n)) {
        return false;
    }
    *code = EXIT_OK;
    files_free(files, n);
    return n == 0;
}

static enum exit_code check_free(const struct invocation *call, const char *directory,
                                 const char *id)
{
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = EXIT_FAILED;
    int rc = FG_ENOMEM;

    if (diags != NULL) {
        rc = rules_load(call, directory, diags, &bundle);
    }
    if (rc == FG_OK) {
        code = exists(fg_policy_of(bundle)->ruleset, id) ? EXIT_REFUSED : EXIT_OK;
        fg_policy_bundle_free(bundle);
    } else {
        if (diags != NULL) {
            fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        }
        code = rules_code(directory, rc, diags);
    }
    fg_diags_free(diags);
    return code;
}

// "my-rule" of MY_RULE: the name of its pack and files.
static void name_pack(const char *id, char out[NAME_MAX_BYTES + 1])
{
    (void)snprintf(out, NAME_MAX_BYTES + 1, "%s", id);
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '_') {
            *c = '-';
        } else if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
}

// A new file, never an old one.
static FILE *create(const char *path)
{
    FILE *file = fopen(path, "wx");

    if (file == NULL) {
        complain("%s: %s", path, strerror(errno));
    }
    return file;
}

// What the pack is to hold.
struct skeleton {
    const char *id, *group;
    char name[NAME_MAX_BYTES + 1];
    bool first; // pack of its directory
};

static bool print_pack(FILE *out, const struct skeleton *new)
{
    return fprintf(out, pack_text, new->name, new->first ? scoring_text : "", new->id, new->group) >
           0;
}

static bool print_test(FILE *out, const char *id)
{
    return fprintf(out, test_text, id, id, id, id) > 0;
}

// Loads the directory as it will be with the new pack, before anything is written.
static enum exit_code try_pack(const struct invocation *call, const char *directory,
                               const char *pack, const struct skeleton *new)
{
    struct fg_diags *diags = fg_diags_new();
    struct fg_policy_bundle *bundle = NULL;
    char *bytes = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    bool complete = out != NULL && diags != NULL && print_pack(out, new);
    int rc = FG_ENOMEM;
    enum exit_code code = EXIT_OK;

    complete = out != NULL && fclose(out) == 0 && complete;
    if (complete) {
        rc = edit_try(call, directory, pack, bytes, length, diags, &bundle);
    }
    if (rc == FG_OK) {
        fg_policy_bundle_free(bundle);
    } else {
        if (diags != NULL) {
            fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
        }
        complain("%s: with this the rules could not be loaded; nothing is written", pack);
        code = rules_code(directory, rc, diags);
    }
    free(bytes);
    fg_diags_free(diags);
    return code;
}

// Both files or neither.
static enum exit_code write_files(const char *pack, const char *test, const struct skeleton *new)
{
    FILE *out = create(pack);
    bool complete = out != NULL && print_pack(out, new);

    if (out == NULL) {
        return EXIT_FAILED;
    }
    complete = fclose(out) == 0 && complete;
    out = complete ? create(test) : NULL;
    if (out == NULL) {
        (void)unlink(pack);
        return EXIT_FAILED;
    }
    complete = print_test(out, new->id);
    if (fclose(out) != 0 || !complete) {
        complain("%s: not written whole", test);
        (void)unlink(test);
        (void)unlink(pack);
        return EXIT_FAILED;
    }
    return printf("%s\n%s\n", pack, test) > 0 ? EXIT_OK : EXIT_FAILED;
}

static enum exit_code make(const struct invocation *call, const char *directory,
                           const struct skeleton *new)
{
    char *pack = NULL;
    char *test = NULL;
    enum exit_code code = EXIT_FAILED;

    if (asprintf(&pack, "%s/60-%s.yaml", directory, new->name) < 0) {
        return code;
    }
    if (asprintf(&test, "%s/60-%s.test.yaml", directory, new->name) < 0) {
        free(pack);
        return code;
    }
    // Beside no packs there is nothing that it could go ill with.
    code = new->first ? EXIT_OK : try_pack(call, directory, pack, new);
    if (code == EXIT_OK && invocation_option(call, "write") != NULL) {
        code = write_files(pack, test, new);
    } else if (code == EXIT_OK) {
        const bool complete = printf("# %s\n", pack) > 0 && print_pack(stdout, new) &&
                              printf("---\n# %s\n", test) > 0 && print_test(stdout, new->id);
        code = complete ? EXIT_OK : EXIT_FAILED;
    }
    free(pack);
    free(test);
    return code;
}

enum exit_code cmd_rules_new(struct invocation *call)
{
    const char *directory = invocation_option(call, "dir");
    struct skeleton new = {.id = call->arguments[0], .group = invocation_option(call, "group")};
    enum exit_code code = EXIT_FAILED;

    directory = directory == NULL ? call->rules_dir : directory;
    if (!is_name(new.id, true)) {
        complain("'%s' is no id of a rule: capitals, digits and _, at most %d", new.id,
                 NAME_MAX_BYTES);
        return EXIT_USAGE;
    }
    if (new.group == NULL || !is_name(new.group, false)) {
        complain("--group takes a name of small letters, digits and _");
        return EXIT_USAGE;
    }
    code = rules_directory(directory);
    if (code != EXIT_OK) {
        return code;
    }
    new.first = is_fresh(directory, &code);
    if (code == EXIT_OK && !new.first) {
        code = check_free(call, directory, new.id);
    }
    name_pack(new.id, new.name);
    return code == EXIT_OK ? make(call, directory, &new) : code;
}

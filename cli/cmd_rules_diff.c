// SPDX-License-Identifier: GPL-2.0-or-later
// What changes between two directories of rules, in terms of rules.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "list_changes.h"
#include "rules.h"
#include "rules_facts.h"

// One thing that is not the same; before NULL: added, after NULL: removed.
struct change {
    const struct thing *before, *after;
    struct list_changes list;
    bool anew; // a meter that begins at nothing
};

struct comparison {
    const struct invocation *call;
    struct things before, after;
    struct table *table; // NULL: for people
    size_t added, removed, changed;
};

static const char *change_name(const struct change *change)
{
    if (change->before == NULL) {
        return "added";
    }
    return change->after == NULL ? "removed" : "changed";
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

// Calls fn for each fact that is not the same, those of the old thing first.
static bool each_fact(const struct change *change,
                      bool (*fn)(void *ctx, const char *fact, const char *old, const char *new),
                      void *ctx)
{
    for (size_t i = 0; change->before != NULL && i < change->before->n; i++) {
        const struct fact *fact = &change->before->facts[i];
        const char *new = change->after == NULL ? NULL : thing_fact(change->after, fact->name);
        if (!same_text(fact->text, new) && !fn(ctx, fact->name, fact->text, new)) {
            return false;
        }
    }
    for (size_t i = 0; change->after != NULL && i < change->after->n; i++) {
        const struct fact *fact = &change->after->facts[i];
        if ((change->before == NULL || thing_fact(change->before, fact->name) == NULL) &&
            !fn(ctx, fact->name, NULL, fact->text)) {
            return false;
        }
    }
    return true;
}

static bool stop(void *ctx, const char *fact, const char *old, const char *new)
{
    (void)ctx;
    (void)fact;
    (void)old;
    (void)new;
    return false;
}

static bool is_change(const struct change *change)
{
    return change->before == NULL || change->after == NULL || change->anew ||
           change->list.added.n + change->list.removed.n > 0 || !each_fact(change, stop, NULL);
}

// --- people

static bool print_fact(void *ctx, const char *fact, const char *old, const char *new)
{
    const struct change *change = ctx;

    if (change->before == NULL || change->after == NULL) {
        return printf("  %s: %s\n", fact, old == NULL ? new : old) > 0;
    }
    return printf("  %s: %s -> %s\n", fact, old == NULL ? "(none)" : old,
                  new == NULL ? "(none)" : new) > 0;
}

static void print_side(const struct list_side *side, const char *what)
{
    if (side->n == 0) {
        return;
    }
    (void)printf("  %zu %s:", side->n, what);
    for (size_t i = 0; i < side->n_first; i++) {
        (void)printf(" %s", side->first[i]);
    }
    (void)puts(side->n > side->n_first ? " ..." : "");
}

static bool print_change(const struct comparison *comparison, const struct change *change)
{
    const struct output *output = &comparison->call->output;
    const struct thing *thing = change->before == NULL ? change->after : change->before;
    enum output_tone tone = TONE_WARNING;

    if (change->before == NULL || change->after == NULL) {
        tone = change->before == NULL ? TONE_GOOD : TONE_BAD;
    }
    (void)printf("%s%s %s %s%s\n", tone_begin(output, tone), thing->kind, thing->name,
                 change_name(change), tone_end(output, tone));
    (void)each_fact(change, print_fact, (void *)(uintptr_t)change);
    print_side(&change->list.added, "added");
    print_side(&change->list.removed, "removed");
    if (change->anew) {
        (void)puts("  another meter now: it starts counting anew");
    }
    return ferror(stdout) == 0;
}

// --- machines

static bool append_fact(void *ctx, const char *fact, const char *old, const char *new)
{
    struct fg_json *object = fg_json_object_new();

    if (!fg_json_set_string(object, "fact", fact) || !fg_json_set_string(object, "old", old) ||
        !fg_json_set_string(object, "new", new)) {
        fg_json_free(object);
        return false;
    }
    return fg_json_append(ctx, object);
}

static bool set_side(struct fg_json *object, const char *key, const struct list_side *side)
{
    struct fg_json *inside = fg_json_object_new();
    struct fg_json *first = fg_json_array_new();
    bool complete = fg_json_set_integer(inside, "count", (int64_t)side->n);

    for (size_t i = 0; i < side->n_first; i++) {
        complete = fg_json_append_string(first, side->first[i]) && complete;
    }
    complete = fg_json_set(inside, "first", first) && complete;
    return fg_json_set(object, key, inside) && complete;
}

static struct fg_json *change_json(const struct change *change)
{
    const struct thing *thing = change->before == NULL ? change->after : change->before;
    struct fg_json *object = fg_json_object_new();
    struct fg_json *facts = fg_json_array_new();
    bool complete = fg_json_set_string(object, "kind", thing->kind) &&
                    fg_json_set_string(object, "name", thing->name) &&
                    fg_json_set_string(object, "change", change_name(change)) &&
                    each_fact(change, append_fact, facts);

    complete = fg_json_set(object, "facts", facts) && complete;
    if (thing->list != NULL) {
        complete = complete && set_side(object, "added", &change->list.added) &&
                   set_side(object, "removed", &change->list.removed);
    }
    if (strcmp(thing->kind, "meter") == 0) {
        complete = complete && fg_json_set_bool(object, "counts_anew", change->anew);
    }
    if (!complete) {
        fg_json_free(object);
        return NULL;
    }
    return object;
}

static bool append_name(void *ctx, const char *fact, const char *old, const char *new)
{
    (void)old;
    (void)new;
    return fprintf(ctx, "%s%s", ftell(ctx) == 0 ? "" : ", ", fact) > 0;
}

static bool tabulate(struct table *table, const struct change *change)
{
    const struct thing *thing = change->before == NULL ? change->after : change->before;
    char *facts = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&facts, &size);
    bool complete = out != NULL && each_fact(change, append_name, out);

    complete = out != NULL && fclose(out) == 0 && complete;
    const char *const cells[] = {thing->kind, thing->name, change_name(change), facts};
    complete = complete && table_add(table, cells, change_json(change));
    free(facts);
    return complete;
}

// --- comparing

static bool compare(struct comparison *comparison, const struct thing *before,
                    const struct thing *after)
{
    struct change change = {.before = before, .after = after};
    const struct fg_list *old = before == NULL ? NULL : before->list;
    const struct fg_list *new = after == NULL ? NULL : after->list;
    bool complete = true;

    if (old != NULL || new != NULL) {
        complete = list_changes_find(old, new, &change.list);
    }
    change.anew = before != NULL && after != NULL &&
                  (before->meter_id != after->meter_id || before->hit_id != after->hit_id);
    if (complete && is_change(&change)) {
        comparison->added += before == NULL ? 1 : 0;
        comparison->removed += after == NULL ? 1 : 0;
        comparison->changed += before != NULL && after != NULL ? 1 : 0;
        complete = comparison->table == NULL ? print_change(comparison, &change)
                                             : tabulate(comparison->table, &change);
    }
    list_changes_fini(&change.list);
    return complete;
}

static bool compare_all(struct comparison *comparison)
{
    const struct things *before = &comparison->before;
    const struct things *after = &comparison->after;
    bool complete = true;

    for (size_t i = 0; complete && i < before->n; i++) {
        const struct thing *thing = &before->items[i];
        complete = compare(comparison, thing, things_find(after, thing->kind, thing->name));
    }
    for (size_t i = 0; complete && i < after->n; i++) {
        const struct thing *thing = &after->items[i];
        if (things_find(before, thing->kind, thing->name) == NULL) {
            complete = compare(comparison, NULL, thing);
        }
    }
    return complete;
}

static enum exit_code report(struct comparison *comparison)
{
    static const char *const columns[] = {"KIND", "NAME", "CHANGE", "FACTS"};
    const struct output *output = &comparison->call->output;
    bool complete = true;

    if (output->format != OUTPUT_HUMAN) {
        comparison->table = table_new("changes", columns, sizeof(columns) / sizeof(columns[0]));
        complete = comparison->table != NULL;
    }
    complete = complete && compare_all(comparison);
    const bool same = comparison->added + comparison->removed + comparison->changed == 0;
    if (complete && comparison->table != NULL) {
        complete = table_print(comparison->table, output);
    } else if (complete) {
        complete = (same ? printf("no difference\n")
                         : printf("%zu added, %zu removed, %zu changed\n", comparison->added,
                                  comparison->removed, comparison->changed)) > 0;
    }
    table_free(comparison->table);
    if (!complete) {
        complain("out of memory, or the output failed");
        return EXIT_DEGRADED;
    }
    return same ? EXIT_OK : EXIT_FAILED;
}

// Loads one side. 1 means "different" here, so that failures have codes of their own.
static enum exit_code open_side(const struct invocation *call, const char *directory,
                                struct fg_policy_bundle **out)
{
    struct fg_diags *diags = fg_diags_new();
    int rc = FG_ENOMEM;

    if (!is_directory(directory)) {
        complain("%s: no such directory", directory);
        fg_diags_free(diags);
        return EXIT_NOT_FOUND;
    }
    if (diags != NULL) {
        rc = rules_load(call, directory, diags, out);
    }
    if (rc != FG_OK && diags != NULL && fg_diags_count(diags, FG_ERROR) > 0) {
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
    } else if (rc != FG_OK) {
        (void)rules_failed(directory, rc);
    }
    fg_diags_free(diags);
    return rc == FG_OK ? EXIT_OK : EXIT_RULES;
}

enum exit_code cmd_rules_diff(struct invocation *call)
{
    struct fg_policy_bundle *before = NULL;
    struct fg_policy_bundle *after = NULL;
    struct comparison comparison = {.call = call};
    enum exit_code code = open_side(call, call->arguments[0], &before);

    if (code == EXIT_OK) {
        code = open_side(call, call->arguments[1], &after);
    }
    if (code == EXIT_OK) {
        code = EXIT_DEGRADED;
        if (things_of(fg_policy_of(before)->ruleset, &comparison.before) &&
            things_of(fg_policy_of(after)->ruleset, &comparison.after)) {
            code = report(&comparison);
        }
        things_free(&comparison.before);
        things_free(&comparison.after);
    }
    if (before != NULL) {
        fg_policy_bundle_free(before);
    }
    if (after != NULL) {
        fg_policy_bundle_free(after);
    }
    return code;
}

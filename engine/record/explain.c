// SPDX-License-Identifier: GPL-2.0-or-later
// A decision's JSON as words. Reads the JSON and not the structures, so that every tool that has
// the record says the same.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fg/record.h"
#include "fg/text.h"
#include "shown.h"

#define RULE_COLUMN_MAX 40

static bool find_threshold(const struct fg_shown *decision, enum fg_action action, int64_t *points)
{
    return fg_json_integer(fg_json_member(decision->json, "thresholds"), fg_action_name(action),
                           points);
}

// "80 points, block at 80", or who raised the action where the points alone would not have.
static void put_verdict(FILE *out, const struct fg_shown *decision)
{
    const char *name = fg_action_name(decision->action);
    int64_t threshold = 0;
    const bool has_threshold = find_threshold(decision, decision->action, &threshold);

    for (const char *c = name; *c != '\0'; c++) {
        (void)fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, out);
    }
    (void)fprintf(out, "  %" PRId64 " point%s", decision->score, decision->score == 1 ? "" : "s");
    if (decision->action == FG_ALLOW) {
        return;
    }
    if (has_threshold && decision->score >= threshold) {
        (void)fprintf(out, ", %s at %" PRId64, name, threshold);
        return;
    }
    for (size_t i = 0; i < decision->n_reasons; i++) {
        const char *least = fg_json_string(decision->reasons[i].json, "action_at_least");
        if (least != NULL && !decision->reasons[i].shadow && strcmp(least, name) == 0) {
            (void)fprintf(out, ", raised to %s by ", name);
            fg_shown_put_text(out, decision->reasons[i].id);
            return;
        }
    }
    if (has_threshold) {
        (void)fprintf(out, " (%s at %" PRId64 ")", name, threshold);
    }
}

static void put_parties(FILE *out, const struct fg_shown *decision)
{
    const struct fg_json *dest = fg_json_member(decision->json, "dest");
    const char *customer = fg_json_string(decision->json, "customer");
    const char *number = fg_json_string(dest, "number");
    const char *direction = fg_json_string(decision->json, "direction");

    if (direction != NULL && strcmp(direction, "inbound") == 0) {
        const char *caller = fg_json_string(decision->json, "caller");
        fg_shown_put_text(out, caller == NULL ? "anonymous" : caller);
        (void)fputs(" -> ", out);
        fg_shown_put_text(out, customer == NULL ? "nobody known" : customer);
        (void)fputs(" ", out);
    } else {
        fg_shown_put_text(out, customer == NULL ? "nobody known" : customer);
        (void)fputs(" -> ", out);
    }
    fg_shown_put_text(out, number == NULL ? "no readable number" : number);
}

static void put_pack(FILE *out, const struct fg_shown *decision)
{
    const struct fg_json *pack = fg_json_member(decision->json, "pack");
    const char *digest = fg_json_string(pack, "digest");
    char shortened[7] = "";

    (void)fputs("   pack ", out);
    fg_shown_put_text(out, fg_json_string(pack, "name"));
    (void)fputs(" ", out);
    fg_shown_put_text(out, fg_json_string(pack, "version"));
    if (digest != NULL) {
        (void)snprintf(shortened, sizeof(shortened), "%s", digest);
        (void)fputs(" ", out);
        fg_shown_put_text(out, shortened);
    }
}

static void put_head(FILE *out, const struct fg_shown *decision)
{
    put_verdict(out, decision);
    (void)fputs("   ", out);
    fg_shown_put_time(out, decision->time_ms, true);
    (void)fputs("  ", out);
    put_parties(out, decision);
    put_pack(out, decision);
    (void)fputs("\n", out);
}

static int rule_column_width(const struct fg_shown *decision)
{
    size_t width = strlen("rule");

    for (size_t i = 0; i < decision->n_reasons; i++) {
        const size_t length = strlen(decision->reasons[i].id);
        width = length > width ? length : width;
    }
    return width > RULE_COLUMN_MAX ? RULE_COLUMN_MAX : (int)width;
}

static void put_reason(FILE *out, const struct fg_shown_reason *reason, int width)
{
    const char *why = fg_json_string(reason->json, "why");
    const char *least = fg_json_string(reason->json, "action_at_least");
    char *id = fg_text_plain(fg_view_of(reason->id));
    char points[24];

    (void)snprintf(points, sizeof(points), reason->shadow ? "(%" PRId64 ")" : "%" PRId64,
                   reason->points);
    // A figure in parentheses ends one column further right, so that the digits stand together.
    (void)fprintf(out, "%*s  %-*s  %s", reason->shadow ? 6 : 5, points,
                  reason->shadow && width > 0 ? width - 1 : width, id == NULL ? "?" : id,
                  reason->shadow ? "shadow, not counted: " : "");
    free(id);
    if (why == NULL || why[0] == '\0') {
        why = fg_json_string(reason->json, "desc");
    }
    fg_shown_put_text(out, why);
    if (least != NULL) {
        (void)fputs("; at least ", out);
        fg_shown_put_text(out, least);
    }
    (void)fputs("\n", out);
}

static void put_reasons(FILE *out, const struct fg_shown *decision)
{
    const int width = rule_column_width(decision);

    if (decision->n_reasons > 0) {
        (void)fprintf(out, "  pts  %-*s  why\n", width, "rule");
    }
    for (size_t i = 0; i < decision->n_reasons; i++) {
        put_reason(out, &decision->reasons[i], width);
    }
    if (decision->sum != decision->score) {
        (void)fprintf(out,
                      "  The points above add up to %" PRId64 ", not to the score: "
                      "the record is damaged.\n",
                      decision->sum);
    }
}

static void put_bands(FILE *out, const struct fg_shown *decision)
{
    int64_t points = 0;

    for (int i = (int)decision->action - 1; i > (int)FG_ALLOW; i--) {
        if (find_threshold(decision, (enum fg_action)i, &points)) {
            (void)fprintf(out, "  One band lower: %s at %" PRId64,
                          fg_action_name((enum fg_action)i), points);
            return;
        }
    }
    if (decision->action != FG_ALLOW) {
        (void)fputs("  One band lower: allow", out);
        return;
    }
    for (unsigned i = FG_ALERT; i < FG_ACTION_COUNT; i++) {
        if (find_threshold(decision, (enum fg_action)i, &points)) {
            (void)fprintf(out, "  One band higher: %s at %" PRId64,
                          fg_action_name((enum fg_action)i), points);
            return;
        }
    }
}

static void put_cost(FILE *out, const struct fg_shown *decision)
{
    int64_t silent = 0;
    int64_t decided_us = 0;
    int64_t store_us = 0;

    (void)fputs("  ", out);
    if (fg_json_integer(decision->json, "rules_silent", &silent)) {
        (void)fprintf(out, "%" PRId64 " other%s: no hit.  ", silent, silent == 1 ? "" : "s");
    }
    if (fg_json_integer(decision->json, "decided_us", &decided_us) &&
        fg_json_integer(decision->json, "store_us", &store_us)) {
        (void)fprintf(out, "Decided in %.1f ms (store %.1f ms).", (double)decided_us / 1000.0,
                      (double)store_us / 1000.0);
    }
    put_bands(out, decision);
    (void)fputs("\n", out);
}

static char *write_words(const struct fg_shown *decision)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool failed = false;

    if (out == NULL) {
        return NULL;
    }
    put_head(out, decision);
    put_reasons(out, decision);
    put_cost(out, decision);
    fg_shown_put_lines(out, decision);
    failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

char *fg_record_explain(struct fg_view json)
{
    struct fg_json *parsed = fg_json_parse(json);
    struct fg_shown *decision = calloc(1, sizeof(*decision));
    char *words = NULL;

    if (parsed != NULL && decision != NULL && fg_shown_read(parsed, decision)) {
        words = write_words(decision);
    }
    free(decision);
    fg_json_free(parsed);
    return words;
}

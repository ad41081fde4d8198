// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A text that grows.
struct sheet {
    FILE *out;
    char *text;
    size_t size;
};

static bool sheet_open(struct sheet *sheet)
{
    *sheet = (struct sheet){0};
    sheet->out = open_memstream(&sheet->text, &sheet->size);
    return sheet->out != NULL;
}

static char *sheet_close(struct sheet *sheet)
{
    if (fclose(sheet->out) != 0) {
        free(sheet->text);
        return NULL;
    }
    return sheet->text;
}

static void put_micro(FILE *out, fg_micro value)
{
    char digits[32];
    const fg_micro size = value < 0 ? -value : value;
    size_t n = 0;

    (void)snprintf(digits, sizeof(digits), "%" PRId64 ".%06" PRId64, size / FG_MICRO,
                   size % FG_MICRO);
    n = strlen(digits);
    while (digits[n - 1] == '0') {
        n--;
    }
    n -= digits[n - 1] == '.' ? 1 : 0;
    (void)fprintf(out, "%s%.*s", value < 0 ? "-" : "", (int)n, digits);
}

static bool put_prefix(void *ctx, const char *digits, uint32_t value)
{
    FILE *out = ctx;

    (void)value;
    return fprintf(out, " +%s", digits) > 0;
}

static void put_countries(FILE *out, const struct fg_country_set *set)
{
    for (unsigned i = 1; i < FG_COUNTRY_COUNT; i++) {
        char code[4];
        if (fg_country_set_has(set, (fg_country)i)) {
            fg_country_format((fg_country)i, code);
            (void)fprintf(out, " %s", code);
        }
    }
}

static void put_texts(FILE *out, const char *const *texts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        (void)fprintf(out, " %s", texts[i]);
    }
}

static void put_list(FILE *out, const struct fg_list *list)
{
    if (!list->nameless) {
        (void)fprintf(out, " list %s", list->name);
        return;
    }
    switch (list->kind) {
    case FG_LIST_PREFIX:
        (void)fg_prefix_walk(list->prefixes, put_prefix, out);
        break;
    case FG_LIST_COUNTRY:
        put_countries(out, &list->countries);
        break;
    case FG_LIST_TEXT:
    case FG_LIST_NETWORK:
        put_texts(out, list->texts, list->n);
        break;
    }
}

static void put_is(FILE *out, const struct fg_predicate *p)
{
    char code[4];

    switch (fg_signal_info(p->signal)->type) {
    case FG_SIGNAL_BOOL:
        (void)fprintf(out, " is %s", p->truth ? "true" : "false");
        break;
    case FG_SIGNAL_COUNTRY:
        fg_country_format(p->country, code);
        (void)fprintf(out, " is %s", code);
        break;
    case FG_SIGNAL_NUMBER:
        (void)fputs(" is ", out);
        put_micro(out, p->number);
        break;
    case FG_SIGNAL_DIGITS:
        (void)fprintf(out, " is +%.*s", (int)p->text.len, p->text.ptr == NULL ? "" : p->text.ptr);
        break;
    case FG_SIGNAL_ADDRESS: // always in a list
    case FG_SIGNAL_TEXT:
    case FG_SIGNAL_TEXTSET:
        (void)fprintf(out, " is %.*s", (int)p->text.len, p->text.ptr == NULL ? "" : p->text.ptr);
        break;
    }
}

static void put_predicate(FILE *out, const struct fg_ruleset *ruleset, const struct fg_predicate *p)
{
    if (p->op == FG_OP_CALENDAR) {
        (void)fprintf(out, "calendar %s is %s", ruleset->calendars[p->calendar].name,
                      p->state == FG_CALENDAR_OPEN ? "open" : "closed");
        return;
    }
    if (p->signal == FG_SIG_ATTR) {
        (void)fprintf(out, "attr.%s", p->attr == NULL ? "?" : p->attr);
    } else {
        (void)fputs(fg_signal_info(p->signal)->name, out);
    }
    if (p->op == FG_OP_PRESENT) {
        (void)fputs(p->truth ? " is present" : " is absent", out);
    } else if (p->op == FG_OP_IN_LIST || p->op == FG_OP_NOT_IN_LIST) {
        (void)fputs(p->op == FG_OP_IN_LIST ? " in" : " not in", out);
        put_list(out, &ruleset->lists[p->list]);
    } else if (p->op == FG_OP_IN_TEXTS || p->op == FG_OP_NOT_IN_TEXTS) {
        (void)fputs(p->op == FG_OP_IN_TEXTS ? " in" : " not in", out);
        put_texts(out, p->texts, p->n_texts);
        put_countries(out, &p->countries);
    } else if (p->op == FG_OP_ABOVE || p->op == FG_OP_BELOW) {
        (void)fputs(p->op == FG_OP_ABOVE ? " above " : " below ", out);
        put_micro(out, p->number);
    } else {
        put_is(out, p);
    }
}

static void put_condition(FILE *out, const struct fg_ruleset *ruleset,
                          const struct fg_condition *condition)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        (void)fputs(i == 0 ? "" : " and ", out);
        put_predicate(out, ruleset, &condition->all[i]);
    }
}

char *words_condition(const struct fg_ruleset *ruleset, const struct fg_condition *condition)
{
    struct sheet sheet;

    if (!sheet_open(&sheet)) {
        return NULL;
    }
    put_condition(sheet.out, ruleset, condition);
    return sheet_close(&sheet);
}

char *words_number(fg_micro value)
{
    struct sheet sheet;

    if (!sheet_open(&sheet)) {
        return NULL;
    }
    put_micro(sheet.out, value);
    return sheet_close(&sheet);
}

char *words_steps(const struct fg_step *steps, size_t n)
{
    struct sheet sheet;

    if (!sheet_open(&sheet)) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        (void)fputs(i == 0 ? "over " : "; over ", sheet.out);
        put_micro(sheet.out, steps[i].above);
        (void)fprintf(sheet.out, ": %d points", (int)steps[i].score);
        if (steps[i].action_at_least != FG_ALLOW) {
            (void)fprintf(sheet.out, ", at least %s", fg_action_name(steps[i].action_at_least));
        }
        if (steps[i].notify != FG_NOTIFY_NONE) {
            (void)fprintf(sheet.out, ", tells %s", fg_notify_name(steps[i].notify));
        }
    }
    return sheet_close(&sheet);
}

char *words_hours(const struct fg_hours *hours, size_t n)
{
    static const char *const days[7] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    struct sheet sheet;

    if (!sheet_open(&sheet)) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const char *between = i == 0 ? "" : "; ";
        for (unsigned day = 0; day < 7; day++) {
            if ((hours[i].days & (1U << day)) != 0) {
                (void)fprintf(sheet.out, "%s%s", between, days[day]);
                between = ",";
            }
        }
        (void)fprintf(sheet.out, " %02u:%02u-%02u:%02u", hours[i].from_min / 60U,
                      hours[i].from_min % 60U, hours[i].to_min / 60U, hours[i].to_min % 60U);
    }
    return sheet_close(&sheet);
}

char *words_dates(const int32_t *dates, size_t n)
{
    struct sheet sheet;

    if (!sheet_open(&sheet)) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(sheet.out, "%s%04d-%02d-%02d", i == 0 ? "" : ", ", dates[i] / 10000,
                      dates[i] / 100 % 100, dates[i] % 100);
    }
    return sheet_close(&sheet);
}

char *words_exception(const struct fg_ruleset *ruleset, const struct fg_exception *exception)
{
    struct sheet sheet;
    char *until = words_until(exception->until_ms);

    if (until == NULL || !sheet_open(&sheet)) {
        free(until);
        return NULL;
    }
    for (uint32_t i = 0; i < exception->n; i++) {
        (void)fputs(i == 0 ? "" : ", or ", sheet.out);
        put_condition(sheet.out, ruleset, &exception->any[i]);
    }
    (void)fprintf(sheet.out, " (%s, expires %s)",
                  exception->owner == NULL ? "no owner" : exception->owner, until);
    free(until);
    return sheet_close(&sheet);
}

static void put_terms(FILE *out, const struct fg_ruleset *ruleset, const char *what,
                      const struct fg_composite_term *terms, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        (void)fputs(i == 0 ? what : ",", out);
        if (terms[i].kind == FG_TERM_TAG) {
            (void)fprintf(out, " tag %s", terms[i].tag);
        } else {
            (void)fprintf(out, " %s", ruleset->rules[terms[i].rule].id);
        }
    }
}

char *words_terms(const struct fg_ruleset *ruleset, const struct fg_composite *composite)
{
    struct sheet sheet;

    if (!sheet_open(&sheet)) {
        return NULL;
    }
    put_terms(sheet.out, ruleset, "all of", composite->all_of, composite->n_all);
    put_terms(sheet.out, ruleset, composite->n_all == 0 ? "any of" : "; any of", composite->any_of,
              composite->n_any);
    put_terms(sheet.out, ruleset,
              composite->n_all + composite->n_any == 0 ? "none of" : "; none of",
              composite->none_of, composite->n_none);
    return sheet_close(&sheet);
}

char *words_until(int64_t until_ms)
{
    // The last day, as it is written; until_ms is its end.
    const time_t last = (time_t)((until_ms - 1) / FG_MS_PER_S);
    struct tm day;
    char text[32];

    if (until_ms == FG_NEVER_MS || gmtime_r(&last, &day) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d", &day) == 0) {
        return strdup("never");
    }
    return strdup(text);
}

char *words_duration(int64_t ms)
{
    char *text = NULL;
    int rc = -1;

    if (ms % FG_MS_PER_DAY == 0) {
        rc = asprintf(&text, "%" PRId64 "d", ms / FG_MS_PER_DAY);
    } else if (ms % (FG_MS_PER_MIN * 60) == 0) {
        rc = asprintf(&text, "%" PRId64 "h", ms / (FG_MS_PER_MIN * 60));
    } else if (ms % FG_MS_PER_MIN == 0) {
        rc = asprintf(&text, "%" PRId64 "m", ms / FG_MS_PER_MIN);
    } else if (ms % FG_MS_PER_S == 0) {
        rc = asprintf(&text, "%" PRId64 "s", ms / FG_MS_PER_S);
    } else {
        rc = asprintf(&text, "%" PRId64 "ms", ms);
    }
    return rc < 0 ? NULL : text;
}

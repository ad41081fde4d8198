// SPDX-License-Identifier: GPL-2.0-or-later
#include "letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the texts are filled from.
struct writer {
    const struct fga_message *message;
    const struct fga_incident *incident;
    const struct fga_audience *audience;
    const struct fga_language *language;
    FILE *out;
};

static void say(const struct writer *w, enum fga_text text, uint64_t n,
                const struct fga_value *values, size_t n_values)
{
    fga_text_write(w->out, fga_language_text(w->language, text, n), values, n_values);
}

static void count_text(char out[24], uint64_t n)
{
    (void)snprintf(out, 24, "%llu", (unsigned long long)n);
}

static void say_calls(const struct writer *w, enum fga_text text, uint64_t n)
{
    char calls[24];
    count_text(calls, n);
    const struct fga_value value = {"calls", calls};
    say(w, text, n, &value, 1);
}

static void write_subject(const struct writer *w)
{
    const uint64_t n = fga_incident_calls(w->incident);
    (void)fputs("[Fraud guard] ", w->out);
    if (w->message->step == FGA_STEP_NONE) {
        say(w, FGA_TEXT_SUBJECT_TEST, 0, NULL, 0);
        return;
    }
    if (w->message->step == FGA_STEP_UPDATED || w->message->step == FGA_STEP_ENDED) {
        say(w,
            w->message->step == FGA_STEP_UPDATED ? FGA_TEXT_SUBJECT_UPDATE : FGA_TEXT_SUBJECT_ENDED,
            0, NULL, 0);
        (void)fputs(": ", w->out);
    }
    say_calls(w,
              w->incident->kind == FGA_TDOS ? FGA_TEXT_SUBJECT_FLOOD
              : n > 0                       ? FGA_TEXT_SUBJECT_CALLS
                                            : FGA_TEXT_SUBJECT_HELD,
              n);
}

static void write_places(const struct fga_incident *incident, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < incident->n_destinations && used < size; i++) {
        const struct fga_destination *to = &incident->destinations[i];
        const int n = snprintf(out + used, size - used, "%s%s%s%s%s", i == 0 ? "" : ", ",
                               to->number, to->country[0] == '\0' ? "" : " (", to->country,
                               to->country[0] == '\0' ? "" : ")");
        used += n > 0 ? (size_t)n : 0;
    }
    if (incident->other_calls > 0 && used < size)
        (void)snprintf(out + used, size - used, "%s...", used > 0 ? ", " : "");
}

// How large a flood is, where it is known.
static void write_size(const struct writer *w, enum fga_text text, uint64_t n)
{
    char number[24];
    const struct fga_value value = {"n", number};
    if (n == 0)
        return;
    count_text(number, n);
    (void)fputc('\n', w->out);
    say(w, text, n, &value, 1);
}

static void write_happened(const struct writer *w)
{
    char from[FGA_LOCAL_MAX], to[FGA_LOCAL_MAX], calls[24], places[512];
    const uint64_t n = fga_incident_calls(w->incident);
    if (w->message->step == FGA_STEP_NONE) {
        say(w, FGA_TEXT_TEST, 0, NULL, 0);
        return;
    }
    fga_local_format(w->audience->zone, w->incident->started_ms, from);
    fga_local_format(w->audience->zone, w->incident->last_ms, to);
    write_places(w->incident, places, sizeof(places));
    count_text(calls, n);
    const struct fga_value values[] = {
        {"from", from}, {"to", to}, {"calls", calls}, {"places", places}};
    say(w,
        w->incident->kind == FGA_TDOS ? FGA_TEXT_HAPPENED_FLOOD
        : n > 0                       ? FGA_TEXT_HAPPENED_CALLS
                                      : FGA_TEXT_HAPPENED_HELD,
        n, values, sizeof(values) / sizeof(*values));
    write_size(w, FGA_TEXT_HAPPENED_CALLERS, w->incident->callers);
    write_size(w, FGA_TEXT_HAPPENED_PEAK, w->incident->peak_per_min);
}

// What a hold is about, in words.
static void write_held(const struct writer *w, const struct fga_held *held)
{
    static const enum fga_text texts[FG_HOLD_SCOPES] = {
        [FG_HOLD_CUSTOMER] = FGA_TEXT_SCOPE_ALL,
        [FG_HOLD_RISKY] = FGA_TEXT_SCOPE_RISKY,
        [FG_HOLD_COUNTRY] = FGA_TEXT_SCOPE_COUNTRY,
        [FG_HOLD_TYPE] = FGA_TEXT_SCOPE_TYPE,
        [FG_HOLD_SOURCE] = FGA_TEXT_SCOPE_SOURCE,
        [FG_HOLD_CERTIFICATE] = FGA_TEXT_SCOPE_CERTIFICATE,
        [FG_HOLD_CALLER] = FGA_TEXT_SCOPE_CALLER,
        [FG_HOLD_RANGE] = FGA_TEXT_SCOPE_RANGE,
        [FG_HOLD_NUMBER] = FGA_TEXT_SCOPE_NUMBER,
    };
    const char *dot = strchr(held->scope, '.');
    const char *of = held->of[0] != '\0' ? held->of : dot != NULL ? dot + 1 : "";
    const struct fga_value values[] = {{"country", of}, {"type", of}, {"of", of}};
    uint8_t scope = FG_HOLD_CUSTOMER;
    uint64_t value;
    if (fg_hold_scope_parse(fg_view_of(held->scope), &scope, &value) != FG_OK)
        scope = FG_HOLD_CUSTOMER;
    say(w, texts[scope], 0, values, sizeof(values) / sizeof(*values));
}

static void write_scope(const struct writer *w, const struct fga_held *held)
{
    char until[FGA_LOCAL_MAX];
    char *scope = NULL;
    size_t len = 0;
    struct writer inner = *w;
    inner.out = open_memstream(&scope, &len);
    if (inner.out == NULL)
        return;
    write_held(&inner, held);
    if (fclose(inner.out) == 0) {
        fga_local_format(w->audience->zone, held->until_ms, until);
        const struct fga_value values[] = {{"until", until}, {"scope", scope}};
        say(w, FGA_TEXT_DID_HELD, 0, values, 2);
        (void)fputc('\n', w->out);
    }
    free(scope);
}

static void write_did(const struct writer *w)
{
    const struct fga_incident *incident = w->incident;
    if (w->message->step == FGA_STEP_NONE)
        return;
    if (incident->refused > 0) {
        say_calls(w, FGA_TEXT_DID_REFUSED, incident->refused);
        (void)fputc('\n', w->out);
    }
    if (incident->cut > 0) {
        say_calls(w, FGA_TEXT_DID_CUT, incident->cut);
        (void)fputc('\n', w->out);
    }
    for (uint32_t i = 0; i < incident->n_holds; i++) {
        if (incident->holds[i].until_ms > w->message->time_ms)
            write_scope(w, &incident->holds[i]);
    }
    if (w->message->step == FGA_STEP_ENDED)
        say(w, incident->kind == FGA_TDOS ? FGA_TEXT_DID_FLOOD_ENDED : FGA_TEXT_DID_ENDED, 0, NULL,
            0);
}

static void write_money(const struct writer *w)
{
    char amount[32];
    const struct fga_value value = {"amount", amount};
    if (w->incident->prevented_usd > 0) {
        fga_money_format(w->incident->prevented_usd, amount);
        say(w, FGA_TEXT_MONEY_PREVENTED, 0, &value, 1);
        (void)fputc('\n', w->out);
    }
    if (w->incident->incurred_usd > 0) {
        fga_money_format(w->incident->incurred_usd, amount);
        say(w, FGA_TEXT_MONEY_INCURRED, 0, &value, 1);
    }
}

static void write_todo(const struct writer *w)
{
    char url[2200];
    if (w->message->step == FGA_STEP_NONE)
        return;
    if (w->incident->kind == FGA_TDOS) {
        say(w, FGA_TEXT_TODO_FLOOD, 0, NULL, 0);
        return;
    }
    say(w, FGA_TEXT_TODO_PASSWORDS, 0, NULL, 0);
    (void)fputc('\n', w->out);
    say(w, FGA_TEXT_TODO_LOG, 0, NULL, 0);
    if (w->message->step == FGA_STEP_ENDED)
        return;
    (void)fputc('\n', w->out);
    if (w->audience->portal_url == NULL) {
        say(w, FGA_TEXT_TODO_CALL, 0, NULL, 0);
        return;
    }
    // Behind a login: what follows links in mailboxes must not release anything.
    (void)snprintf(url, sizeof(url), "%s%s", w->audience->portal_url, w->incident->alert_id);
    const struct fga_value value = {"url", url};
    say(w, FGA_TEXT_TODO_RELEASE, 0, &value, 1);
}

// Points and limits stay with the provider: a hijacked mailbox must not teach them.
static void write_why(const struct writer *w)
{
    if (w->message->step == FGA_STEP_NONE)
        return;
    for (uint32_t i = 0; i < w->incident->n_reasons; i++)
        (void)fprintf(w->out, "%s%s", i == 0 ? "" : "\n", w->incident->reasons[i].text);
    if (w->incident->n_reasons == 0)
        say(w, fga_incident_calls(w->incident) == 0 ? FGA_TEXT_WHY_OPERATOR : FGA_TEXT_WHY_UNKNOWN,
            0, NULL, 0);
}

static void write_questions(const struct writer *w)
{
    const struct fga_value values[] = {{"contact", w->audience->contact},
                                       {"alert", w->incident->alert_id}};
    if (w->audience->contact == NULL)
        say(w, FGA_TEXT_QUESTIONS_REFERENCE, 0, values + 1, 1);
    else
        say(w, FGA_TEXT_QUESTIONS, 0, values, 2);
}

static void write_footer(const struct writer *w)
{
    const struct fga_audience *audience = w->audience;
    const struct fga_value values[] = {
        {"customer",
         audience->customer_name == NULL ? w->incident->customer : audience->customer_name},
        {"provider", audience->provider == NULL ? "your telephone provider" : audience->provider},
        {"zone", audience->zone == NULL ? "UTC" : audience->zone->name}};
    say(w, FGA_TEXT_FOOTER, 0, values, sizeof(values) / sizeof(*values));
}

static char *written(struct writer *w, void (*write)(const struct writer *w))
{
    char *text = NULL;
    size_t len = 0;
    w->out = open_memstream(&text, &len);
    if (w->out == NULL)
        return NULL;
    write(w);
    if (fclose(w->out) != 0) {
        free(text);
        return NULL;
    }
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    return text;
}

int fga_letter_init(struct fga_letter *letter, const struct fga_message *message,
                    const struct fga_audience *audience)
{
    static const struct {
        enum fga_text heading;
        void (*write)(const struct writer *w);
    } sections[FGA_SECTIONS_MAX] = {
        {FGA_TEXT_HEAD_HAPPENED, write_happened}, {FGA_TEXT_HEAD_DID, write_did},
        {FGA_TEXT_HEAD_MONEY, write_money},       {FGA_TEXT_HEAD_TODO, write_todo},
        {FGA_TEXT_HEAD_WHY, write_why},           {FGA_TEXT_HEAD_QUESTIONS, write_questions}};
    struct writer w = {message, &message->incident, audience, fga_language_of(audience->locale),
                       NULL};
    memset(letter, 0, sizeof(*letter));
    letter->subject = written(&w, write_subject);
    letter->footer = written(&w, write_footer);
    if (letter->subject == NULL || letter->footer == NULL)
        return FG_ENOMEM;
    for (size_t i = 0; i < FGA_SECTIONS_MAX; i++) {
        char *lines = written(&w, sections[i].write);
        if (lines == NULL)
            return FG_ENOMEM;
        if (lines[0] == '\0') {
            free(lines);
            continue;
        }
        letter->sections[letter->n_sections++] =
            (struct fga_section){fga_language_text(w.language, sections[i].heading, 0), lines};
    }
    return FG_OK;
}

void fga_letter_fini(struct fga_letter *letter)
{
    free(letter->subject);
    free(letter->footer);
    for (uint32_t i = 0; i < letter->n_sections; i++)
        free(letter->sections[i].lines);
    memset(letter, 0, sizeof(*letter));
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "fg/json.h"
#include "fg/record.h"
#include "fg/text.h"

#define TIME_MS_MAX INT64_C(253402300800000) // the year 10000

void fga_text_copy(char *out, size_t size, const char *text)
{
    char *cleaned = NULL;
    out[0] = '\0';
    if (text == NULL)
        return;
    if (!fg_text_is_plain(fg_view_of(text))) {
        cleaned = fg_text_plain(fg_view_of(text));
        text = cleaned == NULL ? "" : cleaned;
    }
    size_t len = strlen(text);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) // inside a character
            len--;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    free(cleaned);
}

static bool is_time(int64_t time_ms)
{
    return time_ms > 0 && time_ms < TIME_MS_MAX;
}

static bool is_word(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static bool read_scope(const struct fg_json *hold, struct fga_event *event)
{
    const char *scope = fg_json_string(hold, "scope");
    uint8_t kind;
    uint64_t value;
    int64_t until_ms;
    if (scope == NULL || fg_hold_scope_parse(fg_view_of(scope), &kind, &value) != FG_OK ||
        !fg_json_integer(hold, "until_ms", &until_ms) || !is_time(until_ms))
        return false;
    fga_text_copy(event->scope, sizeof(event->scope), scope);
    fga_text_copy(event->of, sizeof(event->of), fg_json_string(hold, "of"));
    event->hold_until_ms = until_ms;
    return true;
}

static void read_reasons(const struct fg_json *reasons, struct fga_event *event)
{
    for (size_t i = 0; i < fg_json_count(reasons) && event->n_reasons < FGA_REASONS_MAX; i++) {
        const struct fg_json *reason = fg_json_item(reasons, i);
        int64_t points = 0;
        const char *kind = fg_json_string(reason, "kind");
        if (fg_json_is_true(reason, "shadow") || !fg_json_integer(reason, "points", &points) ||
            points <= 0 || (!is_word(kind, "rule") && !is_word(kind, "composite")))
            continue;
        struct fga_reason *out = &event->reasons[event->n_reasons++];
        fga_text_copy(out->rule, sizeof(out->rule), fg_json_string(reason, "id"));
        fga_text_copy(out->text, sizeof(out->text), fg_json_string(reason, "desc"));
        if (event->why[0] == '\0')
            fga_text_copy(event->why, sizeof(event->why), fg_json_string(reason, "why"));
    }
}

static void read_destination(const struct fg_json *dest, struct fga_event *event)
{
    double usd = 0;
    fga_text_copy(event->number, sizeof(event->number), fg_json_string(dest, "number"));
    fga_text_copy(event->country, sizeof(event->country), fg_json_string(dest, "country"));
    if (fg_json_number(dest, "usd_per_minute", &usd) && usd > 0 && usd < 10000)
        event->usd_per_minute = (fg_micro)(usd * (double)FG_MICRO + 0.5);
}

static enum fga_event_kind call_kind(const struct fg_json *json, const char *type, bool inbound)
{
    const char *action = fg_json_string(json, "action");
    const bool block = is_word(action, "block");
    if (fg_json_is_true(json, "repeated"))
        return FGA_EVENT_OTHER;
    // Callers of a flooded customer are throttled or put to the test; that is the flood, too.
    if (is_word(type, "call.attempt"))
        return block || (inbound && (is_word(action, "throttle") || is_word(action, "challenge")))
                   ? FGA_EVENT_REFUSED
                   : FGA_EVENT_OTHER;
    if ((is_word(type, "call.minute") || is_word(type, "call.answer")) && block)
        return FGA_EVENT_CUT;
    return FGA_EVENT_OTHER;
}

static int read_call(const struct fg_json *json, const char *type, struct fga_event *event)
{
    event->inbound = is_word(fg_json_string(json, "direction"), "inbound");
    event->kind = call_kind(json, type, event->inbound);
    const struct fg_json *begins = fg_json_member(fg_json_member(json, "effects"), "hold");
    if (!read_scope(begins, event))
        (void)read_scope(fg_json_member(json, "hold"), event);
    if (event->kind == FGA_EVENT_CUT) {
        if (!fg_json_integer(json, "duration_s", &event->duration_s) || event->duration_s < 0 ||
            event->duration_s > 1000000)
            event->duration_s = 0;
    }
    read_destination(fg_json_member(json, "dest"), event);
    read_reasons(fg_json_member(json, "reasons"), event);
    return FG_OK;
}

static int read_hold(const struct fg_json *json, bool set, struct fga_event *event)
{
    const char *scope = fg_json_string(json, "scope");
    uint8_t kind;
    uint64_t value;
    if (set && !read_scope(json, event))
        return FG_ESYNTAX;
    if (!set) {
        if (scope == NULL || fg_hold_scope_parse(fg_view_of(scope), &kind, &value) != FG_OK)
            return FG_ESYNTAX;
        fga_text_copy(event->scope, sizeof(event->scope), scope);
    }
    event->kind = set ? FGA_EVENT_HELD : FGA_EVENT_RELEASED;
    fga_text_copy(event->hold_reason, sizeof(event->hold_reason), fg_json_string(json, "reason"));
    fga_text_copy(event->hold_by, sizeof(event->hold_by), fg_json_string(json, "by"));
    return FG_OK;
}

static int64_t read_count(const struct fg_json *json, const char *key)
{
    int64_t value = 0;
    return fg_json_integer(json, key, &value) && value > 0 && value < INT64_C(1) << 50 ? value : 0;
}

// Of floods of a number only: the others are requests of the customer's own trunk.
static int read_attack(const struct fg_json *json, struct fga_event *event)
{
    if (!is_word(fg_json_string(json, "kind"), "number"))
        return FG_OK;
    event->kind = FGA_EVENT_FLOODED;
    event->inbound = true;
    event->callers = read_count(json, "callers");
    event->peak_per_min = read_count(json, "peak_per_minute");
    return FG_OK;
}

static int read_resend(const struct fg_json *json, struct fga_event *event)
{
    static const char digits[] = "0123456789";
    const char *id = fg_json_string(json, "dead");
    const size_t ms = id == NULL ? 0 : strspn(id, digits);
    if (ms == 0 || id[ms] != '-' || strlen(id) >= sizeof(event->dead_id))
        return FG_ESYNTAX;
    const size_t n = strspn(id + ms + 1, digits);
    if (n == 0 || id[ms + 1 + n] != '\0')
        return FG_ESYNTAX;
    event->kind = FGA_EVENT_RESEND;
    memcpy(event->dead_id, id, strlen(id) + 1);
    return FG_OK;
}

static int read_event(const struct fg_json *json, struct fga_event *event)
{
    int64_t version = 0;
    const char *type = fg_json_string(json, "type");
    const char *customer = fg_json_string(json, "customer");
    if (!fg_json_integer(json, "v", &version) || version != 1 || type == NULL ||
        !fg_json_integer(json, "time_ms", &event->time_ms) || !is_time(event->time_ms))
        return FG_ESYNTAX;
    if (customer == NULL)
        return FG_OK; // nobody to tell
    if (!fg_record_is_customer_id(fg_view_of(customer)))
        return FG_ESYNTAX;
    memcpy(event->customer, customer, strlen(customer) + 1);
    event->is_unique = strncmp(type, "call.", 5) != 0 || fg_json_string(json, "call_id") != NULL ||
                       fg_json_string(json, "call_id_hex") != NULL;
    if (strncmp(type, "call.", 5) == 0)
        return read_call(json, type, event);
    if (strncmp(type, "attack.", 7) == 0)
        return read_attack(json, event);
    if (is_word(type, "hold.set") || is_word(type, "hold.released"))
        return read_hold(json, is_word(type, "hold.set"), event);
    if (is_word(type, "alert.test"))
        event->kind = FGA_EVENT_TEST;
    return is_word(type, "alert.resend") ? read_resend(json, event) : FG_OK;
}

int fga_event_parse(struct fg_view text, struct fga_event *out)
{
    struct fg_json *json = fg_json_parse(text);
    struct fga_event event;
    if (json == NULL)
        return FG_ESYNTAX;
    memset(&event, 0, sizeof(event));
    const int rc = read_event(json, &event);
    fg_json_free(json);
    if (rc == FG_OK)
        *out = event;
    return rc;
}

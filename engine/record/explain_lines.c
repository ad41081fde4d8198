// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "shown.h"

static void put_notes(FILE *out, const struct fg_shown *decision)
{
    const char *shadow = fg_json_string(decision->json, "shadow_action");

    if (decision->shadow_score != decision->score) {
        (void)fprintf(out, "  with the shadow rules: %" PRId64 " points, ", decision->shadow_score);
        fg_shown_put_text(out, shadow);
        (void)fputs("\n", out);
    }
    if (fg_json_is_true(decision->json, "degraded")) {
        (void)fputs(
            "  degraded: Redis did not answer in time; judged from this node's own counts\n", out);
    }
    if (fg_json_is_true(decision->json, "repeated")) {
        (void)fputs("  repeated: a retransmission, fork or retry; judged again, counted once\n",
                    out);
    }
}

static void put_security(FILE *out, const struct fg_shown *decision)
{
    const struct fg_json *tls = fg_json_member(decision->json, "tls");
    const char *version = fg_json_string(tls, "version");
    int64_t days = 0;

    (void)fputs("  seen: ", out);
    if (version != NULL) {
        (void)fputs("TLS ", out);
        fg_shown_put_text(out, version);
        (void)fputs(" ", out);
        fg_shown_put_text(out, fg_json_string(tls, "cipher"));
        (void)fputs(", ", out);
        if (fg_json_is_true(tls, "cert")) {
            (void)fputs("certificate ", out);
            fg_shown_put_text(out, fg_json_string(tls, "name"));
            if (fg_json_integer(tls, "days_left", &days)) {
                (void)fprintf(out, " (%" PRId64 " d left)", days);
            }
        } else {
            (void)fputs("no client certificate", out);
        }
    } else {
        (void)fputs("no TLS", out);
    }
    (void)fputs(fg_json_is_true(decision->json, "srtp") ? "; SRTP offered" : "; no SRTP offered",
                out);
    (void)fputs("; from ", out);
    fg_shown_put_text(out, fg_json_string(decision->json, "source"));
    (void)fputs("; identity: ", out);
    fg_shown_put_text(out, fg_json_string(decision->json, "identity"));
    (void)fputs("\n", out);
}

static void put_duration(FILE *out, int64_t seconds)
{
    if (seconds > 0 && seconds % 3600 == 0) {
        (void)fprintf(out, "%" PRId64 "h", seconds / 3600);
    } else if (seconds > 0 && seconds % 60 == 0) {
        (void)fprintf(out, "%" PRId64 "m", seconds / 60);
    } else {
        (void)fprintf(out, "%" PRId64 "s", seconds);
    }
}

// Separates the parts of one line: the label before the first, "; " before the others.
static void put_separator(FILE *out, const char *label, int *parts)
{
    (void)fputs(*parts == 0 ? label : "; ", out);
    (*parts)++;
}

// "number +96077***45", "country.MV"
static void put_held(FILE *out, const struct fg_json *hold)
{
    const char *scope = fg_json_string(hold, "scope");
    const char *of = fg_json_string(hold, "of");

    if (of == NULL) {
        fg_shown_put_text(out, scope);
        return;
    }
    char kind[FG_HOLD_SCOPE_TEXT_MAX] = "";
    const size_t length = scope == NULL ? 0 : strcspn(scope, ".");
    if (length < sizeof(kind)) {
        memcpy(kind, scope == NULL ? "" : scope, length);
    }
    fg_shown_put_text(out, kind);
    (void)fputs(" ", out);
    fg_shown_put_text(out, of);
}

static void put_effects(FILE *out, const struct fg_shown *decision)
{
    const struct fg_json *effects = fg_json_member(decision->json, "effects");
    const struct fg_json *hold = fg_json_member(effects, "hold");
    static const char label[] = "  did: ";
    int64_t number = 0;
    int parts = 0;

    if (fg_json_integer(effects, "sip_code", &number)) {
        put_separator(out, label, &parts);
        (void)fprintf(out, "SIP %" PRId64 " ", number);
        fg_shown_put_text(out, fg_json_string(effects, "sip_reason"));
    }
    if (fg_json_is_true(effects, "drop_media")) {
        put_separator(out, label, &parts);
        (void)fputs("media dropped", out);
    }
    if (fg_json_is_true(effects, "cut_call")) {
        put_separator(out, label, &parts);
        (void)fputs("call ended", out);
    }
    if (fg_json_integer(hold, "duration_s", &number)) {
        put_separator(out, label, &parts);
        (void)fputs("hold ", out);
        put_duration(out, number);
        (void)fputs(" on ", out);
        put_held(out, hold);
        if (fg_json_integer(hold, "until_ms", &number)) {
            (void)fputs(" to ", out);
            fg_shown_put_time(out, number, false);
        }
    }
    if (parts > 0) {
        (void)fputs("\n", out);
    }
}

static void put_hold(FILE *out, const struct fg_json *hold)
{
    int64_t until_ms = 0;

    if (fg_json_string(hold, "scope") == NULL) {
        return;
    }
    (void)fputs("  held: ", out);
    put_held(out, hold);
    if (fg_json_integer(hold, "until_ms", &until_ms)) {
        (void)fputs(" until ", out);
        fg_shown_put_time(out, until_ms, true);
    }
    (void)fputs(", by ", out);
    fg_shown_put_text(out, fg_json_string(hold, "by"));
    (void)fputs(": ", out);
    fg_shown_put_text(out, fg_json_string(hold, "reason"));
    (void)fputs("\n", out);
}

// How to undo it: a hold is released by name; without one there is nothing to release.
static void put_undo(FILE *out, const struct fg_shown *decision)
{
    const struct fg_json *set = fg_json_member(fg_json_member(decision->json, "effects"), "hold");
    const struct fg_json *active = fg_json_member(decision->json, "hold");
    const char *scope = fg_json_string(active, "scope");
    const char *customer = fg_json_string(decision->json, "customer");

    scope = scope == NULL ? fg_json_string(set, "scope") : scope;
    if (scope != NULL && customer != NULL) {
        (void)fputs("  undo: fgctl unblock ", out);
        fg_shown_put_text(out, customer);
        if (strcmp(scope, "customer") != 0) {
            (void)fputs("/", out);
            fg_shown_put_text(out, scope);
        }
        (void)fputs(" --reason \"...\"\n", out);
    } else if (decision->action >= FG_THROTTLE) {
        (void)fputs("  undo: nothing is held; the next call is judged afresh\n", out);
    }
}

static void put_call(FILE *out, const struct fg_shown *decision)
{
    const char *type = fg_json_string(decision->json, "type");
    int64_t number = 0;

    (void)fputs("  call: ", out);
    fg_shown_put_text(out, fg_json_string(decision->json, "call_id"));
    (void)fputs(", judged at ", out);
    fg_shown_put_text(out, type + strlen("call."));
    if (fg_json_integer(decision->json, "minute", &number)) {
        (void)fprintf(out, " %" PRId64, number);
    }
    if (fg_json_string(decision->json, "node") != NULL) {
        (void)fputs(" on ", out);
        fg_shown_put_text(out, fg_json_string(decision->json, "node"));
    }
    (void)fputs("\n", out);
}

void fg_shown_put_lines(FILE *out, const struct fg_shown *decision)
{
    put_notes(out, decision);
    put_security(out, decision);
    put_hold(out, fg_json_member(decision->json, "hold"));
    put_effects(out, decision);
    put_call(out, decision);
    put_undo(out, decision);
}

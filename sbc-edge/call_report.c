// SPDX-License-Identifier: GPL-2.0-or-later
#include "call_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#define SECOND_NS     1000000000u
#define US_PER_SECOND 1000000u

static struct edge_media *find_audio(const struct edge_leg *leg)
{
    for (unsigned i = 0; i < leg->n_media; i++) {
        if (leg->media[i]->is_active && leg->media[i]->type == EDGE_MEDIA_AUDIO)
            return leg->media[i];
    }
    return NULL;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint32_t seconds_since(uint64_t then_ns, uint64_t now_ns)
{
    return now_ns > then_ns ? (uint32_t)((now_ns - then_ns) / SECOND_NS) : 0;
}

/* The proxy's words, which must need no escape where they are told. */
static void copy_label(struct edge_view label, char out[EDGE_REPORT_LABEL_MAX + 1])
{
    if (label.len > EDGE_REPORT_LABEL_MAX)
        return;
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return;
    }
    if (label.len > 0)
        memcpy(out, label.ptr, label.len);
}

static void look_at_side(struct edge_media *media, uint64_t answered_ns, uint64_t now_ns,
                         struct edge_side_report *out)
{
    struct edge_media_facts *facts = &media->facts;

    out->is_there = true;
    copy_label(media->leg->label, out->label);
    out->is_encrypted = media->is_srtp && media->receive && media->send;
    if (media->is_srtp && media->remote_key)
        out->suite = media->remote_key->suite;
    memcpy(out->codec, facts->codec, sizeof(out->codec));
    out->packets = facts->packets;
    out->look = edge_media_facts_look(facts, now_ns);
    out->keys = facts->keys;
    out->idle_s = seconds_since(later(facts->last_ns, answered_ns), now_ns);
}

static bool is_present(const struct edge_media *media, uint64_t now_ns)
{
    return media->facts.packets > 0 && now_ns - media->facts.last_ns < EDGE_PRESENT_NS;
}

static void look_at_both(const struct edge_session *session, const struct edge_media *caller,
                         const struct edge_media *called, uint64_t now_ns,
                         struct edge_call_report *out)
{
    uint64_t answered_ns = session->answered_ns;
    uint64_t sound_ns = later(caller->facts.sound_ns, called->facts.sound_ns);
    bool is_here = is_present(caller, now_ns);
    bool is_there = is_present(called, now_ns);

    out->is_on_hold = caller->is_on_hold || called->is_on_hold;
    out->silent_s = seconds_since(later(sound_ns, answered_ns), now_ns);
    /* Who is on hold need not send, nor who hears himself. */
    if (is_here == is_there || out->is_on_hold || caller->peer == caller)
        return;
    out->one_way_s = seconds_since(
        later(is_here ? called->facts.last_ns : caller->facts.last_ns, answered_ns), now_ns);
}

/* By the clock on the wall: the answer may be older than this relay. */
static uint32_t seconds_up(const struct edge_session *session, uint64_t now_us)
{
    return now_us > session->answered_us
               ? (uint32_t)((now_us - session->answered_us) / US_PER_SECOND)
               : 0;
}

static bool look_at_media(struct edge_session *session, uint64_t now_ns, uint64_t now_us,
                          struct edge_call_report *out)
{
    const struct edge_leg *leg = session->n_legs > 0 ? session->legs[0] : NULL;
    struct edge_media *caller = leg ? find_audio(leg) : NULL;
    struct edge_media *called = leg && leg->peer ? find_audio(leg->peer) : NULL;

    if (session->answered_ns == 0)
        return false;
    out->up_s = seconds_up(session, now_us);
    if (caller)
        look_at_side(caller, session->answered_ns, now_ns, &out->caller);
    if (called)
        look_at_side(called, session->answered_ns, now_ns, &out->called);
    if (caller && called)
        look_at_both(session, caller, called, now_ns, out);
    return caller != NULL;
}

static void look_at_drops(const struct edge_leg *leg, uint64_t drops[EDGE_DROP_COUNT])
{
    for (unsigned m = 0; m < leg->n_media; m++) {
        for (int c = EDGE_RTP; c < EDGE_COMPONENTS; c++) {
            for (int r = 0; r < EDGE_DROP_COUNT; r++)
                drops[r] += leg->media[m]->flow[c].drops[r];
        }
    }
}

static bool look_at_verdicts(const struct edge_session *session, uint64_t now_ns, uint64_t now_us,
                             struct edge_call_report *out)
{
    bool was_silenced = false;

    for (unsigned i = 0; i < session->n_legs; i++)
        was_silenced = was_silenced || session->legs[i]->verdict.n > 0;
    for (unsigned i = 0; was_silenced && i < session->n_legs; i++) {
        const struct edge_leg *leg = session->legs[i];
        struct edge_leg_proof *proof = &out->proofs[out->n_proofs++];

        *proof = (struct edge_leg_proof){.is_caller = i == 0, .verdict = leg->verdict};
        if (leg->last_forwarded_ns != 0)
            proof->last_forwarded_us = now_us - (now_ns - leg->last_forwarded_ns) / 1000;
        look_at_drops(leg, proof->drops);
    }
    return was_silenced;
}

bool edge_call_report_take(struct edge_session *session, bool has_end, uint64_t now_ns,
                           uint64_t now_us, struct edge_call_report *out)
{
    bool has_media;

    if (session->call_id.len == 0 || session->call_id.len > EDGE_REPORT_CALL_ID_MAX)
        return false;
    memset(out, 0, sizeof(*out));
    out->call_id_length = (uint16_t)session->call_id.len;
    memcpy(out->call_id, session->call_id.ptr, session->call_id.len);
    memcpy(out->customer, session->customer, sizeof(out->customer));
    out->at_us = now_us;
    out->created_us = session->created_us;
    has_media = look_at_media(session, now_ns, now_us, out);
    return (has_end && look_at_verdicts(session, now_ns, now_us, out)) || has_media;
}

size_t edge_call_report_size(const struct edge_call_report *report)
{
    return offsetof(struct edge_call_report, proofs) + report->n_proofs * sizeof(report->proofs[0]);
}

struct text {
    char *bytes;
    size_t size;
    size_t used; /* `size`: it did not fit */
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
    size_t left = text->size - text->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->bytes + text->used, left, format, args);
    va_end(args);
    text->used = n < 0 || (size_t)n >= left ? text->size : text->used + (size_t)n;
}

/* Bytes of the network become JSON only where they need no escape, else hex digits. */
static void add_call_id(struct text *text, const struct edge_call_report *report)
{
    bool is_plain = true;

    for (unsigned i = 0; i < report->call_id_length; i++) {
        char c = report->call_id[i];

        is_plain = is_plain && c > ' ' && c <= '~' && c != '"' && c != '\\';
    }
    if (is_plain) {
        add(text, ",\"call_id\":\"%.*s\"", (int)report->call_id_length, report->call_id);
        return;
    }
    add(text, ",\"call_id_hex\":\"");
    for (unsigned i = 0; i < report->call_id_length; i++)
        add(text, "%02x", (unsigned)(unsigned char)report->call_id[i]);
    add(text, "\"");
}

/* The alphabet of customers was checked when the call was made. */
static void add_customer(struct text *text, const struct edge_call_report *report)
{
    if (report->customer[0] == '\0')
        add(text, ",\"customer\":null");
    else
        add(text, ",\"customer\":\"%s\"", report->customer);
}

static void add_side(struct text *text, const char *name, const struct edge_side_report *side)
{
    const char *suite =
        side->suite != EDGE_SUITE_NONE ? edge_srtp_suite_info(side->suite)->name : "";

    if (!side->is_there) {
        add(text, ",\"%s\":null", name);
        return;
    }
    add(text,
        ",\"%s\":{\"label\":\"%s\",\"encrypted\":%s,\"suite\":\"%s\",\"codec\":\"%s\",\"packets\":"
        "%" PRIu64 ",\"rate\":%" PRIu32 ",\"loss_ppm\":%" PRIu32 ",\"jitter_us\":%" PRIu32
        ",\"dtmf\":%" PRIu32 ",\"idle_s\":%" PRIu32 "}",
        name, side->label, side->is_encrypted ? "true" : "false", suite, side->codec, side->packets,
        side->look.packets_per_second, side->look.loss_ppm, side->look.jitter_us, side->keys,
        side->idle_s);
}

static void add_facts(struct text *text, const struct edge_call_report *report)
{
    add(text, "\"on_hold\":%s,\"up_s\":%" PRIu32 ",\"silent_s\":%" PRIu32 ",\"one_way_s\":%" PRIu32,
        report->is_on_hold ? "true" : "false", report->up_s, report->silent_s, report->one_way_s);
    add_side(text, "caller", &report->caller);
    add_side(text, "called", &report->called);
}

static size_t finish(const struct text *text)
{
    return text->used == text->size ? 0 : text->used;
}

size_t edge_call_report_format(const struct edge_call_report *report, const char *node, char *out,
                               size_t size)
{
    struct text text = {.bytes = out, .size = size};

    add(&text, "{\"v\":1,\"op\":\"media\",\"time_ms\":%" PRIu64 ",\"node\":\"%s\"",
        report->at_us / 1000, node);
    add_call_id(&text, report);
    add_customer(&text, report);
    add(&text, ",");
    add_facts(&text, report);
    add(&text, "}");
    return finish(&text);
}

static void add_drops(struct text *text, const uint64_t drops[EDGE_DROP_COUNT])
{
    const char *comma = "";

    add(text, ",\"drops\":{");
    for (int r = 0; r < EDGE_DROP_COUNT; r++) {
        if (drops[r] == 0)
            continue;
        add(text, "%s\"%s\":%" PRIu64, comma, edge_drop_name((enum edge_drop)r), drops[r]);
        comma = ",";
    }
    add(text, "}");
}

static void add_proof(struct text *text, const struct edge_leg_proof *proof)
{
    const struct edge_verdict *verdict = &proof->verdict;

    add(text, "{\"side\":\"%s\",\"verdict\":", proof->is_caller ? "caller" : "called");
    if (verdict->n == 0)
        add(text, "null");
    else
        add(text,
            "{\"reason\":\"%s\",\"times\":%u,\"heard_us\":%" PRIu64 ",\"obeyed_us\":%" PRIu64
            ",\"lifted_us\":%" PRIu64 ",\"forwarded_after\":%" PRIu64
            ",\"dropped\":{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}}",
            edge_drop_name(verdict->reason), verdict->n, verdict->heard_us, verdict->applied_us,
            verdict->lifted_us, verdict->forwarded_after, verdict->dropped.packets,
            verdict->dropped.bytes);
    add(text, ",\"last_forwarded_us\":%" PRIu64, proof->last_forwarded_us);
    add_drops(text, proof->drops);
    add(text, "}");
}

size_t edge_call_report_format_proof(const struct edge_call_report *report, const char *node,
                                     char *out, size_t size)
{
    struct text text = {.bytes = out, .size = size};
    uint64_t after = 0;

    for (unsigned i = 0; i < report->n_proofs; i++)
        after += report->proofs[i].verdict.forwarded_after;
    add(&text, "{\"v\":1,\"type\":\"media.silenced\",\"time_ms\":%" PRIu64 ",\"node\":\"%s\"",
        report->at_us / 1000, node);
    add_call_id(&text, report);
    add_customer(&text, report);
    add(&text, ",\"created_ms\":%" PRIu64 ",\"forwarded_after\":%" PRIu64 ",\"legs\":[",
        report->created_us / 1000, after);
    for (unsigned i = 0; i < report->n_proofs; i++) {
        if (i > 0)
            add(&text, ",");
        add_proof(&text, &report->proofs[i]);
    }
    add(&text, "],\"media\":{");
    add_facts(&text, report);
    add(&text, "}}");
    return finish(&text);
}

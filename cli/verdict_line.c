// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict_line.h"

#include <stdarg.h>
#include <string.h>

#include "fg/explain.h"

struct line {
    char *bytes;
    size_t len;
    bool full;
};

static void put(struct line *line, const char *text, size_t len)
{
    if (line->full || len > VERDICT_LINE_MAX - line->len) {
        line->full = true;
        return;
    }
    memcpy(line->bytes + line->len, text, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_integer(struct line *line, int64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    put(line, digits + at, sizeof(digits) - at);
}

// Bytes of the UTF-8 character at text (RFC 3629), 0 when there is none.
static size_t character_at(const unsigned char *text, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = text[0] < 0x80   ? 1
               : text[0] < 0xc2 ? 0
               : text[0] < 0xe0 ? 2
               : text[0] < 0xf0 ? 3
                                : 4;
    if (n < 2) {
        return n;
    }
    uint32_t code = text[0] & (0xffU >> (n + 1));
    if (n > len || text[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = (code << 6) | (text[i] & 0x3fU);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least[n] || code > 0x10ffff || surrogate ? 0 : n;
}

// A JSON string (RFC 8259 7); what is not UTF-8 becomes U+FFFD.
static void put_string(struct line *line, struct fg_view text)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    put(line, "\"", 1);
    for (size_t i = 0; i < text.len;) {
        size_t n = character_at(bytes + i, text.len - i);
        if (n == 0) {
            put_text(line, "\\ufffd");
        } else if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
            const char escape[] = {'\\', 'u', '0', '0', hex[bytes[i] >> 4], hex[bytes[i] & 15]};
            put(line, escape, sizeof(escape));
        } else {
            if (bytes[i] == '"' || bytes[i] == '\\') {
                put(line, "\\", 1);
            }
            put(line, text.ptr + i, n);
        }
        i += n == 0 ? 1 : n;
    }
    put(line, "\"", 1);
}

// "customer", "country.CU", "type.premium", "number": keyed hashes say nothing here.
static void put_scope(struct line *line, const struct fg_replay_hold *hold)
{
    char scope[FG_HOLD_SCOPE_TEXT_MAX];
    fg_hold_scope_format((uint8_t)hold->scope, hold->value, scope);
    put_text(line, hold->of[0] != '\0' ? fg_hold_scope_name(hold->scope) : scope);
}

static void put_hold(struct line *line, const struct fg_policy *policy,
                     const struct fg_replay_hold *hold)
{
    const char *rule = fg_replay_hold_rule(policy, hold);
    put_text(line, ",\"hold\":\"");
    put_scope(line, hold);
    put(line, "\"", 1);
    if (hold->of[0] != '\0') {
        put_text(line, ",\"hold_of\":");
        put_string(line, fg_view_of(hold->of));
    }
    if (rule[0] != '\0') {
        put_text(line, ",\"hold_rule\":");
        put_string(line, fg_view_of(rule));
    }
}

// The members of a verdict, without braces.
static void put_verdict(struct line *line, const struct fg_policy *policy,
                        const struct fg_replay_result *result)
{
    char id[FG_REPLAY_ID_MAX];
    put_text(line, "\"action\":\"");
    put_text(line, fg_action_name(result->action));
    put_text(line, "\",\"score\":");
    put_integer(line, result->score);
    put_text(line, ",\"shadow_score\":");
    put_integer(line, result->shadow_score);
    put_text(line, ",\"rules\":[");
    for (uint32_t i = 0; i < result->n_reasons; i++) {
        const struct fg_replay_reason *reason = &result->reasons[i];
        fg_replay_reason_id(policy, result, reason, id);
        put_text(line, i == 0 ? "{\"id\":" : ",{\"id\":");
        put_string(line, fg_view_of(id));
        put_text(line, ",\"points\":");
        put_integer(line, reason->points);
        put_text(line, reason->shadow ? ",\"shadow\":true}" : "}");
    }
    put_text(line, "],\"at\":\"");
    put_text(line, fg_event_kind_name(result->at));
    put(line, "\"", 1);
    if (result->cut) {
        put_text(line, ",\"cut_after_ms\":");
        put_integer(line, result->cut_after_ms);
    }
    if (result->held) {
        put_hold(line, policy, &result->hold);
    }
}

static void put_json(struct line *line, const struct fg_policy *policy,
                     const struct fg_replay_result *result)
{
    put_text(line, "{\"call_id\":");
    put_string(line, result->call_id);
    put(line, ",", 1);
    put_verdict(line, policy, result);
    put_text(line, "}\n");
}

static void put_padded(struct line *line, const char *text, size_t width)
{
    put_text(line, text);
    for (size_t n = strlen(text); n < width; n++) {
        put(line, " ", 1);
    }
    put(line, "  ", 2);
}

static void put_people(struct line *line, const struct fg_policy *policy,
                       const struct fg_replay_result *result)
{
    char text[4 * FG_CALLS_ID_MAX + 1];
    fg_text_escape(result->call_id, text, sizeof(text));
    put_padded(line, text, 28);
    put_padded(line, fg_action_name(result->action), 9);
    (void)snprintf(text, sizeof(text), "%5d", result->score);
    put_padded(line, text, 5);
    put_padded(line, fg_event_kind_name(result->at), 7);
    for (uint32_t i = 0; i < result->n_reasons; i++) {
        char id[FG_REPLAY_ID_MAX];
        fg_replay_reason_id(policy, result, &result->reasons[i], id);
        put_text(line, i == 0 ? "" : " ");
        put_text(line, id);
        (void)snprintf(text, sizeof(text), "%+d", result->reasons[i].points);
        put_text(line, text);
        put_text(line, result->reasons[i].shadow ? "(shadow)" : "");
    }
    if (result->cut) {
        put_text(line, "  cut after ");
        put_integer(line, result->cut_after_ms / FG_MS_PER_S);
        put_text(line, " s");
    }
    if (result->held) {
        const char *rule = fg_replay_hold_rule(policy, &result->hold);
        put_text(line, "  hold ");
        put_scope(line, &result->hold);
        put_text(line, result->hold.of[0] != '\0' ? " " : "");
        put_text(line, result->hold.of);
        put_text(line, rule[0] != '\0' ? " by " : "");
        put_text(line, rule);
    }
    while (line->len > 0 && line->bytes[line->len - 1] == ' ') {
        line->len--;
    }
    put(line, "\n", 1);
}

size_t verdict_line(const struct fg_policy *policy, const struct fg_replay_result *result,
                    enum output_format format, char out[VERDICT_LINE_MAX])
{
    struct line line = {.bytes = out};
    if (format == OUTPUT_JSONL) {
        put_json(&line, policy, result);
    } else {
        put_people(&line, policy, result);
    }
    return line.full ? 0 : line.len;
}

size_t verdict_pair_line(const struct fg_policy *const policies[FG_COMPARE_SIDES],
                         const struct fg_compare_pair *pair, char out[VERDICT_LINE_MAX])
{
    static const char *const heads[FG_COMPARE_SIDES] = {",\"old\":{", "},\"new\":{"};
    const struct fg_replay_result *result = pair->sides[FG_COMPARE_NEW];
    struct line line = {.bytes = out};
    put_text(&line, "{\"call_id\":");
    put_string(&line, result->call_id);
    put_text(&line, pair->change == FG_COMPARE_BLOCKED ? ",\"change\":\"newly_blocked\""
                                                       : ",\"change\":\"no_longer_blocked\"");
    put_text(&line, ",\"customer\":");
    if (result->customer == NULL) {
        put_text(&line, "null");
    } else {
        put_string(&line, fg_view_of(result->customer->id));
    }
    put_text(&line, ",\"label\":");
    put_string(&line, result->label);
    put_text(&line, ",\"rule\":");
    put_string(&line, fg_view_of(pair->rule));
    for (unsigned i = 0; i < FG_COMPARE_SIDES; i++) {
        put_text(&line, heads[i]);
        put_verdict(&line, policies[i], pair->sides[i]);
    }
    put_text(&line, "}}\n");
    return line.full ? 0 : line.len;
}

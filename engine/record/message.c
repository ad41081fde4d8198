// SPDX-License-Identifier: GPL-2.0-or-later
// Strict reading of holds and of the channel's messages: what is not exactly as written in
// docs/redis-schema.md is refused, since a message decides over calls.
#include <string.h>

#include "fg/json.h"
#include "fg/record.h"
#include "fg/text.h"
#include "record_json.h"

// The year 9999: later times are mistakes, and times stay far from overflow.
#define TIME_MS_MAX INT64_C(253402300799999)

bool fg_record_is_customer_id(struct fg_view id)
{
    if (id.len == 0 || id.len > FG_CUSTOMER_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
              c == '-')) {
            return false;
        }
    }
    return true;
}

static int read_customer(const struct fg_json *json, struct fg_message *out)
{
    const struct fg_view id = fg_view_of(fg_json_string(json, "customer"));

    if (!fg_record_is_customer_id(id)) {
        return FG_ESYNTAX;
    }
    memcpy(out->customer, id.ptr, id.len);
    return FG_OK;
}

// A plain text of fewer than size bytes into out, which is zeroed.
static int read_text(const struct fg_json *json, const char *key, char *out, size_t size)
{
    const char *text = fg_json_string(json, key);
    const struct fg_view view = fg_view_of(text);

    if (text == NULL || view.len >= size || !fg_text_is_plain(view)) {
        return FG_ESYNTAX;
    }
    memcpy(out, view.ptr, view.len);
    return FG_OK;
}

static int read_time(const struct fg_json *json, const char *key, int64_t *out)
{
    int64_t value = 0;

    if (!fg_json_integer(json, key, &value) || value <= 0 || value > TIME_MS_MAX) {
        return FG_ESYNTAX;
    }
    *out = value;
    return FG_OK;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

static int read_call_id_hex(const char *hex, char out[FG_CALL_ID_MAX + 1])
{
    const size_t digits = strlen(hex);

    if (digits == 0 || digits % 2 != 0 || digits / 2 > FG_CALL_ID_MAX) {
        return FG_ESYNTAX;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        const int high = hex_value(hex[2 * i]);
        const int low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            return FG_ESYNTAX;
        }
        out[i] = (char)(unsigned char)(high << 4 | low);
    }
    return FG_OK;
}

int fg_record_read_call_id(const struct fg_json *json, char out[FG_CALL_ID_MAX + 1])
{
    const char *hex = fg_json_string(json, "call_id_hex");

    if (hex != NULL) {
        return read_call_id_hex(hex, out);
    }
    if (fg_view_of(fg_json_string(json, "call_id")).len == 0) {
        return FG_ESYNTAX;
    }
    return read_text(json, "call_id", out, FG_CALL_ID_MAX + 1);
}

static int read_scope(const struct fg_json *json, struct fg_message *out)
{
    return fg_hold_scope_parse(fg_view_of(fg_json_string(json, "scope")), &out->hold.scope,
                               &out->hold.value);
}

// What only some holds have.
static int read_particulars(const struct fg_json *json, struct fg_hold *out)
{
    int64_t times = 0;
    int rc = FG_OK;

    if (fg_json_member(json, "times") != NULL &&
        (!fg_json_integer(json, "times", &times) || times < 0 || times > FG_HOLD_TIMES_MAX)) {
        rc = FG_ESYNTAX;
    }
    out->times = (uint16_t)times;
    if (rc == FG_OK && fg_json_member(json, "of") != NULL) {
        rc = read_text(json, "of", out->of, sizeof(out->of));
    }
    if (rc == FG_OK && fg_json_member(json, "rule") != NULL) {
        rc = read_text(json, "rule", out->rule, sizeof(out->rule));
    }
    return rc;
}

static int read_hold(const struct fg_json *json, struct fg_message *out)
{
    int rc = read_scope(json, out);

    if (rc == FG_OK) {
        rc = read_time(json, "until_ms", &out->hold.until_ms);
    }
    // A message may leave the begin out; a stored hold has it.
    if (rc == FG_OK && fg_json_member(json, "since_ms") != NULL) {
        rc = read_time(json, "since_ms", &out->hold.since_ms);
    }
    if (rc == FG_OK) {
        rc = read_text(json, "reason", out->hold.reason, sizeof(out->hold.reason));
    }
    if (rc == FG_OK) {
        rc = read_text(json, "by", out->hold.by, sizeof(out->hold.by));
    }
    if (rc == FG_OK && !fg_json_bool(json, "cut", &out->hold.cut)) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        rc = read_particulars(json, &out->hold);
    }
    out->hold.active = rc == FG_OK;
    return rc;
}

static int read_release(const struct fg_json *json, struct fg_message *out)
{
    const int rc = read_scope(json, out);

    return rc != FG_OK ? rc : read_text(json, "by", out->hold.by, sizeof(out->hold.by));
}

static int read_kill(const struct fg_json *json, struct fg_message *out)
{
    int rc = fg_record_read_call_id(json, out->call_id);

    if (rc == FG_OK) {
        rc = read_time(json, "until_ms", &out->hold.until_ms);
    }
    if (rc == FG_OK) {
        rc = read_text(json, "reason", out->hold.reason, sizeof(out->hold.reason));
    }
    return rc != FG_OK ? rc : read_text(json, "by", out->hold.by, sizeof(out->hold.by));
}

static int read_allowance_id(const struct fg_json *json, struct fg_allowance *out)
{
    int64_t id = 0;

    if (!fg_json_integer(json, "id", &id) || id <= 0) {
        return FG_ESYNTAX;
    }
    out->id = (uint64_t)id;
    return read_text(json, "by", out->by, sizeof(out->by));
}

static int read_allowance(const struct fg_json *json, struct fg_allowance *out)
{
    int64_t calls = 0;
    int rc = read_allowance_id(json, out);

    if (rc == FG_OK) {
        rc = fg_allowance_to_parse(fg_view_of(fg_json_string(json, "to")), out);
    }
    if (rc == FG_OK && (!fg_json_integer(json, "calls", &calls) || calls < 0 || calls > INT32_MAX ||
                        !fg_json_integer(json, "usd_micro", &out->usd))) {
        rc = FG_ESYNTAX;
    }
    out->calls = (int32_t)calls;
    if (rc == FG_OK) {
        rc = read_time(json, "since_ms", &out->since_ms);
    }
    if (rc == FG_OK) {
        rc = read_time(json, "until_ms", &out->until_ms);
    }
    if (rc == FG_OK) {
        rc = read_text(json, "reason", out->reason, sizeof(out->reason));
    }
    return rc == FG_OK && !fg_allowance_valid(out) ? FG_ESYNTAX : rc;
}

// 16 lower-case hex digits.
static int read_hash(const struct fg_json *json, const char *key, uint64_t *out)
{
    const char *hex = fg_json_string(json, key);
    uint64_t value = 0;

    if (hex == NULL || strlen(hex) != 16) {
        return FG_ESYNTAX;
    }
    for (size_t i = 0; i < 16; i++) {
        const int digit = hex_value(hex[i]);
        if (digit < 0) {
            return FG_ESYNTAX;
        }
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return FG_OK;
}

static int read_passed(const struct fg_json *json, struct fg_message *out)
{
    int rc = read_hash(json, "who", &out->who);

    if (rc == FG_OK) {
        rc = read_hash(json, "token", &out->token);
    }
    return rc != FG_OK ? rc : read_time(json, "until_ms", &out->hold.until_ms);
}

static struct fg_json *parse_object(struct fg_view text)
{
    struct fg_json *json = text.len > FG_MESSAGE_BYTES_MAX ? NULL : fg_json_parse(text);
    int64_t version = 0;

    if (json != NULL && (!fg_json_integer(json, "v", &version) || version != FG_RECORD_VERSION)) {
        fg_json_free(json);
        return NULL;
    }
    return json;
}

int fg_record_parse_hold(struct fg_view json, struct fg_message *out)
{
    struct fg_message message = {.op = FG_MESSAGE_HOLD};
    struct fg_json *parsed = parse_object(json);
    int rc = FG_ESYNTAX;

    if (parsed != NULL) {
        rc = read_customer(parsed, &message);
        if (rc == FG_OK) {
            rc = read_hold(parsed, &message);
        }
        if (rc == FG_OK && message.hold.since_ms == 0) {
            rc = FG_ESYNTAX;
        }
    }
    fg_json_free(parsed);
    if (rc == FG_OK) {
        *out = message;
    }
    return rc;
}

int fg_record_parse_message(struct fg_view json, struct fg_message *out)
{
    struct fg_message message = {.op = FG_MESSAGE_HOLD};
    struct fg_json *parsed = parse_object(json);
    const struct fg_view op = fg_view_of(fg_json_string(parsed, "op"));
    int rc = parsed == NULL ? FG_ESYNTAX : read_customer(parsed, &message);

    if (rc == FG_OK && fg_view_equal(op, fg_view_of("hold"))) {
        rc = read_hold(parsed, &message);
    } else if (rc == FG_OK && fg_view_equal(op, fg_view_of("release"))) {
        message.op = FG_MESSAGE_RELEASE;
        rc = read_release(parsed, &message);
    } else if (rc == FG_OK && fg_view_equal(op, fg_view_of("kill"))) {
        message.op = FG_MESSAGE_KILL;
        rc = read_kill(parsed, &message);
    } else if (rc == FG_OK && fg_view_equal(op, fg_view_of("allow"))) {
        message.op = FG_MESSAGE_ALLOW;
        rc = read_allowance(parsed, &message.allowance);
    } else if (rc == FG_OK && fg_view_equal(op, fg_view_of("disallow"))) {
        message.op = FG_MESSAGE_DISALLOW;
        rc = read_allowance_id(parsed, &message.allowance);
    } else if (rc == FG_OK && fg_view_equal(op, fg_view_of("passed"))) {
        message.op = FG_MESSAGE_PASSED;
        rc = read_passed(parsed, &message);
    } else {
        rc = FG_ESYNTAX;
    }
    fg_json_free(parsed);
    if (rc == FG_OK) {
        *out = message;
    }
    return rc;
}

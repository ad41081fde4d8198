// SPDX-License-Identifier: GPL-2.0-or-later
#include "calls_row.h"

#include <string.h>

#include "fg/units.h"

static bool read_integer(struct fg_view text, uint16_t *out)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
        if (value > UINT16_MAX) {
            return false;
        }
    }
    *out = (uint16_t)value;
    return true;
}

static bool read_fingerprint(struct fg_view text, struct fg_call_row *out)
{
    if (text.len == 0) {
        return true;
    }
    if (text.len != 2 * sizeof(out->fingerprint)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(out->fingerprint); i++) {
        int high = fg_hex_digit(text.ptr[2 * i]);
        int low = fg_hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->fingerprint[i] = (uint8_t)(high * 16 + low);
    }
    out->has_fingerprint = true;
    return true;
}

static bool read_transport(struct fg_view text, enum fg_transport *out)
{
    for (int i = FG_TRANSPORT_UDP; i <= FG_TRANSPORT_WSS; i++) {
        if (fg_view_equal_nocase(text, fg_view_of(fg_transport_name((enum fg_transport)i)))) {
            *out = (enum fg_transport)i;
            return true;
        }
    }
    *out = FG_TRANSPORT_UNKNOWN;
    return text.len == 0;
}

static bool read_direction(struct fg_view text, enum fg_direction *out)
{
    *out = fg_view_equal_nocase(text, fg_view_of("inbound")) ? FG_INBOUND : FG_OUTBOUND;
    return *out == FG_INBOUND || text.len == 0 ||
           fg_view_equal_nocase(text, fg_view_of("outbound"));
}

static bool says_no(struct fg_view text)
{
    static const char *const words[] = {"", "0", "no", "none", "false", "off", "rtp", "clear", "-"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (fg_view_equal_nocase(text, fg_view_of(words[i]))) {
            return true;
        }
    }
    return false;
}

#define NO_TIME(column)                                                                            \
    column ": neither RFC 3339 nor Unix milliseconds", column ": seconds? milliseconds are "       \
                                                              "expected"

// NULL, or which of the two reasons there is.
static const char *read_time(struct fg_view text, const char *no_time, const char *seconds,
                             int64_t *out_ms)
{
    const int rc = fg_calls_time(text, out_ms);
    if (rc == FG_OK) {
        return NULL;
    }
    return rc == FG_ELIMIT ? seconds : no_time;
}

static const char *read_times(const struct fg_view *fields, struct fg_call_row *out)
{
    const char *why = read_time(fields[COLUMN_START], NO_TIME("start"), &out->start_ms);
    out->answered = fields[COLUMN_ANSWER].len > 0;
    out->answer_ms = out->start_ms;
    if (why == NULL && out->answered) {
        why = read_time(fields[COLUMN_ANSWER], NO_TIME("answer"), &out->answer_ms);
    }
    if (why != NULL) {
        return why;
    }
    if (out->answer_ms < out->start_ms) {
        return "answer: before the start";
    }
    out->end_ms = out->answer_ms;
    if (fields[COLUMN_END].len == 0) {
        return out->answered ? "end: missing for an answered call" : NULL;
    }
    why = read_time(fields[COLUMN_END], NO_TIME("end"), &out->end_ms);
    if (why != NULL) {
        return why;
    }
    if (out->end_ms < out->answer_ms) {
        return "end: before the answer or the start";
    }
    return out->end_ms - out->start_ms > FG_CALLS_DURATION_MAX ? "end: longer than seven days"
                                                               : NULL;
}

static const char *read_texts(const struct fg_view *fields, struct fg_call_row *out)
{
    out->call_id = fields[COLUMN_CALL_ID];
    out->customer = fields[COLUMN_CUSTOMER];
    out->tls_san = fields[COLUMN_TLS_SAN];
    out->called = fields[COLUMN_CALLED];
    out->caller = fields[COLUMN_CALLER];
    out->attest = fields[COLUMN_ATTEST];
    out->label = fields[COLUMN_LABEL];
    if (out->call_id.len == 0) {
        return "call_id: missing";
    }
    if (out->call_id.len > FG_CALLS_ID_MAX) {
        return "call_id: longer than 255 bytes";
    }
    if (out->called.len == 0) {
        return "called: missing";
    }
    if (out->label.len > FG_CALLS_LABEL_MAX) {
        return "label: longer than 64 bytes";
    }
    if (fg_view_equal(out->label, fg_view_of("legit"))) {
        out->label.len = 0;
    }
    return NULL;
}

static const char *read_facts(const struct fg_view *fields, struct fg_call_row *out)
{
    if (!read_direction(fields[COLUMN_DIRECTION], &out->direction)) {
        return "direction: neither outbound nor inbound";
    }
    if (!read_transport(fields[COLUMN_TRANSPORT], &out->transport)) {
        return "transport: not udp, tcp, tls, ws or wss";
    }
    out->has_source = fields[COLUMN_SOURCE_IP].len > 0;
    if (out->has_source && !fg_ip_parse(fields[COLUMN_SOURCE_IP], &out->source)) {
        return "source_ip: not an IP address";
    }
    if (!read_fingerprint(fields[COLUMN_TLS_FINGERPRINT], out)) {
        return "tls_fingerprint: not 64 hexadecimal digits";
    }
    if (!read_integer(fields[COLUMN_TLS_KEY_BITS], &out->tls_key_bits)) {
        return "tls_key_bits: not a number of bits";
    }
    if (!read_integer(fields[COLUMN_SIP_STATUS], &out->sip_status)) {
        return "sip_status: not a number";
    }
    out->srtp = !says_no(fields[COLUMN_SRTP]);
    return NULL;
}

const char *calls_row_read(const struct fg_view fields[CALLS_COLUMN_COUNT], struct fg_call_row *out)
{
    *out = (struct fg_call_row){0};
    const char *why = read_texts(fields, out);
    if (why == NULL) {
        why = read_times(fields, out);
    }
    return why == NULL ? read_facts(fields, out) : why;
}

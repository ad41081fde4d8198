// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fg/units.h"

// What a file gave, in words.
struct seen {
    char text[4096];
    unsigned rows, bad;
    int answer; // what the next rows are answered with
};

static void say(struct seen *seen, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct seen *seen, const char *format, ...)
{
    size_t used = strlen(seen->text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(seen->text + used, sizeof(seen->text) - used, format, arguments);
    va_end(arguments);
}

static int take(void *arg, const struct fg_call_row *row)
{
    struct seen *seen = arg;
    seen->rows++;
    say(seen, "%u:%.*s>%.*s ", (unsigned)row->line, (int)row->call_id.len, row->call_id.ptr,
        (int)row->called.len, row->called.ptr);
    return seen->answer;
}

static void refuse(void *arg, uint64_t line, const char *why)
{
    struct seen *seen = arg;
    seen->bad++;
    say(seen, "%u!%s ", (unsigned)line, why);
}

static void warn(void *arg, uint64_t line, const char *what)
{
    say(arg, "%u?%s ", (unsigned)line, what);
}

// Feeds text in pieces of piece bytes.
static int read_text(const char *text, size_t len, size_t piece, struct seen *seen)
{
    const struct fg_calls_sink sink = {.row = take, .bad = refuse, .unknown = warn, .arg = seen};
    struct fg_calls *calls = fg_calls_new(&sink);
    assert_non_null(calls);
    int rc = FG_OK;
    for (size_t at = 0; rc == FG_OK && at < len; at += piece) {
        rc = fg_calls_feed(calls, text + at, at + piece < len ? piece : len - at);
    }
    if (rc == FG_OK) {
        rc = fg_calls_finish(calls);
    }
    fg_calls_free(calls);
    return rc;
}

static void test_columns_come_in_any_order(void **state)
{
    (void)state;
    struct seen seen = {.rows = 0};
    const char text[] = "\xef\xbb\xbf"
                        "called,ticket,start,\"call_id\"\r\n"
                        "+4420,7,1795168001000,a\r\n\r\n"
                        "# a remark\n"
                        "\"+44,\"\"20\"\"\",8, 2026-11-20T10:00:00.250Z ,b";
    assert_int_equal(read_text(text, sizeof(text) - 1, 4096, &seen), FG_OK);
    assert_string_equal(seen.text,
                        "1?columns that are not read: 'ticket' 2:a>+4420 5:b>+44,\"20\" ");
}

static void test_unknown_columns_are_told_once(void **state)
{
    (void)state;
    static const char row[] = "\na,1795168860000,+44,acme,7\nb,1795168860000,+44,acme,7\n";
    static const struct {
        const char *header, *told;
    } cases[] = {
        {"call_id,start,called,customer,", ""},
        {"call_id,start,called,billsec,custmer",
         "1?columns that are not read: 'custmer' (did you mean 'customer'?), 'billsec' "},
        {"call_id,start,called,call_idx,x\x1b", "1?columns that are not read: 'call_idx', 'x?' "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        char expected[512];
        struct seen seen = {.rows = 0};
        (void)snprintf(text, sizeof(text), "%s%s", cases[i].header, row);
        (void)snprintf(expected, sizeof(expected), "%s2:a>+44 3:b>+44 ", cases[i].told);
        assert_int_equal(read_text(text, strlen(text), 4096, &seen), FG_OK);
        assert_string_equal(seen.text, expected);
    }
}

static void test_many_unknown_columns_are_cut(void **state)
{
    (void)state;
    char text[4096] = "call_id,start,called";
    size_t used = strlen(text);
    struct seen seen = {.rows = 0};
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, ",field-%d", i);
    }
    assert_int_equal(read_text(text, used, 4096, &seen), FG_OK);
    assert_true(strlen(seen.text) < 520);
    assert_non_null(strstr(seen.text, "', ... "));
}

static void test_pieces_of_any_size_give_the_same(void **state)
{
    (void)state;
    const char text[] = "call_id,start,called\na,1795168001000,+44\nb,x,+44\n\"c\",1795168001000,"
                        "\"+4\"5\nd,1795168001000,+46\n";
    struct seen whole = {.rows = 0};
    assert_int_equal(read_text(text, sizeof(text) - 1, sizeof(text), &whole), FG_OK);
    assert_int_equal(whole.rows, 2);
    assert_int_equal(whole.bad, 2);
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct seen seen = {.rows = 0};
        assert_int_equal(read_text(text, sizeof(text) - 1, piece, &seen), FG_OK);
        assert_string_equal(seen.text, whole.text);
    }
}

#define TOO_MANY                                                                                   \
    "more fields than the header has; a decimal comma? write 0.10 (a text with a comma stands in " \
    "quotes)"

static void test_rows_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *fields, *why; // call_id,start,answer,end,called,direction,transport,…
    } cases[] = {
        {",1795168001000,,,+44,,,,,,,", "call_id: missing"},
        {"a,1795168001000,,,,,,,,,,", "called: missing"},
        {"a,,,,+44,,,,,,,", "start: neither RFC 3339 nor Unix milliseconds"},
        {"a,1795168001000,1795168000999,1795168002000,+44,,,,,,,",
         "answer: before the start: '1795168000999'"},
        {"a,1795168860,,,+44,,,,,,,", "start: seconds? milliseconds are expected: '1795168860'"},
        {"a,1795168001000,1795168002,1795168003000,+44,,,,,,,",
         "answer: seconds? milliseconds are expected: '1795168002'"},
        {"a,1795168001000,,0,+44,,,,,,,", "end: seconds? milliseconds are expected: '0'"},
        {"a,1795168001000,x,1795168002000,+44,,,,,,,",
         "answer: neither RFC 3339 nor Unix milliseconds: 'x'"},
        {"a,1795168001000,1795168001500,,+44,,,,,,,", "end: missing for an answered call"},
        {"a,1795168001000,1795168001500,1795168001400,+44,,,,,,,",
         "end: before the answer or the start: '1795168001400'"},
        {"a,1795168001000,,1795772801001,+44,,,,,,,",
         "end: longer than seven days: '1795772801001'"},
        {"a,1795168001000,,,+44,sideways,,,,,,",
         "direction: neither outbound nor inbound: 'sideways'"},
        {"a,1795168001000,,,+44,,smoke,,,,,", "transport: not udp, tcp, tls, ws or wss: 'smoke'"},
        {"a,1795168001000,,,+44,,,1.2.3,,,,", "source_ip: not an IP address: '1.2.3'"},
        {"a,1795168001000,,,+44,,,,abc,,,", "tls_fingerprint: not 64 hexadecimal digits: 'abc'"},
        {"a,1795168001000,,,+44,,,,,65536,,", "tls_key_bits: not a number of bits: '65536'"},
        {"a,1795168001000,,,+44,,,,,,-1,", "sip_status: not a number: '-1'"},
        {"a,1795168001000,,,+44,,,,,,,\"x", "a quote is not closed, or text follows it"},
        {"a,1795168001000,,,+44,,,,,,,\"x\"y", "a quote is not closed, or text follows it"},
        {"a,1795168001000,,,+44,,,,,,,\"0,10\",2", TOO_MANY},
        {"a,1795168001000,,,+44,,,,,,,0,10", TOO_MANY},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        char expected[256];
        struct seen seen = {.rows = 0};
        (void)snprintf(text, sizeof(text),
                       "call_id,start,answer,end,called,direction,transport,source_ip,"
                       "tls_fingerprint,tls_key_bits,sip_status,label\n%s\n",
                       cases[i].fields);
        (void)snprintf(expected, sizeof(expected), "2!%s ", cases[i].why);
        assert_int_equal(read_text(text, strlen(text), 4096, &seen), FG_OK);
        assert_string_equal(seen.text, expected);
    }
}

static int take_facts(void *arg, const struct fg_call_row *row)
{
    struct fg_call_row *out = arg;
    *out = *row;
    return FG_OK;
}

static void no_refusal(void *arg, uint64_t line, const char *why)
{
    (void)arg;
    fail_msg("%u: %s", (unsigned)line, why);
}

static void test_every_column_is_read(void **state)
{
    (void)state;
    const char text[] =
        "call_id,start,answer,end,direction,customer,source_ip,transport,tls_san,tls_fingerprint,"
        "tls_key_bits,caller,called,sip_status,srtp,attest,label\n"
        "a,1795168001000,1795168002000,1795168003000,Inbound,acme,192.0.2.7,TLS,sip.acme.example,"
        "00000000000000000000000000000000000000000000000000000000000000fF,384,+441,+442,200,"
        "AES_CM_128_HMAC_SHA1_80,B,irsf-1\n";
    struct fg_call_row row = {.line = 0};
    const struct fg_calls_sink sink = {.row = take_facts, .bad = no_refusal, .arg = &row};
    struct fg_calls *calls = fg_calls_new(&sink);
    assert_non_null(calls);
    assert_int_equal(fg_calls_feed(calls, text, sizeof(text) - 1), FG_OK);
    assert_true(row.answered && row.has_source && row.has_fingerprint && row.srtp &&
                row.knows_certificates);
    assert_int_equal(row.start_ms, 1795168001000);
    assert_int_equal(row.answer_ms, 1795168002000);
    assert_int_equal(row.end_ms, 1795168003000);
    assert_int_equal(row.direction, FG_INBOUND);
    assert_int_equal(row.transport, FG_TRANSPORT_TLS);
    assert_int_equal(row.fingerprint[31], 0xff);
    assert_int_equal(row.tls_key_bits, 384);
    assert_int_equal(row.sip_status, 200);
    assert_int_equal(row.source.bytes[15], 7);
    assert_true(fg_view_equal(row.customer, fg_view_of("acme")));
    assert_true(fg_view_equal(row.tls_san, fg_view_of("sip.acme.example")));
    assert_true(fg_view_equal(row.caller, fg_view_of("+441")));
    assert_true(fg_view_equal(row.attest, fg_view_of("B")));
    assert_true(fg_view_equal(row.label, fg_view_of("irsf-1")));
    assert_int_equal(fg_calls_finish(calls), FG_OK);
    fg_calls_free(calls);
}

static void test_a_file_needs_a_header(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "call_id,start\n",
                                        "call_id,start,called,start\n", "call_id,start,\"called\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct seen seen = {.rows = 0};
        assert_int_equal(read_text(texts[i], strlen(texts[i]), 4096, &seen), FG_ESYNTAX);
        assert_int_equal(seen.bad, 1);
    }
}

static void test_long_lines_and_nul_are_skipped(void **state)
{
    (void)state;
    const size_t size = 3 * (size_t)FG_CALLS_LINE_MAX;
    char *text = malloc(size);
    assert_non_null(text);
    int head = snprintf(text, size, "call_id,start,called\na,1795168001000,");
    memset(text + head, '9', 2 * (size_t)FG_CALLS_LINE_MAX);
    size_t at = (size_t)head + 2 * (size_t)FG_CALLS_LINE_MAX;
    static const char tail[] = "\nb,1795168001000,+4\0004\nc,1795168001000,+45\n";
    memcpy(text + at, tail, sizeof(tail) - 1);
    at += sizeof(tail) - 1;
    for (size_t piece = 100; piece < size; piece *= 7) {
        struct seen seen = {.rows = 0};
        assert_int_equal(read_text(text, at, piece, &seen), FG_OK);
        assert_string_equal(seen.text, "2!the line is longer than 16384 bytes "
                                       "3!the line holds a NUL byte 4:c>+45 ");
    }
    free(text);
}

static void test_the_taker_can_end_it(void **state)
{
    (void)state;
    struct seen seen = {.answer = FG_ENOMEM};
    const char text[] = "call_id,start,called\na,1795168001000,+44\nb,1795168001000,+44\n";
    assert_int_equal(read_text(text, sizeof(text) - 1, 4096, &seen), FG_ENOMEM);
    assert_int_equal(seen.rows, 1);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ms; // -1: not a time
    } cases[] = {
        {"0", -1},
        {"1795168860", -1},
        {"99999999999", -1},
        {"100000000000", 100000000000},
        {"1795168800250", 1795168800250},
        {"2026-11-20T10:00:00Z", 1795168800000},
        {"2026-11-20t10:00:00.25z", 1795168800250},
        {"2026-11-20 11:00:00.2509999+01:00", 1795168800250},
        {"2026-11-20T04:30:00-05:30", 1795168800000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2100-03-01T00:00:00Z", 4107542400000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00+01:00", -1},
        {"2023-02-29T00:00:00Z", -1},
        {"2026-11-20T24:00:00Z", -1},
        {"2026-11-20T10:00:00", -1},
        {"2026-11-20T10:00:00.Z", -1},
        {"2026-11-20T10:00:00.1234567890Z", -1},
        {"2026-11-20T10:00:00+1:00", -1},
        {"2026-13-20T10:00:00Z", -1},
        {"2026-00-20T10:00:00Z", -1},
        {"2200-01-01T00:00:00Z", -1},
        {"9999999999999", -1},
        {"17951688002500", -1},
        {"-1", -1},
        {"1795168800.25", -1},
        {"", -1},
        {"yesterday", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t time_ms = -1;
        int rc = fg_calls_time(fg_view_of(cases[i].text), &time_ms);
        const bool seconds = cases[i].text[0] != '\0' && strlen(cases[i].text) < 12 &&
                             strspn(cases[i].text, "0123456789") == strlen(cases[i].text);
        const int wrong = seconds ? FG_ELIMIT : FG_ESYNTAX;
        assert_int_equal(rc, cases[i].time_ms < 0 ? wrong : FG_OK);
        assert_int_equal(time_ms, cases[i].time_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_come_in_any_order),
        cmocka_unit_test(test_unknown_columns_are_told_once),
        cmocka_unit_test(test_many_unknown_columns_are_cut),
        cmocka_unit_test(test_pieces_of_any_size_give_the_same),
        cmocka_unit_test(test_rows_are_refused_with_their_line),
        cmocka_unit_test(test_every_column_is_read),
        cmocka_unit_test(test_a_file_needs_a_header),
        cmocka_unit_test(test_long_lines_and_nul_are_skipped),
        cmocka_unit_test(test_the_taker_can_end_it),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

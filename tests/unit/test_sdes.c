// SPDX-License-Identifier: GPL-2.0-or-later
#include "base64.h"
#include "sdes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KEY_30 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY_28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define KEY_44 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis"
#define KEY_46 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ"

static struct edge_sdes_line line;

static int parse(const char *value)
{
    return edge_sdes_parse(edge_view_of(value), &line);
}

static void assert_is_wiped(void)
{
    static const struct edge_sdes_line wiped;

    assert_memory_equal(&line, &wiped, sizeof(line));
}

/** RFC 4568 section 4 and 6.1, and lines of phones and switches in the field. */
static void takes_lines_of_the_field(void **state)
{
    static const struct {
        const char *value;
        uint32_t tag;
        enum edge_srtp_suite suite;
        uint8_t mki_len;
    } rows[] = {
        {"1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4", 1,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 4},
        {"1 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20|1:32", 1,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_32, 32},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", 1,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 0},
        // Grandstream, Teams, AudioCodes: lifetime alone, as a power and as a number.
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^31", 1, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
         0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2147483648", 1,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^31|1:1", 1,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 1},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|99999999999999999999999999", 1,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 0},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:4", 1, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
         4},
        // FreeSWITCH: sparse tags, draft names, padding; Bria and Zoiper: with and without.
        {"7 AES_CM_256_HMAC_SHA1_80 inline:" KEY_46 "==", 7, EDGE_SUITE_AES_256_CM_HMAC_SHA1_80, 0},
        {"3 AES_256_CM_HMAC_SHA1_32 inline:" KEY_46, 3, EDGE_SUITE_AES_256_CM_HMAC_SHA1_32, 0},
        {"5 AEAD_AES_128_GCM inline:" KEY_28 "==", 5, EDGE_SUITE_AEAD_AES_128_GCM, 0},
        {"6 AEAD_AES_256_GCM inline:" KEY_44 "=", 6, EDGE_SUITE_AEAD_AES_256_GCM, 0},
        {"999999999 aes_cm_128_hmac_sha1_80 INLINE:" KEY_30 "  ", 999999999,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 0},
        {"0 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " WSH=64 -SOMETHING=new", 0,
         EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].value), 0);
        assert_int_equal(line.tag, rows[i].tag);
        assert_int_equal(line.suite, rows[i].suite);
        assert_int_equal(line.mki_len, rows[i].mki_len);
    }
    assert_int_equal(line.window_hint, 64);
}

static void decodes_the_key_exactly(void **state)
{
    (void)state;
    assert_int_equal(parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30), 0);
    assert_int_equal(line.key_len, 30);
    assert_memory_equal(line.key, "YS___semctl () {\t220;}\n}\nunles", 30);
    assert_int_equal(parse("1 AES_256_CM_HMAC_SHA1_80 inline:" KEY_46), 0);
    assert_int_equal(line.key_len, 46);
    for (size_t i = 0; i < 46; i++)
        assert_int_equal(line.key[i], i);
}

static void refuses_lines_with_the_right_reason(void **state)
{
    static const struct {
        const char *value;
        int error;
    } rows[] = {
        {"", EDGE_ESYNTAX},
        {" ", EDGE_ESYNTAX},
        {"1", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80", EDGE_ESYNTAX},
        {"x AES_CM_128_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESYNTAX},
        {"01 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESYNTAX},
        {"-1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESYNTAX},
        {"1000000000 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESYNTAX},
        {"18446744073709551617 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 " KEY_30, EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 prompt:" KEY_30, EDGE_ESYNTAX},
        {"1 ROT13 inline:" KEY_30, EDGE_ESUITE},
        {"1 NULL_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESUITE},
        {"1 F8_128_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESUITE},
        {"1 AES_192_CM_HMAC_SHA1_80 inline:" KEY_30, EDGE_ESUITE},
        {"1 AEAD_AES_128_GCM_8 inline:" KEY_28, EDGE_ESUITE},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:", EDGE_EKEYLEN},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_28, EDGE_EKEYLEN},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_46, EDGE_EKEYLEN},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "=", EDGE_EKEYLEN},
        {"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY_46 "=", EDGE_EKEYLEN},
        {"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY_46 "=A", EDGE_EKEYLEN},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:-VNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", EDGE_EKEYLEN},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^31|1:4;inline:" KEY_30 "|2^31|2:4",
         EDGE_EPARAM},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^19", EDGE_ELIFETIME},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1048575", EDGE_ELIFETIME},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|0", EDGE_ELIFETIME},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^031", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|3^31", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^31|", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^31|1", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:4|2^31", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:4|", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:0", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:129", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|256:1", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|01:4", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|1:04", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " UNENCRYPTED_SRTP", EDGE_EWEAK},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " unencrypted_srtcp", EDGE_EWEAK},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " WSH=64 UNAUTHENTICATED_SRTP", EDGE_EWEAK},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " -UNENCRYPTED_SRTP", EDGE_EWEAK},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " KDR=1", EDGE_EPARAM},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " FEC_ORDER=FEC_SRTP", EDGE_EPARAM},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " SOMETHING", EDGE_EPARAM},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " WSH=63", EDGE_ESYNTAX},
        {"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 " WSH=4294967296", EDGE_ESYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&line, 0xff, sizeof(line));
        const int rc = parse(rows[i].value);
        if (rc != rows[i].error)
            fail_msg("%s: %d", rows[i].value, rc);
        assert_is_wiped();
    }
    assert_int_equal(edge_sdes_parse((struct edge_view){NULL, 0}, &line), EDGE_ESYNTAX);
    assert_int_equal(edge_sdes_parse(EDGE_VIEW("1 AES_CM_128_HMAC_SHA1_80 inline:WVNf\0"
                                               "19zZW1jdGwgKCkgewky"
                                               "MjA7fQp9CnVubGVzz"),
                                     &line),
                     EDGE_EKEYLEN);
}

static void writes_the_mki_as_in_the_packet(void **state)
{
    static uint8_t full[EDGE_SDES_MKI_MAX];
    char text[EDGE_SDES_TEXT_MAX];
    size_t len = 0;

    (void)state;
    assert_int_equal(parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^20|66051:4"), 0);
    assert_memory_equal(line.mki, "\0\1\2\3", 4);
    // The largest value of the largest length, there and back.
    memset(full, 0xff, sizeof(full));
    memcpy(line.mki, full, sizeof(full));
    line.mki_len = EDGE_SDES_MKI_MAX;
    assert_int_equal(edge_sdes_format(&line, text, sizeof(text), &len), 0);
    assert_int_equal(edge_sdes_parse((struct edge_view){text, len}, &line), 0);
    assert_int_equal(line.mki_len, EDGE_SDES_MKI_MAX);
    assert_memory_equal(line.mki, full, sizeof(full));
}

static void formats_padded_lines(void **state)
{
    struct edge_sdes_line own = {.tag = 5, .suite = EDGE_SUITE_AES_256_CM_HMAC_SHA1_80};
    char text[EDGE_SDES_TEXT_MAX];
    size_t len = 0;

    (void)state;
    own.key_len = 46;
    for (size_t i = 0; i < own.key_len; i++)
        own.key[i] = (uint8_t)i;
    assert_int_equal(edge_sdes_format(&own, text, sizeof(text), &len), 0);
    assert_true(edge_view_is_equal((struct edge_view){text, len},
                                   EDGE_VIEW("5 AES_256_CM_HMAC_SHA1_80 inline:" KEY_46 "==")));
    own.lifetime_log2 = 31;
    own.mki_len = 1;
    own.mki[0] = 1;
    assert_int_equal(edge_sdes_format(&own, text, sizeof(text), &len), 0);
    assert_true(
        edge_view_is_equal((struct edge_view){text, len},
                           EDGE_VIEW("5 AES_256_CM_HMAC_SHA1_80 inline:" KEY_46 "==|2^31|1:1")));
    const size_t whole = len;
    for (size_t size = 0; size < whole; size++) {
        memset(text, 0, sizeof(text));
        assert_int_equal(edge_sdes_format(&own, text, size, &len), EDGE_ENOSPACE);
        assert_null(memmem(text, sizeof(text), "AAECAwQFBgcICQoL", 16));
    }
}

static void formats_no_line_that_is_not_sound(void **state)
{
    char text[EDGE_SDES_TEXT_MAX];
    size_t len = 0;

    (void)state;
    assert_int_equal(parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30), 0);
    struct edge_sdes_line bad = line;
    bad.suite = EDGE_SUITE_NULL_HMAC_SHA1_80;
    assert_int_equal(edge_sdes_format(&bad, text, sizeof(text), &len), EDGE_EINVALID);
    bad = line;
    bad.suite = EDGE_SUITE_NONE;
    bad.key_len = 0;
    assert_int_equal(edge_sdes_format(&bad, text, sizeof(text), &len), EDGE_EINVALID);
    bad = line;
    bad.key_len = 29;
    assert_int_equal(edge_sdes_format(&bad, text, sizeof(text), &len), EDGE_EINVALID);
    bad = line;
    bad.tag = 1000000000;
    assert_int_equal(edge_sdes_format(&bad, text, sizeof(text), &len), EDGE_EINVALID);
    bad = line;
    bad.lifetime_log2 = 19;
    assert_int_equal(edge_sdes_format(&bad, text, sizeof(text), &len), EDGE_EINVALID);
}

static void chooses_by_preference(void **state)
{
    const enum edge_srtp_suite preferences[] = {
        EDGE_SUITE_NULL_HMAC_SHA1_80,
        EDGE_SUITE_AEAD_AES_256_GCM,
        EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
        EDGE_SUITE_AES_CM_128_HMAC_SHA1_32,
    };
    // As a Cisco SPA offers: the weaker one first, one key for both.
    struct edge_sdes_line lines[3] = {
        {.tag = 1, .suite = EDGE_SUITE_AES_CM_128_HMAC_SHA1_32},
        {.tag = 2, .suite = EDGE_SUITE_AES_CM_128_HMAC_SHA1_80},
        {.tag = 9, .suite = EDGE_SUITE_NULL_HMAC_SHA1_80},
    };

    (void)state;
    assert_int_equal(edge_sdes_choose(lines, 3, preferences, 4), 1);
    assert_int_equal(edge_sdes_choose(lines, 1, preferences, 4), 0);
    assert_int_equal(edge_sdes_choose(lines + 2, 1, preferences, 4), EDGE_ENOENT);
    assert_int_equal(edge_sdes_choose(lines, 3, preferences, 2), EDGE_ENOENT);
    assert_int_equal(edge_sdes_choose(lines, 0, preferences, 4), EDGE_ENOENT);
}

static void tells_a_rekey_from_a_reoffer(void **state)
{
    struct edge_sdes_line first;

    (void)state;
    assert_int_equal(parse("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30), 0);
    first = line;
    assert_int_equal(parse("2 AES_CM_128_HMAC_SHA1_80 inline:" KEY_30 "|2^31"), 0);
    assert_true(edge_sdes_has_same_key(&first, &line));
    line.key[29] ^= 1;
    assert_false(edge_sdes_has_same_key(&first, &line));
    assert_int_equal(parse("1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_30), 0);
    assert_false(edge_sdes_has_same_key(&first, &line));
    edge_sdes_wipe(&line);
    assert_is_wiped();
    edge_sdes_wipe(NULL);
}

static void base64_agrees_in_both_directions(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        const uint8_t bytes[3] = {(uint8_t)value, (uint8_t)(value * 7 + 1), (uint8_t)(255 - value)};

        for (size_t len = 1; len <= 3; len++) {
            char text[4];
            uint8_t back[3];

            edge_base64_encode(bytes, len, text);
            assert_int_equal(edge_base64_decode((struct edge_view){text, 4}, back, len), 0);
            assert_memory_equal(back, bytes, len);
        }
        const char bad[4] = {'A', 'A', 'A', (char)value};
        uint8_t out[3];
        const bool is_letter = value != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                                    "qrstuvwxyz0123456789+/",
                                                    (int)value);
        assert_int_equal(edge_base64_decode((struct edge_view){bad, 4}, out, 3),
                         is_letter ? 0 : EDGE_EKEYLEN);
    }
}

static void every_suite_is_found_by_its_names(void **state)
{
    (void)state;
    for (int i = EDGE_SUITE_NONE + 1; i < EDGE_SUITE_COUNT; i++) {
        const enum edge_srtp_suite suite = (enum edge_srtp_suite)i;
        const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);

        assert_int_equal(edge_srtp_suite_find(edge_view_of(info->name)), suite);
        if (info->alias)
            assert_int_equal(edge_srtp_suite_find(edge_view_of(info->alias)), suite);
        assert_int_equal(info->is_usable, i < EDGE_SUITE_USABLE_END);
        assert_true(info->key_bytes + info->salt_bytes <= EDGE_SDES_KEY_MAX);
    }
    assert_int_equal(edge_srtp_suite_find(EDGE_VIEW("none")), EDGE_SUITE_NONE);
    assert_false(edge_srtp_suite_info((enum edge_srtp_suite)99)->is_usable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_lines_of_the_field),
        cmocka_unit_test(decodes_the_key_exactly),
        cmocka_unit_test(refuses_lines_with_the_right_reason),
        cmocka_unit_test(writes_the_mki_as_in_the_packet),
        cmocka_unit_test(formats_padded_lines),
        cmocka_unit_test(formats_no_line_that_is_not_sound),
        cmocka_unit_test(chooses_by_preference),
        cmocka_unit_test(tells_a_rekey_from_a_reoffer),
        cmocka_unit_test(base64_agrees_in_both_directions),
        cmocka_unit_test(every_suite_is_found_by_its_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

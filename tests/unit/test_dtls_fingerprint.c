// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_fingerprint.h"
#include "dtls_hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* RFC 8122 section 5 writes digests so; this one has another hash's length. */
#define SHA1    "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"
#define HALF_UP "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F"
#define HALF_LO "f0:f1:f2:f3:f4:f5:f6:f7:f8:f9:fa:fb:fc:fd:fe:ff"

static int parse(const char *text, struct edge_fingerprint *out)
{
    return edge_fingerprint_parse(edge_view_of(text), out);
}

static void test_fingerprints_of_good_hashes_are_read(void **state)
{
    struct edge_fingerprint print;
    struct edge_fingerprint same;
    char text[EDGE_FINGERPRINT_TEXT];

    (void)state;
    assert_int_equal(parse("SHA-256  " HALF_UP ":" HALF_LO, &print), 0);
    assert_int_equal(print.hash, EDGE_HASH_SHA256);
    assert_int_equal(print.digest[15], 0x0f);
    assert_int_equal(print.digest[31], 0xff);
    assert_int_equal(edge_fingerprint_format(&print, text), 8 + 32 * 3 - 1);
    assert_int_equal(strlen(text), 8 + 32 * 3 - 1);
    assert_int_equal(parse(text, &same), 0);
    assert_true(edge_fingerprint_is_equal(&print, &same));
    same.digest[0] ^= 0x80;
    assert_false(edge_fingerprint_is_equal(&print, &same));
    same = (struct edge_fingerprint){0};
    assert_false(edge_fingerprint_is_equal(&same, &same));
    assert_int_equal(parse("sha-512 " HALF_UP ":" HALF_UP ":" HALF_UP ":" HALF_UP, &print), 0);
    assert_int_equal(edge_fingerprint_format(&print, text), 8 + 64 * 3 - 1);
}

static void test_others_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "sha-256",
        "sha-256 ",
        "sha-256 " HALF_UP,
        "sha-256 " HALF_UP ":" HALF_LO ":00",
        "sha-256 " HALF_UP "-" HALF_LO,
        "sha-256 " HALF_UP ":" HALF_LO " ",
        "sha-256 " HALF_UP ":g0:f1:f2:f3:f4:f5:f6:f7:f8:f9:fa:fb:fc:fd:fe:ff",
        "sha-384 " HALF_UP ":" HALF_LO,
    };
    struct edge_fingerprint print;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(parse(bad[i], &print), EDGE_ESYNTAX);
    assert_int_equal(parse(SHA1, &print), EDGE_ESUITE);
    assert_int_equal(parse("md5 00:11", &print), EDGE_ESUITE);
}

/* A ClientHello by RFC 6347 4.2.2: record, handshake header, version, random, session, cookie. */
static size_t make_hello(uint8_t *bytes, uint8_t cookie_length)
{
    const uint8_t body = (uint8_t)(2 + 32 + 1 + 1 + cookie_length + 6);

    memset(bytes, 0, 128);
    memcpy(bytes, (const uint8_t[]){22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 7, 0}, 12);
    bytes[12] = (uint8_t)(12 + body);
    bytes[13] = 1;
    bytes[16] = body;
    bytes[24] = body;
    bytes[25] = 254;
    bytes[26] = 253;
    memset(bytes + 27, 0xaa, 32);
    bytes[60] = cookie_length;
    memset(bytes + 61, 0xcc, cookie_length);
    return 25u + body;
}

static void test_a_client_hello_is_read_whole_or_not_at_all(void **state)
{
    uint8_t bytes[128];
    struct edge_dtls_hello hello;
    size_t length = make_hello(bytes, 20);
    uint8_t request[EDGE_DTLS_VERIFY_BYTES];

    (void)state;
    assert_true(edge_dtls_read_hello(bytes, length, &hello));
    assert_int_equal(hello.cookie_length, 20);
    assert_int_equal(hello.cookie[19], 0xcc);
    assert_int_equal(hello.random[31], 0xaa);
    assert_int_equal(hello.sequence[7], 7);
    for (size_t cut = 0; cut < length; cut++)
        assert_false(edge_dtls_read_hello(bytes, cut, &hello));
    edge_dtls_write_verify(&hello, hello.cookie, request);
    assert_true(sizeof(request) < make_hello(bytes, 0) + 24);
    assert_int_equal(request[10], 7);
    assert_int_equal(request[13], 3);

    make_hello(bytes, 20);
    bytes[4] = 1; /* not in clear */
    assert_false(edge_dtls_read_hello(bytes, length, &hello));
    make_hello(bytes, 20);
    bytes[21] = 1; /* not its beginning */
    assert_false(edge_dtls_read_hello(bytes, length, &hello));
    make_hello(bytes, 20);
    bytes[59] = 200; /* a session that is longer than the message */
    assert_false(edge_dtls_read_hello(bytes, length, &hello));
    make_hello(bytes, 20);
    bytes[60] = 40; /* so is the cookie */
    assert_false(edge_dtls_read_hello(bytes, length, &hello));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprints_of_good_hashes_are_read),
        cmocka_unit_test(test_others_are_refused),
        cmocka_unit_test(test_a_client_hello_is_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_link.h"

#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

uint64_t dtls_link_now_ns = 1800000000000000000u;

/* In place of the C library's: what OpenSSL's timers of retransmission read. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict now,
                                                        void *restrict zone)
{
    (void)zone;
    now->tv_sec = (time_t)(dtls_link_now_ns / 1000000000u);
    now->tv_usec = (suseconds_t)(dtls_link_now_ns % 1000000000u / 1000u);
    return 0;
}

static void assert_same_keys(struct dtls_link *link)
{
    struct edge_sdes_line in[2];
    struct edge_sdes_line out[2];

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(edge_dtls_get_state(link->end[i].dtls), EDGE_DTLS_ESTABLISHED);
        assert_int_equal(edge_dtls_export(link->end[i].dtls, &in[i], &out[i]), 0);
        assert_int_equal(in[i].suite, out[i].suite);
    }
    assert_true(edge_sdes_has_same_key(&in[0], &out[1]));
    assert_true(edge_sdes_has_same_key(&in[1], &out[0]));
    assert_false(edge_sdes_has_same_key(&in[0], &in[1]));
}

static void test_both_ends_get_the_same_keys(void **state)
{
    static const enum edge_srtp_suite suites[] = {
        EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, EDGE_SUITE_AEAD_AES_128_GCM,
        EDGE_SUITE_AEAD_AES_256_GCM, EDGE_SUITE_AES_CM_128_HMAC_SHA1_32};
    static struct dtls_link link;
    uint32_t never = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct edge_sdes_line in;
        struct edge_sdes_line out;

        dtls_link_init(&link);
        link.end[1].suites_never = never;
        dtls_link_run(&link);
        assert_same_keys(&link);
        assert_int_equal(edge_dtls_export(link.end[0].dtls, &in, &out), 0);
        assert_int_equal(in.suite, suites[i]);
        never |= 1u << suites[i];
        dtls_link_fini(&link);
    }
}

static void test_loss_doubling_and_overtaking_are_overcome(void **state)
{
    static struct dtls_link link;
    unsigned n_sent = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        dtls_link_init(&link);
        link.random = seed * 2654435761u;
        link.lost_percent = 20;
        dtls_link_run(&link);
        assert_same_keys(&link);
        n_sent += link.end[0].sent.total + link.end[1].sent.total;
        dtls_link_fini(&link);
    }
    assert_true(n_sent > 60 * 10);
}

static void test_another_certificate_is_refused(void **state)
{
    static struct dtls_link link;
    struct edge_sdes_line line[2];

    (void)state;
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        dtls_link_init(&link);
        link.end[wrong].expects.digest[31] ^= 1;
        dtls_link_run(&link);
        assert_int_equal(edge_dtls_get_state(link.end[wrong].dtls), EDGE_DTLS_FAILED);
        assert_int_equal(edge_dtls_get_result(link.end[wrong].dtls), EDGE_DTLS_FINGERPRINT);
        assert_int_equal(edge_dtls_export(link.end[wrong].dtls, &line[0], &line[1]), EDGE_EINVALID);
        /* Nor does the other end ever believe that it has a peer. */
        assert_int_not_equal(edge_dtls_get_state(link.end[1 - wrong].dtls), EDGE_DTLS_ESTABLISHED);
        dtls_link_fini(&link);
    }
}

static void test_without_a_common_profile_there_are_no_keys(void **state)
{
    static struct dtls_link link;
    const uint32_t cm =
        1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_80 | 1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_32;
    struct edge_dtls_plan plan = {.suites_never = UINT32_MAX};
    struct edge_dtls *none;

    (void)state;
    dtls_link_init(&link);
    link.end[0].suites_never = cm;
    link.end[1].suites_never =
        1u << EDGE_SUITE_AEAD_AES_128_GCM | 1u << EDGE_SUITE_AEAD_AES_256_GCM;
    dtls_link_run(&link);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(edge_dtls_get_state(link.end[i].dtls), EDGE_DTLS_FAILED);
        assert_int_equal(edge_dtls_get_result(link.end[i].dtls), EDGE_DTLS_PROFILE);
    }
    plan.identity = link.end[0].identity;
    assert_int_equal(edge_dtls_new(&plan, dtls_link_now_ns, &none), EDGE_ESUITE);
    dtls_link_fini(&link);
}

static void test_silence_ends_after_few_datagrams(void **state)
{
    static struct dtls_link link;
    uint64_t start_ns = dtls_link_now_ns;
    size_t bytes = 0;

    (void)state;
    dtls_link_init(&link);
    dtls_link_open(&link.end[0], EDGE_DTLS_ACTIVE);
    edge_dtls_start(link.end[0].dtls, dtls_link_now_ns);
    while (edge_dtls_get_state(link.end[0].dtls) == EDGE_DTLS_HANDSHAKE_RUNS) {
        assert_true(edge_dtls_deadline_ns(link.end[0].dtls) > dtls_link_now_ns);
        dtls_link_now_ns = edge_dtls_deadline_ns(link.end[0].dtls);
        edge_dtls_tick(link.end[0].dtls, dtls_link_now_ns);
    }
    assert_int_equal(edge_dtls_get_result(link.end[0].dtls), EDGE_DTLS_TIMEOUT);
    assert_in_range(dtls_link_now_ns - start_ns, 10000000000u, EDGE_DTLS_PATIENCE_NS);
    assert_in_range(link.end[0].sent.total, 4, 14);
    for (unsigned i = 0; i < link.end[0].sent.n; i++)
        bytes += link.end[0].sent.datagrams[i].length;
    assert_true(bytes < 4096);
    dtls_link_fini(&link);
}

static void test_what_anyone_could_have_sent_ends_nothing(void **state)
{
    /* A fatal alert in clear, noise, a record of another version, data in an epoch to come. */
    static const uint8_t alert[] = {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
    static const uint8_t noise[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 4, 1};
    static const uint8_t other[] = {22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 1};
    static const uint8_t future[] = {23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 3, 1, 2, 3};
    static struct dtls_link link;
    static struct dtls_link stranger;
    struct edge_sdes_line before[2];
    struct edge_sdes_line after[2];

    (void)state;
    dtls_link_init(&link);
    dtls_link_open(&link.end[0], EDGE_DTLS_ACTIVE);
    edge_dtls_start(link.end[0].dtls, dtls_link_now_ns);
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned to = 0; to < 2; to++) {
            dtls_link_deliver(&link, to, alert, sizeof(alert));
            dtls_link_deliver(&link, to, noise, sizeof(noise));
            dtls_link_deliver(&link, to, other, sizeof(other));
            dtls_link_deliver(&link, to, future, sizeof(future));
        }
        dtls_link_carry(&link, round % 2);
    }
    dtls_link_run(&link);
    assert_same_keys(&link);
    assert_int_equal(edge_dtls_export(link.end[1].dtls, &before[0], &before[1]), 0);

    /* The ClientHello of another handshake, with the sender's address forged. */
    dtls_link_init(&stranger);
    dtls_link_open(&stranger.end[0], EDGE_DTLS_ACTIVE);
    edge_dtls_start(stranger.end[0].dtls, dtls_link_now_ns);
    link.end[1].sent.n = 0;
    for (unsigned i = 0; i < 100; i++)
        edge_dtls_receive(link.end[1].dtls, stranger.end[0].sent.datagrams[0].bytes,
                          stranger.end[0].sent.datagrams[0].length, dtls_link_now_ns);
    assert_int_equal(link.end[1].sent.n, 0);
    assert_int_equal(edge_dtls_export(link.end[1].dtls, &after[0], &after[1]), 0);
    assert_true(edge_sdes_has_same_key(&before[0], &after[0]));
    dtls_link_fini(&stranger);
    dtls_link_fini(&link);
}

static void test_close_notify_ends_the_association(void **state)
{
    static struct dtls_link link;

    (void)state;
    dtls_link_init(&link);
    dtls_link_run(&link);
    edge_dtls_close(link.end[0].dtls);
    assert_true(dtls_link_carry(&link, 0));
    assert_int_equal(edge_dtls_get_state(link.end[1].dtls), EDGE_DTLS_CLOSED);
    assert_int_equal(edge_dtls_get_result(link.end[1].dtls), EDGE_DTLS_OK);
    dtls_link_fini(&link);
}

/* OpenSSL by its own means, with everything that this relay does not set. */
static void test_the_librarys_own_client(void **state)
{
    static struct dtls_link link;
    SSL_CTX *context = SSL_CTX_new(DTLS_client_method());
    SSL *ssl;
    uint8_t material[60];
    uint8_t bytes[EDGE_DTLS_DATAGRAM_MAX];
    struct edge_sdes_line in;
    struct edge_sdes_line out;

    (void)state;
    dtls_link_init(&link);
    assert_int_equal(SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80"), 0);
    /* The certificate of end 0, whose context it is. */
    ssl = SSL_new(edge_dtls_identity_context(link.end[0].identity));
    assert_int_equal(SSL_CTX_use_certificate(context, SSL_get_certificate(ssl)), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, SSL_get_privatekey(ssl)), 1);
    SSL_free(ssl);
    ssl = SSL_new(context);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
    SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl, 1000);
    SSL_set_connect_state(ssl);
    for (unsigned round = 0; round < 10 && SSL_do_handshake(ssl) != 1; round++) {
        int length = BIO_read(SSL_get_wbio(ssl), bytes, sizeof(bytes));
        size_t at = 0;

        /* The memory holds datagrams one behind the other: record by record they are the same. */
        while (length > 0 && at < (size_t)length) {
            size_t record =
                EDGE_DTLS_RECORD_HEADER + ((size_t)bytes[at + 11] << 8 | bytes[at + 12]);

            dtls_link_deliver(&link, 1, bytes + at, record);
            at += record;
        }
        for (unsigned i = 0; i < link.end[1].sent.n; i++)
            BIO_write(SSL_get_rbio(ssl), link.end[1].sent.datagrams[i].bytes,
                      (int)link.end[1].sent.datagrams[i].length);
        link.end[1].sent.n = 0;
    }
    assert_int_equal(SSL_is_init_finished(ssl), 1);
    assert_int_equal(edge_dtls_export(link.end[1].dtls, &in, &out), 0);
    assert_int_equal(SSL_export_keying_material(ssl, material, sizeof(material),
                                                "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
                     1);
    assert_memory_equal(in.key, material, 16);
    assert_memory_equal(out.key, material + 16, 16);
    assert_memory_equal(in.key + 16, material + 32, 14);
    assert_memory_equal(out.key + 16, material + 46, 14);

    /* It may ask for another handshake within the first one, and does not get it. */
    assert_int_equal(SSL_renegotiate(ssl), 1);
    (void)SSL_do_handshake(ssl);
    {
        int length = BIO_read(SSL_get_wbio(ssl), bytes, sizeof(bytes));

        assert_true(length > (int)EDGE_DTLS_RECORD_HEADER);
        dtls_link_deliver(&link, 1, bytes, (size_t)length);
    }
    assert_int_equal(link.end[1].sent.n, 1);
    assert_int_equal(link.end[1].sent.datagrams[0].bytes[0], EDGE_DTLS_ALERT);
    assert_int_equal(edge_dtls_get_state(link.end[1].dtls), EDGE_DTLS_ESTABLISHED);
    SSL_free(ssl);
    SSL_CTX_free(context);
    dtls_link_fini(&link);
}

static void test_cookies_fit_one_address_and_half_an_hour(void **state)
{
    const uint64_t quarter_ns = 900 * (uint64_t)1000000000;
    uint8_t secret[EDGE_DTLS_SECRET_BYTES] = {1};
    uint8_t cookie[EDGE_DTLS_COOKIE_BYTES];
    union edge_address source;
    union edge_address other;
    uint64_t now_ns = 7 * quarter_ns;

    (void)state;
    assert_int_equal(edge_address_parse("2001:db8::1", 11, 4000, &source), 0);
    other = source;
    edge_address_set_port(&other, 4001);
    assert_int_equal(edge_dtls_cookie_make(secret, &source, 30000, now_ns, cookie), 0);
    assert_true(edge_dtls_cookie_is_good(secret, &source, 30000, now_ns, cookie, 20));
    assert_true(edge_dtls_cookie_is_good(secret, &source, 30000, now_ns + quarter_ns, cookie, 20));
    assert_false(
        edge_dtls_cookie_is_good(secret, &source, 30000, now_ns + 2 * quarter_ns, cookie, 20));
    assert_false(edge_dtls_cookie_is_good(secret, &other, 30000, now_ns, cookie, 20));
    assert_false(edge_dtls_cookie_is_good(secret, &source, 30002, now_ns, cookie, 20));
    assert_false(edge_dtls_cookie_is_good(secret, &source, 30000, now_ns, cookie, 19));
    cookie[19] ^= 1;
    assert_false(edge_dtls_cookie_is_good(secret, &source, 30000, now_ns, cookie, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_get_the_same_keys),
        cmocka_unit_test(test_loss_doubling_and_overtaking_are_overcome),
        cmocka_unit_test(test_another_certificate_is_refused),
        cmocka_unit_test(test_without_a_common_profile_there_are_no_keys),
        cmocka_unit_test(test_silence_ends_after_few_datagrams),
        cmocka_unit_test(test_what_anyone_could_have_sent_ends_nothing),
        cmocka_unit_test(test_close_notify_ends_the_association),
        cmocka_unit_test(test_the_librarys_own_client),
        cmocka_unit_test(test_cookies_fit_one_address_and_half_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

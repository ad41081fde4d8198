// SPDX-License-Identifier: GPL-2.0-or-later
#include "leg_keys.h"
#include "relay_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int set_up(void **state)
{
    static const enum edge_srtp_suite plain[2] = {EDGE_SUITE_NONE, EDGE_SUITE_NONE};
    static struct relay_pair pair;

    relay_pair_init(&pair, plain);
    *state = &pair;
    return 0;
}

static int tear_down(void **state)
{
    relay_pair_fini(*state);
    return 0;
}

static void test_offered_lines_differ_and_follow_the_policy(void **state)
{
    struct edge_media *media = ((struct relay_pair *)*state)->media[0];
    struct edge_ng_sdes sdes = {0};

    assert_int_equal(edge_leg_keys_offer(media, &sdes), 0);
    assert_int_equal(media->n_own_keys, 4);
    assert_int_equal(media->own_keys[0]->suite, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(media->own_keys[i]->tag, i + 1);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(media->own_keys[i]->key, media->own_keys[k]->key, 28);
    }
    edge_media_forget_keys(media);
    sdes.suites_never = 1u << EDGE_SUITE_AES_CM_128_HMAC_SHA1_80;
    assert_int_equal(edge_leg_keys_offer(media, &sdes), 0);
    assert_int_equal(media->own_keys[0]->suite, EDGE_SUITE_AEAD_AES_128_GCM);
    edge_media_forget_keys(media);
    sdes.suites_only = sdes.suites_never;
    assert_int_equal(edge_leg_keys_offer(media, &sdes), EDGE_ESUITE);
}

static void test_settling_puts_one_line_in_force(void **state)
{
    struct edge_media *media = ((struct relay_pair *)*state)->media[0];
    const struct edge_ng_sdes sdes = {0};
    const struct edge_srtp *sender;
    uint8_t key[EDGE_SDES_KEY_MAX];

    assert_int_equal(edge_leg_keys_offer(media, &sdes), 0);
    assert_int_equal(edge_leg_keys_settle_offered(media, 2, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80),
                     EDGE_ENOENT);
    assert_int_equal(edge_leg_keys_settle_offered(media, 2, EDGE_SUITE_AEAD_AES_128_GCM), 0);
    assert_int_equal(media->own_keys[0]->suite, EDGE_SUITE_AEAD_AES_128_GCM);
    sender = media->send;
    memcpy(key, media->own_keys[0]->key, sizeof(key));

    /* A re-offer carries the same key first; picked again, the context lives on. */
    assert_int_equal(edge_leg_keys_offer(media, &sdes), 0);
    assert_int_equal(media->n_own_keys, 4);
    assert_memory_equal(media->own_keys[0]->key, key, sizeof(key));
    assert_int_equal(edge_leg_keys_settle_offered(media, 2, EDGE_SUITE_AEAD_AES_128_GCM), 0);
    assert_ptr_equal(media->send, sender);

    /* Another branch picks another line; the one that was in use cannot come back. */
    assert_int_equal(edge_leg_keys_settle_offered(media, 4, EDGE_SUITE_AEAD_AES_256_GCM), 0);
    assert_ptr_not_equal(media->send, sender);
    assert_int_equal(media->n_own_keys, 3);
    assert_int_equal(edge_leg_keys_settle_offered(media, 2, EDGE_SUITE_AEAD_AES_128_GCM),
                     EDGE_ENOENT);
    sender = media->send;
    memcpy(key, media->own_keys[0]->key, sizeof(key));

    /* As the answering side with the same suite: new tag, same key. */
    assert_int_equal(edge_leg_keys_settle_answer(media, 7, EDGE_SUITE_AEAD_AES_256_GCM), 0);
    assert_ptr_equal(media->send, sender);
    assert_int_equal(media->n_own_keys, 1);
    assert_int_equal(media->own_keys[0]->tag, 7);
    assert_int_equal(edge_leg_keys_settle_answer(media, 7, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80), 0);
    assert_memory_not_equal(media->own_keys[0]->key, key, 28);
}

static void test_the_same_key_keeps_its_context(void **state)
{
    struct edge_media *media = ((struct relay_pair *)*state)->media[0];
    const struct edge_srtp *context;
    struct edge_sdes_line line;

    relay_pair_key(&line, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 1);
    assert_int_equal(edge_leg_keys_receive(media, &line, 5), 0);
    context = media->receive;
    line.tag = 9;
    assert_int_equal(edge_leg_keys_receive(media, &line, 5), 0);
    assert_ptr_equal(media->receive, context);
    assert_null(media->receive_old);
    assert_int_equal(media->remote_key->tag, 9);
    line.key[3] ^= 1;
    assert_int_equal(edge_leg_keys_receive(media, &line, 5), 0);
    assert_ptr_not_equal(media->receive, context);
    assert_ptr_equal(media->receive_old, context);
    line.suite = EDGE_SUITE_NULL_HMAC_SHA1_80;
    assert_int_equal(edge_leg_keys_receive(media, &line, 5), EDGE_ESUITE);
    assert_int_equal(media->remote_key->suite, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80);
}

static void test_a_key_made_by_dtls_is_never_written(void **state)
{
    struct edge_media *media = ((struct relay_pair *)*state)->media[0];
    const struct edge_ng_sdes sdes = {0};
    struct edge_sdes_line in;
    struct edge_sdes_line out;
    char text[EDGE_SDES_TEXT_MAX];
    size_t length;

    relay_pair_key(&in, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 1);
    relay_pair_key(&out, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, 2);
    in.tag = EDGE_SDES_NO_TAG;
    out.tag = EDGE_SDES_NO_TAG;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(edge_leg_keys_set(media, &in, &out, 5), 0);
        assert_non_null(media->receive);
        assert_non_null(media->send);
        assert_int_equal(media->n_own_keys, 1);
        assert_int_equal(edge_sdes_format(media->own_keys[0], text, sizeof(text), &length),
                         EDGE_EINVALID);
        if (i == 0)
            assert_int_equal(edge_leg_keys_offer(media, &sdes), 0);
        else
            assert_int_equal(edge_leg_keys_settle_answer(media, 3, out.suite), 0);
        for (unsigned k = 0; k < media->n_own_keys; k++)
            assert_memory_not_equal(media->own_keys[k]->key, out.key, 16);
    }
    assert_int_equal(edge_leg_keys_set_rtcp(media, &in, &out), 0);
    assert_non_null(media->rtcp_receive);
    edge_leg_keys_unset(media, true);
    assert_null(media->rtcp_send);
    assert_non_null(media->receive);
}

static int open_library(void **state)
{
    (void)state;
    return edge_srtp_library_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_offered_lines_differ_and_follow_the_policy, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_settling_puts_one_line_in_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_key_keeps_its_context, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_key_made_by_dtls_is_never_written, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, open_library, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "call_report.h"
#include "relay_pair.h"
#include "secret_store.h"
#include "state_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const names[] = {"cust", "core"};
static union edge_address addresses[2];

static struct edge_sdes_line *keep_key(enum edge_srtp_suite suite, uint8_t fill)
{
    struct edge_sdes_line *line = (struct edge_sdes_line *)(void *)edge_secret_take();

    assert_non_null(line);
    relay_pair_key(line, suite, fill);
    return line;
}

/* What the leg keeps seeing as the origin of its descriptions. */
static void set_origin(struct edge_leg *leg)
{
    static struct edge_sdp sdp;
    static struct edge_sdp_plan plan;
    struct edge_origin_text text;

    assert_int_equal(
        edge_sdp_parse(EDGE_VIEW("v=0\r\no=alice 77 5 IN IP4 192.0.2.1\r\ns=talk\r\nt=0 0\r\n"),
                       &sdp, NULL),
        0);
    assert_int_equal(edge_origin_plan(&leg->origin,
                                      EDGE_NG_REPLACE_USERNAME | EDGE_NG_REPLACE_SESSION_NAME |
                                          EDGE_NG_REPLACE_SDP_VERSION,
                                      &sdp, &plan, &text),
                     0);
    assert_non_null(leg->origin);
}

/* A call with SRTP on one leg and a block on the other. */
static void make_call(struct relay_pair *pair)
{
    const enum edge_srtp_suite suites[2] = {EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, EDGE_SUITE_NONE};
    struct edge_media *media;

    relay_pair_init(pair, suites);
    media = pair->media[0];
    media->remote_key = keep_key(suites[0], 1);
    media->remote_key->mki_len = 2;
    media->remote_key->mki[1] = 7;
    media->own_keys[0] = keep_key(suites[0], 11);
    media->own_keys[1] = keep_key(EDGE_SUITE_AEAD_AES_256_GCM, 12);
    media->n_own_keys = 2;
    media->port = 30002;
    media->learning = EDGE_LEARN_ASYMMETRIC;
    media->restart = (struct edge_restart){.is_known = true, .ssrc = 9, .offset = 1000};
    media->restart.last_out = 77;
    media->flow[EDGE_RTP].is_pinned = true;
    media->flow[EDGE_RTP].in = (struct edge_tally){3, 516};
    media->flow[EDGE_RTP].drops[EDGE_DROP_REPLAY] = 2;
    pair->legs[1]->interface = 1;
    pair->legs[1]->is_blocked = true;
    set_origin(pair->legs[0]);
    pair->legs[1]->verdict = (struct edge_verdict){.is_active = true,
                                                   .n = 1,
                                                   .reason = EDGE_DROP_BLOCKED,
                                                   .heard_us = 111,
                                                   .applied_us = 112,
                                                   .dropped = {5, 860}};
    memcpy(pair->session->customer, "initech", 8);
    pair->session->answered_ns = 1;
    pair->session->answered_us = 777000000;
    pair->session->is_killed = true;
    pair->session->needs_allowance = true;
    pair->session->delete_at_ns = 5000000000u;
    assert_int_equal(edge_address_parse("127.0.0.1", 9, 0, &addresses[0]), 0);
    assert_int_equal(edge_address_parse("::1", 3, 0, &addresses[1]), 0);
}

static size_t write_call(const struct relay_pair *pair, uint8_t *bytes, size_t size)
{
    const struct edge_state_extra extra = {.saved_us = 1234,
                                           .now_ns = 2000000000u,
                                           .kill_until_ms = 99,
                                           .hold = {88, true},
                                           .interface_names = names,
                                           .interface_addresses = addresses};
    size_t length = 0;

    if (edge_state_write_call(pair->session, &extra, bytes, size, &length) != 0)
        return 0;
    return length;
}

static void test_a_call_comes_back_as_it_was(void **state)
{
    static uint8_t bytes[EDGE_STATE_MAX];
    static uint8_t again[EDGE_STATE_MAX];
    struct relay_pair pair;
    static struct edge_call_report report;
    struct edge_state_call call;
    struct edge_media *media;
    enum edge_state_kind kind;
    struct edge_view call_id;
    size_t length;

    (void)state;
    make_call(&pair);
    length = write_call(&pair, bytes, sizeof(bytes));
    assert_true(length > 0);
    assert_int_equal(
        edge_state_read_head((struct edge_view){(char *)bytes, length}, &kind, &call_id), 0);
    assert_int_equal(kind, EDGE_STATE_CALL);
    assert_true(edge_view_is_equal(call_id, EDGE_VIEW("call")));
    assert_int_equal(
        edge_state_read_call((struct edge_view){(char *)bytes, length}, 2000000000u, &call), 0);

    assert_int_equal(call.extra.saved_us, 1234);
    assert_int_equal(call.extra.kill_until_ms, 99);
    assert_true(call.extra.hold.cut && call.extra.hold.until_ms == 88);
    assert_true(call.delete_in_ns >= 3000000000u && call.delete_in_ns <= 3001000000u);
    assert_string_equal(call.session->customer, "initech");
    assert_int_equal(call.session->answered_ns, 2000000000u);
    assert_int_equal(call.session->answered_us, 777000000);
    (void)edge_call_report_take(call.session, false, 2000000000u, 819000000, &report);
    assert_int_equal(report.up_s, 42);
    assert_true(call.session->is_killed && call.session->needs_allowance);
    assert_false(call.session->is_allowed || call.session->is_blocked);
    assert_int_equal(call.session->n_legs, 2);
    assert_ptr_equal(call.session->legs[0]->peer, call.session->legs[1]);
    assert_ptr_equal(call.session->legs[1]->media[0]->peer, call.session->legs[0]->media[0]);
    assert_true(edge_leg_has_tag(call.session->legs[1], EDGE_VIEW("tag-b")));
    assert_true(call.session->legs[1]->is_blocked);
    assert_int_equal(call.session->legs[1]->verdict.applied_us, 112);
    assert_int_equal(call.session->legs[1]->verdict.dropped.packets, 5);
    assert_true(call.session->legs[0]->origin && !call.session->legs[1]->origin);
    assert_string_equal(call.places[1].name, "core");
    assert_true(edge_address_same_ip(&call.places[1].local, &addresses[1]));
    media = call.session->legs[0]->media[0];
    assert_int_equal(call.places[0].ports[0], 30002);
    assert_int_equal(media->port, 0);
    assert_int_equal(media->flow[EDGE_RTP].fd, -1);
    assert_true(
        edge_address_equal(&media->flow[EDGE_RTP].remote, &pair.media[0]->flow[EDGE_RTP].remote));
    assert_int_equal(media->flow[EDGE_RTP].drops[EDGE_DROP_REPLAY], 2);
    assert_int_equal(media->learning, EDGE_LEARN_ASYMMETRIC);
    assert_memory_equal(media->remote_key, pair.media[0]->remote_key, sizeof(*media->remote_key));
    assert_int_equal(media->n_own_keys, 2);
    assert_int_equal(media->restart.offset, 1000);
    assert_true(media->restart.goes_on);
    assert_true(media->receive && media->send && !media->receive_old);

    /* Written again it is the same, so nothing was left out of either. */
    for (int i = 0; i < 2; i++)
        call.session->legs[i]->interface = (unsigned)i;
    call.session->legs[0]->media[0]->port = 30002;
    call.session->delete_at_ns = 5000000000u;
    edge_session_free(pair.session);
    pair.session = call.session;
    assert_int_equal(write_call(&pair, again, sizeof(again)), length);
    assert_memory_equal(bytes, again, length);
    edge_session_free(call.session);
}

/* What the relay before this one wrote: all but the time of the answer. */
static void test_a_record_of_the_version_before_is_read(void **state)
{
    static uint8_t bytes[EDGE_STATE_MAX];
    static const uint8_t answered_us[8] = {0, 0, 0, 0, 0x2e, 0x50, 0x14, 0x40};
    struct relay_pair pair;
    struct edge_state_call call;
    size_t length;
    uint8_t *at;

    (void)state;
    make_call(&pair);
    length = write_call(&pair, bytes, sizeof(bytes));
    at = memmem(bytes, length, answered_us, sizeof(answered_us));
    assert_non_null(at);
    length -= sizeof(answered_us);
    memmove(at, at + sizeof(answered_us), length - (size_t)(at - bytes));
    bytes[0] = EDGE_STATE_VERSION_OLD;
    assert_int_equal(edge_state_read_call((struct edge_view){(char *)bytes, length}, 9, &call), 0);
    assert_int_equal(call.session->answered_ns, 9);
    assert_int_equal(call.session->answered_us, call.extra.saved_us);
    assert_true(call.session->is_killed);
    edge_session_free(call.session);
    edge_session_free(pair.session);
}

static void test_an_echo_and_a_late_end_come_back(void **state)
{
    static uint8_t bytes[EDGE_STATE_MAX];
    struct relay_pair pair;
    struct edge_state_call call;
    const struct edge_leg *const *legs;
    size_t length;

    (void)state;
    make_call(&pair);
    pair.media[0]->peer = pair.media[0];
    pair.session->delete_at_ns = (uint64_t)UINT32_MAX * 1000000000u;
    length = write_call(&pair, bytes, sizeof(bytes));
    assert_int_equal(edge_state_read_call((struct edge_view){(char *)bytes, length}, 1, &call), 0);
    legs = (const struct edge_leg *const *)call.session->legs;
    assert_ptr_equal(legs[0]->media[0]->peer, legs[0]->media[0]);
    assert_ptr_equal(legs[1]->media[0]->peer, legs[0]->media[0]);
    assert_true(call.delete_in_ns > (uint64_t)4294967290 * 1000000000u);
    edge_session_free(call.session);
    edge_session_free(pair.session);
}

static void test_old_records_are_not_gone_on_with(void **state)
{
    (void)state;
    assert_false(edge_state_is_too_old(1000000, 900000)); /* the other relay's clock is ahead */
    assert_false(edge_state_is_too_old(0, EDGE_STATE_AGE_MAX_US));
    assert_true(edge_state_is_too_old(0, EDGE_STATE_AGE_MAX_US + 1));
}

static void test_every_cut_and_many_changes_are_refused_or_read(void **state)
{
    static uint8_t bytes[EDGE_STATE_MAX];
    struct relay_pair pair;
    struct edge_state_call call;
    size_t length;

    (void)state;
    make_call(&pair);
    length = write_call(&pair, bytes, sizeof(bytes));
    for (size_t cut = 0; cut < length; cut++)
        assert_int_not_equal(edge_state_read_call((struct edge_view){(char *)bytes, cut}, 1, &call),
                             0);
    for (size_t i = 0; i < length; i++) {
        bytes[i] ^= 0xff;
        if (edge_state_read_call((struct edge_view){(char *)bytes, length}, 1, &call) == 0)
            edge_session_free(call.session);
        bytes[i] ^= 0xff;
    }
    assert_int_equal(write_call(&pair, bytes, length - 1), 0);
    edge_session_free(pair.session);
}

static void test_an_early_block_comes_back(void **state)
{
    const struct edge_state_early early = {EDGE_VIEW("early"), EDGE_BLOCK_MEDIA, 4711};
    struct edge_state_early read;
    uint8_t bytes[64];
    size_t length = 0;

    (void)state;
    assert_int_equal(edge_state_write_early(&early, bytes, sizeof(bytes), &length), 0);
    assert_int_equal(edge_state_read_early((struct edge_view){(char *)bytes, length}, &read), 0);
    assert_true(edge_view_is_equal(read.call_id, early.call_id));
    assert_int_equal(read.flags, EDGE_BLOCK_MEDIA);
    assert_int_equal(read.until_ms, 4711);
    bytes[0]++;
    assert_int_equal(edge_state_read_early((struct edge_view){(char *)bytes, length}, &read),
                     EDGE_ESYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_comes_back_as_it_was),
        cmocka_unit_test(test_a_record_of_the_version_before_is_read),
        cmocka_unit_test(test_an_echo_and_a_late_end_come_back),
        cmocka_unit_test(test_old_records_are_not_gone_on_with),
        cmocka_unit_test(test_every_cut_and_many_changes_are_refused_or_read),
        cmocka_unit_test(test_an_early_block_comes_back),
    };
    int failed;

    if (edge_srtp_library_open() != 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    edge_srtp_library_close();
    return failed;
}

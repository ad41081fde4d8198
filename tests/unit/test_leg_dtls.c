// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls_link.h"
#include "leg_dtls.h"
#include "relay_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

uint64_t dtls_link_now_ns = 1800000000000000000u;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved */
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict now,
                                                        void *restrict zone)
{
    (void)zone;
    now->tv_sec = (time_t)(dtls_link_now_ns / 1000000000u);
    now->tv_usec = (suseconds_t)(dtls_link_now_ns % 1000000000u / 1000u);
    return 0;
}

/* Who talks to the leg: at an address, with a certificate. */
struct peer {
    struct dtls_link_end end;
    union edge_address address;
};

static struct lab {
    struct relay_pair pair;
    struct edge_media *media;
    struct edge_stats stats;
    struct edge_handshakes *handshakes;
    struct edge_leg_dtls *leg;
    struct peer peer;     /* the one that was signalled */
    struct peer stranger; /* the same host, another port and certificate */
    size_t bytes_out;
    unsigned n_out;
} lab;

static void leave(void *context, const struct edge_flow *flow, const union edge_address *to,
                  const uint8_t *bytes, size_t length)
{
    (void)context;
    (void)flow;
    lab.bytes_out += length;
    lab.n_out++;
    if (edge_address_equal(to, &lab.peer.address))
        dtls_link_send(&lab.peer.end.sent, bytes, length);
    else if (edge_address_equal(to, &lab.stranger.address))
        dtls_link_send(&lab.stranger.end.sent, bytes, length);
}

static void make_peer(struct peer *peer, uint16_t port)
{
    memset(peer, 0, sizeof(*peer));
    assert_int_equal(edge_dtls_identity_new(1, &peer->end.identity), 0);
    edge_dtls_identity_print(lab.leg->identity, EDGE_HASH_SHA256, &peer->end.expects);
    assert_int_equal(edge_address_parse("192.0.2.1", 9, port, &peer->address), 0);
}

static int set_up(void **state)
{
    static const enum edge_srtp_suite plain[2] = {EDGE_SUITE_NONE, EDGE_SUITE_NONE};
    const struct edge_handshakes_rim rim = {leave, NULL, &lab.stats};

    (void)state;
    memset(&lab, 0, sizeof(lab));
    relay_pair_init(&lab.pair, plain);
    lab.media = lab.pair.media[0];
    lab.media->has_rtcp_mux = true;
    lab.media->is_srtp = true;
    assert_int_equal(edge_handshakes_new(&rim, &lab.handshakes), 0);
    assert_int_equal(edge_leg_dtls_get(lab.handshakes, lab.media, 1, &lab.leg), 0);
    make_peer(&lab.peer, 4000);
    make_peer(&lab.stranger, 4567);
    return 0;
}

static void free_peer(struct peer *peer)
{
    edge_dtls_free(peer->end.dtls);
    edge_dtls_identity_drop(peer->end.identity);
}

static int tear_down(void **state)
{
    (void)state;
    relay_pair_fini(&lab.pair);
    edge_handshakes_free(lab.handshakes);
    free_peer(&lab.peer);
    free_peer(&lab.stranger);
    return 0;
}

static void settle(enum edge_dtls_role role)
{
    struct edge_dtls_terms terms = {.setup = EDGE_SETUP_ACTPASS};

    edge_dtls_identity_print(lab.peer.end.identity, EDGE_HASH_SHA256, &terms.print);
    edge_leg_dtls_settle(lab.leg, &terms, role, dtls_link_now_ns);
}

static void greet(struct peer *peer)
{
    edge_dtls_free(peer->end.dtls);
    dtls_link_open(&peer->end, EDGE_DTLS_ACTIVE);
    edge_dtls_start(peer->end.dtls, dtls_link_now_ns);
}

/* What the peer has sent goes to the leg; true when there was any. The peer's queue `sent` holds
 * what it sends and, after leave(), what it gets: so it is emptied before. */
static bool exchange(struct peer *peer, struct dtls_link_queue *out)
{
    bool was_any = out->n > 0;

    for (unsigned i = 0; i < out->n; i++)
        edge_leg_dtls_take(lab.leg, &lab.media->flow[EDGE_RTP], &peer->address,
                           out->datagrams[i].bytes, out->datagrams[i].length, dtls_link_now_ns);
    out->n = 0;
    return was_any;
}

/* Both ways, until nobody says anything. */
static void run(struct peer *peer)
{
    static struct dtls_link_queue batch;
    bool goes_on = true;

    while (goes_on) {
        batch = peer->end.sent;
        peer->end.sent.n = 0;
        goes_on = exchange(peer, &batch);
        for (unsigned i = 0; i < 8; i++)
            edge_handshakes_turn(lab.handshakes, dtls_link_now_ns);
        batch = peer->end.sent;
        peer->end.sent.n = 0;
        goes_on = goes_on || batch.n > 0;
        for (unsigned i = 0; i < batch.n && peer->end.dtls; i++)
            edge_dtls_receive(peer->end.dtls, batch.datagrams[i].bytes, batch.datagrams[i].length,
                              dtls_link_now_ns);
    }
}

static uint64_t ended(enum edge_dtls_result result)
{
    return edge_stats_get(&lab.stats.dtls_handshakes[result]);
}

/* A packet that the peer has encrypted is one for the leg. */
static void assert_peer_is_heard(void)
{
    struct edge_sdes_line in;
    struct edge_sdes_line out;

    assert_int_equal(edge_dtls_export(lab.peer.end.dtls, &in, &out), 0);
    assert_non_null(lab.media->receive);
    assert_true(edge_sdes_has_same_key(lab.media->remote_key, &out));
    assert_int_equal(lab.media->n_own_keys, 1);
    assert_true(edge_sdes_has_same_key(lab.media->own_keys[0], &in));
}

static void test_a_passive_leg_takes_the_signalled_peer(void **state)
{
    (void)state;
    greet(&lab.peer);
    run(&lab.peer); /* before there is an answer */
    assert_int_equal(lab.n_out, 0);
    settle(EDGE_DTLS_PASSIVE);
    greet(&lab.peer);
    run(&lab.peer);
    assert_peer_is_heard();
    assert_int_equal(ended(EDGE_DTLS_OK), 1);
    assert_string_equal(edge_leg_dtls_state(lab.leg, EDGE_RTP), "established");
    assert_null(edge_leg_dtls_state(lab.leg, EDGE_RTCP));
    assert_true(lab.media->flow[EDGE_RTP].is_pinned);

    /* The same once more: nothing happens. */
    lab.n_out = 0;
    settle(EDGE_DTLS_PASSIVE);
    edge_handshakes_turn(lab.handshakes, dtls_link_now_ns + 40000000000u);
    assert_int_equal(lab.n_out, 0);
    assert_peer_is_heard();
}

static void test_an_active_leg_begins_and_begins_again(void **state)
{
    (void)state;
    settle(EDGE_DTLS_ACTIVE);
    assert_true(edge_handshakes_due_ns(lab.handshakes) <= dtls_link_now_ns);
    edge_handshakes_turn(lab.handshakes, dtls_link_now_ns);
    assert_int_equal(lab.peer.end.sent.n, 1);
    lab.peer.end.sent.n = 0; /* lost */
    dtls_link_now_ns += 300000000u;
    edge_handshakes_turn(lab.handshakes, dtls_link_now_ns);
    assert_int_equal(lab.peer.end.sent.n, 1);
    dtls_link_open(&lab.peer.end, EDGE_DTLS_PASSIVE);
    /* The endpoint under test has no listener of its own here: its ClientHello carries no cookie,
     * which the peer asks for as the leg would. */
    {
        struct dtls_link link = {.source = lab.peer.address};
        struct dtls_link_datagram hello = lab.peer.end.sent.datagrams[0];
        struct edge_dtls_hello read;
        uint8_t cookie[EDGE_DTLS_COOKIE_BYTES];
        uint8_t request[EDGE_DTLS_VERIFY_BYTES];

        assert_true(edge_dtls_read_hello(hello.bytes, hello.length, &read));
        assert_int_equal(edge_dtls_cookie_make(link.secret, &link.source, 1, 1, cookie), 0);
        edge_dtls_write_verify(&read, cookie, request);
        lab.peer.end.sent.n = 0;
        assert_true(edge_leg_dtls_take(lab.leg, &lab.media->flow[EDGE_RTP], &lab.peer.address,
                                       request, sizeof(request), dtls_link_now_ns));
        edge_handshakes_turn(lab.handshakes, dtls_link_now_ns);
        hello = lab.peer.end.sent.datagrams[0];
        lab.peer.end.sent.n = 0;
        edge_dtls_receive(lab.peer.end.dtls, hello.bytes, hello.length, dtls_link_now_ns);
    }
    run(&lab.peer);
    assert_peer_is_heard();
}

static void test_strangers_cost_next_to_nothing_and_keep_nothing(void **state)
{
    union edge_address far = lab.peer.address;
    struct dtls_link_datagram hello;
    size_t bytes_in = 0;

    (void)state;
    assert_int_equal(edge_address_parse("203.0.113.9", 11, 4000, &far), 0);
    settle(EDGE_DTLS_PASSIVE);
    greet(&lab.stranger);
    hello = lab.stranger.end.sent.datagrams[0];
    lab.stranger.end.sent.n = 0;
    for (unsigned i = 0; i < 1000; i++)
        assert_false(edge_leg_dtls_take(lab.leg, &lab.media->flow[EDGE_RTP], &far, hello.bytes,
                                        hello.length, dtls_link_now_ns));
    assert_int_equal(lab.n_out, 0);
    assert_int_equal(edge_stats_get(&lab.stats.dtls_refused), 1000);

    for (unsigned i = 0; i < 1000; i++) {
        edge_leg_dtls_take(lab.leg, &lab.media->flow[EDGE_RTP], &lab.stranger.address, hello.bytes,
                           hello.length, dtls_link_now_ns);
        bytes_in += hello.length;
        lab.stranger.end.sent.n = 0;
    }
    assert_in_range(lab.n_out, 1, 40);
    assert_true(lab.bytes_out < bytes_in / 20);
    assert_null(lab.leg->port[EDGE_RTP].running[0]);
    assert_null(lab.leg->port[EDGE_RTP].running[1]);

    /* With a cookie it gets a handshake, beside the one of the signalled port. */
    dtls_link_now_ns += 1000000000u;
    greet(&lab.stranger);
    run(&lab.stranger);
    assert_int_equal(ended(EDGE_DTLS_FINGERPRINT), 1);
    assert_null(lab.media->receive);
    assert_false(lab.media->flow[EDGE_RTP].is_pinned);
    greet(&lab.peer);
    run(&lab.peer);
    assert_peer_is_heard();
    assert_true(edge_address_equal(&lab.media->flow[EDGE_RTP].remote, &lab.peer.address));

    /* And none any more. */
    lab.n_out = 0;
    greet(&lab.stranger);
    run(&lab.stranger);
    assert_int_equal(lab.n_out, 0);
}

static void test_handshakes_are_few_and_far_between(void **state)
{
    (void)state;
    settle(EDGE_DTLS_PASSIVE);
    for (unsigned i = 0; i < 40; i++) {
        lab.stranger.end.sent.n = 0;
        greet(&lab.stranger);
        run(&lab.stranger);
        dtls_link_now_ns += 10000000u;
    }
    assert_in_range(ended(EDGE_DTLS_FINGERPRINT), 1, 9);
}

static void test_another_certificate_takes_over_when_it_has_shown_itself(void **state)
{
    const struct edge_srtp *before;
    struct peer old;
    struct peer fresh;

    (void)state;
    settle(EDGE_DTLS_PASSIVE);
    greet(&lab.peer);
    run(&lab.peer);
    before = lab.media->receive;
    old = lab.peer;
    make_peer(&lab.peer, 4000);
    settle(EDGE_DTLS_PASSIVE);
    fresh = lab.peer;
    assert_ptr_equal(lab.media->receive, before);
    assert_string_equal(edge_leg_dtls_state(lab.leg, EDGE_RTP), "waiting");

    /* The old one cannot begin anew. */
    lab.peer = old;
    lab.peer.end.sent.n = 0;
    greet(&lab.peer);
    run(&lab.peer);
    assert_ptr_equal(lab.media->receive, before);
    assert_int_equal(ended(EDGE_DTLS_FINGERPRINT), 1);
    free_peer(&lab.peer);

    lab.peer = fresh;
    greet(&lab.peer);
    run(&lab.peer);
    assert_peer_is_heard();
    assert_ptr_equal(lab.media->receive_old, before);
}

static void test_what_waits_is_bounded_and_ends_with_the_leg(void **state)
{
    static const uint8_t noise[] = {22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 1, 1};
    struct edge_flow *flow = &lab.media->flow[EDGE_RTP];
    unsigned taken = 0;

    (void)state;
    settle(EDGE_DTLS_ACTIVE);
    edge_handshakes_turn(lab.handshakes, dtls_link_now_ns);
    for (unsigned i = 0; i < 100; i++)
        taken += edge_leg_dtls_take(lab.leg, flow, &lab.peer.address, noise, sizeof(noise),
                                    dtls_link_now_ns);
    assert_int_equal(taken, EDGE_HANDSHAKES_QUEUE_LEG);
    edge_handshakes_turn(lab.handshakes, dtls_link_now_ns);
    assert_int_equal(lab.leg->n_queued, taken - EDGE_HANDSHAKES_PER_TURN);
    edge_media_forget_keys(lab.media);
    assert_null(lab.media->dtls);
    assert_int_equal(edge_handshakes_due_ns(lab.handshakes), 0);
    assert_int_equal(ended(EDGE_DTLS_REPLACED), 1);
}

static void test_the_peers_end_is_the_end_of_media(void **state)
{
    (void)state;
    settle(EDGE_DTLS_PASSIVE);
    greet(&lab.peer);
    run(&lab.peer);
    edge_dtls_close(lab.peer.end.dtls);
    run(&lab.peer);
    assert_null(lab.media->receive);
    assert_null(lab.media->send);
    assert_int_equal(lab.media->n_own_keys, 0);
    assert_string_equal(edge_leg_dtls_state(lab.leg, EDGE_RTP), "closed");
}

static int open_library(void **state)
{
    (void)state;
    return edge_srtp_library_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_passive_leg_takes_the_signalled_peer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_active_leg_begins_and_begins_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_strangers_cost_next_to_nothing_and_keep_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_handshakes_are_few_and_far_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_another_certificate_takes_over_when_it_has_shown_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_waits_is_bounded_and_ends_with_the_leg, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_the_peers_end_is_the_end_of_media, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, open_library, NULL);
}

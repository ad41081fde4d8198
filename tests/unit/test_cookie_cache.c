// SPDX-License-Identifier: GPL-2.0-or-later
#include "cookie_cache.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct edge_view peer = EDGE_VIEW_INIT("\x7f\0\0\1\x30\x39");
static const struct edge_view other_peer = EDGE_VIEW_INIT("\x7f\0\0\1\x30\x3a");

static struct edge_cookie_cache *cache_new(uint32_t entries, uint32_t bytes)
{
    struct edge_cookie_cache *cache = NULL;

    assert_int_equal(edge_cookie_cache_new(entries, bytes, 42, &cache), 0);
    return cache;
}

static void assert_reply(struct edge_cookie_cache *cache, struct edge_view from,
                         struct edge_view cookie, uint64_t now_ms, const char *expected)
{
    struct edge_view reply = {NULL, 0};

    assert_int_equal(edge_cookie_cache_get(cache, from, cookie, now_ms, &reply), expected != NULL);
    if (expected)
        assert_true(edge_view_is_equal(reply, edge_view_of(expected)));
}

static void keeps_a_reply_for_one_to_two_generations(void **state)
{
    struct edge_cookie_cache *cache = cache_new(8, 1024);
    const struct edge_view cookie = EDGE_VIEW("0_14910_1");

    (void)state;
    assert_reply(cache, peer, cookie, 1000, NULL);
    assert_int_equal(edge_cookie_cache_put(cache, peer, cookie, 1000, EDGE_VIEW("reply")), 0);
    assert_reply(cache, peer, cookie, 1000, "reply");
    assert_reply(cache, peer, cookie, 1000 + 30000, "reply");
    assert_reply(cache, peer, cookie, 1000 + 59999, "reply");
    assert_reply(cache, peer, cookie, 1000 + 60000, NULL);
    assert_int_equal(edge_cookie_cache_put(cache, peer, cookie, 90000, EDGE_VIEW("new")), 0);
    assert_reply(cache, peer, cookie, 90000 + 60000, NULL);
    edge_cookie_cache_free(cache);
}

static void keeps_peers_and_cookies_apart(void **state)
{
    struct edge_cookie_cache *cache = cache_new(8, 1024);

    (void)state;
    assert_int_equal(edge_cookie_cache_put(cache, peer, EDGE_VIEW("ab"), 0, EDGE_VIEW("1")), 0);
    assert_reply(cache, other_peer, EDGE_VIEW("ab"), 0, NULL);
    assert_reply(cache, peer, EDGE_VIEW("a"), 0, NULL);
    assert_reply(cache,
                 EDGE_VIEW("\x7f\0\0\1\x30\x39"
                           "a"),
                 EDGE_VIEW("b"), 0, NULL);
    assert_int_equal(edge_cookie_cache_put(cache, other_peer, EDGE_VIEW("ab"), 0, EDGE_VIEW("2")),
                     0);
    assert_reply(cache, peer, EDGE_VIEW("ab"), 0, "1");
    assert_reply(cache, other_peer, EDGE_VIEW("ab"), 0, "2");
    assert_int_equal(edge_cookie_cache_put(cache, peer, EDGE_VIEW("ab"), 0, EDGE_VIEW("3")), 0);
    assert_reply(cache, peer, EDGE_VIEW("ab"), 0, "3");
    edge_cookie_cache_free(cache);
}

static void holds_the_newest_when_full(void **state)
{
    struct edge_cookie_cache *cache = cache_new(16, 256);
    char cookie[16];
    char reply[16];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        const int len = snprintf(cookie, sizeof(cookie), "c%d", i);
        (void)snprintf(reply, sizeof(reply), "r%d", i);
        const struct edge_view key = {cookie, (size_t)len};
        assert_int_equal(edge_cookie_cache_put(cache, peer, key, 5, edge_view_of(reply)), 0);
        assert_reply(cache, peer, key, 5, reply);
    }
    // At least one whole generation behind the current one is still there.
    for (int i = 9999; i > 9999 - 10; i--) {
        const int len = snprintf(cookie, sizeof(cookie), "c%d", i);
        (void)snprintf(reply, sizeof(reply), "r%d", i);
        assert_reply(cache, peer, (struct edge_view){cookie, (size_t)len}, 5, reply);
    }
    assert_reply(cache, peer, EDGE_VIEW("c1"), 5, NULL);
    edge_cookie_cache_free(cache);
}

static void refuses_what_it_cannot_hold(void **state)
{
    static char large[300];
    struct edge_cookie_cache *cache = cache_new(1, 256);
    const struct edge_view too_long = {large, sizeof(large)};

    (void)state;
    memset(large, 'x', sizeof(large));
    assert_int_equal(edge_cookie_cache_put(cache, peer, EDGE_VIEW("c"), 0, too_long), EDGE_ELIMIT);
    assert_int_equal(edge_cookie_cache_put(cache, peer, too_long, 0, EDGE_VIEW("r")), EDGE_ELIMIT);
    assert_int_equal(edge_cookie_cache_put(cache, too_long, EDGE_VIEW("c"), 0, EDGE_VIEW("r")),
                     EDGE_ELIMIT);
    assert_reply(cache, peer, EDGE_VIEW("c"), 0, NULL);
    edge_cookie_cache_free(cache);
    assert_int_equal(edge_cookie_cache_new(0, 256, 0, &cache), EDGE_EINVALID);
    assert_int_equal(edge_cookie_cache_new(1, 255, 0, &cache), EDGE_EINVALID);
    edge_cookie_cache_free(NULL);
}

static void survives_a_clock_that_steps_back(void **state)
{
    struct edge_cookie_cache *cache = cache_new(4, 256);

    (void)state;
    assert_int_equal(
        edge_cookie_cache_put(cache, peer, EDGE_VIEW("c"), UINT64_MAX - 5, EDGE_VIEW("r")), 0);
    assert_reply(cache, peer, EDGE_VIEW("c"), 10, "r");
    assert_reply(cache, peer, EDGE_VIEW("c"), 10 + 60000, NULL);
    edge_cookie_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_reply_for_one_to_two_generations),
        cmocka_unit_test(keeps_peers_and_cookies_apart),
        cmocka_unit_test(holds_the_newest_when_full),
        cmocka_unit_test(refuses_what_it_cannot_hold),
        cmocka_unit_test(survives_a_clock_that_steps_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

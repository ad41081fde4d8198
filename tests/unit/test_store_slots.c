// SPDX-License-Identifier: GPL-2.0-or-later
// Which server of a Cluster has which key, and what of a request goes to which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis_parts.h"
#include "redis_request.h"
#include "redis_slots.h"
#include "resp.h"

#define NOW INT64_C(1795310000000)

static uint16_t slot(const char *key)
{
    return redis_slot_of(fg_view_of(key));
}

static void test_keys_have_the_slots_that_redis_gives_them(void **unused)
{
    (void)unused;
    // CLUSTER KEYSLOT of Redis 7.0.15.
    assert_int_equal(slot("123456789"), 12739);
    assert_int_equal(slot(""), 0);
    assert_int_equal(slot("foo"), 12182);
    assert_int_equal(slot("{user1000}.following"), slot("user1000"));
    assert_int_equal(slot("foo{}{bar}"), 8363);
    assert_int_equal(slot("foo{{bar}}zap"), slot("{bar"));
    assert_int_equal(slot("foo{bar}{zap}"), slot("bar"));
    assert_int_equal(slot("a{b"), 13340);
    assert_int_equal(slot("fg:{acme}:m:c"), slot("acme"));
    const struct fg_view call[] = {fg_view_of("FCALL"), fg_view_of("f"), fg_view_of("1"),
                                   fg_view_of("fg:{acme}:h")};
    assert_int_equal(redis_slot_of_command(call, 4), slot("acme"));
    const struct fg_view publish[] = {fg_view_of("PUBLISH"), fg_view_of("fg:holds:ch"),
                                      fg_view_of("x")};
    assert_int_equal(redis_slot_of_command(publish, 3), slot("fg:holds:ch"));
    assert_int_equal(redis_slot_of_command(publish, 1), 0);
}

static struct resp *read_reply(const char *bytes)
{
    struct resp_reader *reader = resp_reader_new();
    struct resp *value = NULL;
    assert_int_equal(resp_reader_feed(reader, bytes, strlen(bytes)), FG_OK);
    assert_int_equal(resp_reader_next(reader, &value), FG_OK);
    assert_non_null(value);
    resp_reader_free(reader);
    return value;
}

static int map_read(const char *bytes, struct redis_slot_map *map)
{
    struct resp *reply = read_reply(bytes);
    const int rc = redis_slots_read(reply, "10.0.0.9", map);
    resp_free(reply);
    return rc;
}

#define NODE(host_len, host, port) "*3\r\n$" host_len "\r\n" host "\r\n:" port "\r\n$1\r\nx\r\n"

static void test_the_map_of_slots(void **unused)
{
    (void)unused;
    struct redis_slot_map map;
    assert_int_equal(map_read("*3\r\n"
                              "*4\r\n:0\r\n:99\r\n" NODE("8", "10.0.0.1", "7000")
                                  NODE("8", "10.0.0.4", "7003")                //
                              "*3\r\n:100\r\n:16000\r\n" NODE("0", "", "7001") //
                              "*3\r\n:16002\r\n:16383\r\n" NODE("8", "10.0.0.1", "7000"),
                              &map),
                     FG_OK);
    assert_int_equal(map.n_nodes, 2);
    assert_string_equal(map.nodes[0].host, "10.0.0.1");
    assert_int_equal(map.nodes[0].port, 7000);
    assert_string_equal(map.nodes[1].host, "10.0.0.9"); // the one that answered
    assert_int_equal(map.node_of[99], 0);
    assert_int_equal(map.node_of[100], 1);
    assert_int_equal(map.node_of[16001], REDIS_NO_NODE);
    assert_int_equal(map.node_of[16383], 0);
    static const char *const bad[] = {
        "*0\r\n",
        "$1\r\nx\r\n",
        "*1\r\n:1\r\n",
        "*1\r\n*2\r\n:0\r\n:1\r\n",
        "*1\r\n*3\r\n:5\r\n:1\r\n" NODE("1", "a", "1"),
        "*1\r\n*3\r\n:0\r\n:16384\r\n" NODE("1", "a", "1"),
        "*1\r\n*3\r\n:-1\r\n:1\r\n" NODE("1", "a", "1"),
        "*1\r\n*3\r\n:0\r\n:1\r\n" NODE("1", "a", "0"),
        "*1\r\n*3\r\n:0\r\n:1\r\n" NODE("1", "a", "65536"),
        "*1\r\n*3\r\n:0\r\n$1\r\n1\r\n" NODE("1", "a", "1"),
        "*1\r\n*3\r\n:0\r\n:1\r\n" NODE(
            "64", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (map_read(bad[i], &map) != FG_EPROTOCOL)
            fail_msg("map %zu is taken", i);
    }
    char many[8192] = "*65\r\n";
    for (int i = 0; i < 65; i++) {
        const size_t len = strlen(many);
        snprintf(many + len, sizeof(many) - len, "*3\r\n:%d\r\n:%d\r\n" NODE("1", "a", "%d"), i, i,
                 7000 + i);
    }
    assert_int_equal(map_read(many, &map), FG_ELIMIT);
}

static int redirect_read(const char *text, struct redis_redirect *out)
{
    return redis_redirect_read(fg_view_of(text), "10.0.0.9", out);
}

static void test_where_a_server_sends_us(void **unused)
{
    (void)unused;
    struct redis_redirect to;
    assert_int_equal(redirect_read("MOVED 3999 127.0.0.1:6381", &to), FG_OK);
    assert_false(to.ask);
    assert_int_equal(to.slot, 3999);
    assert_string_equal(to.to.host, "127.0.0.1");
    assert_int_equal(to.to.port, 6381);
    assert_int_equal(redirect_read("ASK 0 fd00::1:6381", &to), FG_OK);
    assert_true(to.ask);
    assert_string_equal(to.to.host, "fd00::1");
    assert_int_equal(redirect_read("MOVED 1 :7000", &to), FG_OK);
    assert_string_equal(to.to.host, "10.0.0.9");
    assert_int_equal(redirect_read("ERR no", &to), FG_ENOTFOUND);
    assert_int_equal(redirect_read("MOVED", &to), FG_ENOTFOUND);
    static const char *const bad[] = {
        "MOVED ",    "MOVED x h:1", "MOVED 16384 h:1", "MOVED 1",      "MOVED 1 ",
        "MOVED 1 h", "MOVED 1 h:0", "MOVED 1 h:65536", "MOVED 1 h:1x", "ASK 1 h:"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (redirect_read(bad[i], &to) != FG_EPROTOCOL)
            fail_msg("'%s' is taken", bad[i]);
    }
}

static struct fg_meter_op op_of(uint32_t meter, bool shared, uint64_t scope)
{
    return (struct fg_meter_op){.kind = FG_OP_WINDOW_ADD,
                                .meter_id = meter,
                                .shared = shared,
                                .scope_is_customer = !shared,
                                .scope = scope,
                                .cells = 1,
                                .amount = 1,
                                .ttl_ms = 1000};
}

static struct redis_part parts[REDIS_PARTS_MAX];

static void test_a_request_is_split_by_tag(void **unused)
{
    (void)unused;
    struct fg_store_request request = {.customer = "acme",
                                       .now_ms = NOW,
                                       .once = true,
                                       .call_key = {7, 8},
                                       .holds = {.scopes = 1},
                                       .n_ops = 5};
    request.ops[0] = op_of(1, true, 0x1ab);
    request.ops[1] = op_of(2, false, 0);
    request.ops[2] = op_of(3, true, 0x2cd);
    request.ops[3] = op_of(4, true, 0x3ab);
    request.ops[4] = op_of(5, false, 0);
    assert_int_equal(redis_parts_split(&request, parts), 3);
    assert_string_equal(parts[0].tag, "acme");
    assert_int_equal(parts[0].request.n_ops, 2);
    assert_int_equal(parts[0].request.holds.scopes, 1);
    assert_string_equal(parts[1].tag, "-ab");
    assert_int_equal(parts[1].request.n_ops, 2);
    assert_int_equal(parts[1].request.holds.scopes, 0);
    assert_string_equal(parts[2].tag, "-cd");
    struct fg_store_reply whole = {.degraded = true};
    for (size_t i = 0; i < 3; i++) {
        static struct redis_request packed;
        assert_true(parts[i].request.once);
        redis_request_pack(&parts[i].request, 1, NULL, &packed);
        // Every key of a part, that of the call included, has the part's slot.
        for (size_t k = 0; k < packed.n_keys; k++)
            assert_int_equal(slot(packed.keys[k]), slot(parts[i].tag));
        struct fg_store_reply reply = {.repeated = i == 0};
        for (uint32_t k = 0; k < parts[i].request.n_ops; k++)
            reply.values[k] = parts[i].request.ops[k].meter_id;
        reply.hold.active = i == 0;
        redis_part_merge(parts, i, &reply, &whole);
    }
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(whole.values[i], i + 1);
    assert_true(whole.repeated && whole.hold.active && whole.degraded);

    // Where there is nothing of the customer's, nothing is asked of its server.
    request.holds.scopes = 0;
    request.n_ops = 1;
    assert_int_equal(redis_parts_split(&request, parts), 1);
    assert_string_equal(parts[0].tag, "-ab");
    request.n_ops = 0;
    assert_int_equal(redis_parts_split(&request, parts), 1);
    assert_string_equal(parts[0].tag, "acme");
    request.once = false;
    assert_int_equal(redis_parts_split(&request, parts), 0);
    // As many tags as there can be ops.
    request.holds.scopes = 1;
    request.n_ops = FG_OPS_MAX;
    for (uint32_t i = 0; i < FG_OPS_MAX; i++)
        request.ops[i] = op_of(i, true, i);
    assert_int_equal(redis_parts_split(&request, parts), REDIS_PARTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_have_the_slots_that_redis_gives_them),
        cmocka_unit_test(test_the_map_of_slots),
        cmocka_unit_test(test_where_a_server_sends_us),
        cmocka_unit_test(test_a_request_is_split_by_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

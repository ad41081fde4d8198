// SPDX-License-Identifier: GPL-2.0-or-later
// SIP replies of the bands: how packs write them, and which one a call gets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "engine_fixture.h"
#include "fg/decide.h"
#include "fg/pack.h"
#include "pack_fixture.h"

static int parse(struct fixture *fixture, const char *scoring)
{
    char text[2048];
    (void)snprintf(text, sizeof(text),
                   "fraudguard: 1\npack: p\nversion: \"1.0.0\"\nscoring:\n"
                   "  thresholds: {alert: 30, block: 80}\n%s\n",
                   scoring);
    return fg_pack_parse("p.yaml", text, strlen(text), NULL, fixture->arena, fixture->diags,
                         &fixture->ruleset);
}

static void a_band_has_one_reply_or_several(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture,
                           "  replies: {throttle: {sip: [\"503 Slow\", \"486 Busy Here\"], "
                           "retry_after: 30s},\n"
                           "    challenge: [\"480 Away\", \"404\"],\n"
                           "    block: {sip: [\"603 Declined\", \"608 Rejected\"], call_info: "
                           "\"https://calls.example/why.json\"}}"),
                     FG_OK);
    const struct fg_replies *replies = fixture->ruleset.replies;
    assert_int_equal(replies[FG_ALERT].n, 0);
    assert_int_equal(replies[FG_THROTTLE].n, 2);
    assert_int_equal(replies[FG_THROTTLE].item[1].code, 486);
    assert_int_equal(replies[FG_THROTTLE].item[1].retry_after_s, 30);
    assert_string_equal(replies[FG_CHALLENGE].item[0].text, "Away");
    assert_null(replies[FG_CHALLENGE].item[1].text);
    assert_null(replies[FG_BLOCK].item[0].call_info); // it goes with 608 alone
    assert_string_equal(replies[FG_BLOCK].item[1].call_info, "https://calls.example/why.json");
    assert_int_equal(parse(fixture, "  on_block: {sip: [\"603 Declined\", \"403 No\"]}"), FG_OK);
    assert_int_equal(fixture->ruleset.replies[FG_BLOCK].n, 2);
}

static void refusals_have_replies_by_their_cause(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(parse(fixture, "  replies: {refused: {revoked: \"403 Certificate Revoked\", "
                                    "srtp_required: {sip: [\"488 No\", \"606\"]}}}"),
                     FG_OK);
    const struct fg_replies *refusals = fixture->ruleset.refusals;
    assert_string_equal(refusals[FG_IDENTITY_REVOKED].item[0].text, "Certificate Revoked");
    assert_int_equal(refusals[FG_IDENTITY_SRTP_REQUIRED].n, 2);
    assert_int_equal(refusals[FG_IDENTITY_UNKNOWN].n, 0);
}

static void mistakes_are_told(void **state)
{
    struct fixture *fixture = *state;
    static const char *const wrong[][2] = {
        {"  replies: {refused: {certificate: \"403 No\"}}", "unknown key 'certificate'"},
        {"  replies: {block: []}", "no reply to choose from"},
        {"  replies: {block: {retry_after: 3s}}", "needs 'sip'"},
        {"  replies: {block: [\"603 Declined\", \"203 Fine\"]}", "bad SIP reply '203 Fine'"},
        {"  replies: {block: \"603 a\\\"b\"}", "bad SIP reply"},
        {"  replies: {block: {sip: \"603 No\", call_info: \"https://x.example/\"}}", "reply 608"},
        {"  replies: {block: {sip: \"608 No\", call_info: \"http://x.example/\"}}", "https://"},
        {"  replies: {block: {sip: \"608 No\", call_info: \"https://x>\\r\\nX: y\"}}", "https://"},
        {"  on_block: {sip: \"603 No\"}\n  replies: {block: \"403 No\"}", "given twice"},
        {"  replies: {block: [\"600\", \"600\", \"600\", \"600\", \"600\", \"600\", \"600\", "
         "\"600\", \"600\", \"600\", \"600\", \"600\", \"600\", \"600\", \"600\", \"600\", "
         "\"600\"]}",
         "more than 16"}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint32_t before = fg_diags_count(fixture->diags, FG_ERROR);
        assert_int_equal(parse(fixture, wrong[i][0]), FG_ESYNTAX);
        assert_true(fg_diags_count(fixture->diags, FG_ERROR) > before);
        assert_non_null(strstr(fg_diags_at(fixture->diags, before)->message, wrong[i][1]));
    }
}

// A call's reply is the same wherever and however often it is judged; over calls each comes.
static void a_call_keeps_its_reply(void **state)
{
    static struct world world;
    static struct fg_rule rule = {
        .id = "ALL", .group = -1, .events = 1 << FG_EVENT_ATTEMPT, .score = 100};
    static struct fg_plan plan;
    static struct fg_decision decision;
    unsigned seen[3] = {0};
    (void)state;
    world_init(&world);
    world.ruleset.rules = &rule;
    world.ruleset.n_rules = 1;
    world.ruleset.thresholds[FG_BLOCK] = 80;
    world.ruleset.replies[FG_BLOCK] =
        (struct fg_replies){.n = 3, .item = {{.code = 603}, {.code = 480}, {.code = 404}}};
    world_seal(&world);
    for (uint64_t i = 0; i < 300; i++) {
        struct fg_event event = world_call(&world, world.acme, "02079460000");
        char name[24];
        (void)snprintf(name, sizeof(name), "call-%u", (unsigned)i);
        event.call_key = fg_call_key(&world.policy.hash_key, fg_view_of("acme"), fg_view_of(name),
                                     fg_view_of("t"), fg_view_of("442079460000"));
        fg_plan(&world.policy, &event, 1, &plan);
        fg_decide(&plan, NULL, 1, &decision);
        assert_int_equal(decision.action, FG_BLOCK);
        const uint16_t code = decision.reply.code;
        fg_plan(&world.policy, &event, 5000, &plan);
        fg_decide(&plan, NULL, 1, &decision);
        assert_int_equal(decision.reply.code, code);
        seen[code == 603 ? 0 : code == 480 ? 1 : 2]++;
    }
    assert_true(seen[0] > 60 && seen[1] > 60 && seen[2] > 60);
    world_fini(&world);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_band_has_one_reply_or_several),
        TEST(refusals_have_replies_by_their_cause),
        TEST(mistakes_are_told),
        cmocka_unit_test(a_call_keeps_its_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

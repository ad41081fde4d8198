// SPDX-License-Identifier: GPL-2.0-or-later
#include "dialogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int set_up(void **state)
{
    struct edge_session *session;

    if (edge_session_new(EDGE_VIEW("call"), 1, 1, &session) != 0)
        return -1;
    *state = session;
    return 0;
}

static int tear_down(void **state)
{
    edge_session_free(*state);
    return 0;
}

static struct edge_ng_request request(const char *from, const char *to, const char *branch)
{
    return (struct edge_ng_request){.from_tag = edge_view_of(from),
                                    .to_tag = edge_view_of(to),
                                    .via_branch = edge_view_of(branch)};
}

static struct edge_dialogue offer(struct edge_session *session, const char *from, const char *to,
                                  const char *branch)
{
    struct edge_ng_request r = request(from, to, branch);
    struct edge_dialogue found;

    assert_int_equal(edge_dialogue_for_offer(session, &r, 1, &found), 0);
    edge_session_join_legs(found.from, found.to);
    return found;
}

static struct edge_dialogue answer(struct edge_session *session, const char *from, const char *to,
                                   const char *branch)
{
    struct edge_ng_request r = request(from, to, branch);
    struct edge_dialogue found;

    assert_int_equal(edge_dialogue_for_answer(session, &r, &found), 0);
    edge_session_join_legs(found.from, found.to);
    return found;
}

static void test_offer_and_answer(void **state)
{
    struct edge_session *session = *state;
    struct edge_dialogue first = offer(session, "a", NULL, NULL);
    struct edge_dialogue again = offer(session, "a", NULL, NULL); /* retransmitted */
    struct edge_dialogue answered;

    assert_ptr_equal(first.to, again.to);
    answered = answer(session, "a", "b", NULL);
    assert_ptr_equal(answered.from, first.from);
    assert_ptr_equal(answered.to, first.to);
    assert_int_equal(session->n_legs, 2);
    assert_ptr_equal(edge_dialogue_find_tag(session, EDGE_VIEW("b")), first.to);
    assert_null(edge_dialogue_find_tag(session, EDGE_VIEW("")));
}

static void test_reoffers_from_either_end(void **state)
{
    struct edge_session *session = *state;
    struct edge_dialogue first = offer(session, "a", NULL, "x");
    struct edge_dialogue back;

    answer(session, "a", "b", "x");
    back = offer(session, "b", "a", "y");
    assert_ptr_equal(back.from, first.to);
    assert_ptr_equal(back.to, first.from);
    back = offer(session, "a", "b", "z");
    assert_ptr_equal(back.from, first.from);
    assert_int_equal(session->n_legs, 2);
}

static void test_a_reversed_offer_before_any_answer(void **state)
{
    struct edge_session *session = *state;
    struct edge_dialogue first = offer(session, "a", NULL, NULL);
    struct edge_dialogue back = offer(session, "b", "a", NULL);

    assert_ptr_equal(back.from, first.to);
    assert_ptr_equal(back.to, first.from);
    assert_int_equal(session->n_legs, 2);
}

static void test_branches(void **state)
{
    struct edge_session *session = *state;
    struct edge_dialogue one = offer(session, "a", NULL, "x");
    struct edge_dialogue two = offer(session, "a", NULL, "y");

    assert_ptr_equal(one.from, two.from);
    assert_ptr_not_equal(one.to, two.to);
    assert_ptr_equal(answer(session, "a", "c", "y").to, two.to);
    assert_ptr_equal(answer(session, "a", "b", "x").to, one.to);
    assert_ptr_equal(one.from->peer, one.to);
    edge_session_remove_leg(session, one.to);
    assert_null(two.from->peer);
    assert_int_equal(session->n_legs, 2);
}

static void test_forks_that_share_a_description(void **state)
{
    struct edge_session *session = *state;
    struct edge_dialogue first = offer(session, "a", NULL, NULL);

    assert_ptr_equal(answer(session, "a", "b", NULL).to, first.to);
    assert_ptr_equal(answer(session, "a", "c", NULL).to, first.to);
    assert_true(edge_leg_has_tag(first.to, EDGE_VIEW("b")));
    assert_true(edge_view_is_equal(first.to->tags[0], EDGE_VIEW("c")));
    for (char tag[] = "d"; tag[0] < 'z'; tag[0]++)
        answer(session, "a", tag, NULL);
    assert_int_equal(first.to->n_tags, EDGE_LEG_TAGS_MAX);
}

static void test_what_does_not_fit(void **state)
{
    struct edge_session *session = *state;
    struct edge_ng_request r = request("a", "b", NULL);
    struct edge_dialogue found;

    assert_int_equal(edge_dialogue_for_answer(session, &r, &found), EDGE_EINVALID);
    r = request("a", "a", NULL);
    assert_int_equal(edge_dialogue_for_offer(session, &r, 1, &found), EDGE_EINVALID);
    for (char branch[] = "a"; branch[0] < 'a' + EDGE_LEGS_MAX - 1; branch[0]++)
        offer(session, "a", NULL, branch);
    r = request("a", NULL, "one too many");
    assert_int_equal(edge_dialogue_for_offer(session, &r, 1, &found), EDGE_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_offer_and_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reoffers_from_either_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_reversed_offer_before_any_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_branches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forks_that_share_a_description, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fgm_attacks.h"
#include "fgm_limiter.h"
#include "fgm_once.h"
#include "fgm_token.h"

#define SECOND INT64_C(1000000)

static struct fgm_limiter *limiter_of(uint32_t n)
{
    void *memory = calloc(1, fgm_limiter_size_bytes(n));
    assert_non_null(memory);
    return fgm_limiter_init(memory, n);
}

struct told {
    uint32_t passed, refused, dropped;
};

static struct told send(struct fgm_limiter *limiter, uint64_t key, uint32_t per_s, uint32_t n,
                        int64_t from_us, int64_t step_us)
{
    struct told told = {0};
    for (uint32_t i = 0; i < n; i++) {
        enum fgm_limit limit = fgm_limiter_take(limiter, key, per_s, from_us + i * step_us);
        told.passed += limit == FGM_LIMIT_PASS;
        told.refused += limit == FGM_LIMIT_REFUSE;
        told.dropped += limit == FGM_LIMIT_DROP;
    }
    return told;
}

static void what_keeps_to_the_rate_always_passes(void **state)
{
    (void)state;
    struct fgm_limiter *limiter = limiter_of(64);
    struct told told = send(limiter, 7, 100, 10000, 5 * SECOND, SECOND / 100);
    assert_int_equal(told.passed, 10000);
    // A second's worth at once, after a pause.
    assert_int_equal(send(limiter, 7, 100, 100, 200 * SECOND, 0).passed, 100);
    free(limiter);
}

static void a_flood_is_cut_to_the_rate_answered_as_often_and_then_dropped(void **state)
{
    (void)state;
    struct fgm_limiter *limiter = limiter_of(64);
    struct told told = send(limiter, 7, 100, 10000, 5 * SECOND, SECOND / 1000);
    // Ten seconds of 1,000 a second: the rate, and one second's worth more.
    assert_in_range(told.passed, 1085, 1100);
    assert_in_range(told.refused, 1085, 1100);
    assert_int_equal(told.passed + told.refused + told.dropped, 10000);
    assert_int_equal(fgm_limiter_take(limiter, 8, 100, 15 * SECOND), FGM_LIMIT_PASS);
    free(limiter);
}

static void many_quiet_names_do_not_push_out_a_loud_one(void **state)
{
    (void)state;
    struct fgm_limiter *limiter = limiter_of(8); // one set
    int64_t now = 5 * SECOND;
    (void)send(limiter, 7, 100, 400, now, 0);
    for (uint64_t key = 100; key < 5100; key++)
        (void)fgm_limiter_take(limiter, key, 100, now);
    assert_int_equal(fgm_limiter_take(limiter, 7, 100, now), FGM_LIMIT_DROP);
    free(limiter);
}

static void *take_many(void *arg)
{
    struct fgm_limiter *limiter = arg;
    uintptr_t passed = 0;
    for (int i = 0; i < 20000; i++)
        passed += fgm_limiter_take(limiter, 7, 1000, 5 * SECOND) == FGM_LIMIT_PASS;
    return (void *)passed;
}

static void several_at_once_get_no_more_than_one(void **state)
{
    (void)state;
    struct fgm_limiter *limiter = limiter_of(64);
    pthread_t threads[4];
    (void)fgm_limiter_take(limiter, 7, 1000, 1); // the place is taken
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, limiter), 0);
    uintptr_t passed = 0;
    for (int i = 0; i < 4; i++) {
        void *mine;
        assert_int_equal(pthread_join(threads[i], &mine), 0);
        passed += (uintptr_t)mine;
    }
    assert_int_equal(passed, 1000);
    free(limiter);
}

static uint64_t mixed(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static const struct fgm_attempt_facts on_number = {.kind = FG_ATTACK_NUMBER,
                                                   .key = 99,
                                                   .customer = "acme",
                                                   .subject = "+44163*****42",
                                                   .outcome = FGM_REFUSED};

static void an_attack_begins_once_and_ends_once_with_its_size(void **state)
{
    (void)state;
    static struct fgm_attacks attacks;
    struct fg_attack told;
    struct fgm_attempt_facts call = on_number;
    uint32_t begun = 0;
    memset(&attacks, 0, sizeof attacks);
    for (uint32_t i = 0; i < 600; i++) {
        call.caller = mixed(i % 200 + 1);
        call.outcome = i % 3 == 0 ? FGM_PASSED : i % 3 == 1 ? FGM_REFUSED : FGM_DROPPED;
        if (fgm_attacks_note(&attacks, &call, 1000000 + i * 500, &told)) {
            begun++;
            assert_int_equal(told.refused + told.dropped, FGM_ATTACK_BEGINS);
            assert_string_equal(told.subject, "+44163*****42");
        }
        assert_false(fgm_attacks_ended(&attacks, 1000000 + i * 500, &told));
    }
    assert_int_equal(begun, 1);
    struct fg_attack listed[FGM_ATTACKS_MAX];
    assert_int_equal(fgm_attacks_list(&attacks, listed), 1);
    assert_false(fgm_attacks_ended(&attacks, 1300000 + 59000, &told));
    assert_true(fgm_attacks_ended(&attacks, 1300000 + 61000, &told));
    assert_string_equal(told.customer, "acme");
    assert_int_equal(told.calls, 599); // what passed before the first refusal is not part of it
    assert_int_equal(told.refused, 200);
    assert_int_equal(told.dropped, 200);
    assert_int_equal(told.peak_per_minute, 120);
    assert_in_range(told.callers, 180, 220);
    assert_int_equal(told.id, listed[0].id);
    assert_int_equal(told.since_ms, 1000500);
    assert_false(fgm_attacks_ended(&attacks, 1300000 + 61000, &told));
}

static void a_few_refusals_are_no_attack(void **state)
{
    (void)state;
    static struct fgm_attacks attacks;
    struct fg_attack told;
    memset(&attacks, 0, sizeof attacks);
    for (uint32_t i = 0; i < 500; i++) // each comes when the last one is long forgotten
        assert_false(fgm_attacks_note(&attacks, &on_number, 1000000 + i * 61000, &told));
    assert_false(fgm_attacks_ended(&attacks, 1000000 + 600 * 61000, &told));
}

static void what_is_over_is_forgotten(void **state)
{
    (void)state;
    static struct fgm_attacks attacks;
    struct fg_attack told;
    memset(&attacks, 0, sizeof attacks);
    assert_true(fgm_attacks_forget(&attacks, 1000));
    assert_false(fgm_attacks_note(&attacks, &on_number, 1000, &told)); // a suspicion
    assert_false(fgm_attacks_forget(&attacks, 1000 + FGM_ATTACK_NUMBER_QUIET));
    assert_true(fgm_attacks_forget(&attacks, 1001 + FGM_ATTACK_NUMBER_QUIET));
    for (int i = 0; i < FGM_ATTACK_BEGINS; i++)
        (void)fgm_attacks_note(&attacks, &on_number, 200000, &told);
    // One that was told stays until its end is told, too.
    assert_false(fgm_attacks_forget(&attacks, 900000));
    assert_true(fgm_attacks_ended(&attacks, 900000, &told));
    assert_true(fgm_attacks_forget(&attacks, 900000));
}

static void suspicions_give_way_and_attacks_do_not(void **state)
{
    (void)state;
    static struct fgm_attacks attacks;
    struct fg_attack told;
    struct fgm_attempt_facts call = on_number;
    memset(&attacks, 0, sizeof attacks);
    for (uint32_t i = 0; i < FGM_ATTACK_BEGINS; i++)
        (void)fgm_attacks_note(&attacks, &call, 1000, &told);
    for (call.key = 1000; call.key < 2000; call.key++)
        (void)fgm_attacks_note(&attacks, &call, 1000, &told);
    struct fg_attack listed[FGM_ATTACKS_MAX];
    assert_int_equal(fgm_attacks_list(&attacks, listed), 1);
    assert_string_equal(listed[0].customer, "acme");
}

static void a_token_is_good_for_its_call_and_time_alone(void **state)
{
    (void)state;
    const struct fg_hash_key key = {"fifteen bytes.."}, other = {"another"};
    struct fgm_token_call call = {fg_view_of("acme"), fg_view_of("441632960042"),
                                  fg_view_of("442071838750")};
    char token[FGM_TOKEN_SIZE];
    fgm_token_make(&key, &call, 1000000, token);
    assert_int_equal(strlen(token), FGM_TOKEN_SIZE - 1);
    assert_true(fgm_token_check(&key, &call, fg_view_of(token), 1000000));
    assert_false(fgm_token_check(&key, &call, fg_view_of(token), 1000001));
    assert_false(fgm_token_check(&other, &call, fg_view_of(token), 1));
    for (size_t i = 0; i < FGM_TOKEN_SIZE - 1; i++) {
        char changed[FGM_TOKEN_SIZE];
        memcpy(changed, token, sizeof changed);
        changed[i] = changed[i] == '7' ? '6' : '7';
        assert_false(fgm_token_check(&key, &call, fg_view_of(changed), 1));
    }
    assert_false(fgm_token_check(&key, &call, (struct fg_view){token, FGM_TOKEN_SIZE - 2}, 1));
    assert_false(fgm_token_check(&key, &call, (struct fg_view){"", 0}, 1));
    call.caller = fg_view_of("442071838751");
    assert_false(fgm_token_check(&key, &call, fg_view_of(token), 1));
}

static void a_token_is_used_once(void **state)
{
    (void)state;
    static struct fgm_once once;
    memset(&once, 0, sizeof once);
    const uint64_t hash = UINT64_C(0x1234567800000005);
    assert_true(fgm_once_take(&once, hash, 100000, 1000));
    assert_false(fgm_once_take(&once, hash, 100000, 1000));
    assert_false(fgm_once_take(&once, hash, 100000, 100000)); // as long as it is good
    assert_true(fgm_once_take(&once, hash + 1, 100000, 1000));
    assert_true(fgm_once_take(&once, hash, 300000, 101000)); // what is over is forgotten
    // Where a set is full, nothing that was used is forgotten for it.
    memset(&once, 0, sizeof once);
    for (uint64_t i = 0; i < FGM_ONCE_WAYS; i++)
        assert_true(fgm_once_take(&once, i << 32, 100000, 1000));
    assert_false(fgm_once_take(&once, UINT64_C(99) << 32, 100000, 1000));
    assert_false(fgm_once_take(&once, 0, 100000, 1000));
    assert_true(fgm_once_take(&once, UINT64_C(99) << 32, 300000, 101000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_keeps_to_the_rate_always_passes),
        cmocka_unit_test(a_flood_is_cut_to_the_rate_answered_as_often_and_then_dropped),
        cmocka_unit_test(many_quiet_names_do_not_push_out_a_loud_one),
        cmocka_unit_test(several_at_once_get_no_more_than_one),
        cmocka_unit_test(an_attack_begins_once_and_ends_once_with_its_size),
        cmocka_unit_test(a_few_refusals_are_no_attack),
        cmocka_unit_test(a_token_is_used_once),
        cmocka_unit_test(a_token_is_good_for_its_call_and_time_alone),
        cmocka_unit_test(what_is_over_is_forgotten),
        cmocka_unit_test(suspicions_give_way_and_attacks_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "parse_error.h"
#include "state_seal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_A "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define KEY_B "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static int open_keys(const char *text, mode_t mode, struct edge_seal **out, char error[200])
{
    char path[] = "/tmp/fg-seal-XXXXXX";
    int fd = mkstemp(path);
    int err;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    error[0] = '\0';
    err = edge_seal_open(path, out, error, 200);
    unlink(path);
    return err;
}

static struct edge_seal *keys(const char *text)
{
    struct edge_seal *seal = NULL;
    char error[200];

    assert_int_equal(open_keys(text, 0400, &seal, error), 0);
    return seal;
}

static void test_what_one_seals_another_with_the_key_opens(void **state)
{
    struct edge_seal *old = keys("# keys\n\na " KEY_A "\n");
    struct edge_seal *rotated = keys("b  " KEY_B "\r\na\t" KEY_A);
    struct edge_seal *other = keys("a " KEY_B "\n");
    uint8_t sealed[200], again[200], plain[200];
    size_t length = 0, n = 0;
    struct edge_view text = EDGE_VIEW("state of a call");

    (void)state;
    assert_int_equal(edge_seal_lock(old, EDGE_VIEW("x"), text, sealed, &length), 0);
    assert_true(length <= text.len + EDGE_SEAL_GROWTH);
    assert_null(memmem(sealed, length, text.ptr, text.len));
    assert_int_equal(edge_seal_lock(old, EDGE_VIEW("x"), text, again, &n), 0);
    assert_memory_not_equal(sealed + length - 31, again + n - 31, 31);
    assert_int_equal(edge_seal_unlock(rotated, EDGE_VIEW("x"),
                                      (struct edge_view){(char *)sealed, length}, plain, &n),
                     0);
    assert_int_equal(n, text.len);
    assert_memory_equal(plain, text.ptr, n);
    /* Another name, another key of the same name, a key that is not there. */
    assert_int_equal(edge_seal_unlock(rotated, EDGE_VIEW("y"),
                                      (struct edge_view){(char *)sealed, length}, plain, &n),
                     EDGE_ESYNTAX);
    assert_int_equal(edge_seal_unlock(other, EDGE_VIEW("x"),
                                      (struct edge_view){(char *)sealed, length}, plain, &n),
                     EDGE_ESYNTAX);
    assert_int_equal(edge_seal_lock(rotated, EDGE_VIEW("x"), text, sealed, &length), 0);
    assert_int_equal(edge_seal_unlock(old, EDGE_VIEW("x"),
                                      (struct edge_view){(char *)sealed, length}, plain, &n),
                     EDGE_ENOENT);
    for (size_t i = 0; i < length; i++) {
        sealed[i] ^= 1;
        assert_int_not_equal(edge_seal_unlock(rotated, EDGE_VIEW("x"),
                                              (struct edge_view){(char *)sealed, length}, plain,
                                              &n),
                             0);
        sealed[i] ^= 1;
        assert_int_not_equal(edge_seal_unlock(rotated, EDGE_VIEW("x"),
                                              (struct edge_view){(char *)sealed, i}, plain, &n),
                             0);
    }
    edge_seal_close(old);
    edge_seal_close(rotated);
    edge_seal_close(other);
}

static void test_key_files_with_faults_are_refused_with_the_line(void **state)
{
    static const struct {
        const char *text;
        const char *complaint;
    } faults[] = {
        {"", "no keys"},
        {"a " KEY_A "\na " KEY_B "\n", ":2: the key's name is there"},
        {"a 0011\n", ":1: the key is not 64 hex digits"},
        {"a b/c" KEY_A "\n", "64 hex digits"},
        {"ä " KEY_A "\n", "name is not"},
        {"\n# x\nname_of_more_than16 " KEY_A "\n", ":3: the key's name is not"},
    };
    struct edge_seal *seal = NULL;
    char error[200];

    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        assert_true(open_keys(faults[i].text, 0600, &seal, error) < 0);
        assert_non_null(strstr(error, faults[i].complaint));
        assert_null(strstr(error, "00112233"));
    }
    assert_int_equal(open_keys("a " KEY_A, 0444, &seal, error), -EPERM);
    assert_int_equal(edge_seal_open("/nowhere/keys", &seal, error, sizeof(error)), -ENOENT);
    assert_non_null(strstr(error, "/nowhere/keys"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_one_seals_another_with_the_key_opens),
        cmocka_unit_test(test_key_files_with_faults_are_refused_with_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

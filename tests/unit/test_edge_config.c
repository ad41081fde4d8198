// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_ARGS 8

static int parse(const char *const *arguments, struct edge_config *out,
                 char error[EDGE_CONFIG_ERR_MAX])
{
    char copies[MAX_ARGS][128] = {"sbc-edge"};
    char *argv[MAX_ARGS + 1] = {copies[0]};
    int argc = 1;

    for (; arguments[argc - 1]; argc++) {
        size_t length = strlen(arguments[argc - 1]);

        assert_in_range(length, 0, sizeof(copies[0]) - 1);
        memcpy(copies[argc], arguments[argc - 1], length + 1);
        argv[argc] = copies[argc];
    }
    return edge_config_parse(argc, argv, out, error);
}

static void test_a_full_command_line(void **state)
{
    static const char *const arguments[] = {"--interface=cust/192.0.2.1!198.51.100.1",
                                            "--interface=2001:db8::1",
                                            "--listen-ng=2223",
                                            "--port-min=20000",
                                            "--port-max=20100",
                                            "--redis=unix:/run/redis.sock/3",
                                            "--foreground",
                                            NULL};
    struct edge_config config;
    char error[EDGE_CONFIG_ERR_MAX];
    char text[EDGE_ADDRESS_TEXT];

    (void)state;
    assert_int_equal(parse(arguments, &config, error), 0);
    assert_int_equal(config.n_interfaces, 2);
    assert_string_equal(config.interfaces[0].name, "cust");
    assert_string_equal(config.interfaces[1].name, "default");
    assert_int_equal(config.interfaces[0].advertised.bytes[0], 198);
    assert_int_equal(config.interfaces[1].advertised.family, EDGE_IP6);
    assert_string_equal(edge_address_format(&config.listen_ng[0], text), "127.0.0.1");
    assert_int_equal(edge_address_port(&config.listen_ng[0]), 2223);
    assert_string_equal(config.redis_url, "unix:/run/redis.sock");
    assert_int_equal(config.redis_db, 3);
    assert_int_equal(config.port_rest_s, 60);
    assert_int_equal(config.max_sessions, 10000); // bounded unless somebody says otherwise
}

static void test_redis_over_tcp_and_listen_addresses(void **state)
{
    static const char *const arguments[] = {"--interface=192.0.2.1", "--listen-ng=[::1]:2223",
                                            "--listen-ng=0.0.0.0:22", "--redis=10.0.0.1:6379",
                                            NULL};
    struct edge_config config;
    char error[EDGE_CONFIG_ERR_MAX];

    (void)state;
    assert_int_equal(parse(arguments, &config, error), 0);
    assert_int_equal(config.n_listen_ng, 2);
    assert_int_equal(config.listen_ng[0].any.sa_family, AF_INET6);
    assert_string_equal(config.redis_url, "redis://10.0.0.1:6379");
    assert_int_equal(config.redis_db, 0);
}

static void test_listen_on_streams(void **state)
{
    static const char *const arguments[] = {"--interface=192.0.2.1", "--listen-ng=unix:/run/a.sock",
                                            "--listen-ng=tcp:[::1]:2223", NULL};
    struct edge_config config;
    char error[EDGE_CONFIG_ERR_MAX];

    (void)state;
    assert_int_equal(parse(arguments, &config, error), 0);
    assert_int_equal(config.n_listen_ng, 0);
    assert_int_equal(config.n_listen_stream, 2);
    assert_string_equal(config.listen_stream[0].path, "/run/a.sock");
    assert_string_equal(config.listen_stream[1].path, "");
    assert_int_equal(edge_address_port(&config.listen_stream[1].tcp), 2223);
}

static void test_redis_with_a_login_and_by_sentinel(void **state)
{
    static const char *const urls[] = {"redis://edge:pw@10.0.0.1/2",
                                       "sentinel://edge:pw@10.0.0.1,10.0.0.2:7000/calls"};

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        char option[128];
        const char *const arguments[] = {"--interface=192.0.2.1", "--listen-ng=2223", option, NULL};
        struct edge_config config;
        char error[EDGE_CONFIG_ERR_MAX];

        (void)snprintf(option, sizeof(option), "--redis=%s", urls[i]);
        assert_int_equal(parse(arguments, &config, error), 0);
        assert_string_equal(config.redis_url, urls[i]);
    }
}

static void test_mistakes_name_the_option(void **state)
{
    static const char *const mistakes[] = {
        "--interface=/1.2.3.4", "--interface=a/",       "--interface=1.2.3.4!x",
        "--listen-ng=0",        "--listen-ng=65536",    "--listen-ng=host:1",
        "--port-min=0",         "--port-max=70000",     "--tos=256",
        "--num-threads=0",      "--num-threads=65",     "--log-level=8",
        "--log-level=-1",       "--redis=unix:",        "--redis=host",
        "--redis=:1",           "--redis=h:70000",      "--redis=unix:/a/9999",
        "--timeout=1h",         "--redis=sentinel://h", "--redis=redis://u@h",
        "--listen-ng=unix:",    "--listen-ng=tcp:0",    "--listen-ng=udp:x",
    };
    struct edge_config config;
    char error[EDGE_CONFIG_ERR_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const char *const arguments[] = {mistakes[i], NULL};

        assert_int_equal(parse(arguments, &config, error), -EINVAL);
        assert_non_null(strstr(error, "expected"));
        assert_int_equal(strncmp(error, mistakes[i], strcspn(mistakes[i], "=")), 0);
    }
}

/* A file with these lines; its path lasts until the next one. */
static const char *write_file(const char *text)
{
    static char option[64];
    char path[] = "/tmp/fg-config-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    snprintf(option, sizeof(option), "--config-file=%s", path);
    return option;
}

static const char *path_of(const char *option)
{
    return strchr(option, '=') + 1;
}

static void test_a_file_and_the_command_line_above_it(void **state)
{
    const char *file = write_file("# as rtpengine's\n[rtpengine]\n"
                                  "interface = a/192.0.2.1!198.51.100.1 ; b/192.0.2.2\n"
                                  "listen-ng=2223\nport-min = 20000\nport-max=20100\n"
                                  "foreground = true\ntable = -1\ndefault-deny = no\n"
                                  "[other]\nport-min=nonsense\n");
    const char *const arguments[] = {file, NULL};
    const char *const above[] = {file, "--port-min=20050", "--interface=192.0.2.9",
                                 "--default-deny", NULL};
    struct edge_config config;
    char error[EDGE_CONFIG_ERR_MAX];

    (void)state;
    assert_int_equal(parse(arguments, &config, error), 0);
    assert_int_equal(config.n_interfaces, 2);
    assert_string_equal(config.interfaces[1].name, "b");
    assert_int_equal(config.port_min, 20000);
    assert_false(config.default_deny);
    assert_int_equal(parse(above, &config, error), 0);
    assert_int_equal(config.n_interfaces, 1);
    assert_int_equal(config.port_min, 20050);
    assert_int_equal(config.port_max, 20100);
    assert_true(config.default_deny);
    unlink(path_of(file));
}

static void test_all_mistakes_are_told_at_once(void **state)
{
    const char *file = write_file("[sbc-edge]\nport-min = x\nspeed = 9\ndefault-deny = maybe\n"
                                  "state-key-file = /k\nstand-in-for = b;b;b;b;b\n"
                                  "redis = redis://user:sec ret@\n");
    const char *const arguments[] = {file, "--tos=999", "--frobnicate", NULL};
    static const char *const expected[] = {"--port-min=x",
                                           "speed: unknown option",
                                           "default-deny: expected true or false",
                                           "--stand-in-for: more than 4",
                                           "--redis=URL",
                                           "--tos=999",
                                           "--frobnicate: unknown",
                                           "--interface is missing",
                                           "--listen-ng is missing"};
    const char *const nowhere[] = {"--config-file=/nowhere/x", NULL};
    struct edge_config config;
    char error[EDGE_CONFIG_ERR_MAX];

    (void)state;
    assert_int_equal(parse(arguments, &config, error), -EINVAL);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (!strstr(error, expected[i]))
            fail_msg("not told: %s\nbut:\n%s", expected[i], error);
    }
    assert_null(strstr(error, "sec ret"));
    unlink(path_of(file));
    assert_int_equal(parse(nowhere, &config, error), -EINVAL);
    assert_non_null(strstr(error, "/nowhere/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_command_line),
        cmocka_unit_test(test_redis_over_tcp_and_listen_addresses),
        cmocka_unit_test(test_listen_on_streams),
        cmocka_unit_test(test_redis_with_a_login_and_by_sentinel),
        cmocka_unit_test(test_mistakes_name_the_option),
        cmocka_unit_test(test_a_file_and_the_command_line_above_it),
        cmocka_unit_test(test_all_mistakes_are_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

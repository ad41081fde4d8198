// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"

static int parse(const char *yaml, struct fg_diags *diags, struct fga_config **config)
{
    const struct fga_config_source source = {"alerts.yaml", yaml, strlen(yaml), true};
    return fga_config_parse(&source, diags, config);
}

#define HEAD "fraudguard_alerts: \"1\"\nredis: \"unix:/run/redis.sock\"\n"

static void test_whole(void **state)
{
    struct fg_diags *diags = fg_diags_new();
    struct fga_config *config = NULL;
    (void)state;
    assert_int_equal(
        parse(HEAD "provider: {name: X, contact: \"+44\"}\n"
                   "webhooks: {timeout: 5s, allow_networks: [\"10.0.0.0/8\", \"fd00::/8\"]}\n"
                   "smtp: {url: \"smtp://mail:25\", from: fraud@x.example, tls: required}\n"
                   "noc: {alertmanager: \"http://127.0.0.1:9093\"}\n"
                   "customers:\n"
                   "- id: globex\n"
                   "- id: acme\n"
                   "  tz: Europe/London\n"
                   "  locale: en-GB\n"
                   "  endpoints:\n"
                   "  - {name: hook, webhook: \"https://a.example/\", secret_files: [s], "
                   "events: [tdos]}\n"
                   "  - {name: mail, email: [it@a.example, b@a.example]}\n",
              diags, &config),
        FG_OK);
    assert_int_equal(config->timeout_ms, 5000);
    assert_int_equal(config->n_allowed, 2);
    assert_int_equal(config->n_customers, 2);
    assert_string_equal(config->customers[0].id, "acme"); // sorted
    const struct fga_endpoint *hook = fga_config_endpoint(config, "acme/hook");
    const struct fga_endpoint *mail = fga_config_endpoint(config, "acme/mail");
    assert_non_null(hook);
    assert_false(hook->wants[FGA_HOLD]);
    assert_true(hook->wants[FGA_TDOS]);
    assert_int_equal(mail->n_to, 2);
    assert_true(mail->wants[FGA_HOLD]);
    assert_null(fga_config_endpoint(config, "acme/other"));
    assert_null(fga_config_endpoint(config, "none"));
    assert_string_equal(fga_config_endpoint(config, config->noc.id)->url, "http://127.0.0.1:9093");
    const struct fga_audience audience = fga_config_audience(config, "acme");
    assert_string_equal(audience.zone->name, "Europe/London");
    assert_string_equal(audience.provider, "X");
    assert_null(fga_config_audience(config, "unknown").zone);
    fga_config_free(config);
    fg_diags_free(diags);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *yaml, *message;
    } rows[] = {
        {"", "empty"},
        {"redis: x\n", "begins with"},
        {"fraudguard_alerts: \"1\"\n", "'redis' is missing"},
        {HEAD "custmers: []\n", "did you mean 'customers'"},
        {HEAD "webhooks: {allow_networks: [\"10.0.0.0/99\"]}\n", "not a network"},
        {HEAD "smtp: {url: \"http://x\", from: a@b.example}\n", "smtp://"},
        {HEAD "smtp: {url: \"smtp://x\", from: \"A <a@b.example>\"}\n", "plain e-mail address"},
        {HEAD "smtp: {url: \"smtp://x\", from: a@b.example, tls: \"off\", password_file: p}\n",
         "a password needs"},
        {HEAD "noc: {alertmanager: \"ftp://x\"}\n", "http or https"},
        {HEAD "lab: {divisor: 0}\n", "divisor"},
        {HEAD "customers: [{id: \"-\"}]\n", "an id may only"},
        {HEAD "customers: [{id: a}, {id: a}]\n", "two customers"},
        {HEAD "customers: [{id: a, tz: Europe/Lundon}]\n", "Europe/London"},
        {HEAD "customers: [{id: a, endpoints: [{name: h, webhook: \"http://x/\", "
              "secret_files: [s]}]}]\n",
         "https URL"},
        {HEAD "customers: [{id: a, endpoints: [{name: h, webhook: \"https://x/\"}]}]\n",
         "secret_files"},
        {HEAD "customers: [{id: a, endpoints: [{name: h, email: [a@b.example]}]}]\n",
         "the section 'smtp'"},
        {HEAD "customers: [{id: a, endpoints: [{name: h}]}]\n", "either 'webhook' or 'email'"},
        {HEAD "customers: [{id: a, endpoints: [{name: h, webhook: \"https://x/\", "
              "secret_files: [s], events: [holds]}]}]\n",
         "did you mean 'hold'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fg_diags *diags = fg_diags_new();
        struct fga_config *config = NULL;
        assert_int_equal(parse(rows[i].yaml, diags, &config), FG_ESYNTAX);
        assert_null(config);
        bool found = false;
        for (uint32_t k = 0; k < fg_diags_total(diags); k++)
            found = found || strstr(fg_diags_at(diags, k)->message, rows[i].message) != NULL;
        if (!found)
            fail_msg("row %zu: nothing says '%s'", i, rows[i].message);
        fg_diags_free(diags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

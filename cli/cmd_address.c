// SPDX-License-Identifier: GPL-2.0-or-later
// Tells where IP addresses are, by the table of networks that the guard is given.
#include <inttypes.h>

#include "commands.h"
#include "fg/network.h"
#include "fg/record.h"
#include "policy.h"

static bool add_row(struct table *table, const struct fg_networks *networks, const char *text)
{
    struct fg_ip ip;
    fg_country country = FG_COUNTRY_NONE;
    uint32_t asn = 0;
    char code[4] = "";
    char number[16] = "";
    struct fg_json *object = fg_json_object_new();

    if (object == NULL || !fg_ip_parse(fg_view_of(text), &ip)) {
        fg_json_free(object);
        return false;
    }
    (void)fg_networks_find(networks, &ip, &country, &asn);
    if (country != FG_COUNTRY_NONE) {
        fg_country_format(country, code);
    }
    if (asn != 0) {
        (void)snprintf(number, sizeof(number), "AS%" PRIu32, asn);
    }
    const char *const cells[] = {text, code[0] != '\0' ? code : NULL,
                                 number[0] != '\0' ? number : NULL};
    if (!fg_json_set_string(object, "address", text) ||
        !fg_json_set_string(object, "country", cells[1]) ||
        !(asn != 0 ? fg_json_set_integer(object, "asn", asn) : fg_json_set_null(object, "asn"))) {
        fg_json_free(object);
        return false;
    }
    return table_add(table, cells, object);
}

static enum exit_code check_addresses(const struct invocation *call)
{
    enum exit_code code = EXIT_OK;
    for (size_t i = 0; i < call->n_arguments; i++) {
        struct fg_ip ip;
        if (!fg_ip_parse(fg_view_of(call->arguments[i]), &ip)) {
            complain("address: '%s' is not an IP address such as 192.0.2.7 or 2001:db8::7",
                     call->arguments[i]);
            code = EXIT_USAGE;
        }
    }
    return code;
}

static enum exit_code print_places(const struct invocation *call,
                                   const struct fg_networks *networks)
{
    static const char *const columns[] = {"ADDRESS", "COUNTRY", "ASN"};
    struct table *table = table_new("addresses", columns, sizeof(columns) / sizeof(columns[0]));
    bool complete = table != NULL;

    for (size_t i = 0; complete && i < call->n_arguments; i++) {
        complete = add_row(table, networks, call->arguments[i]);
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    return complete ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_address(struct invocation *call)
{
    const char *networks = invocation_option(call, "networks");
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = check_addresses(call);

    if (code == EXIT_OK && networks == NULL) {
        complain("address: --networks FILE is needed");
        return EXIT_USAGE;
    }
    if (code == EXIT_OK) {
        code = policy_open(call, NULL, networks, &bundle);
    }
    if (code == EXIT_OK) {
        code = print_places(call, fg_policy_of(bundle)->networks);
        fg_policy_bundle_free(bundle);
    }
    return code;
}

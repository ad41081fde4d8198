// SPDX-License-Identifier: GPL-2.0-or-later
#include "scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "customers.h"
#include "fg/text.h"
#include "hash_key.h"

static const char *const forms = "a scope is CUSTOMER or CUSTOMER/ and " FG_HOLD_SCOPE_FORMS;

static enum exit_code complain_of_scope(const char *text)
{
    static const char *const words[] = {
#define SCOPE_WORD(name, text, doc) text,
        FG_HOLD_SCOPE_LIST(SCOPE_WORD)
#undef SCOPE_WORD
            "country.XX"};
    char word[FG_HOLD_SCOPE_TEXT_MAX] = "";
    const size_t length = strcspn(text, ".");

    memcpy(word, text, length < sizeof(word) ? length : sizeof(word) - 1);
    complain("unknown scope '%s'%s", text,
             suggestion(word, words, sizeof(words) / sizeof(words[0])));
    complain("%s", forms);
    return EXIT_USAGE;
}

enum exit_code scope_read(const struct invocation *call, const char *text, struct scope *out)
{
    const size_t length = strcspn(text, "/");
    const struct fg_view customer = {text, length};
    const char *rest = text[length] == '/' ? text + length + 1 : "customer";
    struct fg_hash_key key;
    int rc;

    if (!fg_record_is_customer_id(customer)) {
        complain("'%s': %s; a customer's id is 1 to %d of a-z 0-9 . _ -", text, forms,
                 FG_CUSTOMER_ID_MAX);
        return EXIT_USAGE;
    }
    rc = fg_hold_scope_read(NULL, fg_view_of(rest), &out->held);
    if (rc == FG_ENOTFOUND) {
        enum exit_code code = hash_key_read(call, &key);
        if (code != EXIT_OK) {
            return code;
        }
        rc = fg_hold_scope_read(&key, fg_view_of(rest), &out->held);
    }
    if (rc != FG_OK) {
        return complain_of_scope(rest);
    }
    memset(out->customer, 0, sizeof(out->customer));
    memcpy(out->customer, customer.ptr, customer.len);
    fg_hold_scope_format(out->held.scope, out->held.value, out->text);
    return customers_check(call, out->customer);
}

enum exit_code scope_stops_something(const struct scope *scope)
{
    if (scope->held.scope != FG_HOLD_COUNTRY ||
        fg_country_is_assigned((fg_country)scope->held.value)) {
        return EXIT_OK;
    }
    const char *meant = fg_country_meant(fg_view_of(scope->text + strlen("country.")));
    complain("'%s': there is no such country%s%s%s", scope->text,
             meant == NULL ? "" : "; did you mean 'country.", meant == NULL ? "" : meant,
             meant == NULL ? "" : "'?");
    return EXIT_USAGE;
}

bool duration_read(const char *text, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9 || text[digits] == '\0' || text[digits + 1] != '\0') {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].unit == text[digits]) {
            *seconds = strtoll(text, NULL, 10) * units[i].seconds;
            return *seconds > 0;
        }
    }
    return false;
}

enum exit_code reason_read(const struct invocation *call, const char **out)
{
    const char *reason = invocation_option(call, "reason");

    if (reason == NULL || reason[strspn(reason, " \t")] == '\0') {
        complain("%s: --reason \"...\" is required: it is kept and shown to others",
                 call->command->name);
        return EXIT_USAGE;
    }
    if (strlen(reason) >= FG_HOLD_REASON_MAX || !fg_text_is_plain(fg_view_of(reason))) {
        complain("the reason must be plain UTF-8 text of at most %d bytes", FG_HOLD_REASON_MAX - 1);
        return EXIT_USAGE;
    }
    *out = reason;
    return EXIT_OK;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Shows what people held and released.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "redis.h"

#define NUMBER_DEFAULT 20
#define NUMBER_MAX     1000
#define LOOKED_AT_MAX  10000 // all that is kept

// Newest first, as they come.
struct entries {
    const char *customer; // NULL: of any
    struct fg_json *items[NUMBER_MAX];
    size_t n, wanted;
    unsigned unreadable;
};

static bool keep_entry(void *arg, struct fg_view text)
{
    struct entries *entries = arg;
    struct fg_json *json = fg_json_parse(text);
    const char *customer = fg_json_string(json, "customer");

    if (fg_json_string(json, "type") == NULL || customer == NULL) {
        entries->unreadable++;
        fg_json_free(json);
        return true;
    }
    if (entries->customer != NULL && strcmp(customer, entries->customer) != 0) {
        fg_json_free(json);
        return true;
    }
    entries->items[entries->n++] = json;
    return entries->n < entries->wanted;
}

static bool add_entry(struct table *table, const struct fg_json *entry)
{
    char when[TIME_TEXT_MAX] = "?";
    char until[TIME_TEXT_MAX] = "";
    const char *of = fg_json_string(entry, "of");
    const char *reason = fg_json_string(entry, "reason");
    int64_t time_ms = 0;

    if (fg_json_integer(entry, "time_ms", &time_ms)) {
        format_time(time_ms, when);
    }
    if (fg_json_integer(entry, "until_ms", &time_ms)) {
        format_time(time_ms, until);
    }
    const char *const cells[] = {when,
                                 fg_json_string(entry, "type"),
                                 fg_json_string(entry, "customer"),
                                 fg_json_string(entry, "scope"),
                                 of == NULL ? "" : of,
                                 until,
                                 fg_json_string(entry, "by"),
                                 reason == NULL ? "" : reason};
    return table_add(table, cells, fg_json_copy(entry));
}

static enum exit_code print_entries(const struct invocation *call, const struct entries *entries)
{
    static const char *const columns[] = {"TIME", "WHAT",  "CUSTOMER", "SCOPE",
                                          "OF",   "UNTIL", "BY",       "REASON"};
    struct table *table = table_new("audit", columns, sizeof(columns) / sizeof(columns[0]));
    bool complete = table != NULL;

    for (size_t i = entries->n; complete && i > 0; i--) {
        complete = add_entry(table, entries->items[i - 1]);
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    if (complete && entries->n == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs("nothing yet\n", stderr);
    }
    if (entries->unreadable > 0) {
        complain("%u entries cannot be read and are left out", entries->unreadable);
    }
    return complete ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_audit(struct invocation *call)
{
    size_t n = 0;
    enum exit_code code = invocation_count(call, "number", NUMBER_DEFAULT, NUMBER_MAX, &n);
    struct fg_redis *redis = code == EXIT_OK ? redis_open(call, &code) : NULL;
    struct entries *entries = NULL;

    if (redis == NULL) {
        return code;
    }
    entries = calloc(1, sizeof(*entries));
    if (entries == NULL) {
        fg_redis_free(redis);
        return EXIT_FAILED;
    }
    entries->wanted = n;
    entries->customer = invocation_option(call, "customer");
    const int rc = fg_redis_audit_last(redis, entries->customer == NULL ? n : LOOKED_AT_MAX,
                                       keep_entry, entries);
    code = rc == FG_OK ? print_entries(call, entries) : redis_failed(call, redis, rc);
    for (size_t i = 0; i < entries->n; i++) {
        fg_json_free(entries->items[i]);
    }
    free(entries);
    fg_redis_free(redis);
    return code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What fg-alertd has to deliver and has given up; orders to it go through the event stream.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fg/record.h"
#include "redis.h"

#define DEAD_MAX 1000

struct listing {
    struct table *table;
    bool complete;
    unsigned unreadable;
};

static bool add_row(struct listing *listing, const char *id, const char *time_key,
                    struct fg_view text)
{
    struct fg_json *json = fg_json_parse(text);
    char when[TIME_TEXT_MAX] = "?";
    char attempts[24] = "-";
    int64_t value = 0;

    if (fg_json_string(json, "id") == NULL) {
        fg_json_free(json);
        listing->unreadable++;
        return true;
    }
    if (fg_json_integer(json, time_key, &value)) {
        format_time(value, when);
    }
    if (fg_json_integer(json, "attempts", &value)) {
        (void)snprintf(attempts, sizeof(attempts), "%" PRId64, value);
    }
    const char *const cells[] = {id == NULL ? fg_json_string(json, "id") : id,
                                 fg_json_string(json, "type"),
                                 fg_json_string(json, "endpoint"),
                                 attempts,
                                 when,
                                 fg_json_string(json, "error")};
    // The whole delivery, with the id under which it is dead.
    listing->complete = (id == NULL || fg_json_set_string(json, "dead", id)) &&
                        table_add(listing->table, cells, fg_json_copy(json));
    fg_json_free(json);
    return listing->complete;
}

static bool add_waiting(void *arg, struct fg_view json)
{
    return add_row(arg, NULL, "next_ms", json);
}

static bool add_dead(void *arg, struct fg_view id, struct fg_view json)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%.*s", (int)(id.len < 63 ? id.len : 63), id.ptr);
    return add_row(arg, text, "created_ms", json);
}

static enum exit_code list(const struct invocation *call, bool dead)
{
    static const char *const waiting_columns[] = {"ID",       "MESSAGE", "ENDPOINT",
                                                  "ATTEMPTS", "NEXT",    "ERROR"};
    static const char *const dead_columns[] = {"ID",       "MESSAGE", "ENDPOINT",
                                               "ATTEMPTS", "CREATED", "ERROR"};
    struct listing listing = {.complete = true};
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    int rc = FG_ENOMEM;

    if (redis == NULL) {
        return code;
    }
    listing.table = table_new(dead ? "dead" : "alerts", dead ? dead_columns : waiting_columns,
                              sizeof(dead_columns) / sizeof(dead_columns[0]));
    if (listing.table != NULL) {
        rc = dead ? fg_redis_dead_alerts_each(redis, DEAD_MAX, add_dead, &listing)
                  : fg_redis_alerts_each(redis, add_waiting, &listing);
    }
    if (rc != FG_OK) {
        code = redis_failed(call, redis, rc);
    } else if (!listing.complete || !table_print(listing.table, &call->output)) {
        code = EXIT_FAILED;
    } else if (table_rows(listing.table) == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs(dead ? "no alerts were given up\n" : "no alerts wait\n", stderr);
    }
    if (listing.unreadable > 0) {
        complain("%u alert(s) cannot be read and are left out", listing.unreadable);
        code = code == EXIT_OK ? EXIT_DEGRADED : code;
    }
    table_free(listing.table);
    fg_redis_free(redis);
    return code;
}

enum exit_code cmd_alerts_list(struct invocation *call)
{
    return list(call, false);
}

enum exit_code cmd_alerts_dead(struct invocation *call)
{
    return list(call, true);
}

// dead NULL: a test.
static enum exit_code give_order(const struct invocation *call, struct fg_redis *redis,
                                 const char *customer, const char *dead)
{
    struct fg_json *order = fg_json_object_new();
    const bool complete =
        fg_json_set_integer(order, "v", FG_RECORD_VERSION) &&
        fg_json_set_string(order, "type", dead == NULL ? "alert.test" : "alert.resend") &&
        fg_json_set_integer(order, "time_ms", now_ms()) && fg_json_set_null(order, "node") &&
        fg_json_set_string(order, "customer", customer) &&
        (dead == NULL || fg_json_set_string(order, "dead", dead));
    char *text = complete ? fg_json_format(order, 0) : NULL;
    int rc = FG_ENOMEM;

    if (text != NULL) {
        const struct fg_view event = fg_view_of(text);
        rc = fg_redis_events_append(redis, &event, 1);
    }
    free(text);
    fg_json_free(order);
    return rc == FG_OK ? EXIT_OK : redis_failed(call, redis, rc);
}

enum exit_code cmd_alerts_test(struct invocation *call)
{
    const char *customer = call->arguments[0];
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = NULL;

    if (!fg_record_is_customer_id(fg_view_of(customer))) {
        complain("'%s' is no customer's id", customer);
        return EXIT_USAGE;
    }
    redis = redis_open(call, &code);
    if (redis == NULL) {
        return code;
    }
    code = give_order(call, redis, customer, NULL);
    if (code == EXIT_OK && call->output.format == OUTPUT_HUMAN) {
        (void)printf("asked for; what does not arrive is shown by 'fgctl alerts list'\n");
    }
    fg_redis_free(redis);
    return code;
}

struct search {
    const char *id;
    char customer[FG_CUSTOMER_ID_MAX + 1];
};

static bool look_for(void *arg, struct fg_view id, struct fg_view text)
{
    struct search *search = arg;
    struct fg_json *json = NULL;
    const char *customer = NULL;

    if (!fg_view_equal(id, fg_view_of(search->id))) {
        return true;
    }
    json = fg_json_parse(text);
    customer = fg_json_string(fg_json_member(json, "incident"), "customer");
    if (customer != NULL && fg_record_is_customer_id(fg_view_of(customer))) {
        (void)snprintf(search->customer, sizeof(search->customer), "%s", customer);
    }
    fg_json_free(json);
    return false;
}

enum exit_code cmd_alerts_resend(struct invocation *call)
{
    struct search search = {.id = call->arguments[0]};
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    int rc = FG_OK;

    if (redis == NULL) {
        return code;
    }
    rc = fg_redis_dead_alerts_each(redis, DEAD_MAX, look_for, &search);
    if (rc != FG_OK) {
        code = redis_failed(call, redis, rc);
    } else if (search.customer[0] == '\0') {
        complain("no alert '%s' among those given up", search.id);
        code = EXIT_NOT_FOUND;
    } else {
        code = give_order(call, redis, search.customer, search.id);
    }
    fg_redis_free(redis);
    return code;
}

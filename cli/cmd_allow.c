// SPDX-License-Identifier: GPL-2.0-or-later
// "It was us": lets some of a customer's calls go on, takes that back, and lists what is allowed.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "commands.h"
#include "redis.h"
#include "scope.h"

#define CALLS_DEFAULT 20

// The customer alone. EXIT_USAGE after a complaint.
static enum exit_code read_customer(const struct invocation *call, const char *text,
                                    struct scope *out)
{
    const enum exit_code code = scope_read(call, text, out);

    if (code == EXIT_OK && out->held.scope != FG_HOLD_CUSTOMER) {
        complain("'%s' is no customer; say what is allowed with --to", text);
        return EXIT_USAGE;
    }
    return code;
}

static enum exit_code read_money(const struct invocation *call, fg_micro *usd)
{
    const char *text = invocation_option(call, "money");
    char *end = NULL;
    const double value = text == NULL ? 0.0 : strtod(text, &end);

    if (text == NULL || end == text || *end != '\0' || !(value >= 0.01) ||
        value > (double)FG_ALLOWANCE_USD_MAX / (double)FG_MICRO) {
        complain("--money is required: USD that the calls may cost together, 0.01 to %d",
                 (int)(FG_ALLOWANCE_USD_MAX / FG_MICRO));
        return EXIT_USAGE;
    }
    *usd = (fg_micro)(value * FG_MICRO + 0.5);
    return EXIT_OK;
}

static enum exit_code read_time(const struct invocation *call, struct fg_allowance *out)
{
    const char *text = invocation_option(call, "for");
    int64_t seconds = 0;

    if (text == NULL || !duration_read(text, &seconds)) {
        complain("--for is required: a duration such as 90m, 4h or 3d");
        return EXIT_USAGE;
    }
    if (seconds > FG_ALLOWANCE_LONGEST_MS / FG_MS_PER_S) {
        complain("refused: an allowance lasts 31d at most");
        return EXIT_REFUSED;
    }
    out->since_ms = now_ms();
    out->until_ms = out->since_ms + seconds * FG_MS_PER_S;
    return EXIT_OK;
}

static enum exit_code read_terms(const struct invocation *call, struct fg_allowance *out)
{
    const char *to = invocation_option(call, "to");
    const char *reason = NULL;
    size_t calls = 0;
    enum exit_code code = reason_read(call, &reason);

    if (code == EXIT_OK) {
        code = invocation_count(call, "calls", CALLS_DEFAULT, FG_ALLOWANCE_CALLS_MAX, &calls);
    }
    if (code == EXIT_OK) {
        code = read_money(call, &out->usd);
    }
    if (code == EXIT_OK) {
        code = read_time(call, out);
    }
    if (code != EXIT_OK) {
        return code;
    }
    if (to == NULL || fg_allowance_to_parse(fg_view_of(to), out) != FG_OK) {
        complain("--to is required: a prefix such as +960, or a country such as MV");
        return EXIT_USAGE;
    }
    out->calls = (int32_t)calls;
    (void)snprintf(out->reason, sizeof(out->reason), "%s", reason);
    by_format(out->by);
    if (getrandom(&out->id, sizeof(out->id), 0) != (ssize_t)sizeof(out->id)) {
        complain("no random bytes: %s", strerror(errno));
        return EXIT_FAILED;
    }
    out->id = out->id % FG_ALLOWANCE_ID_MAX + 1;
    return EXIT_OK;
}

// Those of one customer, or all.
struct listing {
    char customer[FG_CUSTOMER_ID_MAX + 1]; // empty: any
    uint64_t wanted;                       // id, 0: any
    int64_t now_ms;
    struct fg_message found[1024];
    size_t n;
    unsigned unreadable;
};

static bool take(void *arg, struct fg_view json)
{
    struct listing *listing = arg;
    struct fg_message *message = &listing->found[listing->n];

    if (fg_record_parse_message(json, message) != FG_OK || message->op != FG_MESSAGE_ALLOW) {
        listing->unreadable++;
        return true;
    }
    if ((listing->customer[0] == '\0' || strcmp(message->customer, listing->customer) == 0) &&
        (listing->wanted == 0 ? message->allowance.until_ms > listing->now_ms
                              : message->allowance.id == listing->wanted)) {
        listing->n++;
    }
    return listing->n < sizeof(listing->found) / sizeof(listing->found[0]);
}

static int look(struct fg_redis *redis, struct listing *listing)
{
    listing->now_ms = now_ms();
    return fg_redis_allowances_each(redis, listing->now_ms, take, listing);
}

static void tell_audit(struct fg_redis *redis, char *event)
{
    if (event == NULL || fg_redis_audit_append(redis, fg_view_of(event)) != FG_OK) {
        complain("it is done, but the event log and the audit did not take it: %s",
                 fg_redis_last_error(redis));
    }
    free(event);
}

static int put(struct fg_redis *redis, const char *customer, const struct fg_allowance *allowance)
{
    const int64_t forget_ms = allowance->until_ms + FG_ALLOWANCE_MEMORY_MS;
    char *json = fg_record_allow_message(customer, allowance);
    int rc = FG_ENOMEM;

    if (json != NULL) {
        rc = fg_redis_allowance_put(redis, customer, allowance->id, forget_ms,
                                    forget_ms - allowance->since_ms, fg_view_of(json));
    }
    free(json);
    if (rc == FG_OK) {
        tell_audit(redis,
                   fg_record_allowance_set_event(NULL, customer, allowance, allowance->since_ms));
    }
    return rc;
}

static enum exit_code report(const struct invocation *call, const char *customer,
                             const struct fg_allowance *allowance)
{
    char until[TIME_TEXT_MAX];
    char to[FG_ALLOWANCE_TO_TEXT_MAX];
    char *text = NULL;
    bool complete = false;

    fg_allowance_to_format(allowance, to);
    if (call->output.format == OUTPUT_HUMAN || call->output.format == OUTPUT_TSV) {
        format_time(allowance->until_ms, until);
        complete =
            printf("%s may make %d calls to %s for %.2f USD until %s\n"
                   "undo: fgctl disallow %s %" PRIu64 " --reason \"...\"\n",
                   customer, (int)allowance->calls, to, (double)allowance->usd / (double)FG_MICRO,
                   until, customer, allowance->id) > 0;
        return complete ? EXIT_OK : EXIT_FAILED;
    }
    text = fg_record_allow_message(customer, allowance);
    complete = text != NULL && output_object(&call->output, fg_json_parse(fg_view_of(text)));
    free(text);
    return complete ? EXIT_OK : EXIT_FAILED;
}

static enum exit_code allow(const struct invocation *call, struct fg_redis *redis,
                            const char *customer, const struct fg_allowance *allowance)
{
    static struct listing listing; // large
    int rc = FG_OK;

    (void)snprintf(listing.customer, sizeof(listing.customer), "%s", customer);
    rc = look(redis, &listing);
    if (rc == FG_OK && listing.n >= FG_ALLOWANCES_MAX) {
        complain("refused: %s has %d allowances; take one back first", customer, FG_ALLOWANCES_MAX);
        return EXIT_REFUSED;
    }
    if (rc == FG_OK) {
        rc = put(redis, customer, allowance);
    }
    return rc == FG_OK ? report(call, customer, allowance) : redis_failed(call, redis, rc);
}

enum exit_code cmd_allow(struct invocation *call)
{
    struct fg_allowance allowance = {.id = 0};
    struct scope scope = {0};
    struct fg_redis *redis = NULL;
    enum exit_code code = read_terms(call, &allowance);

    if (code == EXIT_OK) {
        code = read_customer(call, call->arguments[0], &scope);
    }
    if (code != EXIT_OK) {
        return code;
    }
    redis = redis_open(call, &code);
    if (redis != NULL) {
        code = allow(call, redis, scope.customer, &allowance);
        fg_redis_free(redis);
    }
    return code;
}

static enum exit_code disallow(const struct invocation *call, struct fg_redis *redis,
                               const char *customer, const char *reason)
{
    static struct listing listing; // large
    struct fg_allowance *found = &listing.found[0].allowance;
    char *end = NULL;
    int rc = FG_OK;

    (void)snprintf(listing.customer, sizeof(listing.customer), "%s", customer);
    listing.wanted = strtoull(call->arguments[1], &end, 10);
    if (*end != '\0' || listing.wanted == 0) {
        complain("'%s' is no number of an allowance; 'fgctl allowances' shows them",
                 call->arguments[1]);
        return EXIT_USAGE;
    }
    rc = look(redis, &listing);
    if (rc == FG_OK && listing.n == 0) {
        complain("no allowance %s of %s; 'fgctl allowances' lists those in force",
                 call->arguments[1], customer);
        return EXIT_NOT_FOUND;
    }
    if (rc == FG_OK) {
        (void)snprintf(found->reason, sizeof(found->reason), "%s", reason);
        by_format(found->by);
        char *message = fg_record_disallow_message(customer, found->id, found->by);
        rc = message == NULL
                 ? FG_ENOMEM
                 : fg_redis_allowance_delete(redis, customer, found->id, fg_view_of(message));
        free(message);
    }
    if (rc != FG_OK) {
        return redis_failed(call, redis, rc);
    }
    tell_audit(redis, fg_record_allowance_removed_event(NULL, customer, found, listing.now_ms));
    return printf("%s: allowance %" PRIu64 " is taken back\n", customer, found->id) > 0
               ? EXIT_OK
               : EXIT_FAILED;
}

enum exit_code cmd_disallow(struct invocation *call)
{
    struct scope scope = {0};
    struct fg_redis *redis = NULL;
    const char *reason = NULL;
    enum exit_code code = reason_read(call, &reason);

    if (code == EXIT_OK) {
        code = read_customer(call, call->arguments[0], &scope);
    }
    if (code != EXIT_OK) {
        return code;
    }
    redis = redis_open(call, &code);
    if (redis != NULL) {
        code = disallow(call, redis, scope.customer, reason);
        fg_redis_free(redis);
    }
    return code;
}

static struct fg_json *json_of(const struct fg_message *message, int64_t calls_left,
                               fg_micro usd_left)
{
    char *text = fg_record_allow_message(message->customer, &message->allowance);
    struct fg_json *json = text == NULL ? NULL : fg_json_parse(fg_view_of(text));

    free(text);
    if (json == NULL || !fg_json_set_integer(json, "calls_left", calls_left) ||
        !fg_json_set_micro(json, "usd_left", usd_left)) {
        fg_json_free(json);
        return NULL;
    }
    return json;
}

static int add_row(struct table *table, struct fg_redis *redis, const struct fg_message *message,
                   int64_t at_ms)
{
    const struct fg_allowance *allowance = &message->allowance;
    char id[24];
    char to[FG_ALLOWANCE_TO_TEXT_MAX];
    char calls_text[32];
    char usd_text[48];
    char until[TIME_TEXT_MAX];
    int64_t calls = 0;
    fg_micro usd = 0;
    const int rc = fg_redis_allowance_use(redis, message->customer, allowance, at_ms, &calls, &usd);

    if (rc != FG_OK) {
        return rc;
    }
    calls = allowance->calls > calls ? allowance->calls - calls : 0;
    usd = allowance->usd > usd ? allowance->usd - usd : 0;
    (void)snprintf(id, sizeof(id), "%" PRIu64, allowance->id);
    (void)snprintf(calls_text, sizeof(calls_text), "%" PRId64 " of %d", calls,
                   (int)allowance->calls);
    (void)snprintf(usd_text, sizeof(usd_text), "%.2f of %.2f", (double)usd / (double)FG_MICRO,
                   (double)allowance->usd / FG_MICRO);
    fg_allowance_to_format(allowance, to);
    format_time(allowance->until_ms, until);
    const char *const cells[] = {
        message->customer, id, to, calls_text, usd_text, until, allowance->by, allowance->reason};
    return table_add(table, cells, json_of(message, calls, usd)) ? FG_OK : FG_ENOMEM;
}

enum exit_code cmd_allowances(struct invocation *call)
{
    static const char *const columns[] = {"CUSTOMER", "ID",    "TO", "CALLS LEFT",
                                          "USD LEFT", "UNTIL", "BY", "REASON"};
    static struct listing listing; // large
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    struct table *table = NULL;
    int rc = FG_ENOMEM;

    if (redis == NULL) {
        return code;
    }
    table = table_new("allowances", columns, sizeof(columns) / sizeof(columns[0]));
    if (table != NULL) {
        rc = look(redis, &listing);
    }
    for (size_t i = 0; rc == FG_OK && i < listing.n; i++) {
        rc = add_row(table, redis, &listing.found[i], listing.now_ms);
    }
    if (rc != FG_OK) {
        code = redis_failed(call, redis, rc);
    } else if (!table_print(table, &call->output)) {
        code = EXIT_FAILED;
    } else if (listing.n == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs("no allowances\n", stderr);
    }
    table_free(table);
    fg_redis_free(redis);
    return code;
}

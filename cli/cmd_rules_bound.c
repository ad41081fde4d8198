// SPDX-License-Identifier: GPL-2.0-or-later
// The most that customers can lose, and whether that is within what is asserted.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "customers.h"
#include "fg/bound.h"
#include "fg/bounds.h"
#include "fg/format.h"
#include "file.h"
#include "policy.h"
#include "rules.h"

#define DEFAULT_PROFILE "office"

struct rates {
    struct fg_bound_rate *items;
    uint32_t n, room;
};

struct work {
    const struct invocation *call;
    struct fg_policy_bundle *bundle;
    struct rates rates;
    struct table *table;
    enum exit_code code;
};

// --- rates
// -----------------------------------------------------------------------------------------------------------------------------------

static bool keep_rate(void *ctx, struct fg_view prefix, fg_micro usd_per_minute)
{
    struct rates *rates = ctx;

    if (rates->n == rates->room) {
        const uint32_t room = rates->room == 0 ? 4096 : rates->room * 2;
        struct fg_bound_rate *items = realloc(rates->items, room * sizeof(*items));
        if (items == NULL) {
            return false;
        }
        rates->items = items;
        rates->room = room;
    }
    struct fg_bound_rate *rate = &rates->items[rates->n++];
    rate->usd_per_minute = usd_per_minute;
    memcpy(rate->prefix, prefix.ptr, prefix.len);
    rate->prefix[prefix.len] = '\0';
    return true;
}

// The rate table that the policy was loaded with, row by row.
static bool read_rates(const struct invocation *call, struct rates *rates)
{
    const char *given = invocation_option(call, "rates");
    struct fg_diags *diags = fg_diags_new();
    char *data = rules_data_dir(call, call->rules_dir);
    char *path = NULL;
    char *bytes = NULL;
    size_t length = 0;
    bool good = false;

    const int n = given != NULL  ? asprintf(&path, "%s", given)
                  : data != NULL ? asprintf(&path, "%s/rates.csv", data)
                                 : -1;
    if (n >= 0 && diags != NULL && file_read(path, &bytes, &length)) {
        good = fg_rates_each(path, bytes, length, diags, keep_rate, rates);
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
    }
    rates->n = fg_bound_rates_sort(rates->items, rates->n);
    free(bytes);
    free(n >= 0 ? path : NULL);
    free(data);
    fg_diags_free(diags);
    return good;
}

// --- rows
// ------------------------------------------------------------------------------------------------------------------------------------

static void format_usd(fg_micro usd, char *out, size_t size)
{
    if (usd == FG_BOUND_UNBOUNDED) {
        (void)snprintf(out, size, "unbounded");
    } else {
        const long long cents = usd / 10000 + (usd % 10000 > 0 ? 1 : 0);
        (void)snprintf(out, size, "%lld.%02lld", cents / 100, cents % 100);
    }
}

// The rules that decide, dearest span of rates last: "SPEND_DAY_ALL".
static void format_rules(const struct fg_ruleset *ruleset, const struct fg_bound *bound, char *out,
                         size_t size)
{
    size_t used = 0;

    (void)snprintf(out, size, "-");
    for (uint32_t i = 0; i < bound->n_parts && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : " ",
                                 ruleset->rules[bound->parts[i].rule].id);
    }
}

static const struct fg_bound_rate *dearest(const struct fg_bound *bound)
{
    return bound->hole != NULL   ? bound->hole
           : bound->n_parts == 0 ? NULL
                                 : bound->parts[bound->n_parts - 1].dearest;
}

// What the author can do about it.
static const char *verdict_of(const struct fg_bound *bound)
{
    return bound->hole == NULL   ? "bounded"
           : bound->hole_is_live ? "no rule is sure to limit the calls in progress at once"
                                 : "no rule is sure to limit what they cost";
}

static bool set_bound(struct fg_json *object, const char *key, fg_micro usd)
{
    return usd == FG_BOUND_UNBOUNDED ? fg_json_set_null(object, key)
                                     : fg_json_set_micro(object, key, usd);
}

static bool add_row(struct work *work, const struct fg_customer *customer,
                    const struct fg_bound *hour, const struct fg_bound *weekend)
{
    const struct fg_ruleset *ruleset = fg_policy_of(work->bundle)->ruleset;
    const struct fg_bound_rate *rate = dearest(weekend);
    char channels[24];
    char limit[32];
    char hour_usd[32];
    char weekend_usd[32];
    char hour_rules[256];
    char weekend_rules[256];
    char prefix[64] = "-";
    char per_minute[32];

    (void)snprintf(channels, sizeof(channels), "%d", customer->channels);
    (void)snprintf(limit, sizeof(limit), "-");
    if (customer->daily_limit_usd > 0) {
        format_usd(customer->daily_limit_usd, limit, sizeof(limit));
    }
    format_usd(hour->usd, hour_usd, sizeof(hour_usd));
    format_usd(weekend->usd, weekend_usd, sizeof(weekend_usd));
    format_rules(ruleset, hour, hour_rules, sizeof(hour_rules));
    format_rules(ruleset, weekend, weekend_rules, sizeof(weekend_rules));
    if (rate != NULL) {
        format_usd(rate->usd_per_minute, per_minute, sizeof(per_minute));
        (void)snprintf(prefix, sizeof(prefix), "+%s at %s", rate->prefix, per_minute);
    }
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        fg_json_set_string(object, "customer", customer->id) &&
        fg_json_set_string(object, "profile", customer->profile) &&
        fg_json_set_integer(object, "channels", customer->channels) &&
        (customer->daily_limit_usd > 0
             ? fg_json_set_micro(object, "daily_limit", customer->daily_limit_usd)
             : fg_json_set_null(object, "daily_limit")) &&
        set_bound(object, "hour_usd", hour->usd) &&
        set_bound(object, "weekend_usd", weekend->usd) &&
        fg_json_set_string(object, "hour_rules", hour_rules) &&
        fg_json_set_string(object, "weekend_rules", weekend_rules) &&
        fg_json_set_string(object, "dearest_prefix", rate == NULL ? NULL : rate->prefix) &&
        fg_json_set_micro(object, "dearest_usd_per_minute",
                          rate == NULL ? 0 : rate->usd_per_minute) &&
        fg_json_set_string(object, "verdict", verdict_of(weekend));
    if (!complete) {
        fg_json_free(object);
        return false;
    }
    const char *const cells[] = {customer->id, customer->profile,  channels,    limit,
                                 hour_usd,     hour_rules,         weekend_usd, weekend_rules,
                                 prefix,       verdict_of(weekend)};
    return table_add(work->table, cells, object);
}

static void work_out(struct work *work, const struct fg_customer *customer, struct fg_bound *hour,
                     struct fg_bound *weekend)
{
    const struct fg_bound_terms terms = {.policy = fg_policy_of(work->bundle),
                                         .customer = customer,
                                         .now_ms = (int64_t)time(NULL) * FG_MS_PER_S,
                                         .rates = work->rates.items,
                                         .n_rates = work->rates.n};
    fg_bound_work_out(&terms, FG_BOUND_HOUR_MS, hour);
    fg_bound_work_out(&terms, FG_BOUND_WEEKEND_MS, weekend);
}

static bool show(struct work *work, const struct fg_customer *customer)
{
    struct fg_bound hour;
    struct fg_bound weekend;

    work_out(work, customer, &hour, &weekend);
    return add_row(work, customer, &hour, &weekend);
}

// A customer of whom nothing is known but what counts here.
static struct fg_customer made_up(const char *profile, int32_t channels, fg_micro daily_limit)
{
    return (struct fg_customer){.id = "any",
                                .name = "any",
                                .profile = profile,
                                .channels = channels,
                                .daily_limit_usd = daily_limit};
}

// --- limits that are asserted
// ----------------------------------------------------------------------------------------------------------------

static bool is_exceeded(const struct fg_asserted_bound *claim, const char *path, const char *period,
                        fg_micro allowed, fg_micro usd)
{
    char is[32];
    char may_be[32];

    if (allowed < 0 || usd <= allowed) {
        return false;
    }
    format_usd(usd, is, sizeof(is));
    format_usd(allowed, may_be, sizeof(may_be));
    complain("%s:%u: profile %s with %d channels: the worst case of %s is %s USD, not %s", path,
             (unsigned)claim->line, claim->profile, claim->channels, period, is, may_be);
    return true;
}

static bool check_claim(struct work *work, const char *path, const struct fg_asserted_bound *claim)
{
    const struct fg_customer customer =
        made_up(claim->profile, claim->channels, claim->daily_limit_usd);
    struct fg_bound hour;
    struct fg_bound weekend;

    work_out(work, &customer, &hour, &weekend);
    const bool first = is_exceeded(claim, path, "an hour", claim->hour_usd, hour.usd);
    const bool second = is_exceeded(claim, path, "a weekend", claim->weekend_usd, weekend.usd);
    if (first || second) {
        work->code = EXIT_REFUSED;
    }
    return add_row(work, &customer, &hour, &weekend);
}

static bool check_claims(struct work *work, const char *path)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fg_diags *diags = fg_diags_new();
    struct fg_asserted_bounds claims = {.n = 0};
    char *bytes = NULL;
    size_t length = 0;
    int rc = FG_ENOMEM;

    if (!file_read(path, &bytes, &length)) {
        rc = FG_EIO;
    } else if (arena != NULL && diags != NULL) {
        rc = fg_bounds_parse(path, bytes, length, arena, diags, &claims);
        fg_diags_print(diags, FG_DIAG_HUMAN, stderr);
    }
    bool complete = rc == FG_OK;
    for (uint32_t i = 0; complete && i < claims.n; i++) {
        complete = check_claim(work, path, &claims.items[i]);
    }
    work->code = rc == FG_ESYNTAX ? EXIT_RULES
                 : rc == FG_EIO   ? file_code_of(path)
                 : complete       ? work->code
                                  : EXIT_FAILED;
    fg_diags_free(diags);
    if (arena != NULL) {
        fg_arena_free(arena);
    }
    free(bytes);
    return complete;
}

// --- the command
// -----------------------------------------------------------------------------------------------------------------------------

static bool parse_number(const char *text, double max, double *out)
{
    char *end = NULL;

    errno = 0;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && *out >= 0 && *out <= max;
}

static bool show_made_up(struct work *work, const char *profile)
{
    const char *channels = invocation_option(work->call, "channels");
    const char *limit = invocation_option(work->call, "daily-limit");
    double n = 0;
    double usd = 0;

    if ((channels != NULL && !parse_number(channels, 1e6, &n)) ||
        (limit != NULL && !parse_number(limit, 1e9, &usd))) {
        complain("--channels takes a number up to 1000000, --daily-limit an amount [USD]");
        work->code = EXIT_USAGE;
        return false;
    }
    const struct fg_customer customer = made_up(profile == NULL ? DEFAULT_PROFILE : profile,
                                                (int32_t)n, (fg_micro)(usd * FG_MICRO));
    return show(work, &customer);
}

static bool show_customers(struct work *work, const char *id, const char *profile)
{
    const struct fg_customers *table = fg_policy_of(work->bundle)->customers;
    bool complete = true;

    for (uint32_t i = 0; table != NULL && complete && i < table->n; i++) {
        const struct fg_customer *customer = &table->items[i];
        const bool wanted = (id == NULL || strcmp(customer->id, id) == 0) &&
                            (profile == NULL || (customer->profile != NULL &&
                                                 strcmp(customer->profile, profile) == 0));
        complete = !wanted || show(work, customer);
    }
    if (complete && table_rows(work->table) == 0) {
        complain("%s: no customer%s%s%s%s", work->call->customers_file, id == NULL ? "" : " ",
                 id == NULL ? "" : id, profile == NULL ? "" : " of the profile ",
                 profile == NULL ? "" : profile);
        work->code = EXIT_NOT_FOUND;
        return false;
    }
    return complete;
}

// What is asked for; the last of them where nothing is.
enum form { FORM_MADE_UP, FORM_ASSERTED, FORM_CUSTOMERS, FORM_USUAL };

static enum exit_code check_profile(const char *profile)
{
    const struct fg_words known = fg_word_set(FG_SET_PROFILE);

    for (size_t i = 0; profile != NULL && i < known.n; i++) {
        if (strcmp(profile, known.words[i]) == 0) {
            return EXIT_OK;
        }
    }
    if (profile != NULL) {
        complain("unknown profile '%s'%s", profile, suggestion(profile, known.words, known.n));
    }
    return profile == NULL ? EXIT_OK : EXIT_USAGE;
}

// Nothing that was asked for is left out without a word.
static enum exit_code choose_form(const struct invocation *call, enum form *out)
{
    const char *profile = invocation_option(call, "profile");
    const bool made_up = invocation_option(call, "channels") != NULL ||
                         invocation_option(call, "daily-limit") != NULL;
    const bool asserted = invocation_option(call, "assert") != NULL;
    // A file that the environment names replaces no check by itself.
    const bool customers = call->customers_given || invocation_option(call, "customer") != NULL;
    const bool several = (made_up ? 1 : 0) + (asserted ? 1 : 0) + (customers ? 1 : 0) > 1;

    if (several || (asserted && profile != NULL)) {
        complain("rules bound: --assert, --customers with --customer, and --channels with "
                 "--daily-limit exclude each other; --profile does not go with --assert");
        return EXIT_USAGE;
    }
    *out = made_up                          ? FORM_MADE_UP
           : asserted                       ? FORM_ASSERTED
           : customers || (profile != NULL) ? FORM_CUSTOMERS
                                            : FORM_USUAL;
    if (*out == FORM_CUSTOMERS && call->customers_file == NULL) {
        complain("give --customers FILE, or --channels and --daily-limit");
        return EXIT_USAGE;
    }
    return check_profile(profile);
}

static bool check_usual(struct work *work)
{
    char *usual = NULL;
    bool complete = false;

    if (asprintf(&usual, "%s/bounds/bounds.yaml", work->call->rules_dir) < 0) {
        return false;
    }
    if (access(usual, F_OK) == 0) {
        complete = check_claims(work, usual);
    } else {
        complain("there is no %s with limits to check; --customers FILE, or --channels N and "
                 "--daily-limit USD, say whom to work it out for",
                 usual);
        work->code = EXIT_USAGE;
    }
    free(usual);
    return complete;
}

static bool run(struct work *work, enum form form)
{
    const struct invocation *call = work->call;
    const char *profile = invocation_option(call, "profile");

    switch (form) {
    case FORM_MADE_UP:
        return show_made_up(work, profile);
    case FORM_ASSERTED:
        return check_claims(work, invocation_option(call, "assert"));
    case FORM_CUSTOMERS:
        return show_customers(work, invocation_option(call, "customer"), profile);
    case FORM_USUAL:
        break;
    }
    return check_usual(work);
}

enum exit_code cmd_rules_bound(struct invocation *call)
{
    static const char *const columns[] = {"CUSTOMER", "PROFILE", "CHANNELS", "LIMIT",   "HOUR",
                                          "BY",       "WEEKEND", "BY",       "DEAREST", "VERDICT"};
    struct work work = {.call = call, .code = EXIT_OK};
    const char *id = invocation_option(call, "customer");
    enum form form = FORM_USUAL;
    enum exit_code code = choose_form(call, &form);

    if (call->n_arguments > 0) {
        call->rules_dir = call->arguments[0];
    }
    if (form != FORM_CUSTOMERS) {
        call->customers_file = NULL; // it has no part in this
    } else if (code == EXIT_OK && id != NULL) {
        code = customers_check(call, id);
    }
    if (code == EXIT_OK) {
        code = policy_open(call, invocation_option(call, "rates"), NULL, &work.bundle);
    }
    if (code != EXIT_OK) {
        return code;
    }
    work.table = table_new("bounds", columns, sizeof(columns) / sizeof(columns[0]));
    const bool good = work.table != NULL && read_rates(call, &work.rates) && run(&work, form);
    const bool printed = good && table_print(work.table, &call->output);
    if (!printed && work.code == EXIT_OK) {
        work.code = EXIT_FAILED;
    }
    table_free(work.table);
    free(work.rates.items);
    fg_policy_bundle_free(work.bundle);
    return work.code;
}

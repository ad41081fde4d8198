// SPDX-License-Identifier: GPL-2.0-or-later
// Tells what the engine makes of numbers and URIs.
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "customers.h"
#include "fg/text.h"
#include "file.h"
#include "number_facts.h"
#include "policy.h"

#define INPUT_COLUMNS 64 // for people

struct run {
    const struct invocation *call;
    const struct fg_policy *policy;
    struct dialler dialler;
    struct table *table; // NULL: jsonl is printed at once
    size_t read, unreadable;
};

// One long input must not push everybody's other columns away.
static void cut(char *text)
{
    char *end = NULL; // where the dots go
    size_t characters = 0;

    for (char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c & 0xc0U) == 0x80) {
            continue; // the rest of a character
        }
        end = characters == INPUT_COLUMNS - 3 ? c : end;
        if (characters++ == INPUT_COLUMNS) {
            memcpy(end, "...", sizeof("..."));
            return;
        }
    }
}

static bool add_row(struct run *run, const struct number_facts *facts, struct fg_json *object)
{
    char number[NUMBER_TEXT_MAX];
    char country[4];
    char rate[32] = "";
    char lists[256] = "";
    char *input = fg_text_plain(facts->input);
    const bool known = facts->readings.status != FG_NUMBER_UNREADABLE;

    number_text(facts, &facts->dest.number, number);
    fg_country_format(facts->dest.country, country);
    if (facts->dest.rated) {
        (void)snprintf(rate, sizeof(rate), "%.4f",
                       (double)facts->dest.usd_per_minute / (double)FG_MICRO);
    }
    for (size_t i = 0; i < facts->n_lists; i++) {
        const size_t used = strlen(lists);
        (void)snprintf(lists + used, sizeof(lists) - used, "%s%s", i == 0 ? "" : ",",
                       facts->lists[i].name);
    }
    if (input != NULL && run->call->output.format == OUTPUT_HUMAN) {
        cut(input);
    }
    const char *const cells[] = {input,
                                 known ? number : NULL,
                                 facts->dest.country == FG_COUNTRY_NONE ? NULL : country,
                                 !known             ? "unreadable"
                                 : facts->emergency ? "emergency"
                                                    : fg_number_type_name(facts->dest.type),
                                 rate[0] != '\0' ? rate : NULL,
                                 lists[0] != '\0' ? lists : NULL,
                                 facts->why};
    bool added = table_add(run->table, cells, object);
    free(input);
    return added;
}

static struct fg_view trimmed(struct fg_view text)
{
    while (text.len > 0 && memchr(" \t\r", text.ptr[text.len - 1], 3) != NULL) {
        text.len--;
    }
    while (text.len > 0 && memchr(" \t", text.ptr[0], 2) != NULL) {
        text.ptr++;
        text.len--;
    }
    return text;
}

static bool take(struct run *run, struct fg_view input)
{
    struct number_facts facts;
    struct fg_json *object = NULL;

    number_judge(run->policy, &run->dialler, trimmed(input), &facts);
    run->read += facts.readings.status != FG_NUMBER_UNREADABLE;
    run->unreadable += facts.readings.status == FG_NUMBER_UNREADABLE;
    object = number_json(&facts);
    if (object == NULL) {
        return false;
    }
    return run->table != NULL ? add_row(run, &facts, object)
                              : output_object(&run->call->output, object);
}

static enum exit_code take_file(struct run *run, const char *path)
{
    char *bytes = NULL;
    size_t length = 0;
    bool complete = true;

    if (!file_read(path, &bytes, &length)) {
        return file_code_of(path);
    }
    const size_t mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t at = mark; complete && at < length;) {
        const char *newline = memchr(bytes + at, '\n', length - at);
        const size_t n = newline == NULL ? length - at : (size_t)(newline - bytes) - at;
        const struct fg_view line = trimmed((struct fg_view){bytes + at, n});
        complete = line.len == 0 || take(run, line);
        at += n + 1;
    }
    free(bytes);
    return complete ? EXIT_OK : EXIT_FAILED;
}

static enum exit_code choose_customer(struct run *run, const char *id)
{
    const struct fg_customers *customers = run->policy->customers;
    const struct fg_customer *customer = NULL;

    if (run->call->customers_file == NULL) {
        complain("number: --customer needs --customers FILE");
        return EXIT_USAGE;
    }
    customer = fg_customers_by_id(customers, fg_view_of(id));
    if (customer == NULL) {
        customers_complain(run->call, customers, id);
        return EXIT_NOT_FOUND;
    }
    run->dialler.customer = customer;
    run->dialler.plan = &customer->dial_plan;
    (void)snprintf(run->dialler.name, sizeof(run->dialler.name), "customer %s", customer->id);
    return EXIT_OK;
}

static char capital(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static enum exit_code complain_home(const struct fg_policy_bundle *bundle, const char *home)
{
    const char *meant = fg_country_meant(fg_view_of(home));
    char capitals[3] = "";

    if (meant == NULL && strlen(home) == 2) {
        capitals[0] = capital(home[0]);
        capitals[1] = capital(home[1]);
        meant = capitals;
    }
    if (meant != NULL && fg_policy_dial_plan(bundle, fg_country_parse(fg_view_of(meant))) == NULL) {
        meant = NULL;
    }
    complain("number: nothing is known of dialling in '%s'; %s%s%s", home,
             meant == NULL ? "--home takes a country code such as GB" : "did you mean '",
             meant == NULL ? "" : meant, meant == NULL ? "" : "'?");
    return EXIT_USAGE;
}

static enum exit_code choose_dialler(struct run *run, const struct fg_policy_bundle *bundle)
{
    const char *home = invocation_option(run->call, "home");
    const char *customer = invocation_option(run->call, "customer");

    if (home != NULL && customer != NULL) {
        complain("number: either --home or --customer");
        return EXIT_USAGE;
    }
    if (customer != NULL) {
        return choose_customer(run, customer);
    }
    if (home != NULL) {
        run->dialler.plan = fg_policy_dial_plan(bundle, fg_country_parse(fg_view_of(home)));
        if (run->dialler.plan == NULL) {
            return complain_home(bundle, home);
        }
        (void)snprintf(run->dialler.name, sizeof(run->dialler.name), "country %s", home);
    }
    return EXIT_OK;
}

static enum exit_code judge_all(struct run *run)
{
    static const char *const columns[] = {"INPUT",   "NUMBER", "COUNTRY", "TYPE",
                                          "USD/MIN", "LISTS",  "WHY"};
    const char *file = invocation_option(run->call, "file");
    enum exit_code code = EXIT_OK;

    if (run->call->output.format != OUTPUT_JSONL) {
        run->table = table_new("numbers", columns, sizeof(columns) / sizeof(columns[0]));
        code = run->table == NULL ? EXIT_FAILED : EXIT_OK;
    }
    for (size_t i = 0; code == EXIT_OK && i < run->call->n_arguments; i++) {
        code = take(run, fg_view_of(run->call->arguments[i])) ? EXIT_OK : EXIT_FAILED;
    }
    if (code == EXIT_OK && file != NULL) {
        code = take_file(run, file);
    }
    if (code == EXIT_OK && run->table != NULL && !table_print(run->table, &run->call->output)) {
        code = EXIT_FAILED;
    }
    table_free(run->table);
    if (code == EXIT_OK && run->read == 0 && run->unreadable > 0) {
        code = EXIT_FAILED;
    }
    return code;
}

enum exit_code cmd_number(struct invocation *call)
{
    struct run run = {.call = call};
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = EXIT_OK;

    if (call->n_arguments == 0 && invocation_option(call, "file") == NULL) {
        complain("number: numbers or --file FILE are needed");
        return EXIT_USAGE;
    }
    if (!call->rules_given && !is_directory(call->rules_dir)) {
        complain("%s: not there; going on without lists", call->rules_dir);
        code = policy_open_data(call, &bundle);
    } else {
        code = policy_open(call, NULL, NULL, &bundle);
    }
    if (code != EXIT_OK) {
        return code;
    }
    run.policy = fg_policy_of(bundle);
    code = choose_dialler(&run, bundle);
    if (code == EXIT_OK) {
        code = judge_all(&run);
    }
    fg_policy_bundle_free(bundle);
    return code;
}

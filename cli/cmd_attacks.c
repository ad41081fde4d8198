// SPDX-License-Identifier: GPL-2.0-or-later
// Shows floods: those that go on, and those that are over.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "redis.h"

#define NUMBER_DEFAULT 20
#define NUMBER_MAX     1000
#define LOOKED_AT      2000 // all that is kept

// Newest first, as they come; what ends an attack comes before what began it.
struct attacks {
    struct fg_json *items[NUMBER_MAX];
    size_t n, wanted;
    unsigned unreadable;
};

static bool is_known(const struct attacks *attacks, const char *id)
{
    for (size_t i = 0; i < attacks->n; i++) {
        if (strcmp(fg_json_string(attacks->items[i], "attack"), id) == 0) {
            return true;
        }
    }
    return false;
}

static bool keep_attack(void *arg, struct fg_view text)
{
    struct attacks *attacks = arg;
    struct fg_json *json = fg_json_parse(text);
    const char *id = fg_json_string(json, "attack");

    if (id == NULL || fg_json_string(json, "type") == NULL) {
        attacks->unreadable++;
        fg_json_free(json);
        return true;
    }
    if (is_known(attacks, id)) {
        fg_json_free(json);
        return true;
    }
    attacks->items[attacks->n++] = json;
    return attacks->n < attacks->wanted;
}

static void format_count(const struct fg_json *attack, const char *key, char out[24])
{
    int64_t value = 0;
    (void)snprintf(out, 24, "-");
    if (fg_json_integer(attack, key, &value)) {
        (void)snprintf(out, 24, "%" PRId64, value);
    }
}

static bool add_attack(struct table *table, const struct fg_json *attack)
{
    const bool over = strcmp(fg_json_string(attack, "type"), "attack.ended") == 0;
    const char *customer = fg_json_string(attack, "customer");
    char since[TIME_TEXT_MAX] = "?";
    char until[TIME_TEXT_MAX] = "goes on";
    char calls[24], callers[24], refused[24], dropped[24], peak[24];
    int64_t time_ms = 0;

    if (fg_json_integer(attack, "since_ms", &time_ms)) {
        format_time(time_ms, since);
    }
    if (over && fg_json_integer(attack, "last_ms", &time_ms)) {
        format_time(time_ms, until);
    }
    format_count(attack, "calls", calls);
    format_count(attack, "callers", callers);
    format_count(attack, "refused", refused);
    format_count(attack, "dropped", dropped);
    format_count(attack, "peak_per_minute", peak);
    const char *const cells[] = {since,
                                 until,
                                 fg_json_string(attack, "kind"),
                                 fg_json_string(attack, "of"),
                                 customer == NULL ? "" : customer,
                                 calls,
                                 callers,
                                 refused,
                                 dropped,
                                 peak,
                                 fg_json_string(attack, "node")};
    if (!table_add(table, cells, fg_json_copy(attack))) {
        return false;
    }
    table_tone(table, 1, over ? TONE_GOOD : TONE_BAD);
    return true;
}

static enum exit_code print_attacks(const struct invocation *call, const struct attacks *attacks)
{
    static const char *const columns[] = {"SINCE",    "UNTIL",   "KIND",    "OF",
                                          "CUSTOMER", "CALLS",   "CALLERS", "REFUSED",
                                          "DROPPED",  "PER MIN", "NODE"};
    struct table *table = table_new("attacks", columns, sizeof(columns) / sizeof(columns[0]));
    bool complete = table != NULL;

    for (size_t i = attacks->n; complete && i > 0; i--) {
        complete = add_attack(table, attacks->items[i - 1]);
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    if (complete && attacks->n == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs("none yet\n", stderr);
    }
    if (attacks->unreadable > 0) {
        complain("%u entries cannot be read and are left out", attacks->unreadable);
    }
    return complete ? EXIT_OK : EXIT_FAILED;
}

enum exit_code cmd_attacks(struct invocation *call)
{
    size_t n = 0;
    enum exit_code code = invocation_count(call, "number", NUMBER_DEFAULT, NUMBER_MAX, &n);
    struct fg_redis *redis = code == EXIT_OK ? redis_open(call, &code) : NULL;
    struct attacks *attacks = NULL;

    if (redis == NULL) {
        return code;
    }
    attacks = calloc(1, sizeof(*attacks));
    if (attacks == NULL) {
        fg_redis_free(redis);
        return EXIT_FAILED;
    }
    attacks->wanted = n;
    const int rc = fg_redis_attacks_last(redis, LOOKED_AT, keep_attack, attacks);
    code = rc == FG_OK ? print_attacks(call, attacks) : redis_failed(call, redis, rc);
    for (size_t i = 0; i < attacks->n; i++) {
        fg_json_free(attacks->items[i]);
    }
    free(attacks);
    fg_redis_free(redis);
    return code;
}

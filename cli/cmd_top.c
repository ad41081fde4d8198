// SPDX-License-Identifier: GPL-2.0-or-later
// Who and what the events of the last while were most about.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "event_row.h"
#include "redis.h"
#include "scope.h"

#define NUMBER_DEFAULT  10
#define NUMBER_MAX      1000
#define SINCE_DEFAULT_S 3600
#define BATCH           2000
#define NAME_MAX_BYTES  96
#define ENTRIES_MAX     20000 // different names; the rest is told together

struct entry {
    char name[NAME_MAX_BYTES];
    char what[NAME_MAX_BYTES]; // said beside the name: the country of a destination, a rule's words
    unsigned calls, refused;   // refused: throttled, challenged, blocked
    int64_t points_max;
    double usd_max;
    int64_t last_ms;
};

struct top {
    void (*count)(struct top *top, const struct fg_json *event);
    struct event_filter filter;
    struct entry *entries;
    size_t n, capacity;
    unsigned beyond; // calls of names that found no room
    int64_t first_ms;
    unsigned read;
    bool failed;
};

// Order of names, for the search; the entries are sorted by it while they are counted.
static size_t place_of(const struct top *top, const char *name)
{
    size_t low = 0, high = top->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(top->entries[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool grow(struct top *top)
{
    const size_t capacity = top->capacity == 0 ? 64 : top->capacity * 2;
    struct entry *entries = NULL;

    if (top->n < top->capacity) {
        return true;
    }
    entries = reallocarray(top->entries, capacity, sizeof(*entries));
    if (entries == NULL) {
        return false;
    }
    top->entries = entries;
    top->capacity = capacity;
    return true;
}

static struct entry *find_entry(struct top *top, const char *given, const char *what)
{
    char name[NAME_MAX_BYTES];

    (void)snprintf(name, sizeof(name), "%s", given);
    const size_t place = place_of(top, name);
    if (place < top->n && strcmp(top->entries[place].name, name) == 0) {
        return &top->entries[place];
    }
    if (top->n >= ENTRIES_MAX) {
        top->beyond++;
        return NULL;
    }
    if (!grow(top)) {
        top->failed = true;
        return NULL;
    }
    struct entry *entry = &top->entries[place];
    (void)memmove(entry + 1, entry, (top->n - place) * sizeof(*entry));
    top->n++;
    *entry = (struct entry){0};
    (void)snprintf(entry->name, sizeof(entry->name), "%s", name);
    (void)snprintf(entry->what, sizeof(entry->what), "%s", what == NULL ? "" : what);
    return entry;
}

static void count_call(struct top *top, const struct fg_json *event, const char *name,
                       const char *what, int64_t points)
{
    struct entry *entry = name == NULL ? NULL : find_entry(top, name, what);
    double usd = 0;
    int64_t time_ms = 0;

    if (entry == NULL) {
        return;
    }
    entry->calls++;
    entry->refused += event_action(event) >= FG_THROTTLE ? 1 : 0;
    entry->points_max = points > entry->points_max ? points : entry->points_max;
    if (fg_json_number(fg_json_member(event, "dest"), "usd_per_minute", &usd) &&
        usd > entry->usd_max) {
        entry->usd_max = usd;
    }
    if (fg_json_integer(event, "time_ms", &time_ms) && time_ms > entry->last_ms) {
        entry->last_ms = time_ms;
    }
}

static int64_t score_of(const struct fg_json *event)
{
    int64_t score = 0;

    (void)fg_json_integer(event, "score", &score);
    return score;
}

static void count_customers(struct top *top, const struct fg_json *event)
{
    const char *customer = fg_json_string(event, "customer");

    count_call(top, event, customer == NULL ? "(nobody)" : customer, NULL, score_of(event));
}

static void count_destinations(struct top *top, const struct fg_json *event)
{
    const struct fg_json *dest = fg_json_member(event, "dest");

    count_call(top, event, fg_json_string(dest, "number"), fg_json_string(dest, "country"),
               score_of(event));
}

static void count_callers(struct top *top, const struct fg_json *event)
{
    const char *caller = fg_json_string(event, "caller");

    count_call(top, event, caller == NULL ? "(none)" : caller, NULL, score_of(event));
}

static void count_sources(struct top *top, const struct fg_json *event)
{
    count_call(top, event, fg_json_string(event, "source"), fg_json_string(event, "customer"),
               score_of(event));
}

static void count_rules(struct top *top, const struct fg_json *event)
{
    const struct fg_json *reasons = fg_json_member(event, "reasons");

    for (size_t i = 0; i < fg_json_count(reasons); i++) {
        const struct fg_json *reason = fg_json_item(reasons, i);
        int64_t points = 0;
        (void)fg_json_integer(reason, "points", &points);
        count_call(top, event, fg_json_string(reason, "id"),
                   fg_json_is_true(reason, "shadow") ? "shadow" : NULL, points);
    }
}

static bool take_event(void *arg, struct fg_view text)
{
    struct top *top = arg;
    struct fg_json *event = fg_json_parse(text);
    const char *type = fg_json_string(event, "type");
    int64_t time_ms = 0;

    top->read++;
    if (fg_json_integer(event, "time_ms", &time_ms) && top->first_ms == 0) {
        top->first_ms = time_ms;
    }
    if (type != NULL && strcmp(type, "call.attempt") == 0 && !fg_json_is_true(event, "repeated") &&
        event_wanted(&top->filter, event)) {
        top->count(top, event);
    }
    fg_json_free(event);
    return !top->failed;
}

// Most calls first; where they are as many, the most points, then by name.
static int by_calls(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    if (x->calls != y->calls) {
        return x->calls < y->calls ? 1 : -1;
    }
    if (x->points_max != y->points_max) {
        return x->points_max < y->points_max ? 1 : -1;
    }
    return strcmp(x->name, y->name);
}

static bool add_entry(struct table *table, const struct entry *entry)
{
    char calls[16], refused[16], points[24], usd[32], last[TIME_TEXT_MAX];
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        fg_json_set_string(object, "name", entry->name) &&
        fg_json_set_string(object, "what", entry->what) &&
        fg_json_set_integer(object, "calls", entry->calls) &&
        fg_json_set_integer(object, "refused", entry->refused) &&
        fg_json_set_integer(object, "points_max", entry->points_max) &&
        fg_json_set_micro(object, "usd_per_minute_max", (fg_micro)(entry->usd_max * 1e6 + 0.5)) &&
        fg_json_set_integer(object, "last_ms", entry->last_ms);

    if (!complete) {
        fg_json_free(object);
        return false;
    }
    (void)snprintf(calls, sizeof(calls), "%u", entry->calls);
    (void)snprintf(refused, sizeof(refused), "%u", entry->refused);
    (void)snprintf(points, sizeof(points), "%" PRId64, entry->points_max);
    (void)snprintf(usd, sizeof(usd), "%.4f", entry->usd_max);
    format_time(entry->last_ms, last);
    const char *const cells[] = {entry->name, entry->what, calls, refused, points, usd, last};
    if (!table_add(table, cells, object)) {
        return false;
    }
    table_tone(table, 3, entry->refused > 0 ? TONE_BAD : TONE_NONE);
    return true;
}

static enum exit_code print_top(const struct invocation *call, struct top *top, size_t n,
                                int64_t since_ms)
{
    static const char *const columns[] = {"NAME",        "",        "CALLS", "REFUSED",
                                          "MOST POINTS", "USD/MIN", "LAST"};
    struct table *table = table_new("top", columns, sizeof(columns) / sizeof(columns[0]));
    bool complete = table != NULL;

    if (top->n > 0) {
        qsort(top->entries, top->n, sizeof(top->entries[0]), by_calls);
    }
    for (size_t i = 0; complete && i < top->n && i < n; i++) {
        complete = add_entry(table, &top->entries[i]);
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    if (complete && top->n == 0 && call->output.format == OUTPUT_HUMAN) {
        (void)fputs("no such calls\n", stderr);
    }
    // A stream that is full has lost what came before.
    if (top->read >= 90000 && top->first_ms > since_ms + 60000) {
        char first[TIME_TEXT_MAX];
        format_time(top->first_ms, first);
        complain("the stream of events goes back to %s only", first);
    }
    if (top->beyond > 0) {
        complain("%u calls of further names are left out", top->beyond);
    }
    return complete ? EXIT_OK : EXIT_FAILED;
}

static enum exit_code collect(const struct invocation *call, struct fg_redis *redis,
                              struct top *top, int64_t since_ms)
{
    struct fg_stream_place place = {0};
    unsigned before = 0;
    int rc = FG_OK;

    fg_stream_place_at(&place, since_ms);
    do {
        before = top->read;
        rc = fg_redis_events_after(redis, &place, BATCH, take_event, top);
    } while (rc == FG_OK && !top->failed && top->read - before == BATCH);
    if (top->failed) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    return rc == FG_OK ? EXIT_OK : redis_failed(call, redis, rc);
}

static enum exit_code read_kind(const struct invocation *call, struct top *top)
{
    static const struct {
        const char *name;
        void (*count)(struct top *top, const struct fg_json *event);
    } kinds[] = {{"customers", count_customers},
                 {"destinations", count_destinations},
                 {"rules", count_rules},
                 {"callers", count_callers},
                 {"sources", count_sources}};
    static const char *const words[] = {"customers", "destinations", "rules", "callers", "sources"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(call->arguments[0], kinds[i].name) == 0) {
            top->count = kinds[i].count;
            return event_filter_read(call, &top->filter);
        }
    }
    complain("'%s' cannot be listed; expected customers, destinations, rules, callers or sources%s",
             call->arguments[0], suggestion(call->arguments[0], words, 5));
    return EXIT_USAGE;
}

enum exit_code cmd_top(struct invocation *call)
{
    const char *since = invocation_option(call, "since");
    int64_t seconds = SINCE_DEFAULT_S;
    struct top top = {0};
    struct fg_redis *redis = NULL;
    size_t n = 0;
    enum exit_code code = read_kind(call, &top);

    if (code == EXIT_OK) {
        code = invocation_count(call, "number", NUMBER_DEFAULT, NUMBER_MAX, &n);
    }
    if (code == EXIT_OK && since != NULL && !duration_read(since, &seconds)) {
        complain("'%s' is not a duration; write 15m, 2h or 3d", since);
        code = EXIT_USAGE;
    }
    redis = code == EXIT_OK ? redis_open(call, &code) : NULL;
    if (redis != NULL) {
        const int64_t since_ms = now_ms() - seconds * 1000;
        code = collect(call, redis, &top, since_ms);
        if (code == EXIT_OK) {
            code = print_top(call, &top, n, since_ms);
        }
        fg_redis_free(redis);
    }
    free(top.entries);
    return code;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a calls file: the parser fed in one piece and in small ones must see the same, and
// whatever rows it lets through can be played.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/heap.h"
#include "fg/replay_summary.h"

struct seen {
    struct fg_replay *replay; // NULL: only parsed
    uint64_t rows, bad, bytes;
};

static int take(void *arg, const struct fg_call_row *row)
{
    struct seen *seen = arg;
    seen->rows++;
    seen->bytes += row->call_id.len + row->called.len + row->label.len + (uint64_t)row->start_ms;
    if (row->call_id.len == 0 || row->called.len == 0 || row->end_ms < row->answer_ms ||
        row->answer_ms < row->start_ms) {
        abort();
    }
    if (seen->replay != NULL) {
        int rc = fg_replay_add(seen->replay, row);
        return rc == FG_EINVAL ? FG_OK : rc;
    }
    return FG_OK;
}

static void refuse(void *arg, uint64_t line, const char *why)
{
    struct seen *seen = arg;
    if (line == 0 && seen->rows > 0) {
        abort();
    }
    seen->bad++;
    seen->bytes += strlen(why);
}

static int read_in_pieces(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
    const struct fg_calls_sink sink = {.row = take, .bad = refuse, .arg = seen};
    struct fg_calls *calls = fg_calls_new(&sink);
    int rc = calls == NULL ? FG_ENOMEM : FG_OK;
    for (size_t at = 0; rc == FG_OK && at < size; at += piece) {
        rc = fg_calls_feed(calls, (const char *)data + at, size - at < piece ? size - at : piece);
    }
    if (rc == FG_OK) {
        rc = fg_calls_finish(calls);
    }
    fg_calls_free(calls);
    return rc;
}

static int count(void *arg, const struct fg_replay_result *result)
{
    return fg_replay_summary_add(arg, result);
}

// A policy without rules, data or customers: every call is refused, but has been read.
static void play(const uint8_t *data, size_t size)
{
    static struct fg_ruleset ruleset = {.thresholds = {0, 30, 50, 65, 80}};
    static struct fg_customers customers;
    static const struct fg_destinations destinations;
    static struct fg_policy policy;
    static struct fg_arena *arena;
    if (arena == NULL) {
        arena = fg_arena_new(fg_heap_libc());
        const char *why = NULL;
        if (arena == NULL || fg_ruleset_seal(&ruleset, arena, &why) != FG_OK ||
            fg_customers_build(NULL, 0, &policy.hash_key, arena, &customers) != FG_OK) {
            abort();
        }
        policy.ruleset = &ruleset;
        policy.customers = &customers;
        policy.destinations = &destinations;
    }
    struct fg_replay_summary *summary = fg_replay_summary_new();
    const struct fg_replay_config config = {.policy = &policy, .result = count, .arg = summary};
    struct seen seen = {.replay = fg_replay_new(&config)};
    if (summary == NULL || seen.replay == NULL) {
        abort();
    }
    (void)read_in_pieces(data, size, size, &seen);
    if (fg_replay_finish(seen.replay) != FG_OK ||
        fg_replay_summary_all(summary)->calls > seen.rows) {
        abort();
    }
    fg_replay_free(seen.replay);
    fg_replay_summary_free(summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {0};
    struct seen pieces = {0};
    int rc = read_in_pieces(data, size, size > 0 ? size : 1, &whole);
    if (read_in_pieces(data, size, 7, &pieces) != rc || pieces.rows != whole.rows ||
        pieces.bad != whole.bad || pieces.bytes != whole.bytes) {
        abort();
    }
    // A store of its own takes a while to make.
    if (whole.rows > 0 && whole.bytes % 32 == 0) {
        play(data, size);
    }
    return 0;
}

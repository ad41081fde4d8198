// SPDX-License-Identifier: GPL-2.0-or-later
// Plays a calls file against two directories of rules and tells what comes out differently.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backtest_report.h"
#include "calls_input.h"
#include "commands.h"
#include "policy.h"
#include "verdict_line.h"

#define OUTPUT_BUFFER (1U << 18)

struct run {
    const struct invocation *call;
    struct fg_policy_bundle *bundles[FG_COMPARE_SIDES];
    const struct fg_policy *policies[FG_COMPARE_SIDES];
    struct fg_compare *compare;
    struct calls_input input;
    uint64_t max_blocks; // UINT64_MAX: any number
    bool output_failed;
    char line[VERDICT_LINE_MAX];
};

static int take_row(void *arg, const struct fg_call_row *row)
{
    struct run *run = arg;

    return fg_compare_add(run->compare, row);
}

static int take_pair(void *arg, const struct fg_compare_pair *pair)
{
    struct run *run = arg;
    const size_t length = verdict_pair_line(run->policies, pair, run->line);

    if (fwrite_unlocked(run->line, 1, length, stdout) != length) {
        run->output_failed = true;
        return FG_EIO;
    }
    return FG_OK;
}

static int play(struct run *run)
{
    const bool lines = run->call->output.format == OUTPUT_JSONL;
    const struct fg_compare_config config = {
        .policies = {run->policies[FG_COMPARE_OLD], run->policies[FG_COMPARE_NEW]},
        .differs = lines ? take_pair : NULL,
        .arg = run};
    int rc = FG_ENOMEM;

    run->compare = fg_compare_new(&config);
    if (run->compare != NULL) {
        rc = calls_input_read(&run->input, invocation_option(run->call, "progress") != NULL);
    }
    return rc == FG_OK ? fg_compare_finish(run->compare) : rc;
}

static enum exit_code report(struct run *run, int rc)
{
    struct backtest_facts facts = {.compare = run->compare,
                                   .calls = run->input.good,
                                   .skipped = run->input.skipped,
                                   .knows_labels = run->input.knows_labels};
    enum exit_code code = EXIT_OK;

    if (run->output_failed) {
        progress_clear(&run->input.progress);
        complain("standard output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    code = calls_input_end(&run->input, rc);
    if (rc != FG_OK) {
        return code;
    }
    if (!backtest_report(&run->call->output, &facts)) {
        return EXIT_FAILED;
    }
    const uint64_t blocked = fg_compare_all(run->compare)->blocked;
    if (code == EXIT_OK && blocked > run->max_blocks) {
        complain("%" PRIu64 " calls are newly blocked, more than %" PRIu64, blocked,
                 run->max_blocks);
        return EXIT_REFUSED;
    }
    return code;
}

static bool read_count(const char *text, uint64_t *out)
{
    char *end = NULL;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

static enum exit_code check_options(struct run *run)
{
    const struct invocation *call = run->call;
    const char *most = invocation_option(call, "max-new-blocks");

    if (invocation_option(call, "calls") == NULL || invocation_option(call, "pack") == NULL ||
        invocation_option(call, "against") == NULL || call->customers_file == NULL) {
        complain("rules backtest: --calls FILE, --pack NEW, --against OLD and --customers FILE are "
                 "needed");
        return EXIT_USAGE;
    }
    if (call->output.format == OUTPUT_TSV) {
        complain("rules backtest: the output is human, json or jsonl");
        return EXIT_USAGE;
    }
    run->max_blocks = UINT64_MAX;
    if (most != NULL && !read_count(most, &run->max_blocks)) {
        complain("--max-new-blocks takes a number of calls, not '%s'", most);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static enum exit_code open_side(struct run *run, enum fg_compare_side side, const char *directory)
{
    struct invocation call = *run->call;
    enum exit_code code = EXIT_OK;

    call.rules_dir = directory;
    code = policy_open(&call, invocation_option(run->call, "rates"),
                       invocation_option(run->call, "networks"), &run->bundles[side]);
    if (code == EXIT_OK) {
        run->policies[side] = fg_policy_of(run->bundles[side]);
    }
    return code;
}

enum exit_code cmd_rules_backtest(struct invocation *call)
{
    struct run *run = calloc(1, sizeof(*run));
    enum exit_code code = EXIT_FAILED;

    if (run == NULL) {
        return code;
    }
    (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
    run->call = call;
    run->input = (struct calls_input){
        .name = invocation_option(call, "calls"), .take = take_row, .arg = run};
    code = check_options(run);
    if (code == EXIT_OK) {
        code = open_side(run, FG_COMPARE_OLD, invocation_option(call, "against"));
    }
    if (code == EXIT_OK) {
        code = open_side(run, FG_COMPARE_NEW, invocation_option(call, "pack"));
    }
    if (code == EXIT_OK) {
        code = report(run, play(run));
    }
    fg_compare_free(run->compare);
    for (unsigned i = 0; i < FG_COMPARE_SIDES; i++) {
        fg_policy_bundle_free(run->bundles[i]);
    }
    free(run);
    return code;
}

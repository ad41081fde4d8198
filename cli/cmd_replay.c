// SPDX-License-Identifier: GPL-2.0-or-later
// Plays a calls file against rules.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calls_input.h"
#include "commands.h"
#include "fg/replay_summary.h"
#include "policy.h"
#include "replay_report.h"
#include "verdict_line.h"

#define OUTPUT_BUFFER (1U << 18)

struct run {
    const struct invocation *call;
    const struct fg_policy *policy;
    struct fg_replay *replay;
    struct fg_replay_summary *summary; // NULL: a line a call
    struct calls_input input;
    bool output_failed;
    char line[VERDICT_LINE_MAX];
};

static int take_row(void *arg, const struct fg_call_row *row)
{
    struct run *run = arg;

    return fg_replay_add(run->replay, row);
}

static int take_result(void *arg, const struct fg_replay_result *result)
{
    struct run *run = arg;
    size_t length = 0;

    if (run->summary != NULL) {
        return fg_replay_summary_add(run->summary, result);
    }
    length = verdict_line(run->policy, result, run->call->output.format, run->line);
    if (fwrite_unlocked(run->line, 1, length, stdout) != length) {
        run->output_failed = true;
        return FG_EIO;
    }
    return FG_OK;
}

static int play(struct run *run)
{
    const struct fg_replay_config config = {
        .policy = run->policy, .result = take_result, .arg = run};
    int rc = FG_ENOMEM;

    run->replay = fg_replay_new(&config);
    if (run->replay != NULL) {
        rc = calls_input_read(&run->input, invocation_option(run->call, "progress") != NULL);
    }
    return rc == FG_OK ? fg_replay_finish(run->replay) : rc;
}

static enum exit_code report(struct run *run, int rc)
{
    struct replay_facts facts = {.summary = run->summary, .skipped = run->input.skipped};
    enum exit_code code = EXIT_OK;

    if (run->output_failed || (rc == FG_OK && fflush(stdout) != 0)) {
        progress_clear(&run->input.progress);
        complain("standard output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    code = calls_input_end(&run->input, rc);
    if (rc != FG_OK) {
        return code;
    }
    fg_replay_stats(run->replay, &facts.stats);
    if (run->summary != NULL && !replay_report(&run->call->output, &facts)) {
        return EXIT_FAILED;
    }
    return run->input.skipped > 0 && invocation_option(run->call, "strict") != NULL ? EXIT_FAILED
                                                                                    : code;
}

static enum exit_code check_options(const struct invocation *call)
{
    const enum output_format format = call->output.format;

    if (invocation_option(call, "calls") == NULL || call->customers_file == NULL) {
        complain("replay: --calls FILE and --customers FILE are needed");
        return EXIT_USAGE;
    }
    if ((format == OUTPUT_JSON || format == OUTPUT_TSV) &&
        (format == OUTPUT_TSV || invocation_option(call, "summary") == NULL)) {
        complain("replay: the output is human or jsonl");
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

enum exit_code cmd_replay(struct invocation *call)
{
    struct run *run = NULL;
    struct fg_policy_bundle *bundle = NULL;
    enum exit_code code = check_options(call);

    if (code == EXIT_OK) {
        code = policy_open(call, invocation_option(call, "rates"),
                           invocation_option(call, "networks"), &bundle);
    }
    if (code != EXIT_OK) {
        return code;
    }
    run = calloc(1, sizeof(*run));
    if (run != NULL) {
        (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
        run->call = call;
        run->input = (struct calls_input){
            .name = invocation_option(call, "calls"), .take = take_row, .arg = run};
        run->policy = fg_policy_of(bundle);
        run->summary = invocation_option(call, "summary") != NULL ? fg_replay_summary_new() : NULL;
        code = invocation_option(call, "summary") != NULL && run->summary == NULL
                   ? EXIT_FAILED
                   : report(run, play(run));
        fg_replay_free(run->replay);
        fg_replay_summary_free(run->summary);
    } else {
        code = EXIT_FAILED;
    }
    free(run);
    fg_policy_bundle_free(bundle);
    return code;
}

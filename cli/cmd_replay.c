// SPDX-License-Identifier: GPL-2.0-or-later
// Plays a calls file against rules.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "fg/replay_summary.h"
#include "file.h"
#include "policy.h"
#include "progress.h"
#include "replay_report.h"
#include "verdict_line.h"

#define PIECE_BYTES   (1U << 20)
#define COMPLAINTS    20 // bad rows that are told one by one
#define OUTPUT_BUFFER (1U << 18)

struct run {
    const struct invocation *call;
    const char *name; // of the calls file
    const struct fg_policy *policy;
    struct fg_replay *replay;
    struct fg_replay_summary *summary; // NULL: a line a call
    struct progress progress;
    uint64_t good, skipped;
    bool output_failed;
    char line[VERDICT_LINE_MAX];
};

static void skip_row(void *arg, uint64_t line, const char *why)
{
    struct run *run = arg;

    run->skipped++;
    if (run->skipped <= COMPLAINTS) {
        progress_clear(&run->progress);
        complain("%s:%" PRIu64 ": %s; row skipped", run->name, line, why);
    } else if (run->skipped == COMPLAINTS + 1) {
        complain("%s: further rows are skipped without a word", run->name);
    }
}

static int take_row(void *arg, const struct fg_call_row *row)
{
    struct run *run = arg;
    const int rc = fg_replay_add(run->replay, row);

    if (rc == FG_EINVAL) {
        skip_row(run, row->line, "starts before calls that lie 16384 rows earlier in the file");
        return FG_OK;
    }
    run->good++;
    return rc;
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

// Feeds everything that fd gives. FG_EIO after a complaint.
static int feed(struct run *run, struct fg_calls *calls, int fd)
{
    char *piece = malloc(PIECE_BYTES);
    uint64_t bytes = 0;
    ssize_t n = 1;
    int rc = piece == NULL ? FG_ENOMEM : FG_OK;

    while (rc == FG_OK && n > 0) {
        do {
            n = read(fd, piece, PIECE_BYTES);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            complain("%s: %s", run->name, strerror(errno));
            rc = FG_EIO;
        } else {
            rc = fg_calls_feed(calls, piece, (size_t)n);
            bytes += (uint64_t)n;
            progress_show(&run->progress, bytes, run->good);
        }
    }
    free(piece);
    if (rc == FG_OK) {
        rc = fg_calls_finish(calls);
    }
    return rc;
}

static int play(struct run *run, int fd)
{
    const struct fg_calls_sink sink = {.row = take_row, .bad = skip_row, .arg = run};
    const struct fg_replay_config config = {
        .policy = run->policy, .result = take_result, .arg = run};
    struct fg_calls *calls = fg_calls_new(&sink);
    int rc = FG_ENOMEM;

    run->replay = fg_replay_new(&config);
    if (calls != NULL && run->replay != NULL) {
        rc = feed(run, calls, fd);
    }
    if (rc == FG_OK) {
        rc = fg_replay_finish(run->replay);
    }
    fg_calls_free(calls);
    progress_clear(&run->progress);
    return rc;
}

static enum exit_code report(struct run *run, int rc)
{
    struct replay_facts facts = {.summary = run->summary, .skipped = run->skipped};

    if (run->output_failed || (rc == FG_OK && fflush(stdout) != 0)) {
        complain("standard output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    if (rc != FG_OK) {
        if (rc != FG_EIO && rc != FG_ESYNTAX) {
            complain("%s: %s", run->name, fg_strerror(rc));
        }
        return EXIT_FAILED;
    }
    fg_replay_stats(run->replay, &facts.stats);
    if (run->skipped > 0) {
        complain("%s: %" PRIu64 " of %" PRIu64 " rows skipped", run->name, run->skipped,
                 run->skipped + run->good);
    }
    if (run->summary != NULL && !replay_report(&run->call->output, &facts)) {
        return EXIT_FAILED;
    }
    if (run->good == 0 && run->skipped > 0) {
        return EXIT_FAILED;
    }
    return run->skipped > 0 && invocation_option(run->call, "strict") != NULL ? EXIT_FAILED
                                                                              : EXIT_OK;
}

static enum exit_code play_file(struct run *run)
{
    const bool standard = strcmp(run->name, "-") == 0;
    const bool wanted = invocation_option(run->call, "progress") != NULL;
    const int fd = standard ? STDIN_FILENO : open(run->name, O_RDONLY | O_CLOEXEC);
    enum exit_code code = EXIT_FAILED;
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0) {
        complain("%s: %s", run->name, strerror(errno));
        return EXIT_FAILED;
    }
    if (standard) {
        run->name = "standard input";
    }
    progress_begin(&run->progress, wanted, S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0);
    code = report(run, play(run, fd));
    if (!standard) {
        (void)close(fd);
    }
    return code;
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
        run->name = invocation_option(call, "calls");
        run->policy = fg_policy_of(bundle);
        run->summary = invocation_option(call, "summary") != NULL ? fg_replay_summary_new() : NULL;
        code = invocation_option(call, "summary") != NULL && run->summary == NULL ? EXIT_FAILED
                                                                                  : play_file(run);
        fg_replay_free(run->replay);
        fg_replay_summary_free(run->summary);
    } else {
        code = EXIT_FAILED;
    }
    free(run);
    fg_policy_bundle_free(bundle);
    return code;
}

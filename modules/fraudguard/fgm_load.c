// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/pack.h"
#include "fgm_clock.h"
#include "fgm_crl.h"
#include "fgm_load_tests.h"
#include "fgm_log.h"
#include "fgm_memory.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_trunks.h"

// A rule set on its way to being in force.
struct candidate {
    struct fg_diags *diags;
    struct fg_policy_bundle *bundle;
    struct fgm_revoked *revoked;
    struct fgm_tests tests;
    int64_t tests_us;
};

static void log_lines(enum fgm_log_level level, char *text)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        fgm_log(level, "%s", line);
}

// All diagnostics with their source lines.
static void log_diags(enum fgm_log_level level, const struct fg_diags *diags)
{
    char *whole = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&whole, &len);
    if (!memory)
        return;
    fg_diags_print(diags, FG_DIAG_HUMAN, memory);
    fclose(memory);
    log_lines(level, whole);
    free(whole);
}

// A summary line of each error for the caller.
static void summarise(const struct fg_diags *diags, int error, char *text, size_t size)
{
    char *whole = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&whole, &len);
    for (uint32_t i = 0; memory && i < fg_diags_total(diags); i++) {
        const struct fg_diag *diag = fg_diags_at(diags, i);
        if (diag->severity == FG_ERROR)
            fg_diag_print_short(diag, memory);
    }
    if (memory)
        fclose(memory);
    if (len > 0)
        snprintf(text, size, "%s", whole);
    else
        snprintf(text, size, "%s\n", fg_strerror(error));
    free(whole);
}

static int test(struct candidate *candidate)
{
    int64_t started_us = fgm_mono_us();
    int error = fgm_tests_run(fgm_config.paths.rules_dir, fg_policy_of(candidate->bundle),
                              candidate->diags, &candidate->tests);
    candidate->tests_us = fgm_mono_us() - started_us;
    if (error >= 0 && candidate->tests.failed > 0)
        return FG_EINVAL;
    return error;
}

static int load_revoked(int64_t now_ms, struct candidate *candidate)
{
    if (!fgm_config.crl_file)
        return FG_OK;
    return fgm_crl_read(fgm_config.crl_file, fgm_config.crl_ca_file, now_ms / FG_MS_PER_S,
                        fgm_memory_heap(), candidate->diags, &candidate->revoked);
}

static int load(const struct fgm_load_order *order, struct candidate *candidate)
{
    struct fg_policy_paths paths = fgm_config.paths;
    paths.now_ms = fgm_now_ms();
    int error = fg_policy_load(&paths, fgm_memory_heap(), &fgm_config.hash_key, candidate->diags,
                               &candidate->bundle);
    int lists = load_revoked(paths.now_ms, candidate);
    error = error < 0 ? error : lists;
    if (error >= 0 && order->tested)
        error = test(candidate);
    return error;
}

static void refused(struct candidate *candidate, int error, char *text, size_t size)
{
    if (candidate->tests.failed > 0 && fg_diags_count(candidate->diags, FG_ERROR) == 0) {
        fgm_tests_summary(&candidate->tests, text, size);
        fgm_error("%s", text);
    } else {
        summarise(candidate->diags, error, text, size);
        log_diags(FGM_LOG_ERROR, candidate->diags);
    }
    if (candidate->tests.failed > 0)
        log_lines(FGM_LOG_ERROR, candidate->tests.output);
}

// Of the set now in force, which may be another one already.
static void keep_trunks(void)
{
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    if (policy)
        fgm_trunks_keep(policy->customers);
    fgm_policy_leave();
}

static int publish(const struct fgm_load_order *order, struct candidate *candidate, char *text,
                   size_t size)
{
    const struct fg_ruleset *ruleset = fg_policy_of(candidate->bundle)->ruleset;
    // Read first: once published, it may be gone at any time.
    snprintf(text, size, "%s %s", ruleset->pack, ruleset->version);
    int error = fgm_policy_publish(candidate->bundle, candidate->revoked, order->confirm_ms);
    if (error < 0) {
        snprintf(text, size, "%s\n", fg_strerror(error));
        return error;
    }
    candidate->bundle = NULL;
    candidate->revoked = NULL;
    keep_trunks();
    log_diags(FGM_LOG_WARN, candidate->diags);
    if (order->tested)
        fgm_info("rules loaded: %s; %u tests of %u files passed in %d ms", text,
                 candidate->tests.passed, candidate->tests.files,
                 (int)(candidate->tests_us / 1000));
    return FG_OK;
}

int fgm_load_rules(const struct fgm_load_order *order, char *text, size_t size)
{
    text[0] = '\0';
    if (!fgm_policy_begin()) {
        snprintf(text, size, "another load is under way");
        return FG_ELIMIT;
    }
    struct candidate candidate = {.diags = fg_diags_new()};
    int error = FG_ENOMEM;
    if (candidate.diags) {
        error = load(order, &candidate);
        if (error < 0)
            refused(&candidate, error, text, size);
        else
            error = publish(order, &candidate, text, size);
    }
    fg_policy_bundle_free(candidate.bundle);
    fgm_revoked_free(fgm_memory_heap(), candidate.revoked);
    fgm_tests_fini(&candidate.tests);
    fg_diags_free(candidate.diags);
    fgm_policy_told(error >= 0);
    fgm_policy_end();
    return error;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules_tests.h"

#include <string.h>

#include "file.h"

static void add(struct fg_packtest_summary *sum, const struct fg_packtest_summary *one)
{
    sum->passed += one->passed;
    sum->failed += one->failed;
    sum->skipped += one->skipped;
    for (size_t i = 0; i < FG_COMPOSITES_MAX; i++) {
        sum->composite_tests[i] = (uint16_t)(sum->composite_tests[i] + one->composite_tests[i]);
    }
    for (size_t i = 0; i < FG_RULES_MAX; i++) {
        sum->covered[i] = sum->covered[i] || one->covered[i];
        sum->tests[i] = (uint16_t)(sum->tests[i] + one->tests[i]);
        for (size_t k = 0; k < FG_STEPS_MAX; k++) {
            sum->step_tests[i][k] = (uint16_t)(sum->step_tests[i][k] + one->step_tests[i][k]);
        }
    }
}

int rules_run_tests(const char *directory, const struct fg_policy *policy, struct fg_diags *diags,
                    struct fg_packtest_summary *sum)
{
    char **files = NULL;
    size_t n = 0;
    int rc = FG_OK;
    FILE *unread = fopen("/dev/null", "w");

    memset(sum, 0, sizeof(*sum));
    if (unread == NULL || !files_list(directory, ".test.yaml", &files, &n)) {
        if (unread != NULL) {
            (void)fclose(unread);
        }
        return FG_EIO;
    }
    for (size_t i = 0; i < n; i++) {
        struct fg_packtest_summary one = {0};
        const int code = fg_packtest_run(files[i], policy, diags, false, unread, &one);
        if (code == FG_OK) {
            add(sum, &one);
        } else {
            rc = rc == FG_ENOMEM ? rc : code;
        }
    }
    files_free(files, n);
    (void)fclose(unread);
    return rc;
}

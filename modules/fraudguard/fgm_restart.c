// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_restart.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_journal.h"
#include "fgm_log.h"
#include "fgm_params.h"

#define LAYOUT   ((uint32_t)(2U << 24 | sizeof(struct fgm_call)))
#define SAVE_MS  INT64_C(2000) // how often the file is written
#define TICK_US  200000
#define SLACK_MS (2 * SAVE_MS) // how old what is known may be, clocks included

enum { RECORD_SAVED = 1, RECORD_CALL = 2 }; // of an int64_t, when; of a struct fgm_call

// What the last process knew; only until the fork.
static struct {
    int64_t saved_ms;   // 0: nothing is known
    size_t n, too_many; // calls; those that have no place
    struct fgm_call *calls;
    bool *taken;
} before;

static void path_of(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", fgm_config.state_dir, name);
}

// --- reading
static bool add(const struct fgm_journal_record *record)
{
    if (record->kind == RECORD_SAVED && record->bytes.len == sizeof before.saved_ms)
        memcpy(&before.saved_ms, record->bytes.ptr, sizeof before.saved_ms);
    if (record->kind != RECORD_CALL || record->bytes.len != sizeof(struct fgm_call))
        return record->kind == RECORD_SAVED;
    if (before.n == (size_t)fgm_params.max_calls) {
        before.too_many++;
        return true;
    }
    struct fgm_call *call = &before.calls[before.n++];
    memcpy(call, record->bytes.ptr, sizeof *call);
    call->customer[sizeof call->customer - 1] = '\0';
    call->call_id[sizeof call->call_id - 1] = '\0';
    call->user_agent[sizeof call->user_agent - 1] = '\0';
    call->masked[sizeof call->masked - 1] = '\0';
    call->due_ms = call->cut_at_ms = 0;
    return true;
}

static void read_records(struct fg_view file, const char *path)
{
    struct fgm_journal_record record;
    size_t at = FGM_JOURNAL_HEAD;
    int error = fgm_journal_check_head(file, LAYOUT);
    if (error == FG_EMISMATCH)
        fgm_warn("%s is of another version: calls in progress are no longer watched", path);
    else if (error < 0)
        fgm_warn("%s is no file of this module: it is not read", path);
    if (error < 0)
        return;
    while (fgm_journal_next(&fgm_config.hash_key, file, &at, &record) && add(&record))
        ;
    if (before.too_many)
        fgm_warn("%s has %zu calls more than max_calls (%d): they are no longer watched", path,
                 before.too_many, fgm_params.max_calls);
    if (at != file.len)
        fgm_warn("%s is damaged, or of another key: %zu bytes are not read", path, file.len - at);
}

static int read_file(int fd, size_t size, const char *path)
{
    char *bytes = malloc(size + 1);
    size_t len = 0;
    ssize_t n = 0;
    before.calls = calloc((size_t)fgm_params.max_calls, sizeof *before.calls);
    before.taken = calloc((size_t)fgm_params.max_calls, sizeof *before.taken);
    if (!bytes || !before.calls || !before.taken) {
        free(bytes);
        fgm_error("out of memory");
        return -1;
    }
    while (len < size && (n = read(fd, bytes + len, size - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        fgm_warn("%s cannot be read: %s", path, strerror(errno));
    else
        read_records((struct fg_view){bytes, len}, path);
    free(bytes);
    return 0;
}

int fgm_restart_load(void)
{
    char path[512];
    struct stat facts;
    if (!fgm_config.state_dir)
        return 0;
    path_of(path, sizeof path, "calls");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return 0;
    // No reason not to start: the calls go on, though nobody watches them.
    int error = 0;
    if (fd < 0 || fstat(fd, &facts) < 0)
        fgm_warn("%s cannot be read: %s; calls in progress are no longer watched", path,
                 strerror(errno));
    else if (!S_ISREG(facts.st_mode))
        fgm_warn("%s is no file: calls in progress are no longer watched", path);
    else
        error = read_file(fd, (size_t)facts.st_size, path);
    if (fd >= 0)
        close(fd);
    return error;
}

// --- taking up
bool fgm_restart_take(uint64_t lease, struct fgm_call *call)
{
    for (size_t i = 0; i < before.n; i++) {
        if (before.calls[i].lease != lease || before.taken[i] ||
            before.calls[i].state != FGM_CALL_UP)
            continue;
        before.taken[i] = true;
        *call = before.calls[i];
        return true;
    }
    return false;
}

bool fgm_restart_knew(int64_t began_ms)
{
    return before.saved_ms != 0 && began_ms < before.saved_ms - SLACK_MS;
}

void fgm_restart_settle(void)
{
    uint64_t resumed = 0, orphaned = 0;
    for (size_t i = 0; i < before.n; i++) {
        struct fgm_call_ref ref;
        resumed += before.taken[i];
        if (before.taken[i] || !fgm_calls_restore(&before.calls[i], &ref))
            continue;
        fgm_calls_ended(ref, before.saved_ms);
        orphaned++;
    }
    FGM_COUNT_N(calls_orphaned, orphaned);
    if (before.saved_ms != 0)
        fgm_info("%" PRIu64 " calls go on after the restart, %" PRIu64 " ended with it", resumed,
                 orphaned);
    free(before.calls);
    free(before.taken);
    memset(&before, 0, sizeof before);
}

// --- writing
struct save {
    FILE *file;
    bool failed;
};

static void put(struct save *save, uint32_t kind, const void *bytes, size_t len)
{
    unsigned char head[FGM_JOURNAL_RECORD_HEAD];
    fgm_journal_record_head(&fgm_config.hash_key, kind, (struct fg_view){bytes, len}, head);
    save->failed |=
        fwrite(head, sizeof head, 1, save->file) != 1 || fwrite(bytes, len, 1, save->file) != 1;
}

static bool put_call(void *arg, struct fgm_call_ref ref, struct fgm_call *call)
{
    (void)ref;
    put(arg, RECORD_CALL, call, sizeof *call);
    return false;
}

static bool write_all(FILE *file)
{
    struct save save = {.file = file};
    unsigned char head[FGM_JOURNAL_HEAD];
    int64_t now_ms = fgm_now_ms();
    fgm_journal_head(LAYOUT, head);
    save.failed = fwrite(head, sizeof head, 1, file) != 1;
    put(&save, RECORD_SAVED, &now_ms, sizeof now_ms);
    fgm_calls_each(put_call, &save);
    return !save.failed && fflush(file) == 0;
}

void fgm_restart_save(void)
{
    static bool failed;
    char path[512], fresh[512];
    if (!fgm_config.state_dir)
        return;
    path_of(path, sizeof path, "calls");
    path_of(fresh, sizeof fresh, "calls.new");
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool written = file && write_all(file);
    if (file)
        written &= fclose(file) == 0;
    else if (fd >= 0)
        close(fd);
    written = written && rename(fresh, path) == 0;
    if (!written && !failed)
        fgm_error("%s cannot be written: %s; calls would not be watched after a restart", path,
                  strerror(errno));
    // What is there grows old: by it, calls that have begun since would be taken for over.
    if (!written)
        (void)unlink(path);
    failed = !written;
}

void fgm_restart_run(void)
{
    int64_t saved_ms = 0;
    bool some = true; // written once more after the last call has ended
    for (;;) {
        int64_t now_ms = fgm_now_ms();
        if (now_ms - saved_ms >= SAVE_MS || now_ms < saved_ms) {
            bool now = fgm_calls_live() > 0;
            saved_ms = now_ms;
            if (some || now)
                fgm_restart_save();
            some = now;
        }
        cfg_update();
        usleep(TICK_US);
    }
}

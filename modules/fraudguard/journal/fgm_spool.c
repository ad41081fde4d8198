// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)262144) // read at once; more than the largest record

struct fgm_spool {
    int fd;
    struct fg_hash_key key;
    size_t max, end;            // of the file; behind the last record
    size_t at, next;            // of the oldest record that was not settled; that was not read
    size_t last;                // of the one that was read last
    size_t block_at, block_len; // of the file, what buffer has of it
    unsigned char buffer[BLOCK_BYTES];
};

static struct fg_view block_from(const struct fgm_spool *spool, size_t offset)
{
    if (offset < spool->block_at || offset >= spool->block_at + spool->block_len)
        return (struct fg_view){NULL, 0};
    const size_t skipped = offset - spool->block_at;
    return (struct fg_view){(const char *)spool->buffer + skipped, spool->block_len - skipped};
}

// What lies from offset to end, a block at most.
static struct fg_view read_block(struct fgm_spool *spool, size_t offset, size_t end)
{
    const size_t wanted = end - offset < sizeof spool->buffer ? end - offset : sizeof spool->buffer;
    size_t len = 0;
    ssize_t n;
    do {
        n = pread(spool->fd, spool->buffer + len, wanted - len, (off_t)(offset + len));
        len += n > 0 ? (size_t)n : 0;
    } while ((n > 0 && len < wanted) || (n < 0 && errno == EINTR));
    spool->block_at = offset;
    spool->block_len = len;
    return (struct fg_view){(const char *)spool->buffer, len};
}

// What is behind a record's end changes, what is before it does not: a block stays true until the
// file is cut. end: of what may be read.
static bool read_record(struct fgm_spool *spool, size_t offset, size_t end,
                        struct fgm_journal_record *out, size_t *next)
{
    size_t len = 0;
    struct fg_view block = block_from(spool, offset);
    if (offset > end)
        return false;
    if (!fgm_journal_is_whole(block))
        block = read_block(spool, offset, end);
    if (!fgm_journal_next(&spool->key, block, &len, out))
        return false;
    *next = offset + len;
    return true;
}

static int make_empty(struct fgm_spool *spool, uint32_t layout)
{
    unsigned char head[FGM_JOURNAL_HEAD];
    fgm_journal_head(layout, head);
    // Records may be lost with the power; a file without its head would be none of ours.
    if (ftruncate(spool->fd, 0) < 0 ||
        pwrite(spool->fd, head, sizeof head, 0) != (ssize_t)sizeof head || fdatasync(spool->fd) < 0)
        return FG_EIO;
    spool->end = FGM_JOURNAL_HEAD;
    spool->block_len = 0;
    return FG_OK;
}

// Finds the end of the last whole record.
static int find_end(struct fgm_spool *spool, size_t size)
{
    struct fgm_journal_record record;
    spool->end = FGM_JOURNAL_HEAD;
    while (read_record(spool, spool->end, size, &record, &spool->end))
        ;
    spool->block_len = 0; // what is behind the end is no more
    return spool->end == size || ftruncate(spool->fd, (off_t)spool->end) == 0 ? FG_OK : FG_EIO;
}

static int start(struct fgm_spool *spool, uint32_t layout, size_t *lost_bytes)
{
    struct stat facts;
    if (fstat(spool->fd, &facts) < 0)
        return FG_EIO;
    size_t size = (size_t)facts.st_size;
    if (!S_ISREG(facts.st_mode))
        return FG_EPROTOCOL;
    *lost_bytes = 0;
    if (size == 0)
        return make_empty(spool, layout);
    int error = fgm_journal_check_head(read_block(spool, 0, size), layout);
    if (error == FG_EMISMATCH) {
        *lost_bytes = size - FGM_JOURNAL_HEAD;
        return make_empty(spool, layout);
    }
    if (error == FG_OK) {
        error = find_end(spool, size);
        *lost_bytes = size - spool->end;
    }
    return error;
}

int fgm_spool_open(const char *path, const struct fg_hash_key *key, uint32_t layout,
                   size_t max_bytes, struct fgm_spool **out, size_t *lost_bytes)
{
    struct fgm_spool *spool = calloc(1, sizeof *spool);
    if (!spool)
        return FG_ENOMEM;
    spool->key = *key;
    spool->max = max_bytes;
    spool->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    int error = spool->fd < 0 ? FG_EIO : start(spool, layout, lost_bytes);
    if (error < 0) {
        fgm_spool_close(spool);
        return error;
    }
    spool->at = spool->next = spool->last = FGM_JOURNAL_HEAD;
    *out = spool;
    return FG_OK;
}

int fgm_spool_open_afresh(const char *path, const struct fg_hash_key *key, uint32_t layout,
                          size_t max_bytes, struct fgm_spool **out, size_t *lost_bytes,
                          bool *set_aside)
{
    char aside[PATH_MAX];
    *set_aside = false;
    int error = fgm_spool_open(path, key, layout, max_bytes, out, lost_bytes);
    if (error != FG_EPROTOCOL)
        return error;
    const int len = snprintf(aside, sizeof aside, "%s" FGM_SPOOL_ASIDE, path);
    if (len < 0 || (size_t)len >= sizeof aside || rename(path, aside) < 0)
        return error;
    *set_aside = true;
    return fgm_spool_open(path, key, layout, max_bytes, out, lost_bytes);
}

void fgm_spool_close(struct fgm_spool *spool)
{
    if (!spool)
        return;
    if (spool->fd >= 0)
        close(spool->fd);
    free(spool);
}

int fgm_spool_put(struct fgm_spool *spool, uint32_t kind, struct fg_view bytes)
{
    unsigned char head[FGM_JOURNAL_RECORD_HEAD];
    if (bytes.len > FGM_JOURNAL_RECORD_MAX || spool->end + sizeof head + bytes.len > spool->max)
        return FG_ELIMIT;
    fgm_journal_record_head(&spool->key, kind, bytes, head);
    // Never written through.
    const struct iovec parts[] = {{head, sizeof head}, {(void *)(uintptr_t)bytes.ptr, bytes.len}};
    ssize_t n = pwritev(spool->fd, parts, 2, (off_t)spool->end);
    if (n != (ssize_t)(sizeof head + bytes.len)) {
        // The next one goes over what was written of it; a shorter end is tidier, no more.
        (void)!ftruncate(spool->fd, (off_t)spool->end);
        return FG_EIO;
    }
    spool->end += (size_t)n;
    return FG_OK;
}

bool fgm_spool_next(struct fgm_spool *spool, struct fgm_journal_record *out)
{
    if (spool->next >= spool->end)
        return false;
    spool->last = spool->next;
    if (read_record(spool, spool->next, spool->end, out, &spool->next))
        return true;
    // The disk gives back something else than it took: what follows cannot be found.
    spool->next = spool->end;
    return false;
}

void fgm_spool_settle(struct fgm_spool *spool)
{
    spool->at = spool->next;
    // Where the file cannot be cut, records come again after a restart: no harm.
    if (spool->at > FGM_JOURNAL_HEAD && spool->at >= spool->end &&
        ftruncate(spool->fd, (off_t)FGM_JOURNAL_HEAD) == 0) {
        spool->at = spool->next = spool->last = spool->end = FGM_JOURNAL_HEAD;
        spool->block_len = 0;
    }
}

void fgm_spool_settle_but_last(struct fgm_spool *spool)
{
    spool->at = spool->last;
}

void fgm_spool_rewind(struct fgm_spool *spool)
{
    spool->next = spool->at;
}

size_t fgm_spool_waiting_bytes(const struct fgm_spool *spool)
{
    return spool->end - spool->at;
}

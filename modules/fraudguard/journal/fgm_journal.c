// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_journal.h"

#include <string.h>

static const char magic[8] = {'F', 'G', 'J', 'R', 'N', 'L', '1', '\n'};

void fgm_journal_head(uint32_t layout, unsigned char out[FGM_JOURNAL_HEAD])
{
    memset(out, 0, FGM_JOURNAL_HEAD);
    memcpy(out, magic, sizeof magic);
    memcpy(out + sizeof magic, &layout, sizeof layout);
}

// first: length and kind as they lie in the file.
static uint64_t check_of(const struct fg_hash_key *key, const void *first, struct fg_view bytes)
{
    const struct fg_view parts[] = {{first, 8}, bytes};
    return fg_hash128_parts(key, parts, 2).lo;
}

void fgm_journal_record_head(const struct fg_hash_key *key, uint32_t kind, struct fg_view bytes,
                             unsigned char out[FGM_JOURNAL_RECORD_HEAD])
{
    uint32_t len = (uint32_t)bytes.len;
    memcpy(out, &len, sizeof len);
    memcpy(out + 4, &kind, sizeof kind);
    uint64_t check = check_of(key, out, bytes);
    memcpy(out + 8, &check, sizeof check);
}

int fgm_journal_check_head(struct fg_view bytes, uint32_t layout)
{
    uint32_t found;
    if (bytes.len < FGM_JOURNAL_HEAD || memcmp(bytes.ptr, magic, sizeof magic) != 0)
        return FG_EPROTOCOL;
    memcpy(&found, bytes.ptr + sizeof magic, sizeof found);
    return found == layout ? FG_OK : FG_EMISMATCH;
}

bool fgm_journal_next(const struct fg_hash_key *key, struct fg_view bytes, size_t *at,
                      struct fgm_journal_record *out)
{
    uint32_t len, kind;
    uint64_t check;
    if (*at > bytes.len || bytes.len - *at < FGM_JOURNAL_RECORD_HEAD)
        return false;
    const char *head = bytes.ptr + *at;
    memcpy(&len, head, sizeof len);
    memcpy(&kind, head + 4, sizeof kind);
    memcpy(&check, head + 8, sizeof check);
    if (len > FGM_JOURNAL_RECORD_MAX || len > bytes.len - *at - FGM_JOURNAL_RECORD_HEAD)
        return false;
    struct fg_view own = {head + FGM_JOURNAL_RECORD_HEAD, len};
    if (check_of(key, head, own) != check)
        return false;
    *at += FGM_JOURNAL_RECORD_HEAD + len;
    *out = (struct fgm_journal_record){kind, own};
    return true;
}

bool fgm_journal_is_whole(struct fg_view bytes)
{
    uint32_t len;
    if (bytes.len < FGM_JOURNAL_RECORD_HEAD)
        return false;
    memcpy(&len, bytes.ptr, sizeof len);
    return len <= bytes.len - FGM_JOURNAL_RECORD_HEAD;
}

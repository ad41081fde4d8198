// SPDX-License-Identifier: GPL-2.0-or-later
// Files as they may lie on a disk: whatever bytes there are; and records that were written by us,
// with one byte changed somewhere: those before it are read, and nothing that was not written.
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fgm_item.h"
#include "fgm_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fg_hash_key key = {{1, 2, 3}};

static void unpack(const struct fgm_journal_record *record)
{
    static alignas(max_align_t) unsigned char buffer[FGM_ITEM_MAX];
    static unsigned char again[FGM_ITEM_MAX];
    struct fgm_item item;
    if (!fgm_item_unpack(record->kind, record->bytes, buffer, &item))
        return;
    size_t len = fgm_item_pack(&item, again, sizeof again);
    if (len != record->bytes.len || memcmp(again, record->bytes.ptr, len) != 0)
        abort();
}

static void read_all(struct fg_view file)
{
    size_t at = FGM_JOURNAL_HEAD;
    struct fgm_journal_record record;
    if (fgm_journal_check_head(file, 7) < 0)
        return;
    while (fgm_journal_next(&key, file, &at, &record)) {
        if (at > file.len || record.bytes.ptr + record.bytes.len != file.ptr + at)
            abort();
        unpack(&record);
    }
}

// Records of the lengths that the input says, with its bytes; the last two bytes change one.
static void read_damaged(const uint8_t *data, size_t size)
{
    static unsigned char file[65536];
    size_t used = FGM_JOURNAL_HEAD, sound = 0, read = 0, damaged;
    if (size < 3 || size > 4096)
        return;
    damaged = FGM_JOURNAL_HEAD + ((size_t)data[size - 1] << 8 | data[size - 2]);
    fgm_journal_head(7, file);
    for (size_t at = 0; at < size - 2;) {
        size_t len = data[at] % 64U < size - 2 - at ? data[at] % 64U : size - 2 - at;
        struct fg_view bytes = {(const char *)data + at, len};
        struct fgm_journal_record record = {data[at] >> 5, bytes};
        fgm_journal_record_head(&key, record.kind, bytes, file + used);
        memcpy(file + used + FGM_JOURNAL_RECORD_HEAD, bytes.ptr, len);
        used += FGM_JOURNAL_RECORD_HEAD + len;
        sound += used <= damaged;
        unpack(&record);
        at += len ? len : 1;
    }
    if (damaged < used)
        file[damaged] ^= 1;
    size_t at = FGM_JOURNAL_HEAD;
    struct fgm_journal_record record;
    while (fgm_journal_next(&key, (struct fg_view){(const char *)file, used}, &at, &record))
        read++;
    if (read != sound)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all((struct fg_view){(const char *)data, size});
    read_damaged(data, size);
    return 0;
}

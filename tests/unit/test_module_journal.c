// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_journal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fgm_item.h"
#include "fgm_spool.h"

#define LAYOUT 9

static const struct fg_hash_key key = {{7}};
static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/fg-spool-%d", (int)getpid());
    unlink(path);
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static struct fgm_spool *opened(size_t max_bytes, size_t expected_lost)
{
    struct fgm_spool *spool = NULL;
    size_t lost = 1;
    assert_int_equal(fgm_spool_open(path, &key, LAYOUT, max_bytes, &spool, &lost), FG_OK);
    assert_int_equal(lost, expected_lost);
    return spool;
}

static void put(struct fgm_spool *spool, const char *text)
{
    assert_int_equal(fgm_spool_put(spool, (uint32_t)strlen(text), fg_view_of(text)), FG_OK);
}

static void expect(struct fgm_spool *spool, const char *text)
{
    struct fgm_journal_record record;
    assert_true(fgm_spool_next(spool, &record));
    assert_int_equal(record.kind, strlen(text));
    assert_int_equal(record.bytes.len, strlen(text));
    assert_memory_equal(record.bytes.ptr, text, strlen(text));
}

static void take(struct fgm_spool *spool, const char *text)
{
    expect(spool, text);
    fgm_spool_settle(spool);
}

static void expect_empty(struct fgm_spool *spool)
{
    struct fgm_journal_record record;
    assert_false(fgm_spool_next(spool, &record));
    assert_int_equal(fgm_spool_waiting_bytes(spool), 0);
}

static off_t size_of_file(void)
{
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_size;
}

static void records_come_in_order_over_a_restart(void **state)
{
    (void)state;
    struct fgm_spool *spool = opened(4096, 0);
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    expect_empty(spool);
    put(spool, "one");
    put(spool, "three");
    take(spool, "one");
    put(spool, "seven");
    fgm_spool_close(spool); // killed before all were taken: the first one comes again
    spool = opened(4096, 0);
    expect(spool, "one");
    expect(spool, "three");
    fgm_spool_rewind(spool);
    expect(spool, "one");
    expect(spool, "three");
    fgm_spool_settle_but_last(spool);
    fgm_spool_rewind(spool);
    expect(spool, "three");
    take(spool, "seven");
    expect_empty(spool);
    assert_int_equal(size_of_file(), FGM_JOURNAL_HEAD);
    put(spool, "afterwards");
    fgm_spool_close(spool);
    spool = opened(4096, 0);
    take(spool, "afterwards");
    fgm_spool_close(spool);
}

static void a_torn_end_is_cut_off(void **state)
{
    (void)state;
    for (off_t torn = 1; torn < 20; torn++) {
        struct fgm_spool *spool = opened(4096, 0);
        put(spool, "whole");
        put(spool, "torn");
        fgm_spool_close(spool);
        assert_int_equal(truncate(path, size_of_file() - torn), 0);
        spool = opened(4096, (size_t)(20 - torn));
        put(spool, "next");
        take(spool, "whole");
        take(spool, "next");
        expect_empty(spool);
        fgm_spool_close(spool);
    }
}

static void its_size_is_bounded(void **state)
{
    (void)state;
    const size_t record = FGM_JOURNAL_RECORD_HEAD + 4;
    struct fgm_spool *spool = opened(FGM_JOURNAL_HEAD + 2 * record, 0);
    put(spool, "four");
    put(spool, "five");
    assert_int_equal(fgm_spool_put(spool, 1, fg_view_of("x")), FG_ELIMIT);
    take(spool, "four");
    assert_int_equal(fgm_spool_put(spool, 1, fg_view_of("x")), FG_ELIMIT);
    take(spool, "five");
    put(spool, "room");
    fgm_spool_close(spool);
}

static void foreign_files_are_not_read(void **state)
{
    (void)state;
    struct fgm_spool *spool = opened(4096, 0);
    put(spool, "secret");
    fgm_spool_close(spool);
    // Another key: no record of it is ours.
    const struct fg_hash_key other = {{8}};
    size_t lost = 0;
    assert_int_equal(fgm_spool_open(path, &other, LAYOUT, 4096, &spool, &lost), FG_OK);
    assert_int_equal(lost, FGM_JOURNAL_RECORD_HEAD + 6);
    expect_empty(spool);
    fgm_spool_close(spool);
    // Another layout: emptied.
    spool = opened(4096, 0);
    put(spool, "old");
    fgm_spool_close(spool);
    assert_int_equal(fgm_spool_open(path, &key, LAYOUT + 1, 4096, &spool, &lost), FG_OK);
    assert_int_equal(lost, FGM_JOURNAL_RECORD_HEAD + 3);
    expect_empty(spool);
    fgm_spool_close(spool);
    // No file of ours at all: left alone.
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("somebody's notes, and rather long ones", file);
    fclose(file);
    assert_int_equal(fgm_spool_open(path, &key, LAYOUT, 4096, &spool, &lost), FG_EPROTOCOL);
    assert_int_equal(size_of_file(), 38);
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(fgm_spool_open(path, &key, LAYOUT, 4096, &spool, &lost), FG_EIO);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(fgm_spool_open(path, &key, LAYOUT, 4096, &spool, &lost), FG_EPROTOCOL);
}

// Read by this process so far; -1 where the system does not tell.
static long long bytes_read(void)
{
    long long bytes = -1;
    FILE *file = fopen("/proc/self/io", "r");
    if (file && fscanf(file, "rchar: %lld", &bytes) != 1) // NOLINT(cert-err34-c): a number or -1
        bytes = -1;
    if (file)
        fclose(file);
    return bytes;
}

// Bytes that tell the record and the place.
static size_t fill(unsigned char *out, unsigned i)
{
    const size_t len = i % 50 == 7 ? 100000 : (size_t)i * 37 % 900;
    for (size_t k = 0; k < len; k++)
        out[k] = (unsigned char)((size_t)i * 31 + k);
    return len;
}

static void expect_filled(struct fgm_spool *spool, unsigned i)
{
    static unsigned char wanted[100000];
    struct fgm_journal_record record;
    const size_t len = fill(wanted, i);
    assert_true(fgm_spool_next(spool, &record));
    assert_int_equal(record.kind, i);
    assert_int_equal(record.bytes.len, len);
    assert_memory_equal(record.bytes.ptr, wanted, len);
}

static void records_are_read_in_blocks(void **state)
{
    (void)state;
    static unsigned char bytes[100000];
    struct fgm_spool *spool = opened((size_t)16 << 20, 0);
    for (unsigned i = 0; i < 1000; i++) {
        const size_t len = fill(bytes, i);
        assert_int_equal(fgm_spool_put(spool, i, (struct fg_view){(char *)bytes, len}), FG_OK);
    }
    fgm_spool_close(spool);
    const long long before = bytes_read();
    spool = opened((size_t)16 << 20, 0); // reads all of it, to find its end
    for (unsigned i = 0; i < 1000; i++)
        expect_filled(spool, i);
    const long long after = bytes_read();
    // Twice, and what is cut in two at a block's end once more.
    if (before >= 0)
        assert_in_range(after - before, 1, 4 * size_of_file());
    // What is put while others are read, and what is read again.
    fgm_spool_rewind(spool);
    for (unsigned i = 0; i < 500; i++)
        expect_filled(spool, i);
    fgm_spool_settle(spool);
    for (unsigned i = 1000; i < 1200; i++) {
        const size_t len = fill(bytes, i);
        assert_int_equal(fgm_spool_put(spool, i, (struct fg_view){(char *)bytes, len}), FG_OK);
        expect_filled(spool, i - 500);
    }
    fgm_spool_rewind(spool);
    for (unsigned i = 500; i < 1200; i++)
        expect_filled(spool, i);
    fgm_spool_settle(spool);
    expect_empty(spool);
    put(spool, "afterwards");
    take(spool, "afterwards");
    fgm_spool_close(spool);
}

static void a_damaged_beginning_is_set_aside(void **state)
{
    (void)state;
    static const char zeros[40];
    char aside[80];
    snprintf(aside, sizeof aside, "%s.bad", path);
    for (size_t len = 1; len <= sizeof zeros; len += len < 17 ? 1 : 23) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(zeros, 1, len, file), len);
        fclose(file);
        struct fgm_spool *spool = NULL;
        struct stat facts;
        size_t lost = 1;
        bool set_aside = false;
        assert_int_equal(fgm_spool_open_afresh(path, &key, LAYOUT, 4096, &spool, &lost, &set_aside),
                         FG_OK);
        assert_true(set_aside);
        assert_int_equal(lost, 0);
        assert_int_equal(stat(aside, &facts), 0);
        assert_int_equal(facts.st_size, len);
        put(spool, "next");
        fgm_spool_close(spool);
        assert_int_equal(fgm_spool_open_afresh(path, &key, LAYOUT, 4096, &spool, &lost, &set_aside),
                         FG_OK);
        assert_false(set_aside);
        take(spool, "next");
        fgm_spool_close(spool);
    }
    unlink(aside);
}

static void a_changed_byte_ends_what_is_read(void **state)
{
    (void)state;
    const struct fg_view bytes = {"payload", 7};
    unsigned char record[FGM_JOURNAL_RECORD_HEAD + 7];
    struct fgm_journal_record out;
    fgm_journal_record_head(&key, 3, bytes, record);
    memcpy(record + FGM_JOURNAL_RECORD_HEAD, bytes.ptr, bytes.len);
    const struct fg_view file = {(const char *)record, sizeof record};
    for (size_t i = 0; i <= sizeof record; i++) {
        size_t at = 0;
        if (i < sizeof record)
            record[i] ^= 0x40;
        assert_int_equal(fgm_journal_next(&key, file, &at, &out), i == sizeof record);
        assert_int_equal(at, i == sizeof record ? sizeof record : 0);
        if (i < sizeof record)
            record[i] ^= 0x40;
    }
}

static void items_come_back_as_they_were(void **state)
{
    (void)state;
    static alignas(max_align_t) unsigned char buffer[FGM_ITEM_MAX];
    unsigned char bytes[4096];
    struct fgm_item_hold hold = {.customer = "acme", .hold = {.active = true, .reason = "why"}};
    struct fgm_item out, item = {.kind = FGM_ITEM_HOLD,
                                 .fixed = &hold,
                                 .fixed_len = sizeof hold,
                                 .text = {fg_view_of("RULE\n"), {"", 0}}};
    size_t len = fgm_item_pack(&item, bytes, sizeof bytes);
    assert_true(len > 0);
    const struct fg_view view = {(const char *)bytes, len};
    assert_true(fgm_item_unpack(FGM_ITEM_HOLD, view, buffer, &out));
    assert_memory_equal(out.fixed, &hold, sizeof hold);
    assert_true(fg_view_equal(out.text[0], fg_view_of("RULE\n")) && out.text[1].len == 0);
    assert_false(fgm_item_unpack(FGM_ITEM_KILL, view, buffer, &out));
    assert_false(fgm_item_unpack(FGM_ITEM_LEASES, view, buffer, &out));
    assert_false(fgm_item_unpack(99, view, buffer, &out));
    assert_false(fgm_item_unpack(FGM_ITEM_HOLD, (struct fg_view){view.ptr, len - 1}, buffer, &out));
    // A text without an end, a scope that is none, a flag that is neither.
    memset(hold.hold.by, 'x', sizeof hold.hold.by);
    fgm_item_pack(&item, bytes, sizeof bytes);
    assert_false(fgm_item_unpack(FGM_ITEM_HOLD, view, buffer, &out));
    hold.hold.by[0] = '\0';
    hold.hold.scope = FG_HOLD_SCOPES;
    fgm_item_pack(&item, bytes, sizeof bytes);
    assert_false(fgm_item_unpack(FGM_ITEM_HOLD, view, buffer, &out));
    hold.hold.scope = 0;
    memset(&hold.grows, 2, 1);
    fgm_item_pack(&item, bytes, sizeof bytes);
    assert_false(fgm_item_unpack(FGM_ITEM_HOLD, view, buffer, &out));
    // Leases are not kept, and nothing is cut.
    assert_int_equal(fgm_item_pack(&(struct fgm_item){.kind = FGM_ITEM_LEASES}, bytes, 4096), 0);
    assert_int_equal(fgm_item_pack(&item, bytes, len - 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_in_order_over_a_restart, make_path,
                                        remove_path),
        cmocka_unit_test_setup_teardown(a_torn_end_is_cut_off, make_path, remove_path),
        cmocka_unit_test_setup_teardown(its_size_is_bounded, make_path, remove_path),
        cmocka_unit_test_setup_teardown(foreign_files_are_not_read, make_path, remove_path),
        cmocka_unit_test_setup_teardown(records_are_read_in_blocks, make_path, remove_path),
        cmocka_unit_test_setup_teardown(a_damaged_beginning_is_set_aside, make_path, remove_path),
        cmocka_unit_test(a_changed_byte_ends_what_is_read),
        cmocka_unit_test(items_come_back_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "mmdb.h"

#include <errno.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codes.h"

#define MARKER       "\xab\xcd\xefMaxMind.com"
#define MARKER_BYTES (sizeof(MARKER) - 1)
#define METADATA_MAX ((size_t)128 << 10) // the marker lies in the file's last 128 KiB
#define V4_DEPTH     96
#define STACK_MAX    130
#define FACTS_SLOTS  4096

struct facts {
    bool known;
    uint32_t offset; // in the data section
    fg_country country;
    uint32_t asn;
};

// A node of the search tree, and the addresses below it.
struct visit {
    uint32_t node;
    struct fg_ip_range range; // IPv4 trees: as in the database, from bit 0
};

struct walk {
    MMDB_s db;
    const char *name;
    struct fg_diags *diags;
    struct fg_network_rows *rows;
    struct visit stack[STACK_MAX];
    uint32_t depth;
    uint64_t visits;
    bool any_fact;
    // Most networks point to the facts of others: a country is decoded once, not a thousand times.
    struct facts facts[FACTS_SLOTS];
};

bool fg_mmdb_is(struct fg_named_bytes file)
{
    size_t from = file.len > METADATA_MAX ? file.len - METADATA_MAX : 0;
    return file.len > 0 && memmem(file.bytes + from, file.len - from, MARKER, MARKER_BYTES) != NULL;
}

static int broken(const struct walk *walk, const char *why)
{
    struct fg_diag where = {.severity = FG_ERROR, .code = FG_CODE_SYNTAX, .file = walk->name};
    fg_diags_add(walk->diags, &where, "is a broken MaxMind database: %s", why);
    return FG_ESYNTAX;
}

// The value at a path, where the entry has it and it is of a type that the caller can read.
static int get(MMDB_entry_s *entry, const char *const *path, MMDB_entry_data_s *out, bool *found)
{
    int rc = MMDB_aget_value(entry, out, path);
    *found = rc == MMDB_SUCCESS && out->has_data;
    bool absent =
        rc == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR || rc == MMDB_INVALID_LOOKUP_PATH_ERROR;
    return rc == MMDB_SUCCESS || absent ? FG_OK : FG_ESYNTAX;
}

static int read_country(MMDB_entry_s *entry, fg_country *out)
{
    static const char *const paths[][3] = {{"country", "iso_code", NULL},
                                           {"country_code", NULL, NULL},
                                           {"country", NULL, NULL},
                                           {"registered_country", "iso_code", NULL}};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        MMDB_entry_data_s data;
        bool found = false;
        if (get(entry, paths[i], &data, &found) != FG_OK) {
            return FG_ESYNTAX;
        }
        if (found && data.type == MMDB_DATA_TYPE_UTF8_STRING) {
            *out = fg_country_parse((struct fg_view){data.utf8_string, data.data_size});
            return FG_OK;
        }
    }
    return FG_OK;
}

static uint32_t asn_of(struct fg_view text)
{
    uint64_t value = 0;
    size_t i = text.len > 2 && text.ptr[0] == 'A' && text.ptr[1] == 'S' ? 2 : 0;
    for (; i < text.len && value <= UINT32_MAX; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 0;
        }
        value = value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return value <= UINT32_MAX ? (uint32_t)value : 0;
}

static int read_asn(MMDB_entry_s *entry, uint32_t *out)
{
    static const char *const paths[][2] = {{"autonomous_system_number", NULL}, {"asn", NULL}};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        MMDB_entry_data_s data;
        bool found = false;
        if (get(entry, paths[i], &data, &found) != FG_OK) {
            return FG_ESYNTAX;
        }
        if (found && data.type == MMDB_DATA_TYPE_UINT32) {
            *out = data.uint32;
            return FG_OK;
        }
        if (found && data.type == MMDB_DATA_TYPE_UTF8_STRING) {
            *out = asn_of((struct fg_view){data.utf8_string, data.data_size});
            return FG_OK;
        }
    }
    return FG_OK;
}

static int read_facts(struct walk *walk, MMDB_entry_s *entry, const struct facts **out)
{
    struct facts *facts = &walk->facts[entry->offset % FACTS_SLOTS];
    if (!facts->known || facts->offset != entry->offset) {
        *facts = (struct facts){.known = true, .offset = entry->offset};
        if (read_country(entry, &facts->country) != FG_OK ||
            read_asn(entry, &facts->asn) != FG_OK) {
            facts->known = false;
            return broken(walk, "its data cannot be read");
        }
    }
    *out = facts;
    return FG_OK;
}

static bool begins_with_zeros(const struct fg_ip *ip)
{
    static const uint8_t zeros[V4_DEPTH / 8];
    return memcmp(ip->bytes, zeros, sizeof(zeros)) == 0;
}

// As the engine has it: IPv4 addresses are ::ffff:a.b.c.d.
static struct fg_ip_range as_ours(const struct walk *walk, const struct fg_ip_range *range)
{
    struct fg_ip_range ours = *range;
    if (walk->db.metadata.ip_version == 4) {
        ours = (struct fg_ip_range){.bits = (uint8_t)(range->bits + V4_DEPTH)};
        memcpy(&ours.base.bytes[V4_DEPTH / 8], range->base.bytes, 4);
    }
    if (ours.bits >= V4_DEPTH && begins_with_zeros(&ours.base)) {
        memset(&ours.base.bytes[V4_DEPTH / 8 - 2], 0xff, 2);
    }
    return ours;
}

static int add_network(struct walk *walk, const struct fg_ip_range *range, MMDB_entry_s *entry)
{
    const struct facts *facts = NULL;
    int rc = read_facts(walk, entry, &facts);
    if (rc != FG_OK || (facts->country == FG_COUNTRY_NONE && facts->asn == 0)) {
        return rc;
    }
    struct fg_network *row = fg_network_rows_add(walk->rows);
    if (row == NULL) {
        return FG_ENOMEM;
    }
    walk->any_fact = true;
    row->range = as_ours(walk, range);
    row->country = facts->country;
    row->asn = facts->asn;
    return FG_OK;
}

// The IPv4 tree is reached again through ::ffff:0:0/96, 2002::/16 and 2001::/32.
static bool is_alias(const struct walk *walk, const struct visit *visit)
{
    const MMDB_ipv4_start_node_s *v4 = &walk->db.ipv4_start_node;
    return walk->db.metadata.ip_version == 6 && v4->netmask == V4_DEPTH &&
           visit->node == v4->node_value &&
           (visit->range.bits != V4_DEPTH || !begins_with_zeros(&visit->range.base));
}

static int follow(struct walk *walk, const struct fg_ip_range *range, uint8_t type, uint64_t record,
                  MMDB_entry_s *entry)
{
    struct visit next = {.node = (uint32_t)record, .range = *range};
    switch (type) {
    case MMDB_RECORD_TYPE_EMPTY:
        return FG_OK;
    case MMDB_RECORD_TYPE_DATA:
        return add_network(walk, range, entry);
    case MMDB_RECORD_TYPE_SEARCH_NODE:
        break;
    default:
        return broken(walk, "its search tree points outside of it");
    }
    if (range->bits >= (walk->db.metadata.ip_version == 4 ? 32 : 128) || walk->depth == STACK_MAX) {
        return broken(walk, "its search tree is deeper than an address is long");
    }
    if (!is_alias(walk, &next)) {
        walk->stack[walk->depth++] = next;
    }
    return FG_OK;
}

static int visit_node(struct walk *walk, const struct visit *visit)
{
    MMDB_search_node_s node;
    if (MMDB_read_node(&walk->db, visit->node, &node) != MMDB_SUCCESS) {
        return broken(walk, "its search tree cannot be read");
    }
    struct fg_ip_range left = visit->range;
    left.bits++;
    struct fg_ip_range right = left;
    right.base.bytes[visit->range.bits / 8] |= (uint8_t)(0x80U >> (visit->range.bits % 8));
    int rc =
        follow(walk, &right, node.right_record_type, node.right_record, &node.right_record_entry);
    return rc != FG_OK ? rc
                       : follow(walk, &left, node.left_record_type, node.left_record,
                                &node.left_record_entry);
}

static int walk_tree(struct walk *walk)
{
    int rc = FG_OK;
    walk->stack[walk->depth++] = (struct visit){0};
    while (rc == FG_OK && walk->depth > 0) {
        struct visit visit = walk->stack[--walk->depth];
        // In a tree each node is met once; branches that share nodes could be met without end.
        if (++walk->visits > walk->db.metadata.node_count) {
            return broken(walk, "its search tree has loops");
        }
        rc = visit_node(walk, &visit);
    }
    if (rc == FG_OK && !walk->any_fact) {
        struct fg_diag where = {.severity = FG_ERROR, .code = FG_CODE_SYNTAX, .file = walk->name};
        fg_diags_add(walk->diags, &where,
                     "is a MaxMind database of '%.40s' without countries and without numbers of "
                     "autonomous systems",
                     walk->db.metadata.database_type);
        rc = FG_ESYNTAX;
    }
    return rc;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) {
            return FG_EIO;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return FG_OK;
}

static int open_and_walk(int fd, struct walk *walk)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int rc = MMDB_open(path, MMDB_MODE_MMAP, &walk->db);
    if (rc != MMDB_SUCCESS) {
        return broken(walk, MMDB_strerror(rc));
    }
    uint64_t built_s = walk->db.metadata.build_epoch;
    walk->rows->built_ms = built_s > INT64_MAX / FG_MS_PER_S ? 0 : (int64_t)built_s * FG_MS_PER_S;
    rc = walk_tree(walk);
    MMDB_close(&walk->db);
    return rc;
}

// libmaxminddb reads files only; the bytes are what was read and is what is judged, so they become
// a file in memory.
int fg_mmdb_read(struct fg_named_bytes file, struct fg_diags *diags, struct fg_network_rows *rows)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        return FG_ENOMEM;
    }
    walk->name = file.name;
    walk->diags = diags;
    walk->rows = rows;
    int fd = memfd_create("networks", MFD_CLOEXEC);
    int rc = fd < 0 ? FG_EIO : write_all(fd, file.bytes, file.len);
    if (rc == FG_OK) {
        rc = open_and_walk(fd, walk);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    free(walk);
    return rc;
}

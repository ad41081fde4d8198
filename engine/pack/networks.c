// SPDX-License-Identifier: GPL-2.0-or-later
#include "networks.h"

#include <stdlib.h>

#include "address.h"
#include "codes.h"
#include "csv.h"
#include "fg/units.h"
#include "mmdb.h"

enum column { COLUMN_NETWORK, COLUMN_ASN, COLUMN_COUNTRY };

static int shown(struct fg_view text)
{
    return text.len > 40 ? 40 : (int)text.len;
}

static void read_range(struct fg_csv *csv, struct fg_ip_range *out)
{
    struct fg_view text = fg_csv_get(csv, COLUMN_NETWORK);
    if (!fg_address_parse(text, out)) {
        fg_csv_report(csv, COLUMN_NETWORK, "'%.*s' is not a network such as 192.0.2.0/24",
                      shown(text), text.ptr);
    } else if (fg_address_has_host_bits(out)) {
        fg_csv_report(csv, COLUMN_NETWORK, "'%.*s' has bits behind the network's length",
                      shown(text), text.ptr);
    }
}

static void read_asn(struct fg_csv *csv, uint32_t *out)
{
    struct fg_view text = fg_csv_get(csv, COLUMN_ASN);
    struct fg_view digits = text;
    uint64_t value = 0;
    if (digits.len > 2 && digits.ptr[0] == 'A' && digits.ptr[1] == 'S') {
        digits.ptr += 2;
        digits.len -= 2;
    }
    bool wrong = digits.len > 10;
    for (size_t i = 0; i < digits.len && !wrong; i++) {
        wrong = digits.ptr[i] < '0' || digits.ptr[i] > '9';
        value = value * 10 + (uint64_t)(digits.ptr[i] - '0');
    }
    if (wrong || value > UINT32_MAX) {
        fg_csv_report(csv, COLUMN_ASN, "'%.*s' is not the number of an autonomous system",
                      shown(text), text.ptr);
        return;
    }
    *out = (uint32_t)value;
}

static void read_country(struct fg_csv *csv, fg_country *out)
{
    struct fg_view text = fg_csv_get(csv, COLUMN_COUNTRY);
    if (text.len == 0 || fg_view_equal(text, fg_view_of("ZZ"))) {
        return;
    }
    *out = fg_country_parse(text);
    if (*out == FG_COUNTRY_NONE) {
        fg_csv_report(csv, COLUMN_COUNTRY, "'%.*s' is not a country code", shown(text), text.ptr);
    }
}

static int read_rows(struct fg_csv *csv, struct fg_network_rows *rows)
{
    while (fg_csv_next(csv)) {
        struct fg_network *network = fg_network_rows_add(rows);
        if (network == NULL) {
            return FG_ENOMEM;
        }
        network->line = csv->line;
        read_range(csv, &network->range);
        read_asn(csv, &network->asn);
        read_country(csv, &network->country);
    }
    return csv->wrong ? FG_ESYNTAX : FG_OK;
}

static int read_csv(struct fg_named_bytes file, struct fg_diags *diags,
                    struct fg_network_rows *rows)
{
    static const struct fg_csv_column columns[] = {[COLUMN_NETWORK] = {"network", true},
                                                   [COLUMN_ASN] = {"asn", true},
                                                   [COLUMN_COUNTRY] = {"country", true}};
    struct fg_csv *csv = malloc(sizeof(*csv));
    int rc = csv == NULL ? FG_ENOMEM : FG_OK;
    if (rc == FG_OK && !fg_csv_open(csv, file.name, file.bytes, file.len, columns, 3, diags)) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        rc = read_rows(csv, rows);
    }
    free(csv);
    return rc;
}

static int build(struct fg_named_bytes file, struct fg_network_rows *rows, struct fg_arena *arena,
                 struct fg_diags *diags, struct fg_networks *out)
{
    const struct fg_network *again = NULL;
    struct fg_diag where = {.severity = FG_ERROR, .code = FG_CODE_CSV, .file = file.name};
    int rc = fg_networks_build(rows->items, rows->n, arena, &again, out);
    if (rc == FG_EDUPLICATE && again->line > 0) {
        where.line = again->line;
        fg_diags_add(diags, &where, "the network of line %u is there already",
                     (unsigned)again->line);
    } else if (rc == FG_EDUPLICATE) {
        fg_diags_add(diags, &where, "has the same network twice");
    }
    out->built_ms = rc == FG_OK ? rows->built_ms : 0;
    return rc == FG_EDUPLICATE ? FG_ESYNTAX : rc;
}

int fg_networks_parse(struct fg_named_bytes file, struct fg_arena *arena, struct fg_diags *diags,
                      struct fg_networks *out)
{
    struct fg_network_rows rows = {0};
    int rc = fg_mmdb_is(file) ? fg_mmdb_read(file, diags, &rows) : read_csv(file, diags, &rows);
    if (rc == FG_OK) {
        rc = build(file, &rows, arena, diags, out);
    }
    fg_network_rows_fini(&rows);
    return rc;
}

void fg_networks_warn_old(const char *name, const struct fg_networks *networks, int64_t now_ms,
                          struct fg_diags *diags)
{
    int64_t days = networks->built_ms > 0 ? (now_ms - networks->built_ms) / FG_MS_PER_DAY : 0;
    if (days > FG_NETWORKS_FRESH_DAYS) {
        struct fg_diag where = {.severity = FG_WARNING, .code = FG_CODE_OLD, .file = name};
        fg_diags_add(diags, &where,
                     "was built %lld days ago; networks change hands, get a newer one",
                     (long long)days);
    }
}

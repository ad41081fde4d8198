// SPDX-License-Identifier: GPL-2.0-or-later
#include "networks.h"

#include <stdlib.h>

#include "address.h"
#include "csv.h"

enum column { COLUMN_NETWORK, COLUMN_ASN, COLUMN_COUNTRY };

struct rows {
    struct fg_network *items;
    uint32_t n, room;
};

static bool grow(struct rows *rows)
{
    if (rows->n < rows->room) {
        return true;
    }
    uint32_t room = rows->room == 0 ? 1024 : rows->room * 2;
    struct fg_network *items = reallocarray(rows->items, room, sizeof(*items));
    if (items == NULL) {
        return false;
    }
    rows->items = items;
    rows->room = room;
    return true;
}

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

static int read_rows(struct fg_csv *csv, struct rows *rows)
{
    while (fg_csv_next(csv)) {
        if (!grow(rows)) {
            return FG_ENOMEM;
        }
        struct fg_network *network = &rows->items[rows->n++];
        *network = (struct fg_network){.line = csv->line};
        read_range(csv, &network->range);
        read_asn(csv, &network->asn);
        read_country(csv, &network->country);
    }
    return csv->wrong ? FG_ESYNTAX : FG_OK;
}

static int build(struct fg_csv *csv, const struct rows *rows, struct fg_arena *arena,
                 struct fg_networks *out)
{
    const struct fg_network *again = NULL;
    char message[64];
    int rc = fg_networks_build(rows->items, rows->n, arena, &again, out);
    if (rc == FG_EDUPLICATE) {
        (void)snprintf(message, sizeof(message), "the network of line %u is there already",
                       (unsigned)again->line);
        fg_csv_report_file(csv, message);
        return FG_ESYNTAX;
    }
    return rc;
}

int fg_networks_parse(struct fg_named_bytes file, struct fg_arena *arena, struct fg_diags *diags,
                      struct fg_networks *out)
{
    static const struct fg_csv_column columns[] = {[COLUMN_NETWORK] = {"network", true},
                                                   [COLUMN_ASN] = {"asn", true},
                                                   [COLUMN_COUNTRY] = {"country", true}};
    struct fg_csv *csv = malloc(sizeof(*csv));
    struct rows rows = {0};
    int rc = csv == NULL ? FG_ENOMEM : FG_OK;
    if (rc == FG_OK && !fg_csv_open(csv, file.name, file.bytes, file.len, columns, 3, diags)) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        rc = read_rows(csv, &rows);
    }
    if (rc == FG_OK) {
        rc = build(csv, &rows, arena, out);
    }
    free(rows.items);
    free(csv);
    return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/allowance.h"

#include <string.h>

// Ids of meters are hashes; with a scope that is random, too, these meet none.
#define CALLS_METER UINT32_C(0xa110ca11)
#define USD_METER   UINT32_C(0xa110c057)

int fg_allowance_to_parse(struct fg_view text, struct fg_allowance *out)
{
    struct fg_number to = {.len = 0};
    const bool is_number = text.len > 0 && text.ptr[0] == '+';
    const fg_country country = is_number ? FG_COUNTRY_NONE : fg_country_parse(text);
    if (is_number ? fg_number_parse_e164(text, &to) != FG_OK : country == FG_COUNTRY_NONE) {
        return FG_ESYNTAX;
    }
    out->to = to;
    out->country = country;
    return FG_OK;
}

void fg_allowance_to_format(const struct fg_allowance *allowance,
                            char out[FG_ALLOWANCE_TO_TEXT_MAX])
{
    if (allowance->to.len == 0) {
        fg_country_format(allowance->country, out);
        return;
    }
    out[0] = '+';
    memcpy(out + 1, allowance->to.digits, allowance->to.len);
    out[allowance->to.len + 1] = '\0';
}

bool fg_allowance_valid(const struct fg_allowance *a)
{
    return a->id > 0 && a->id <= FG_ALLOWANCE_ID_MAX &&
           (a->to.len > 0 || a->country != FG_COUNTRY_NONE) && a->calls > 0 &&
           a->calls <= FG_ALLOWANCE_CALLS_MAX && a->usd > 0 && a->usd <= FG_ALLOWANCE_USD_MAX &&
           a->since_ms > 0 && a->until_ms > a->since_ms &&
           a->until_ms - a->since_ms <= FG_ALLOWANCE_LONGEST_MS;
}

static bool is_for(const struct fg_allowance *allowance, const struct fg_number *number,
                   fg_country country)
{
    const uint8_t len = allowance->to.len;
    if (number->len == 0) {
        return false;
    }
    return len == 0 ? allowance->country == country
                    : number->len >= len && memcmp(number->digits, allowance->to.digits, len) == 0;
}

const struct fg_allowance *fg_allowance_find(const struct fg_allowances *allowances,
                                             const struct fg_number *number, fg_country country)
{
    const struct fg_allowance *found = NULL;
    for (uint32_t i = 0; i < allowances->n; i++) {
        const struct fg_allowance *item = &allowances->items[i];
        if (is_for(item, number, country) && (found == NULL || item->since_ms > found->since_ms)) {
            found = item;
        }
    }
    return found;
}

struct fg_meter_op fg_allowance_calls_op(const struct fg_allowance *allowance, uint64_t lease,
                                         int64_t now_ms)
{
    return (struct fg_meter_op){.kind = FG_OP_SET_PUT,
                                .meter_id = CALLS_METER,
                                .scope = allowance->id,
                                .member = lease,
                                .expiry_ms = allowance->until_ms,
                                .ttl_ms = allowance->until_ms - now_ms};
}

struct fg_meter_op fg_allowance_usd_op(const struct fg_allowance *allowance, fg_micro usd,
                                       int64_t now_ms)
{
    return (struct fg_meter_op){.kind = usd > 0 ? FG_OP_WINDOW_ADD : FG_OP_WINDOW_READ,
                                .meter_id = USD_METER,
                                .scope = allowance->id,
                                .cells = 1,
                                .amount = usd,
                                .ttl_ms = allowance->until_ms - now_ms};
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "currency.h"

static const struct {
    const char *code;
    fg_micro usd;
} currencies[] = {{"USD", 1000000}, {"AED", 272000}, {"AUD", 660000},  {"BGN", 550000},
                  {"BRL", 190000},  {"CAD", 730000}, {"CHF", 1120000}, {"CNY", 140000},
                  {"CZK", 43000},   {"DKK", 145000}, {"EUR", 1080000}, {"GBP", 1260000},
                  {"HKD", 128000},  {"HUF", 2750},   {"IDR", 63},      {"ILS", 270000},
                  {"INR", 12000},   {"ISK", 7200},   {"JPY", 6700},    {"KRW", 730},
                  {"MXN", 55000},   {"MYR", 220000}, {"NOK", 93000},   {"NZD", 600000},
                  {"PHP", 17500},   {"PLN", 250000}, {"QAR", 275000},  {"RON", 217000},
                  {"SAR", 267000},  {"SEK", 95000},  {"SGD", 745000},  {"THB", 28500},
                  {"TRY", 30000},   {"TWD", 31000},  {"UAH", 25000},   {"ZAR", 54000}};

#define N_CURRENCIES (sizeof(currencies) / sizeof(currencies[0]))
_Static_assert(N_CURRENCIES <= FG_CURRENCIES_MAX, "room for the codes");

int fg_currency_usd(struct fg_view code, fg_micro *out)
{
    for (size_t i = 0; i < N_CURRENCIES; i++) {
        if (fg_view_equal(code, fg_view_of(currencies[i].code))) {
            *out = currencies[i].usd;
            return FG_OK;
        }
    }
    return FG_ENOTFOUND;
}

size_t fg_currency_codes(const char *out[FG_CURRENCIES_MAX])
{
    for (size_t i = 0; i < N_CURRENCIES; i++) {
        out[i] = currencies[i].code;
    }
    return N_CURRENCIES;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Input: one byte that picks a dial plan, then the user part, and after a 0x01 byte a
// phone-context.
#include "fg/explain.h"
#include "fg/number.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct fg_dial_plan plans[] = {
    {.international = {"00"}, .trunk = "0", .country_code = "44"},
    {.international = {"011", "00"}, .trunk = "1", .country_code = "1"},
    {.international = {"00"}, .country_code = "39"},
    {.international = {"810"}, .trunk = "8", .country_code = "7", .national_max_len = 10},
    {.national_min_len = 1, .country_code = "999"},
};

static void require(int truth)
{
    if (!truth) {
        abort();
    }
}

// What holds for every number that comes out, whatever went in.
static void check(const struct fg_number_readings *readings)
{
    require((readings->n == 0) == (readings->status == FG_NUMBER_UNREADABLE));
    require(readings->n <= 2);
    for (uint8_t i = 0; i < readings->n; i++) {
        const struct fg_number *number = &readings->reading[i];
        require(number->len > 0 && number->len <= FG_NUMBER_DIGITS_MAX);
        require(strlen(number->digits) == number->len);
        require(strspn(number->digits, "0123456789") == number->len);
        char masked[FG_NUMBER_MASKED_MAX];
        fg_number_mask(number, masked);
        require(strlen(masked) == (size_t)number->len + 1);
    }
    require(readings->n < 2 ||
            strcmp(readings->reading[0].digits, readings->reading[1].digits) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t n_plans = sizeof(plans) / sizeof(plans[0]);
    size_t choice = size > 0 ? data[0] % (n_plans + 1) : n_plans;
    struct fg_view user = {.ptr = (const char *)data + (size > 0), .len = size - (size > 0)};
    struct fg_view context = {.ptr = "", .len = 0};
    const char *split = user.len > 0 ? memchr(user.ptr, 1, user.len) : NULL;
    if (split != NULL) {
        context.ptr = split + 1;
        context.len = user.len - (size_t)(split - user.ptr) - 1;
        user.len = (size_t)(split - user.ptr);
    }
    struct fg_number_readings readings;
    fg_number_read(user, context, choice < n_plans ? &plans[choice] : NULL, &readings);
    check(&readings);

    struct fg_number number;
    if (fg_number_parse_e164(user, &number) == FG_OK) {
        require(number.len + 1U == user.len);
    }
    char escaped[64];
    fg_text_escape(user, escaped, sizeof(escaped));
    for (const char *c = escaped; *c != '\0'; c++) {
        require((unsigned char)*c >= 0x20 && *c != '"' && *c != '\'');
    }
    return 0;
}

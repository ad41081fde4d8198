// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever a header or Request-URI holds: what is found lies inside it, and reading the number goes
// on from there.
#include <stdint.h>
#include <stdlib.h>

#include "fg/number.h"
#include "fg/uri.h"
#include "fgm_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_inside(struct fg_view part, struct fg_view whole)
{
    if (part.len && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
        abort();
}

static void read_uri(struct fg_view uri, struct fg_view whole)
{
    struct fg_uri_number number;
    struct fg_number_readings readings;
    must_lie_inside(uri, whole);
    if (!fg_uri_number(uri, &number))
        return;
    must_lie_inside(number.user, uri);
    must_lie_inside(number.phone_context, uri);
    if (number.user.len == 0)
        abort();
    fg_number_read(number.user, number.phone_context, NULL, &readings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fg_view whole = {(const char *)data, size};
    read_uri(whole, whole);
    read_uri(fgm_uri_of_address(whole), whole);
    struct fg_view rest = whole, value;
    while (fgm_next_value(&rest, &value)) {
        must_lie_inside(value, whole);
        must_lie_inside(rest, whole);
        read_uri(fgm_uri_of_address(value), whole);
    }
    if (fgm_headers_framed(whole) && size && data[size - 1] == '\n' &&
        (size == 1 || data[size - 2] != '\r'))
        abort();
    return 0;
}

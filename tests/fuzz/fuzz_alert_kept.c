// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a kept delivery (with the incident in it): what is read is written again the same.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "outbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fga_delivery *first = NULL, *second = NULL;
    if (fga_delivery_parse((struct fg_view){(const char *)data, size}, &first) != FG_OK)
        return 0;
    char *written = fga_delivery_format(first);
    if (written == NULL || fga_delivery_parse(fg_view_of(written), &second) != FG_OK)
        abort();
    char *again = fga_delivery_format(second);
    if (again == NULL || strcmp(written, again) != 0)
        abort();
    free(written);
    free(again);
    free(first);
    free(second);
    return 0;
}

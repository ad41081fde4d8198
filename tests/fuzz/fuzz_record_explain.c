// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a decision record: what explain prints is plain text, line by line.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/record.h"
#include "fg/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words = fg_record_explain((struct fg_view){(const char *)data, size});
    const char *line = words;

    while (line != NULL && *line != '\0') {
        const char *end = strchr(line, '\n');
        if (end == NULL || !fg_text_is_plain((struct fg_view){line, (size_t)(end - line)})) {
            abort();
        }
        line = end + 1;
    }
    free(words);
    return 0;
}

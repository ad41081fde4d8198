// SPDX-License-Identifier: GPL-2.0-or-later
// A line that parses has a usable suite and the exact key, and survives being written and read.
#include "sdes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edge_sdes_line line;
    struct edge_sdes_line again;
    char text[EDGE_SDES_TEXT_MAX];
    size_t len = 0;

    if (edge_sdes_parse((struct edge_view){(const char *)data, size}, &line) != 0) {
        const unsigned char *bytes = (const unsigned char *)&line;

        for (size_t i = 0; i < sizeof(line); i++) {
            if (bytes[i] != 0)
                abort();
        }
        return 0;
    }
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(line.suite);
    if (!info->is_usable || line.key_len != info->key_bytes + info->salt_bytes)
        abort();
    if (edge_sdes_format(&line, text, sizeof(text), &len) != 0 ||
        edge_sdes_parse((struct edge_view){text, len}, &again) != 0)
        abort();
    if (!edge_sdes_has_same_key(&line, &again) || line.tag != again.tag ||
        line.mki_len != again.mki_len || memcmp(line.mki, again.mki, sizeof(line.mki)) != 0)
        abort();
    return 0;
}

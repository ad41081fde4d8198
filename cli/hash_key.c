// SPDX-License-Identifier: GPL-2.0-or-later
#include "hash_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/view.h"

#define DEFAULT_PATH "/etc/fraudguard/hash.key"

static bool read_hex(const char *text, struct fg_hash_key *out)
{
    for (size_t i = 0; i < sizeof(out->bytes); i++) {
        const int high = fg_hex_digit(text[2 * i]);
        const int low = fg_hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

enum exit_code hash_key_read(const struct invocation *call, struct fg_hash_key *out)
{
    const char *given = invocation_option(call, "hash-key");
    const char *path = given != NULL ? given : getenv("FRAUDGUARD_HASH_KEY");
    char text[2 * sizeof(out->bytes) + 2];

    path = path != NULL ? path : DEFAULT_PATH;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        complain(
            "this scope is kept as a hash: the nodes' hash_key_file is needed, and '%s' cannot "
            "be read: %s; give it with --hash-key or $FRAUDGUARD_HASH_KEY, or use kamcmd "
            "fraudguard.hold",
            path, strerror(errno));
        return EXIT_USAGE;
    }
    const size_t n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    if (n == sizeof(out->bytes)) {
        memcpy(out->bytes, text, n);
    } else if (n < 2 * sizeof(out->bytes) || !read_hex(text, out)) {
        complain("'%s' holds neither 16 bytes nor 32 hex digits", path);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

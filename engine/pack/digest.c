// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest.h"

#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fg_digest {
    GChecksum *sum;
};

struct fg_digest *fg_digest_new(void)
{
    struct fg_digest *digest = calloc(1, sizeof(*digest));
    if (digest == NULL) {
        return NULL;
    }
    digest->sum = g_checksum_new(G_CHECKSUM_SHA256);
    if (digest->sum == NULL) {
        free(digest);
        return NULL;
    }
    return digest;
}

void fg_digest_free(struct fg_digest *digest)
{
    if (digest != NULL) {
        g_checksum_free(digest->sum);
        free(digest);
    }
}

// GLib counts in ssize_t; loaders bound their files far below.
static void add_bytes(struct fg_digest *digest, const char *bytes, size_t len)
{
    g_checksum_update(digest->sum, (const guchar *)bytes, (gssize)len);
}

void fg_digest_add(struct fg_digest *digest, const char *name, const char *bytes, size_t len)
{
    char frame[32];
    int n = snprintf(frame, sizeof(frame), "%zu %zu ", strlen(name), len);
    add_bytes(digest, frame, n > 0 ? (size_t)n : 0);
    add_bytes(digest, name, strlen(name));
    add_bytes(digest, bytes, len);
}

void fg_digest_finish(struct fg_digest *digest, char out[65])
{
    const char *hex = g_checksum_get_string(digest->sum);
    (void)snprintf(out, 65, "%s", hex == NULL ? "" : hex);
}

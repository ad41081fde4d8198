// SPDX-License-Identifier: GPL-2.0-or-later
#include "catalogue.h"

#include <stdint.h>
#include <string.h>

#define MAGIC 0x950412deU // GNU gettext manual, "The Format of GNU MO Files"

static bool word_at(const struct fga_catalogue *catalogue, size_t at, uint32_t *out)
{
    const unsigned char *p = catalogue->bytes + at;
    if (at > *catalogue->len || *catalogue->len - at < 4)
        return false;
    // msgfmt is told to write little-endian.
    *out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return true;
}

// The i-th string of the table at `table`: length, offset; a NUL follows it.
static const char *string_at(const struct fga_catalogue *catalogue, uint32_t table, uint32_t i,
                             uint32_t *len)
{
    uint32_t offset = 0;
    const size_t at = (size_t)table + (size_t)i * 8;
    if (!word_at(catalogue, at, len) || !word_at(catalogue, at + 4, &offset))
        return NULL;
    if (offset >= *catalogue->len || *len >= *catalogue->len - offset ||
        catalogue->bytes[(size_t)offset + *len] != '\0')
        return NULL;
    return (const char *)catalogue->bytes + offset;
}

// A msgid with a plural is stored as both, with a NUL between.
static bool is_message(const char *stored, uint32_t len, const char *msgid, const char *plural)
{
    const size_t one = strlen(msgid);
    if (strcmp(stored, msgid) != 0)
        return false;
    if (plural == NULL)
        return len == one;
    return len == one + 1 + strlen(plural) && strcmp(stored + one + 1, plural) == 0;
}

const char *fga_catalogue_find(const struct fga_catalogue *catalogue, const char *msgid,
                               const char *msgid_plural, bool plural)
{
    uint32_t magic = 0, n = 0, originals = 0, translations = 0, len = 0;
    if (catalogue->bytes == NULL || !word_at(catalogue, 0, &magic) || magic != MAGIC ||
        !word_at(catalogue, 8, &n) || !word_at(catalogue, 12, &originals) ||
        !word_at(catalogue, 16, &translations))
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        const char *stored = string_at(catalogue, originals, i, &len);
        if (stored == NULL)
            return NULL;
        if (!is_message(stored, len, msgid, msgid_plural))
            continue;
        const char *found = string_at(catalogue, translations, i, &len);
        if (found == NULL || !plural)
            return found;
        const size_t first = strlen(found);
        return first < len ? found + first + 1 : NULL;
    }
    return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "texts.h"

#include <string.h>
#include <strings.h>

#include "catalogue.h"

struct fga_language {
    const char *code;
    struct fga_catalogue catalogue; // empty: English, the texts themselves
    uint64_t singular_max;          // largest n that takes the first form
    uint64_t singular_min;
};

// Plural forms as the catalogues' headers say: English and German n != 1, French n > 1.
static const struct fga_language languages[] = {
    {.code = "en", .singular_min = 1, .singular_max = 1},
    {.code = "de",
     .catalogue = {fga_catalogue_de, &fga_catalogue_de_len},
     .singular_min = 1,
     .singular_max = 1},
    {.code = "fr",
     .catalogue = {fga_catalogue_fr, &fga_catalogue_fr_len},
     .singular_min = 0,
     .singular_max = 1},
};

static const struct {
    const char *one, *many;
} texts[FGA_TEXT_COUNT] = {
#define FGA_TEXT_ROW(name, one, many) {one, many},
    FGA_TEXTS(FGA_TEXT_ROW)
#undef FGA_TEXT_ROW
};

const struct fga_language *fga_language_of(const char *locale)
{
    for (size_t i = 0; locale != NULL && i < sizeof(languages) / sizeof(*languages); i++) {
        const size_t len = strlen(languages[i].code);
        if (strncasecmp(locale, languages[i].code, len) == 0 &&
            (locale[len] == '\0' || locale[len] == '-' || locale[len] == '_'))
            return &languages[i];
    }
    return &languages[0];
}

const char *fga_language_code(const struct fga_language *language)
{
    return language->code;
}

const char *fga_language_text(const struct fga_language *language, enum fga_text text, uint64_t n)
{
    const bool plural =
        texts[text].many != NULL && (n < language->singular_min || n > language->singular_max);
    const char *found =
        fga_catalogue_find(&language->catalogue, texts[text].one, texts[text].many, plural);
    if (found != NULL)
        return found;
    return plural && n != 1 ? texts[text].many : texts[text].one;
}

static const char *value_of(const char *name, size_t len, const struct fga_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(values[i].name) == len && memcmp(values[i].name, name, len) == 0)
            return values[i].value;
    }
    return NULL;
}

void fga_text_write(FILE *out, const char *text, const struct fga_value *values, size_t n)
{
    while (*text != '\0') {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *value =
            end == NULL ? NULL : value_of(text + 1, (size_t)(end - text) - 1, values, n);
        if (value == NULL) {
            (void)fputc(*text++, out);
        } else {
            (void)fputs(value, out);
            text = end + 1;
        }
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "pattern.h"

#include <stdio.h>
#include <string.h>

#include "fg/suggest.h"

#define RAND_MAX_DIGITS 15

// SplitMix64 (Steele, Lea, Flood 2014): the same digits in every run.
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static int digits_of(int32_t n)
{
    int digits = 1;
    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

// Length of a "{rand:N}" at the beginning of pattern and its N (1 to 15); 0 when there is none.
static size_t match_rand(const char *pattern, int *width)
{
    static const char begin[] = "{rand:";
    size_t at = sizeof(begin) - 1;
    if (strncmp(pattern, begin, at) != 0) {
        return 0;
    }
    *width = 0;
    while (pattern[at] >= '0' && pattern[at] <= '9' && *width < 10) {
        *width = *width * 10 + (pattern[at++] - '0');
    }
    return pattern[at] == '}' && *width >= 1 && *width <= RAND_MAX_DIGITS ? at + 1 : 0;
}

void pattern_expand(const char *pattern, int32_t n, int32_t repeat, uint64_t seed, char *out,
                    size_t size)
{
    size_t used = 0;
    while (*pattern != '\0' && used + RAND_MAX_DIGITS + 1 < size) {
        int width = 0;
        const size_t taken = match_rand(pattern, &width);
        if (strncmp(pattern, "{n}", 3) == 0) {
            used += (size_t)snprintf(out + used, size - used, "%0*d", digits_of(repeat), n);
            pattern += 3;
        } else if (taken > 0) {
            for (int i = 0; i < width; i++) {
                seed = mix(seed);
                out[used++] = (char)('0' + seed % 10);
            }
            pattern += taken;
        } else {
            out[used++] = *pattern++;
        }
    }
    out[used] = '\0';
}

// What the writer of "{rnd:6}" and "{7}" meant; empty when that cannot be told.
static void meant(struct fg_view wrong, char out[16])
{
    static const char *const words[] = {"{n", "{rand"};
    size_t word = 0;
    while (word < wrong.len && wrong.ptr[word] != ':' && wrong.ptr[word] != '}') {
        word++;
    }
    int width = 0;
    for (size_t i = word; i < wrong.len && width <= RAND_MAX_DIGITS; i++) {
        if (wrong.ptr[i] >= '0' && wrong.ptr[i] <= '9') {
            width = width * 10 + (wrong.ptr[i] - '0');
        }
    }
    const char *near = fg_suggest((struct fg_view){wrong.ptr, word}, words, 2);
    out[0] = '\0';
    if (near == words[0] && word == wrong.len - 1) {
        (void)snprintf(out, 16, "{n}");
    } else if (near == words[1] && width >= 1 && width <= RAND_MAX_DIGITS) {
        (void)snprintf(out, 16, "{rand:%d}", width);
    }
}

static void report(struct fg_fields *fields, const struct fg_yaml_node *node, const char *key,
                   struct fg_view wrong)
{
    char better[16];
    struct fg_yaml_node place = *node;
    const size_t before = (size_t)(wrong.ptr - node->text.ptr) + (node->quoted ? 1 : 0);
    place.offset += before;
    place.column += (uint32_t)before;
    place.length = (uint32_t)wrong.len;
    meant(wrong, better);
    if (better[0] != '\0') {
        FG_FIELD_ERROR(fields, &place, FG_CODE_PLACEHOLDER,
                       "unknown placeholder '%.*s' in '%s'; did you mean '%s'?", (int)wrong.len,
                       wrong.ptr, key, better);
    } else {
        FG_FIELD_ERROR(fields, &place, FG_CODE_PLACEHOLDER,
                       "unknown placeholder '%.*s' in '%s'; there are {n} and {rand:1} to "
                       "{rand:15}",
                       (int)wrong.len, wrong.ptr, key);
    }
}

bool pattern_check(struct fg_fields *fields, const struct fg_yaml_node *node, const char *key)
{
    const struct fg_view text = node->text;
    for (size_t i = 0; i < text.len; i++) {
        const size_t left = text.len - i;
        char word[16];
        int width;
        if (text.ptr[i] != '{') {
            continue;
        }
        (void)snprintf(word, sizeof(word), "%.*s", left > 15 ? 15 : (int)left, text.ptr + i);
        if (strncmp(word, "{n}", 3) == 0 || match_rand(word, &width) > 0) {
            continue;
        }
        const char *end = memchr(text.ptr + i, '}', left);
        const size_t len = end == NULL ? left : (size_t)(end - text.ptr) - i + 1;
        report(fields, node, key, (struct fg_view){text.ptr + i, len > 32 ? 32 : len});
        return false;
    }
    return true;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_prometheus.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void put(struct fgm_text *text, const char *bytes, size_t len)
{
    if (text->needed + len <= text->size && len)
        memcpy(text->out + text->needed, bytes, len);
    text->needed += len;
}

static void put_text(struct fgm_text *text, const char *bytes)
{
    put(text, bytes, strlen(bytes));
}

static void put_number(struct fgm_text *text, uint64_t value)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, value);
    put(text, digits, (size_t)len);
}

// Bytes of the UTF-8 character at `at` (RFC 3629 4); 0: there is none.
static size_t character_len(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (len == 0 || len > left || first > 0xf4)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (first == 0xe0 && at[1] < 0xa0) || (first == 0xf0 && at[1] < 0x90);
    bool surrogate = first == 0xed && at[1] > 0x9f;
    bool beyond = first == 0xf4 && at[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : len;
}

static void put_label_value(struct fgm_text *text, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;
    size_t left = strnlen(value, FGM_LABEL_BYTES_MAX + 4);
    size_t used = 0;
    while (left) {
        size_t len = character_len(at, left);
        size_t step = len ? len : 1;
        if (used + step > FGM_LABEL_BYTES_MAX)
            return;
        if (*at == '"')
            put_text(text, "\\\"");
        else if (*at == '\\')
            put_text(text, "\\\\");
        else if (*at == '\n')
            put_text(text, "\\n");
        else if (len == 0 || *at < 0x20 || *at == 0x7f)
            put_text(text, "\xef\xbf\xbd");
        else
            put(text, (const char *)at, len);
        used += step;
        at += step;
        left -= step;
    }
}

static void put_label(struct fgm_text *text, const struct fgm_label *label, char before)
{
    put(text, &before, 1);
    put_text(text, label->name);
    put_text(text, "=\"");
    put_label_value(text, label->value);
    put_text(text, "\"");
}

static void put_name(struct fgm_text *text, const char *suffix, const struct fgm_label *labels,
                     size_t n_labels)
{
    put_text(text, text->family);
    put_text(text, suffix);
    for (size_t i = 0; i < n_labels; i++)
        put_label(text, &labels[i], i ? ',' : '{');
    put_text(text, n_labels ? "} " : " ");
}

void fgm_text_begin(struct fgm_text *text, char *out, size_t size)
{
    *text = (struct fgm_text){.out = out, .size = size};
}

void fgm_text_family(struct fgm_text *text, const char *name, const char *type, const char *help)
{
    text->family = name;
    put_text(text, "# HELP ");
    put_text(text, name);
    put_text(text, " ");
    put_text(text, help);
    put_text(text, "\n# TYPE ");
    put_text(text, name);
    put_text(text, " ");
    put_text(text, type);
    put_text(text, "\n");
}

void fgm_text_sample(struct fgm_text *text, const struct fgm_label *labels, size_t n_labels,
                     uint64_t value)
{
    put_name(text, "", labels, n_labels);
    put_number(text, value);
    put_text(text, "\n");
}

void fgm_text_seconds(struct fgm_text *text, const struct fgm_label *labels, size_t n_labels,
                      int64_t value_ms)
{
    char number[40];
    int64_t positive = value_ms > 0 ? value_ms : 0;
    int len = snprintf(number, sizeof number, "%" PRId64 ".%03d\n", positive / 1000,
                       (int)(positive % 1000));
    put_name(text, "", labels, n_labels);
    put(text, number, (size_t)len);
}

void fgm_text_histogram(struct fgm_text *text, const struct fgm_bounds *bounds,
                        const struct fgm_label *label, const struct fgm_histogram_copy *histogram)
{
    struct fgm_label labels[2] = {{0}};
    size_t n = 0;
    uint64_t count = 0;
    if (label)
        labels[n++] = *label;
    for (size_t i = 0; i <= bounds->n; i++) {
        count += histogram->buckets[i];
        labels[n] = (struct fgm_label){"le", i < bounds->n ? bounds->text[i] : "+Inf"};
        put_name(text, "_bucket", labels, n + 1);
        put_number(text, count);
        put_text(text, "\n");
    }
    put_name(text, "_sum", labels, n);
    put_number(text, histogram->sum / bounds->unit);
    if (bounds->unit > 1) {
        char fraction[16];
        int len = snprintf(fraction, sizeof fraction, ".%06" PRIu64,
                           histogram->sum % bounds->unit * 1000000 / bounds->unit);
        put(text, fraction, (size_t)len);
    }
    put_text(text, "\n");
    put_name(text, "_count", labels, n);
    put_number(text, count);
    put_text(text, "\n");
}

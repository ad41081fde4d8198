// SPDX-License-Identifier: GPL-2.0-or-later
// Prometheus' text format 0.0.4 into a bounded buffer. Whatever a label's value is, it stays one
// label: quotes, backslashes and line feeds are escaped, other control characters and what is no
// UTF-8 become U+FFFD, and a value ends after 128 bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fgm_histogram.h"

#define FGM_LABEL_BYTES_MAX 128

struct fgm_text {
    char *out;
    size_t size;
    size_t needed; // bytes of the whole text, also where it does not fit
    const char *family;
};
struct fgm_label {
    const char *name;  // [a-z_]+, ours
    const char *value; // anything, NUL-terminated
};

// Writes to out (size bytes; may be NULL with 0). The text is whole when needed <= size after all.
void fgm_text_begin(struct fgm_text *text, char *out, size_t size);
// A metric: its HELP and TYPE ("counter", "gauge", "histogram"). name must live as long as its
// samples are written.
void fgm_text_family(struct fgm_text *text, const char *name, const char *type, const char *help);
// A sample of the family.
void fgm_text_sample(struct fgm_text *text, const struct fgm_label *labels, size_t n_labels,
                     uint64_t value);
// One in ms, shown in s.
void fgm_text_seconds(struct fgm_text *text, const struct fgm_label *labels, size_t n_labels,
                      int64_t value_ms);
// The buckets, sum and count of a histogram.
void fgm_text_histogram(struct fgm_text *text, const struct fgm_bounds *bounds,
                        const struct fgm_label *label, const struct fgm_histogram_copy *histogram);

// SPDX-License-Identifier: GPL-2.0-or-later
// What an e-mail says, before it is dressed as plain text or HTML: a subject and paragraphs under
// headings. Pure.
#pragma once

#include "message.h"

#define FGA_SECTIONS_MAX 6

struct fga_section {
    const char *heading;
    char *lines; // separated by newlines, malloc'd
};
struct fga_letter {
    char *subject, *footer; // malloc'd
    struct fga_section sections[FGA_SECTIONS_MAX];
    uint32_t n_sections;
};

// FG_ENOMEM. Free with fga_letter_fini(), which also takes what a failure left behind.
FG_MUST_CHECK int fga_letter_init(struct fga_letter *letter, const struct fga_message *message,
                                  const struct fga_audience *audience);
void fga_letter_fini(struct fga_letter *letter);

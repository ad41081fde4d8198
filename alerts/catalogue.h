// SPDX-License-Identifier: GPL-2.0-or-later
// Compiled gettext catalogues (.mo), built into the program. libintl finds a catalogue by the
// process' own locale, which must be installed; here each message has a language of its own, on
// machines that have none installed. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Made from po/*.po at build time.
extern const unsigned char fga_catalogue_de[];
extern const size_t fga_catalogue_de_len;
extern const unsigned char fga_catalogue_fr[];
extern const size_t fga_catalogue_fr_len;

struct fga_catalogue {
    const unsigned char *bytes; // NULL: empty
    const size_t *len;
};

// The translation of a msgid; with msgid_plural not NULL, its first form or (plural) its second.
// NULL when there is none. The text lies in the catalogue.
const char *fga_catalogue_find(const struct fga_catalogue *catalogue, const char *msgid,
                               const char *msgid_plural, bool plural);

// SPDX-License-Identifier: GPL-2.0-or-later
// Edits of packs as texts, for tools: everything that need not change stays byte for byte.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/ruleset.h"
#include "fg/view.h"

// What a rule is to become.
struct fg_promotion {
    enum fg_mode mode;
    bool rolls_out; // for percent of the customers; with FG_MODE_ENFORCE
    uint8_t percent;
    bool mode_holds; // the rule has this mode already, so that none need be written
};

// Changes mode, maturity and rollout of the rule or composite with this id in a pack. Enforcing a
// rule for everybody makes it stable when it is sandbox or incubating, and its rollout one of 100%.
// FG_OK and the new text in *out, malloc'd and NUL-terminated; FG_ENOTFOUND when the pack has no
// such rule, FG_ESYNTAX with diags, FG_ENOMEM.
FG_MUST_CHECK int fg_pack_promote(const char *name, struct fg_view text, const char *id,
                                  const struct fg_promotion *to, struct fg_diags *diags, char **out,
                                  size_t *out_len);

// Lays a YAML text out: indentation of two, no blanks at line ends, no tabs between words and
// comments, one empty line at most, one newline at the end. Comments, quotes and the order stay.
// Laying out twice changes nothing more. FG_OK and *out, malloc'd; FG_ESYNTAX with diags when it is
// no YAML, FG_EINVAL when the result would not say the same (it is not given then), FG_ENOMEM.
FG_MUST_CHECK int fg_pack_layout(const char *name, const char *bytes, size_t len,
                                 struct fg_diags *diags, char **out, size_t *out_len);

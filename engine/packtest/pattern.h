// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers of a test's calls as patterns: {n} is the call's number, {rand:N} are N digits.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fields.h"

// Whether every '{' of the scalar node begins a {n} or a {rand:1} to {rand:15}; else an error at
// the first that does not. key: "to", for the message.
bool pattern_check(struct fg_fields *fields, const struct fg_yaml_node *node, const char *key);

// Copies a checked pattern to out with {n} as n (as wide as repeat) and {rand:N} as N digits,
// always the same for the same seed.
void pattern_expand(const char *pattern, int32_t n, int32_t repeat, uint64_t seed, char *out,
                    size_t size);

// SPDX-License-Identifier: GPL-2.0-or-later
// YAML as a tree of raw scalars with their places. What a scalar means is for the reader to say, so
// an unquoted NO is the text NO here, never a boolean. Anchors, aliases, tags, duplicate keys and
// second documents are refused; size, depth and width are bounded.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/diag.h"
#include "fg/err.h"
#include "fg/heap.h"
#include "fg/view.h"

#define FG_YAML_DEPTH_MAX 12
#define FG_YAML_KEYS_MAX  1024 // keys of one mapping

enum fg_yaml_kind { FG_YAML_SCALAR, FG_YAML_LIST, FG_YAML_MAP };

// The text that nodes point into; must outlive them.
struct fg_yaml_doc {
    const char *name; // shown in diagnostics, NUL-terminated
    const char *bytes;
    size_t len;
};

struct fg_yaml_node {
    const struct fg_yaml_doc *doc;
    enum fg_yaml_kind kind;
    bool quoted;                       // scalar: written in quotes or as a block
    uint32_t line, column;             // from 1, column in characters
    uint32_t length;                   // in characters, at least 1
    size_t offset;                     // of the place in doc->bytes
    struct fg_view text;               // scalar
    uint32_t n;                        // items or keys
    struct fg_yaml_node *first, *next; // items, or keys of a map
    struct fg_yaml_node *value;        // of a key
};

// Reads one document. Nodes live in arena. FG_ESYNTAX with diags (all that could be found),
// FG_ENOMEM. *root is NULL for an empty document and for one that could not be read to its end; it
// may be there with FG_ESYNTAX, so that more mistakes can be found in it.
FG_MUST_CHECK int fg_yaml_read(const struct fg_yaml_doc *doc, struct fg_arena *arena,
                               struct fg_diags *diags, struct fg_yaml_node **root);

// Reads one document whose root is a list, handing each item to item() and forgetting it
// afterwards, so that memory does not grow with the list. item() returns FG_OK to go on. FG_ESYNTAX
// with diags also when the root is something else; FG_ENOMEM; what item() returned.
typedef int fg_yaml_item_fn(void *ctx, const struct fg_yaml_node *item);
FG_MUST_CHECK int fg_yaml_read_items(const struct fg_yaml_doc *doc, struct fg_diags *diags,
                                     fg_yaml_item_fn *item, void *ctx);

// The value of key in map, or NULL.
const struct fg_yaml_node *fg_yaml_get(const struct fg_yaml_node *map, const char *key);
// "text", "list" or "mapping".
const char *fg_yaml_kind_name(const struct fg_yaml_node *node);

// Adds a diagnostic at node.
void fg_yaml_report(const struct fg_yaml_node *node, struct fg_diags *diags,
                    enum fg_severity severity, const char *code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
// Adds a diagnostic at a place of a text: line and column from 1, offset somewhere in that line.
struct fg_text_place {
    uint32_t line, column, length;
    size_t offset;
};
void fg_yaml_report_place(const struct fg_yaml_doc *doc, struct fg_text_place place,
                          struct fg_diags *diags, enum fg_severity severity, const char *code,
                          const char *format, ...) __attribute__((format(printf, 6, 7)));

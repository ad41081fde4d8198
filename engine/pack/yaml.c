// SPDX-License-Identifier: GPL-2.0-or-later
// The only file that knows libfyaml. Its events become our tree; its document builder is not used,
// because it would cost several times the memory and resolve aliases.
#include "yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "utf8.h"
#include "yaml_quoted.h"

// Scratch of the items read so far is given back when it exceeds this [bytes].
#define ITEM_SCRATCH_BYTES ((size_t)1 << 20)

struct builder {
    const struct fg_yaml_doc *doc;
    struct fg_diags *diags;
    struct fg_arena *arena;
    struct fg_yaml_node *root;
    struct fg_yaml_node *open[FG_YAML_DEPTH_MAX]; // collections not yet closed
    struct fg_yaml_node *last[FG_YAML_DEPTH_MAX]; // newest item or key of each
    struct fg_yaml_node *key[FG_YAML_DEPTH_MAX];  // key that waits for its value
    uint32_t depth;
    uint32_t documents;
    fg_yaml_item_fn *item; // NULL: build the whole tree
    void *item_ctx;
    struct fg_text_place reached; // the end of the newest token
    bool wrong;                   // a diagnostic was added
    bool complete;                // the whole text was read
};

// The first of the lines from place on, its own only where spaces alone come before it, that has a
// dash at indent.
static bool find_dash(const struct fg_yaml_doc *doc, size_t indent, struct fg_text_place *place)
{
    size_t at = place->offset;
    while (at > 0 && at <= doc->len && doc->bytes[at - 1] == ' ') {
        at--;
    }
    bool begins = at == 0 || (at <= doc->len && doc->bytes[at - 1] == '\n');
    while (at < doc->len) {
        size_t dash = at;
        while (begins && dash < doc->len && doc->bytes[dash] == ' ') {
            dash++;
        }
        if (begins && dash < doc->len && dash - at == indent && doc->bytes[dash] == '-') {
            place->offset = dash;
            return true;
        }
        const char *end = memchr(doc->bytes + at, '\n', doc->len - at);
        at = end == NULL ? doc->len : (size_t)(end - doc->bytes) + 1;
        begins = true;
        place->line++;
    }
    return false;
}

// An empty item of a block list has no token, but a dash: the first in the list's column below what
// has been read.
static bool place_dash(struct builder *builder, struct fg_yaml_node *node)
{
    const struct fg_yaml_doc *doc = builder->doc;
    const struct fg_yaml_node *list =
        builder->depth == 0 ? NULL : builder->open[builder->depth - 1];
    if (list == NULL || list->kind != FG_YAML_LIST || list->offset >= doc->len ||
        doc->bytes[list->offset] != '-') {
        return false;
    }
    struct fg_text_place place = {.line = list->line, .offset = list->offset};
    if (list->n > 0) {
        place = builder->reached;
        if (!find_dash(doc, list->column - 1, &place)) {
            return false;
        }
    }
    node->line = place.line;
    node->column = list->column;
    node->length = 1;
    node->offset = place.offset;
    place.offset++;
    builder->reached = place;
    return true;
}

static void place_node(struct builder *builder, struct fy_token *token, struct fg_yaml_node *node)
{
    const struct fy_mark *from = token == NULL ? NULL : fy_token_start_mark(token);
    if (from == NULL && place_dash(builder, node)) {
        return;
    }
    if (from == NULL) {
        // Any other empty value is shown where its key or parent is.
        const struct fg_yaml_node *near = NULL;
        if (builder->depth > 0) {
            uint32_t top = builder->depth - 1;
            near = builder->key[top] != NULL ? builder->key[top] : builder->open[top];
        }
        node->line = near == NULL ? 1 : near->line;
        node->column = near == NULL ? 1 : near->column;
        node->length = near == NULL ? 1 : near->length;
        node->offset = near == NULL ? 0 : near->offset;
        return;
    }
    const struct fy_mark *to = fy_token_end_mark(token);
    if (to != NULL) {
        builder->reached = (struct fg_text_place){.line = (uint32_t)to->line + 1,
                                                  .column = (uint32_t)to->column + 1,
                                                  .offset = to->input_pos};
    }
    node->line = (uint32_t)from->line + 1;
    node->column = (uint32_t)from->column + 1;
    node->length = 1;
    node->offset = from->input_pos;
    if (to != NULL && to->line == from->line && to->column > from->column) {
        node->length = (uint32_t)(to->column - from->column);
    }
    if (node->kind == FG_YAML_SCALAR && node->quoted && node->column > 1 && node->offset > 0 &&
        (builder->doc->bytes[node->offset - 1] == '"' ||
         builder->doc->bytes[node->offset - 1] == '\'')) {
        // libfyaml's marks lie inside the quotes; an empty text has both marks in one place.
        node->length = node->length + (to != NULL && to->column == from->column ? 1 : 2);
        node->column--;
        node->offset--;
    }
}

static struct fg_yaml_node *new_node(struct builder *builder, enum fg_yaml_kind kind)
{
    struct fg_yaml_node *node = fg_arena_alloc(builder->arena, sizeof(*node));
    if (node != NULL) {
        node->doc = builder->doc;
        node->kind = kind;
    }
    return node;
}

static int refuse(struct builder *builder, const struct fg_yaml_node *node, const char *code,
                  const char *message)
{
    builder->wrong = true;
    fg_yaml_report(node, builder->diags, FG_ERROR, code, "%s", message);
    return FG_OK;
}

static void check_duplicate(struct builder *builder, const struct fg_yaml_node *map,
                            const struct fg_yaml_node *key)
{
    for (const struct fg_yaml_node *other = map->first; other != NULL; other = other->next) {
        if (fg_view_equal(other->text, key->text)) {
            builder->wrong = true;
            fg_yaml_report(key, builder->diags, FG_ERROR, FG_CODE_DUPLICATE_KEY,
                           "duplicate key '%.*s'; it is already in line %u", (int)key->text.len,
                           key->text.ptr, other->line);
            return;
        }
    }
}

// Hangs node where it belongs: below the open collection, or as the root.
static int attach(struct builder *builder, struct fg_yaml_node *node)
{
    if (builder->depth == 0) {
        builder->root = node;
        return FG_OK;
    }
    uint32_t top = builder->depth - 1;
    struct fg_yaml_node *parent = builder->open[top];
    if (parent->kind == FG_YAML_MAP && builder->key[top] != NULL) {
        builder->key[top]->value = node;
        builder->key[top] = NULL;
        return FG_OK;
    }
    if (parent->kind == FG_YAML_MAP) {
        if (node->kind != FG_YAML_SCALAR) {
            (void)refuse(builder, node, FG_CODE_SYNTAX, "a key must be plain text");
            return FG_ESYNTAX;
        }
        if (parent->n == FG_YAML_KEYS_MAX) {
            (void)refuse(builder, node, FG_CODE_TOO_BIG, "too many keys in one mapping");
            return FG_ESYNTAX;
        }
        check_duplicate(builder, parent, node);
        builder->key[top] = node;
    }
    if (parent->first == NULL) {
        parent->first = node;
    } else {
        builder->last[top]->next = node;
    }
    builder->last[top] = node;
    parent->n++;
    return FG_OK;
}

// What stands between the quotes of token, which must be a text in single quotes.
static bool between_quotes(const struct fg_yaml_doc *doc, struct fy_token *token,
                           struct fg_view *out)
{
    const struct fy_mark *from = fy_token_start_mark(token);
    const struct fy_mark *to = fy_token_end_mark(token);
    if (from == NULL || to == NULL || from->input_pos > to->input_pos || from->input_pos == 0 ||
        to->input_pos >= doc->len || doc->bytes[from->input_pos - 1] != '\'' ||
        doc->bytes[to->input_pos] != '\'') {
        return false;
    }
    *out = (struct fg_view){doc->bytes + from->input_pos, to->input_pos - from->input_pos};
    return true;
}

// A copy of the token's text, because the library's own ends with its event. FG_ENOMEM.
static int copy_text(struct builder *builder, struct fy_token *token, const char *instead,
                     struct fg_view *out)
{
    struct fg_view written;
    if (token != NULL && fy_token_scalar_style(token) == FYSS_SINGLE_QUOTED &&
        between_quotes(builder->doc, token, &written)) {
        char *text = fg_arena_alloc(builder->arena, written.len + 1);
        if (text == NULL) {
            return FG_ENOMEM;
        }
        *out = (struct fg_view){text, fg_yaml_unquote(written, text)};
        text[out->len] = '\0';
        return FG_OK;
    }
    size_t len = 0;
    const char *text = token == NULL ? NULL : fy_token_get_text(token, &len);
    if (text == NULL) {
        text = instead;
        len = strlen(instead);
    }
    *out = (struct fg_view){fg_arena_copy(builder->arena, text, len), len};
    return out->ptr == NULL ? FG_ENOMEM : FG_OK;
}

// instead: the text where there is no token.
static int add_scalar(struct builder *builder, struct fy_token *token, const char *instead)
{
    struct fg_yaml_node *node = new_node(builder, FG_YAML_SCALAR);
    if (node == NULL) {
        return FG_ENOMEM;
    }
    node->quoted = token != NULL && fy_token_scalar_style(token) != FYSS_PLAIN;
    place_node(builder, token, node);
    int rc = copy_text(builder, token, instead, &node->text);
    if (rc == FG_OK && memchr(node->text.ptr, '\0', node->text.len) != NULL) {
        // Only an escape gives one; whoever takes the text for a string would see half of it.
        (void)refuse(builder, node, FG_CODE_SYNTAX, "a text may not hold a NUL character (\\0)");
        node->text.len = strlen(node->text.ptr);
    }
    return rc != FG_OK ? rc : attach(builder, node);
}

static int open_collection(struct builder *builder, enum fg_yaml_kind kind, struct fy_token *token)
{
    struct fg_yaml_node *node = new_node(builder, kind);
    if (node == NULL) {
        return FG_ENOMEM;
    }
    place_node(builder, token, node);
    if (builder->depth == FG_YAML_DEPTH_MAX) {
        (void)refuse(builder, node, FG_CODE_TOO_BIG, "nested too deeply");
        return FG_ESYNTAX;
    }
    if (builder->depth == 0 && builder->item != NULL && kind != FG_YAML_LIST) {
        (void)refuse(builder, node, FG_CODE_TYPE, "expected a list here");
        return FG_ESYNTAX;
    }
    int rc = attach(builder, node);
    if (rc == FG_OK) {
        builder->open[builder->depth] = node;
        builder->last[builder->depth] = NULL;
        builder->key[builder->depth] = NULL;
        builder->depth++;
    }
    return rc;
}

// A new scratch arena that holds only the root, once the old one has grown.
static int forget_items(struct builder *builder)
{
    if (fg_arena_used_bytes(builder->arena) < ITEM_SCRATCH_BYTES) {
        return FG_OK;
    }
    struct fg_arena *fresh = fg_arena_new(fg_heap_libc());
    if (fresh == NULL) {
        return FG_ENOMEM;
    }
    struct fg_yaml_node *root = fg_arena_alloc(fresh, sizeof(*root));
    if (root == NULL) {
        fg_arena_free(fresh);
        return FG_ENOMEM;
    }
    *root = *builder->root;
    builder->root = root;
    builder->open[0] = root;
    fg_arena_free(builder->arena);
    builder->arena = fresh;
    return FG_OK;
}

// In item mode, an item of the root list is complete when only the root is open.
static int offer_item(struct builder *builder)
{
    if (builder->item == NULL || builder->depth != 1 || builder->open[0]->first == NULL) {
        return FG_OK;
    }
    int rc = builder->item(builder->item_ctx, builder->open[0]->first);
    builder->open[0]->first = NULL;
    builder->last[0] = NULL;
    return rc == FG_OK ? forget_items(builder) : rc;
}

static int check_marks(struct builder *builder, struct fy_token *anchor, struct fy_token *tag)
{
    struct fy_token *token = anchor != NULL ? anchor : tag;
    if (token == NULL) {
        return FG_OK;
    }
    struct fg_yaml_node here = {.doc = builder->doc, .kind = FG_YAML_MAP};
    place_node(builder, token, &here);
    return refuse(builder, &here, FG_CODE_ALIAS,
                  anchor != NULL ? "anchors are not allowed; write the value where it is used"
                                 : "tags are not allowed; quote the text if '!' belongs to it");
}

static int take_event(struct builder *builder, struct fy_event *event)
{
    int rc = FG_OK;
    struct fg_yaml_node here = {.doc = builder->doc, .kind = FG_YAML_MAP, .line = 1, .column = 1};
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++builder->documents > 1) {
            place_node(builder, event->document_start.document_start, &here);
            (void)refuse(builder, &here, FG_CODE_SYNTAX, "only one document a file");
            return FG_ESYNTAX;
        }
        break;
    case FYET_SCALAR:
        rc = check_marks(builder, event->scalar.anchor, event->scalar.tag);
        rc = rc == FG_OK ? add_scalar(builder, event->scalar.value, "") : rc;
        rc = rc == FG_OK ? offer_item(builder) : rc;
        break;
    case FYET_ALIAS:
        place_node(builder, event->alias.anchor, &here);
        rc = refuse(builder, &here, FG_CODE_ALIAS,
                    "aliases are not allowed; quote the text if '*' belongs to it");
        rc = rc == FG_OK ? add_scalar(builder, NULL, "*") : rc;
        rc = rc == FG_OK ? offer_item(builder) : rc;
        break;
    case FYET_MAPPING_START:
        rc = check_marks(builder, event->mapping_start.anchor, event->mapping_start.tag);
        rc = rc == FG_OK ? open_collection(builder, FG_YAML_MAP, event->mapping_start.mapping_start)
                         : rc;
        break;
    case FYET_SEQUENCE_START:
        rc = check_marks(builder, event->sequence_start.anchor, event->sequence_start.tag);
        rc = rc == FG_OK
                 ? open_collection(builder, FG_YAML_LIST, event->sequence_start.sequence_start)
                 : rc;
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        builder->depth--;
        rc = builder->depth == 0 ? FG_OK : offer_item(builder);
        break;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        break;
    }
    return rc;
}

static size_t offset_of_line(const struct fg_yaml_doc *doc, uint32_t line)
{
    size_t offset = 0;
    for (uint32_t at = 1; at < line; at++) {
        const char *end = memchr(doc->bytes + offset, '\n', doc->len - offset);
        if (end == NULL) {
            break;
        }
        offset = (size_t)(end - doc->bytes) + 1;
    }
    return offset;
}

static void report_syntax(struct builder *builder, struct fy_diag *diag)
{
    void *position = NULL;
    bool any = false;
    const struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &position)) != NULL) {
        struct fg_text_place place = {.line = error->line < 1 ? 1 : (uint32_t)error->line,
                                      .column = error->column < 1 ? 1 : (uint32_t)error->column,
                                      .length = 1};
        place.offset = offset_of_line(builder->doc, place.line);
        fg_yaml_report_place(builder->doc, place, builder->diags, FG_ERROR, FG_CODE_SYNTAX, "%s",
                             error->msg);
        any = true;
    }
    if (!any) {
        struct fg_text_place whole = {0};
        fg_yaml_report_place(builder->doc, whole, builder->diags, FG_ERROR, FG_CODE_SYNTAX,
                             "not valid YAML");
    }
    builder->wrong = true;
}

static int read_events(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
    int rc = FG_OK;
    struct fy_event *event;
    while (rc == FG_OK && (event = fy_parser_parse(parser)) != NULL) {
        rc = take_event(builder, event);
        fy_parser_event_free(parser, event);
    }
    if (rc == FG_OK && fy_parser_get_stream_error(parser)) {
        report_syntax(builder, diag);
    } else {
        builder->complete = rc == FG_OK;
    }
    return rc == FG_OK && builder->wrong ? FG_ESYNTAX : rc;
}

static int check_text(const struct fg_yaml_doc *doc, struct fg_diags *diags)
{
    struct fg_text_place place;
    const char *why = fg_text_check(doc->bytes, doc->len, &place);
    if (why == NULL) {
        return FG_OK;
    }
    fg_yaml_report_place(doc, place, diags, FG_ERROR, FG_CODE_SYNTAX, "%s", why);
    return FG_ESYNTAX;
}

static int read_with(struct builder *builder)
{
    int rc = check_text(builder->doc, builder->diags);
    if (rc != FG_OK) {
        return rc;
    }
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (diag == NULL) {
        return FG_ENOMEM;
    }
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = (enum fy_parse_cfg_flags)(FYPCF_QUIET | FYPCF_COLLECT_DIAG |
                                                                  FYPCF_JSON_NONE |
                                                                  FYPCF_DEFAULT_VERSION_1_2),
                               .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    rc = FG_ENOMEM;
    if (parser != NULL &&
        fy_parser_set_string(parser, builder->doc->bytes, builder->doc->len) == 0) {
        rc = read_events(builder, parser, diag);
    }
    if (parser != NULL) {
        fy_parser_destroy(parser);
    }
    fy_diag_destroy(diag);
    return rc;
}

int fg_yaml_read(const struct fg_yaml_doc *doc, struct fg_arena *arena, struct fg_diags *diags,
                 struct fg_yaml_node **root)
{
    struct builder builder = {.doc = doc, .diags = diags, .arena = arena};
    int rc = read_with(&builder);
    *root = builder.complete ? builder.root : NULL;
    return rc;
}

int fg_yaml_read_items(const struct fg_yaml_doc *doc, struct fg_diags *diags, fg_yaml_item_fn *item,
                       void *ctx)
{
    struct builder builder = {.doc = doc, .diags = diags, .item = item, .item_ctx = ctx};
    builder.arena = fg_arena_new(fg_heap_libc());
    if (builder.arena == NULL) {
        return FG_ENOMEM;
    }
    int rc = read_with(&builder);
    if (rc == FG_OK && builder.root != NULL && builder.root->kind != FG_YAML_LIST) {
        (void)refuse(&builder, builder.root, FG_CODE_TYPE, "expected a list here");
        rc = FG_ESYNTAX;
    }
    fg_arena_free(builder.arena);
    return rc;
}

const struct fg_yaml_node *fg_yaml_get(const struct fg_yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != FG_YAML_MAP) {
        return NULL;
    }
    struct fg_view wanted = fg_view_of(key);
    for (const struct fg_yaml_node *at = map->first; at != NULL; at = at->next) {
        if (fg_view_equal(at->text, wanted)) {
            return at->value;
        }
    }
    return NULL;
}

const char *fg_yaml_kind_name(const struct fg_yaml_node *node)
{
    static const char *const names[] = {"text", "list", "mapping"};
    return names[node->kind];
}

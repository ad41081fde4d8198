// SPDX-License-Identifier: GPL-2.0-or-later
// Pack files to a sealed ruleset: what is at the top of each file, and the order of the work.
#include "pack_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// "1.4.0" to a number that compares; false for anything else.
static bool parse_version(struct fg_view text, uint64_t *out)
{
    uint64_t version = 0;
    uint64_t part = 0;
    int parts = 1;
    bool digit = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && digit && parts < 3) {
            version = (version << 20) | part;
            part = 0;
            digit = false;
            parts++;
        } else if (c >= '0' && c <= '9' && part < 100000) {
            part = part * 10 + (uint64_t)(c - '0');
            digit = true;
        } else {
            return false;
        }
    }
    *out = (version << 20) | part;
    return digit && parts == 3;
}

static void check_format(struct pack_build *build, const struct fg_yaml_node *root)
{
    const struct fg_yaml_node *format = fg_yaml_get(root, "fraudguard");
    if (format == NULL) {
        FG_FIELD_ERROR(&build->fields, root, FG_CODE_MISSING_KEY,
                       "a pack begins with 'fraudguard: 1'");
    } else if (format->kind != FG_YAML_SCALAR || format->quoted ||
               !fg_view_equal(format->text, fg_view_of("1"))) {
        FG_FIELD_ERROR(&build->fields, format, FG_CODE_VERSION,
                       "this engine reads pack format 1; write 'fraudguard: 1'");
    }
}

static void check_requires(struct pack_build *build, const struct fg_yaml_node *node)
{
    if (!fg_field_shape(&build->fields, node, FG_SHAPE_REQUIRES)) {
        return;
    }
    const struct fg_yaml_node *engine = fg_yaml_get(node, "engine");
    if (engine == NULL || !fg_field_quoted(&build->fields, engine, "the version of the engine",
                                           "unquoted 1.10 is the number 1.1 to other tools")) {
        return;
    }
    uint64_t wanted;
    uint64_t have;
    struct fg_view text = engine->text;
    bool relation = text.len > 2 && memcmp(text.ptr, ">=", 2) == 0;
    if (!relation || !parse_version((struct fg_view){text.ptr + 2, text.len - 2}, &wanted)) {
        FG_FIELD_ERROR(&build->fields, engine, FG_CODE_VERSION,
                       "write the oldest engine that will do, such as \">=%s\"", FG_VERSION);
    } else if (!parse_version(fg_view_of(FG_VERSION), &have) || have < wanted) {
        FG_FIELD_ERROR(&build->fields, engine, FG_CODE_VERSION,
                       "the pack needs engine %.*s, this is %s", text.len > 40 ? 40 : (int)text.len,
                       text.ptr, FG_VERSION);
    }
}

static void read_defaults(struct pack_build *build, const struct fg_yaml_node *node,
                          struct pack_file *file)
{
    if (!fg_field_shape(&build->fields, node, FG_SHAPE_DEFAULTS) && node->kind != FG_YAML_MAP) {
        return;
    }
    const struct fg_yaml_node *mode = fg_yaml_get(node, "mode");
    const struct fg_yaml_node *maturity = fg_yaml_get(node, "maturity");
    const struct fg_yaml_node *direction = fg_yaml_get(node, "direction");
    if (mode != NULL) {
        file->has_mode = pack_read_mode(build, mode, &file->mode);
    }
    if (maturity != NULL) {
        (void)pack_read_maturity(build, maturity, &file->maturity);
    }
    if (!file->has_mode && file->maturity != FG_MATURITY_STABLE) {
        file->mode = FG_MODE_SHADOW;
    }
    if (direction != NULL) {
        (void)pack_read_direction(build, direction, &file->direction);
    }
}

static void read_pack_version(struct pack_build *build, const struct fg_yaml_node *root)
{
    const struct fg_yaml_node *version = fg_yaml_get(root, "version");
    uint64_t parsed;
    if (version == NULL) {
        FG_FIELD_ERROR(&build->fields, root, FG_CODE_MISSING_KEY,
                       "the pack needs a 'version', such as \"1.0.0\"");
    } else if (version->kind == FG_YAML_SCALAR && !parse_version(version->text, &parsed)) {
        FG_FIELD_ERROR(&build->fields, version, FG_CODE_VERSION,
                       "the version must be three numbers in quotes, such as \"1.0.0\", not '%.*s'",
                       version->text.len > 40 ? 40 : (int)version->text.len, version->text.ptr);
    } else {
        (void)fg_field_quoted(&build->fields, version, "the version",
                              "as \"1.10.0\", not the number 1.1");
    }
}

// A file of overrides alone is no pack and has no version.
static void read_overrides_head(struct pack_build *build, const struct fg_yaml_node *root)
{
    (void)fg_field_shape(&build->fields, root, FG_SHAPE_OVERRIDES_FILE);
    check_format(build, root);
}

static void read_head(struct pack_build *build, struct pack_file *file)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *root = file->root;
    if (root->kind == FG_YAML_LIST) {
        FG_FIELD_ERROR(fields, root, FG_CODE_TYPE,
                       "a pack must be a mapping, not a list; is this a customers file? 'fgctl "
                       "rules check' takes it with --customers");
        return;
    }
    if (root->kind == FG_YAML_MAP && fg_yaml_get(root, "overrides") != NULL &&
        fg_yaml_get(root, "pack") == NULL) {
        read_overrides_head(build, root);
        return;
    }
    if (!fg_field_shape(fields, root, FG_SHAPE_PACK) && root->kind != FG_YAML_MAP) {
        return;
    }
    check_format(build, root);
    read_pack_version(build, root);
    const struct fg_yaml_node *pack = fg_yaml_get(root, "pack");
    const struct fg_yaml_node *needs = fg_yaml_get(root, "requires");
    const struct fg_yaml_node *maintainer = fg_yaml_get(root, "maintainer");
    const struct fg_yaml_node *description = fg_yaml_get(root, "description");
    const struct fg_yaml_node *defaults = fg_yaml_get(root, "defaults");
    if (pack == NULL) {
        FG_FIELD_ERROR(fields, root, FG_CODE_MISSING_KEY, "the pack needs a name: 'pack: NAME'");
    } else {
        (void)(fg_field_name(fields, pack, "name of the pack", true) != NULL &&
               fg_field_stays_text(fields, pack, "name of the pack"));
    }
    if (needs != NULL) {
        check_requires(build, needs);
    }
    if (maintainer != NULL) {
        (void)fg_field_text(fields, maintainer, "maintainer");
    }
    if (description != NULL) {
        (void)fg_field_text(fields, description, "description");
    }
    if (defaults != NULL) {
        read_defaults(build, defaults, file);
    }
}

// Names that are keys of a mapping: lists, calendars, meters, group_caps.
static void declare_keys(struct pack_build *build, const struct pack_file *file,
                         const struct fg_yaml_node *map, enum pack_kind kind, const char *what)
{
    if (map == NULL || !fg_field_is(&build->fields, map, FG_YAML_MAP, what)) {
        return;
    }
    for (const struct fg_yaml_node *key = map->first; key != NULL; key = key->next) {
        struct pack_entry entry = {
            .name = key->text, .place = key, .body = key->value, .file = file};
        pack_declare(build, kind, &entry);
    }
}

// Names that are ids of a list's items: rules, composites.
static void declare_items(struct pack_build *build, const struct pack_file *file,
                          const struct fg_yaml_node *list, enum pack_kind kind, const char *what)
{
    if (list == NULL || !fg_field_is(&build->fields, list, FG_YAML_LIST, what)) {
        return;
    }
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next) {
        if (!fg_field_is(&build->fields, item, FG_YAML_MAP, pack_kind_name(kind))) {
            continue;
        }
        const struct fg_yaml_node *id = fg_yaml_get(item, "id");
        struct pack_entry entry = {.place = id != NULL ? id : item, .body = item, .file = file};
        if (id == NULL) {
            FG_FIELD_ERROR(&build->fields, item, FG_CODE_MISSING_KEY, "the %s needs an 'id'",
                           pack_kind_name(kind));
        } else if (pack_read_id(build, id)) {
            entry.name = id->text;
        }
        pack_declare(build, kind, &entry);
    }
}

static void declare_file(struct pack_build *build, const struct pack_file *file)
{
    const struct fg_yaml_node *root = file->root;
    if (root->kind != FG_YAML_MAP) {
        return;
    }
    declare_keys(build, file, fg_yaml_get(root, "lists"), PACK_LIST, "lists");
    declare_keys(build, file, fg_yaml_get(root, "calendars"), PACK_CALENDAR, "calendars");
    declare_keys(build, file, fg_yaml_get(root, "meters"), PACK_METER, "meters");
    declare_items(build, file, fg_yaml_get(root, "rules"), PACK_RULE, "rules");
    declare_items(build, file, fg_yaml_get(root, "composites"), PACK_COMPOSITE, "composites");
    const struct fg_yaml_node *scoring = fg_yaml_get(root, "scoring");
    if (scoring == NULL) {
        return;
    }
    if (build->scoring != NULL) {
        FG_FIELD_ERROR(&build->fields, scoring, FG_CODE_DUPLICATE,
                       "'scoring' may be in one file only; it is already at %s:%u",
                       build->scoring->doc->name, build->scoring->line);
        return;
    }
    build->scoring = scoring;
    build->main_file = file;
    declare_keys(build, file, fg_yaml_get(scoring, "group_caps"), PACK_GROUP, "group_caps");
}

static void warn_unused(struct pack_build *build)
{
    static const enum pack_kind kinds[] = {PACK_LIST, PACK_CALENDAR, PACK_METER};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        const struct pack_table *table = &build->tables[kinds[k]];
        for (uint32_t i = 0; i < table->n; i++) {
            if (!table->items[i].used) {
                fg_yaml_report(table->items[i].place, build->fields.diags, FG_WARNING,
                               FG_CODE_UNUSED, "%s '%.*s' is not used by any rule",
                               pack_kind_name(kinds[k]), (int)table->items[i].name.len,
                               table->items[i].name.ptr);
            }
        }
    }
}

static void compile(struct pack_build *build, struct pack_file *files, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        read_head(build, &files[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        declare_file(build, &files[i]);
    }
    if (build->scoring == NULL && files[0].root->kind != FG_YAML_MAP) {
        build->main_file = &files[0]; // that it is no pack has been told
    } else if (build->scoring == NULL) {
        FG_FIELD_ERROR(&build->fields, files[0].root, FG_CODE_MISSING_KEY,
                       "one file needs 'scoring' with its thresholds");
        build->main_file = &files[0];
    }
    pack_compile_scoring(build);
    pack_compile_lists(build);
    pack_compile_calendars(build);
    pack_compile_meters(build);
    pack_compile_rules(build);
    pack_compile_composites(build);
    pack_compile_groups(build);
    pack_compile_overrides(build, files, n);
    // After a mistake something may look unused only because its user could not be read.
    if (fg_diags_count(build->fields.diags, FG_ERROR) == 0) {
        warn_unused(build);
    }
}

static const char *head_text(struct pack_build *build, const char *key)
{
    const struct fg_yaml_node *node = fg_yaml_get(build->main_file->root, key);
    return fg_field_copy(&build->fields, node == NULL ? (struct fg_view){"", 0} : node->text);
}

static void report_excess(struct pack_build *build, const struct fg_excess *excess)
{
    const struct fg_yaml_node *place = build->meter_places[excess->meter];
    const char *name = build->out->meters[excess->meter].name;
    if (excess->of_record) {
        FG_FIELD_ERROR(&build->fields, place, FG_CODE_LIMIT,
                       "no room for meter '%s': the meters that are kept for the same as it is "
                       "('per') have %u windows, %u is the most; a ratio has two",
                       name, excess->needs, excess->most);
    } else {
        FG_FIELD_ERROR(&build->fields, place, FG_CODE_LIMIT,
                       "no room for meter '%s': one event (%s, %s) may need %u operations of the "
                       "store, %u is the most; a ratio takes two, a typical meter with peers up to "
                       "three, a gauge up to two",
                       name, fg_direction_name(excess->direction),
                       fg_event_kind_name(excess->event), excess->needs, excess->most);
    }
}

// Only for a build without mistakes.
static int seal(struct pack_build *build)
{
    struct fg_ruleset *out = build->out;
    out->pack = head_text(build, "pack");
    out->version = head_text(build, "version");
    fg_digest_finish(build->digest, out->digest);
    struct fg_list *lists = fg_field_alloc(&build->fields, (build->n_lists + 1) * sizeof(*lists));
    if (lists == NULL || build->fields.out_of_memory) {
        return FG_ENOMEM;
    }
    if (build->n_lists > 0) {
        memcpy(lists, build->lists, build->n_lists * sizeof(*lists));
    }
    out->lists = lists;
    out->n_lists = build->n_lists;
    const char *why = "";
    int rc = fg_ruleset_seal(out, build->fields.arena, &why);
    struct fg_excess excess;
    if (rc == FG_ELIMIT && fg_ruleset_find_excess(out, &excess)) {
        report_excess(build, &excess);
        rc = FG_ESYNTAX;
    } else if (rc == FG_EINVAL || rc == FG_ELIMIT) {
        struct fg_text_place whole = {0};
        fg_yaml_report_place(&build->main_file->doc, whole, build->fields.diags, FG_ERROR,
                             FG_CODE_LIMIT, "the ruleset does not hold together: %s", why);
        rc = FG_ESYNTAX;
    }
    return rc;
}

// Reads all files; FG_ESYNTAX when one of them is no tree to go on with.
static int read_files(struct pack_build *build, const struct fg_named_bytes *sources, uint32_t n,
                      struct pack_file *files)
{
    int result = FG_OK;
    for (uint32_t i = 0; i < n; i++) {
        struct fg_yaml_node *root = NULL;
        files[i].doc = (struct fg_yaml_doc){sources[i].name, sources[i].bytes, sources[i].len};
        files[i].origin = fg_field_copy(&build->fields, fg_view_of(sources[i].name));
        files[i].mode = FG_MODE_ENFORCE;
        files[i].direction = FG_OUTBOUND;
        fg_digest_add(build->digest, base_name(sources[i].name), sources[i].bytes, sources[i].len);
        struct fg_text_place whole = {0};
        int rc = FG_OK;
        if (sources[i].len > FG_PACK_FILE_BYTES_MAX) {
            fg_yaml_report_place(&files[i].doc, whole, build->fields.diags, FG_ERROR,
                                 FG_CODE_TOO_BIG, "the file is too big for a pack");
        } else {
            rc = fg_yaml_read(&files[i].doc, build->scratch, build->fields.diags, &root);
            if (rc == FG_OK && root == NULL) {
                fg_yaml_report_place(&files[i].doc, whole, build->fields.diags, FG_ERROR,
                                     FG_CODE_MISSING_KEY, "the file is empty");
            }
        }
        files[i].root = root;
        if (rc == FG_ENOMEM) {
            return rc;
        }
        result = root == NULL ? FG_ESYNTAX : result;
    }
    return result;
}

static int parse_with(struct pack_build *build, const struct fg_named_bytes *sources, uint32_t n)
{
    uint32_t errors = fg_diags_count(build->fields.diags, FG_ERROR);
    struct pack_file *files = fg_arena_alloc(build->scratch, n * sizeof(*files));
    if (files == NULL) {
        return FG_ENOMEM;
    }
    int rc = read_files(build, sources, n, files);
    if (rc == FG_OK) {
        compile(build, files, n);
    }
    if (rc == FG_ENOMEM || build->fields.out_of_memory) {
        return FG_ENOMEM;
    }
    if (fg_diags_count(build->fields.diags, FG_ERROR) > errors) {
        return FG_ESYNTAX;
    }
    return seal(build);
}

int fg_pack_parse_files(const struct fg_named_bytes *files, uint32_t n, const char *dir,
                        int64_t now_ms, struct fg_arena *arena, struct fg_diags *diags,
                        struct fg_ruleset *out)
{
    if (n == 0 || n > FG_PACK_FILES_MAX) {
        return FG_EINVAL;
    }
    struct fg_ruleset result;
    memset(&result, 0, sizeof(result));
    struct pack_build build = {
        .fields = {.arena = arena, .diags = diags}, .now_ms = now_ms, .dir = dir, .out = &result};
    build.scratch = fg_arena_new(fg_heap_libc());
    build.zones = fg_zone_cache_new(arena);
    build.digest = fg_digest_new();
    int rc = FG_ENOMEM;
    if (build.scratch != NULL && build.zones != NULL && build.digest != NULL) {
        rc = parse_with(&build, files, n);
    }
    if (rc == FG_OK) {
        *out = result;
    }
    free(build.lists);
    fg_digest_free(build.digest);
    fg_zone_cache_free(build.zones);
    fg_arena_free(build.scratch);
    return rc;
}

int fg_pack_parse(const char *name, const char *bytes, size_t len, const char *lists_dir,
                  struct fg_arena *arena, struct fg_diags *diags, struct fg_ruleset *out)
{
    struct fg_named_bytes file = {name, bytes, len};
    return fg_pack_parse_files(&file, 1, lists_dir, 0, arena, diags, out);
}

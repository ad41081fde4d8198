// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/suggest.h"

#define FROM_S         INT64_C(631152000)  // 1990-01-01
#define UNTIL_S        INT64_C(2366841600) // 2045-01-01
#define SPANS_MAX      512                 // Morocco, with four changes a year, needs about 220
#define NAME_MAX_BYTES 64
#define ZONES_MAX      1024

struct fg_zone_cache {
    struct fg_arena *arena;
    const struct fg_zone *zones[ZONES_MAX];
    uint32_t n;
};

struct fg_zone_cache *fg_zone_cache_new(struct fg_arena *arena)
{
    struct fg_zone_cache *cache = calloc(1, sizeof(*cache));
    if (cache != NULL) {
        cache->arena = arena;
    }
    return cache;
}

void fg_zone_cache_free(struct fg_zone_cache *cache)
{
    free(cache);
}

static int32_t offset_at(GTimeZone *zone, int64_t time_s)
{
    gint interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, time_s);
    return interval < 0 ? 0 : g_time_zone_get_offset(zone, interval);
}

// The first second in (low, high] at which another offset than at low holds.
static int64_t find_change(GTimeZone *zone, int64_t low, int64_t high)
{
    int32_t before = offset_at(zone, low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(zone, middle) == before) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

// Walks in steps shorter than any time two changes of offset were apart (Ramadan in Morocco: about
// a month; two steps within one day are not known since 1990).
static uint32_t walk(GTimeZone *zone, struct fg_zone_span spans[SPANS_MAX])
{
    const int64_t step_s = INT64_C(5) * 24 * 3600;
    uint32_t n = 0;
    spans[n++] = (struct fg_zone_span){FROM_S, offset_at(zone, FROM_S)};
    for (int64_t at = FROM_S; at < UNTIL_S && n < SPANS_MAX; at += step_s) {
        int64_t from = at;
        while (offset_at(zone, from) != offset_at(zone, at + step_s) && n < SPANS_MAX) {
            from = find_change(zone, from, at + step_s);
            spans[n++] = (struct fg_zone_span){from, offset_at(zone, from)};
        }
    }
    return n;
}

// Names come from files: only what a zone's name can be reaches the library, so that none is taken
// for a path, a POSIX rule or an offset.
static bool is_zone_name(struct fg_view name)
{
    if (name.len == 0 || name.len > NAME_MAX_BYTES || name.ptr[0] < 'A' || name.ptr[0] > 'Z') {
        return false;
    }
    bool slash = memchr(name.ptr, '/', name.len) != NULL;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c >= '0' && c <= '9' && !slash) {
            return false; // "EST5" is a rule, not a place
        }
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '/' || c == '_' || c == '-' || c == '+';
        if (!fits) {
            return false;
        }
    }
    return true;
}

static int make_zone(struct fg_zone_cache *cache, GTimeZone *source, struct fg_view name,
                     const struct fg_zone **out)
{
    struct fg_zone_span spans[SPANS_MAX];
    uint32_t n = walk(source, spans);
    struct fg_zone *zone = fg_arena_alloc(cache->arena, sizeof(*zone));
    struct fg_zone_span *copy = fg_arena_alloc(cache->arena, n * sizeof(*copy));
    const char *name_copy = fg_arena_copy(cache->arena, name.ptr, name.len);
    if (zone == NULL || copy == NULL || name_copy == NULL) {
        return FG_ENOMEM;
    }
    memcpy(copy, spans, n * sizeof(*copy));
    *zone = (struct fg_zone){.name = name_copy, .n_spans = n, .spans = copy};
    cache->zones[cache->n++] = zone;
    *out = zone;
    return FG_OK;
}

int fg_zone_find(struct fg_zone_cache *cache, struct fg_view name, const struct fg_zone **out)
{
    for (uint32_t i = 0; i < cache->n; i++) {
        if (fg_view_equal(fg_view_of(cache->zones[i]->name), name)) {
            *out = cache->zones[i];
            return FG_OK;
        }
    }
    if (!is_zone_name(name) || cache->n == ZONES_MAX) {
        return FG_ENOTFOUND;
    }
    char text[NAME_MAX_BYTES + 1];
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    GTimeZone *source = g_time_zone_new_identifier(text);
    if (source == NULL) {
        return FG_ENOTFOUND;
    }
    int rc = make_zone(cache, source, name, out);
    g_time_zone_unref(source);
    return rc;
}

// The system's own table of zones; without it there is no suggestion.
static const char zone_table[] = "/usr/share/zoneinfo/tzdata.zi";

void fg_zone_suggest(struct fg_view name, char *out, size_t size)
{
    out[0] = '\0';
    gchar *text = NULL;
    if (!g_file_get_contents(zone_table, &text, NULL, NULL)) {
        return;
    }
    // Zones are lines "Z NAME ...", other names of them "L TARGET NAME".
    size_t best = name.len / 3 + 1;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *word = NULL;
        if (strncmp(line, "Z ", 2) == 0) {
            word = line + 2;
        } else if (strncmp(line, "L ", 2) == 0) {
            word = strchr(line + 2, ' ');
            word = word == NULL ? NULL : word + 1;
        }
        if (word == NULL) {
            continue;
        }
        struct fg_view zone = {word, strcspn(word, " ")};
        size_t edits = fg_edit_distance(name, zone, best);
        if (edits < best) {
            best = edits;
            (void)snprintf(out, size, "%.*s", (int)zone.len, zone.ptr);
        }
    }
    g_free(text);
}

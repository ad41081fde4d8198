// SPDX-License-Identifier: GPL-2.0-or-later
#include "leg_origin.h"

#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 128

#define VERSION_FLAGS (EDGE_NG_REPLACE_SDP_VERSION | EDGE_NG_REPLACE_FORCE_VERSION)
#define ALL_FLAGS     (VERSION_FLAGS | EDGE_NG_REPLACE_USERNAME | EDGE_NG_REPLACE_SESSION_NAME)

struct field {
    bool is_known;
    size_t len;
    char text[TEXT_MAX];
};

struct edge_origin {
    struct field username;
    struct field session_id;
    struct field session_name;
    uint64_t version;
    uint64_t hash; /* of what the leg got last, but for the version; 0: nothing yet */
};

/* The text that was the first stays; one that is too long to keep is passed on each time. */
static struct edge_view keep(struct field *field, struct edge_view text)
{
    if (!field->is_known && text.len <= TEXT_MAX) {
        field->is_known = true;
        field->len = text.len;
        if (text.len > 0)
            memcpy(field->text, text.ptr, text.len);
    }
    return field->is_known ? (struct edge_view){field->text, field->len} : text;
}

static struct edge_view format_version(uint64_t version, struct edge_origin_text *text)
{
    (void)snprintf(text->version, sizeof(text->version), "%" PRIu64, version);
    return edge_view_of(text->version);
}

int edge_origin_plan(struct edge_origin **origin, uint32_t replace, const struct edge_sdp *sdp,
                     struct edge_sdp_plan *plan, struct edge_origin_text *text)
{
    if (!(replace & ALL_FLAGS))
        return 0;
    if (!*origin)
        *origin = calloc(1, sizeof(**origin));
    if (!*origin)
        return EDGE_ENOMEM;
    if (replace & EDGE_NG_REPLACE_USERNAME)
        plan->username = keep(&(*origin)->username, sdp->origin.username);
    if (replace & EDGE_NG_REPLACE_SESSION_NAME)
        plan->session_name = keep(&(*origin)->session_name, sdp->session_name);
    if (!(replace & VERSION_FLAGS))
        return 0;
    /* A version counts within one session id only. */
    plan->session_id = keep(&(*origin)->session_id, sdp->origin.session_id);
    if ((*origin)->version == 0 &&
        edge_decimal_parse(sdp->origin.version, UINT64_MAX / 2, &(*origin)->version) != 0)
        (*origin)->version = 1;
    plan->version = format_version((*origin)->version, text);
    return 0;
}

static uint64_t hash_of(struct edge_view bytes, uint64_t hash)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (unsigned char)bytes.ptr[i]) * 0x100000001b3u; /* FNV-1a */
    return hash;
}

/* The o= line's third word is where the version is; everything else counts. */
static uint64_t hash_without_version(struct edge_view written)
{
    const char *at = memmem(written.ptr, written.len, "\no=", 3);
    size_t start = at ? (size_t)(at - written.ptr) + 3 : 0;
    size_t end;

    for (int words = 0; words < 2; words++) {
        while (start < written.len && written.ptr[start] != ' ')
            start++;
        start += start < written.len;
    }
    for (end = start; end < written.len && written.ptr[end] != ' ';)
        end++;
    return hash_of((struct edge_view){written.ptr + end, written.len - end},
                   hash_of((struct edge_view){written.ptr, start}, 0xcbf29ce484222325u)) |
           1;
}

bool edge_origin_has_changed(struct edge_origin *origin, uint32_t replace, struct edge_view written,
                             struct edge_sdp_plan *plan, struct edge_origin_text *text)
{
    uint64_t before;
    uint64_t now;

    if (!origin || !(replace & VERSION_FLAGS))
        return false;
    before = origin->hash;
    now = hash_without_version(written);
    origin->hash = now;
    if (before == 0 || (before == now && !(replace & EDGE_NG_REPLACE_FORCE_VERSION)))
        return false;
    origin->version++;
    plan->version = format_version(origin->version, text);
    return true;
}

static void write_field(const struct field *field, struct edge_bytes_writer *writer)
{
    edge_bytes_put_number(writer, field->is_known, 1);
    edge_bytes_put_text(writer, (struct edge_view){field->text, field->len});
}

static void read_field(struct edge_bytes_reader *reader, struct field *field)
{
    struct edge_view text;

    field->is_known = edge_bytes_get_bool(reader);
    text = edge_bytes_get_text(reader, TEXT_MAX);
    field->len = text.len;
    if (text.len > 0)
        memcpy(field->text, text.ptr, text.len);
}

void edge_origin_write(const struct edge_origin *origin, struct edge_bytes_writer *writer)
{
    edge_bytes_put_number(writer, origin != NULL, 1);
    if (!origin)
        return;
    write_field(&origin->username, writer);
    write_field(&origin->session_id, writer);
    write_field(&origin->session_name, writer);
    edge_bytes_put_number(writer, origin->version, 8);
    edge_bytes_put_number(writer, origin->hash, 8);
}

int edge_origin_read(struct edge_bytes_reader *reader, struct edge_origin **origin)
{
    struct edge_origin *read;

    *origin = NULL;
    if (!edge_bytes_get_bool(reader))
        return 0;
    read = calloc(1, sizeof(*read));
    if (!read)
        return EDGE_ENOMEM;
    read_field(reader, &read->username);
    read_field(reader, &read->session_id);
    read_field(reader, &read->session_name);
    read->version = edge_bytes_get_number(reader, 8);
    read->hash = edge_bytes_get_number(reader, 8);
    *origin = read;
    return 0;
}

void edge_origin_free(struct edge_origin *origin)
{
    free(origin);
}

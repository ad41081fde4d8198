// SPDX-License-Identifier: GPL-2.0-or-later
// What was observed of a trunk, as JSON.
#include "fg/record.h"
#include "record_json.h"

static int64_t saturate(uint64_t count)
{
    return count > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)count;
}

static bool set_media(struct fg_json *object, const struct fg_trunk_facts *facts)
{
    const struct fg_media_side *media = &facts->media;
    struct fg_json *json;

    if (!media->known) {
        return fg_json_set_null(object, "media");
    }
    json = fg_json_object_new();
    if (fg_json_set_bool(json, "encrypted", media->encrypted) &&
        fg_json_set_string(json, "suite", media->suite) &&
        fg_json_set_string(json, "codec", media->codec) &&
        fg_json_set_integer(json, "seen_ms", facts->media_ms)) {
        return fg_json_set(object, "media", json);
    }
    fg_json_free(json);
    return false;
}

char *fg_record_trunk(const struct fg_trunk_facts *facts)
{
    struct fg_json *object = fg_json_object_new();
    const bool complete =
        fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
        fg_json_set_string(object, "customer", facts->customer) &&
        fg_json_set_string(object, "identity", fg_identity_name(facts->identity)) &&
        fg_record_set_tls(object, facts->tls, facts->seen_ms) &&
        fg_json_set_string(object, "source", facts->source) &&
        fg_json_set_integer(object, "seen_ms", facts->seen_ms) &&
        fg_json_set_integer(object, "calls", saturate(facts->calls)) &&
        fg_json_set_integer(object, "srtp_calls", saturate(facts->srtp_calls)) &&
        fg_json_set_integer(object, "blocked", saturate(facts->blocked)) &&
        fg_json_set_integer(object, "live", facts->live) && set_media(object, facts);

    return fg_record_finish(object, complete);
}

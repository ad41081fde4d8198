// SPDX-License-Identifier: GPL-2.0-or-later
// What was observed of a trunk, as JSON.
#include "fg/record.h"
#include "record_json.h"

static int64_t saturate(uint64_t count)
{
    return count > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)count;
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
        fg_json_set_integer(object, "live", facts->live);

    return fg_record_finish(object, complete);
}

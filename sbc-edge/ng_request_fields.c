// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_request_fields.h"

#include "ng_flag_string.h"
#include "ng_ignored.h"
#include "ng_sdes_list.h"
#include "ng_word.h"

static const struct edge_ng_word flag_words[] = {
    WORD("strict-source", EDGE_NG_FLAG_STRICT_SOURCE),
    WORD("trust-address", EDGE_NG_FLAG_TRUST_ADDRESS),
    WORD("SIP-source-address", EDGE_NG_FLAG_SIP_SOURCE_ADDRESS),
    WORD("port-latching", EDGE_NG_FLAG_PORT_LATCHING),
    WORD("no-port-latching", EDGE_NG_FLAG_NO_PORT_LATCHING),
    WORD("media-handover", EDGE_NG_FLAG_MEDIA_HANDOVER),
    WORD("asymmetric", EDGE_NG_FLAG_ASYMMETRIC),
    WORD("symmetric", EDGE_NG_FLAG_SYMMETRIC),
    WORD("all", EDGE_NG_FLAG_ALL),
    WORD("directional", EDGE_NG_FLAG_DIRECTIONAL),
    WORD("fatal", EDGE_NG_FLAG_FATAL),
    WORD("fragment", EDGE_NG_FLAG_FRAGMENT),
    WORD("reset", EDGE_NG_FLAG_RESET),
    WORD("debug", EDGE_NG_FLAG_DEBUG),
    WORD("to-tag", EDGE_NG_FLAG_TO_TAG),
    WORD("no-rtcp-attribute", EDGE_NG_FLAG_NO_RTCP_ATTRIBUTE),
    WORD("original-sendrecv", EDGE_NG_FLAG_ORIGINAL_SENDRECV),
    WORD("accept-plain-rtcp", EDGE_NG_FLAG_PLAIN_RTCP),
};

static const struct edge_ng_word replace_words[] = {
    WORD("origin", EDGE_NG_REPLACE_ORIGIN),
    WORD("session-connection", EDGE_NG_REPLACE_SESSION_CONNECTION),
    WORD("username", EDGE_NG_REPLACE_USERNAME),
    WORD("session-name", EDGE_NG_REPLACE_SESSION_NAME),
    WORD("SDP-version", EDGE_NG_REPLACE_SDP_VERSION),
    WORD("zero-address", EDGE_NG_REPLACE_ZERO_ADDRESS),
    WORD("force-increment-SDP-ver", EDGE_NG_REPLACE_FORCE_VERSION),
};

static const struct edge_ng_word mux_words[] = {
    WORD("offer", EDGE_NG_MUX_OFFER),   WORD("require", EDGE_NG_MUX_REQUIRE),
    WORD("demux", EDGE_NG_MUX_DEMUX),   WORD("accept", EDGE_NG_MUX_ACCEPT),
    WORD("reject", EDGE_NG_MUX_REJECT),
};

static const struct edge_ng_word ice_words[] = {
    WORD("remove", EDGE_NG_ICE_REMOVE),     WORD("default", EDGE_NG_ICE_DEFAULT),
    WORD("optional", EDGE_NG_ICE_DEFAULT),  WORD("force", EDGE_NG_ICE_FORCE),
    WORD("force-relay", EDGE_NG_ICE_FORCE),
};

static const struct edge_ng_word dtls_words[] = {
    WORD("off", EDGE_NG_DTLS_OFF),       WORD("no", EDGE_NG_DTLS_OFF),
    WORD("disable", EDGE_NG_DTLS_OFF),   WORD("passive", EDGE_NG_DTLS_PASSIVE),
    WORD("active", EDGE_NG_DTLS_ACTIVE),
};

static const struct edge_ng_word drop_words[] = {
    WORD("start", EDGE_NG_DROP_START),
    WORD("stop", EDGE_NG_DROP_STOP),
};

static const struct edge_ng_word learning_words[] = {
    WORD("off", EDGE_NG_LEARN_OFF),
    WORD("immediate", EDGE_NG_LEARN_IMMEDIATE),
    WORD("delayed", EDGE_NG_LEARN_DELAYED),
    WORD("heuristic", EDGE_NG_LEARN_HEURISTIC),
};

static const struct edge_ng_word policy_words[] = {
    WORD("off", EDGE_SRTP_OFF),
    WORD("preferred", EDGE_SRTP_PREFERRED),
    WORD("required", EDGE_SRTP_REQUIRED),
};

static const struct edge_ng_word osrtp_words[] = {
    WORD("offer", EDGE_NG_OSRTP_OFFER),
    WORD("offer-rfc", EDGE_NG_OSRTP_OFFER),
    WORD("accept", EDGE_NG_OSRTP_ACCEPT),
    WORD("accept-rfc", EDGE_NG_OSRTP_ACCEPT),
};

static const struct edge_ng_word family_words[] = {
    WORD("IP4", EDGE_IP4),
    WORD("IP6", EDGE_IP6),
};

static void note_unknown(struct edge_ng_request *request, struct edge_view what)
{
    if (edge_ng_is_ignored(what))
        return;
    if (request->n_unknown < EDGE_NG_UNKNOWN_MAX)
        request->unknown[request->n_unknown] = what;
    request->n_unknown++;
}

/** Reads one text of a list; false when it is not known. */
typedef bool element_fn(struct edge_ng_request *request, struct edge_view text);

static bool read_sdes(struct edge_ng_request *request, struct edge_view text)
{
    return edge_ng_sdes_read(&request->sdes, text);
}

static bool add_bits(uint32_t *bits, const struct edge_ng_word *words, size_t n_words,
                     struct edge_view text)
{
    const uint32_t bit = edge_ng_word_find(words, n_words, text);

    *bits |= bit;
    return bit != 0;
}

static bool read_replace(struct edge_ng_request *request, struct edge_view text)
{
    return add_bits(&request->replace, replace_words, COUNT_OF(replace_words), text);
}

static bool read_rtcp_mux(struct edge_ng_request *request, struct edge_view text)
{
    return add_bits(&request->rtcp_mux, mux_words, COUNT_OF(mux_words), text);
}

static bool read_osrtp(struct edge_ng_request *request, struct edge_view text)
{
    return add_bits(&request->osrtp, osrtp_words, COUNT_OF(osrtp_words), text);
}

/** Also `SDES-pad`, `rtcp-mux-demux` and `replace-origin`, which some proxies leave in `flags`. */
static bool read_flag(struct edge_ng_request *request, struct edge_view text)
{
    if (add_bits(&request->flags, flag_words, COUNT_OF(flag_words), text))
        return true;
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("SDES-")))
        return edge_ng_sdes_read(&request->sdes, text);
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("rtcp-mux-")))
        return read_rtcp_mux(request, text);
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("OSRTP-")))
        return read_osrtp(request, text);
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("replace-")))
        return read_replace(request, text);
    return false;
}

static bool read_supports(struct edge_ng_request *request, struct edge_view text)
{
    if (!edge_ng_name_is(text, EDGE_VIEW("load limit")))
        return false;
    request->supports_load_limit = true;
    return true;
}

/** A list of texts; one text stands for a list of one. */
static void read_list(struct edge_ng_request *request, const struct edge_ng_value *value,
                      element_fn *read)
{
    if (value->type == EDGE_NG_STR) {
        if (!read(request, value->str))
            note_unknown(request, value->str);
        return;
    }
    if (value->type != EDGE_NG_LIST) {
        note_unknown(request, value->key);
        return;
    }
    for (const struct edge_ng_value *item = value->first; item; item = item->next) {
        const bool is_text = item->type == EDGE_NG_STR;

        if (!is_text || !read(request, item->str))
            note_unknown(request, is_text ? item->str : value->key);
    }
}

/** Reads the value of one key; false when it is not understood. */
typedef bool field_fn(struct edge_ng_request *request, const struct edge_ng_value *value);

static bool read_flags(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    read_list(request, value, read_flag);
    return true;
}

static bool read_replaces(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    read_list(request, value, read_replace);
    return true;
}

static bool read_rtcp_muxes(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    read_list(request, value, read_rtcp_mux);
    return true;
}

static bool read_sdes_list(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    read_list(request, value, read_sdes);
    return true;
}

static bool read_supports_list(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    read_list(request, value, read_supports);
    return true;
}

static bool read_osrtp_list(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    read_list(request, value, read_osrtp);
    return true;
}

static bool read_policy(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t policy =
        edge_ng_word_find(policy_words, COUNT_OF(policy_words), edge_ng_str(value));

    if (policy != 0)
        request->srtp_policy = (enum edge_srtp_policy)policy;
    return policy != 0;
}

/** One text is one name more: the flags as a text name them one by one. */
static bool read_direction(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    if (value->type == EDGE_NG_STR && request->n_direction < EDGE_NG_DIRECTION_MAX) {
        request->direction[request->n_direction++] = value->str;
        return true;
    }
    if (value->type != EDGE_NG_LIST || value->n_children > EDGE_NG_DIRECTION_MAX)
        return false;
    for (const struct edge_ng_value *item = value->first; item; item = item->next) {
        if (item->type != EDGE_NG_STR)
            return false;
    }
    request->n_direction = 0;
    for (const struct edge_ng_value *item = value->first; item; item = item->next)
        request->direction[request->n_direction++] = item->str;
    return true;
}

static bool read_received_from(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    struct edge_ip ip;

    if (value->type != EDGE_NG_LIST || value->n_children != 2)
        return false;
    const uint32_t family =
        edge_ng_word_find(family_words, COUNT_OF(family_words), edge_ng_str(value->first));
    if (edge_ip_parse(edge_ng_str(value->last), &ip) != 0 || (uint32_t)ip.family != family)
        return false;
    request->received_from = ip;
    return true;
}

static bool read_media_address(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    return edge_ip_parse(edge_ng_str(value), &request->media_address) == 0;
}

static bool read_address_family(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t family =
        edge_ng_word_find(family_words, COUNT_OF(family_words), edge_ng_str(value));

    if (family == 0)
        return false;
    request->address_family = (enum edge_ip_family)family;
    return true;
}

static bool read_transport(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const struct edge_view text = edge_ng_str(value);

    if (edge_ng_name_is(text, EDGE_VIEW("accept"))) {
        request->accepts_transport = true;
        return true;
    }
    const enum edge_sdp_proto proto = edge_sdp_proto_find(text);
    if (proto == EDGE_PROTO_OTHER)
        return false;
    request->transport_protocol = proto;
    return true;
}

static bool read_ice(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t ice = edge_ng_word_find(ice_words, COUNT_OF(ice_words), edge_ng_str(value));

    if (ice != 0)
        request->ice = (enum edge_ng_ice)ice;
    return ice != 0;
}

static bool read_dtls(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t dtls = edge_ng_word_find(dtls_words, COUNT_OF(dtls_words), edge_ng_str(value));

    if (dtls != 0)
        request->dtls = (enum edge_ng_dtls)dtls;
    return dtls != 0;
}

static bool read_dtls_reverse(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t dtls = edge_ng_word_find(dtls_words, COUNT_OF(dtls_words), edge_ng_str(value));

    if (dtls != EDGE_NG_DTLS_PASSIVE && dtls != EDGE_NG_DTLS_ACTIVE)
        return false;
    request->dtls_reverse = (enum edge_ng_dtls)dtls;
    return true;
}

static bool read_dtls_hash(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const enum edge_dtls_hash hash = edge_dtls_hash_find(edge_ng_str(value));

    if (hash != EDGE_HASH_NONE)
        request->dtls_hash = hash;
    return hash != EDGE_HASH_NONE;
}

static bool read_drop_traffic(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t drop = edge_ng_word_find(drop_words, COUNT_OF(drop_words), edge_ng_str(value));

    if (drop != 0)
        request->drop_traffic = (enum edge_ng_drop_traffic)drop;
    return drop != 0;
}

static bool read_learning(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    const uint32_t learning =
        edge_ng_word_find(learning_words, COUNT_OF(learning_words), edge_ng_str(value));

    if (learning != 0)
        request->learning = (enum edge_ng_learning)learning;
    return learning != 0;
}

static bool read_tos(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    int64_t tos = 0;

    if (edge_ng_int(value, &tos) != 0 || tos < 0 || tos > UINT8_MAX)
        return false;
    request->has_tos = true;
    request->tos = (uint8_t)tos;
    return true;
}

/** A number of 0..2^32-1, with those outside brought to its nearest end. */
static bool read_clamped(const struct edge_ng_value *value, uint32_t *out)
{
    int64_t number = 0;

    if (edge_ng_int(value, &number) != 0)
        return false;
    if (number < 0)
        number = 0;
    *out = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    return true;
}

static bool read_delete_delay(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    if (!read_clamped(value, &request->delete_delay_s))
        return false;
    request->has_delete_delay = true;
    return true;
}

static bool read_limit(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    if (!read_clamped(value, &request->limit))
        return false;
    request->has_limit = true;
    return true;
}

static bool read_from_tag(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    if (value->type != EDGE_NG_STR)
        return false;
    request->from_tag = value->str;
    request->has_from_tag = true;
    return true;
}

/** Recording is not ours; a proxy that says so on every call is not worth a warning. */
static bool read_record_call(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    static const struct edge_ng_word off_words[] = {WORD("no", 1), WORD("off", 1)};

    (void)request;
    return edge_ng_word_find(off_words, COUNT_OF(off_words), edge_ng_str(value)) != 0;
}

static bool read_flag_string(struct edge_ng_request *request, const struct edge_ng_value *value);

static const struct {
    struct edge_view name;
    field_fn *read;
} fields[] = {
    {EDGE_VIEW_INIT("from-tag"), read_from_tag},
    {EDGE_VIEW_INIT("rtpp-flags"), read_flag_string},
    {EDGE_VIEW_INIT("OSRTP"), read_osrtp_list},
    {EDGE_VIEW_INIT("srtp-policy"), read_policy},
    {EDGE_VIEW_INIT("flags"), read_flags},
    {EDGE_VIEW_INIT("replace"), read_replaces},
    {EDGE_VIEW_INIT("rtcp-mux"), read_rtcp_muxes},
    {EDGE_VIEW_INIT("SDES"), read_sdes_list},
    {EDGE_VIEW_INIT("supports"), read_supports_list},
    {EDGE_VIEW_INIT("direction"), read_direction},
    {EDGE_VIEW_INIT("received-from"), read_received_from},
    {EDGE_VIEW_INIT("media-address"), read_media_address},
    {EDGE_VIEW_INIT("address-family"), read_address_family},
    {EDGE_VIEW_INIT("transport-protocol"), read_transport},
    {EDGE_VIEW_INIT("ICE"), read_ice},
    {EDGE_VIEW_INIT("DTLS"), read_dtls},
    {EDGE_VIEW_INIT("DTLS-reverse"), read_dtls_reverse},
    {EDGE_VIEW_INIT("DTLS-fingerprint"), read_dtls_hash},
    {EDGE_VIEW_INIT("drop-traffic"), read_drop_traffic},
    {EDGE_VIEW_INIT("endpoint-learning"), read_learning},
    {EDGE_VIEW_INIT("TOS"), read_tos},
    {EDGE_VIEW_INIT("delete-delay"), read_delete_delay},
    {EDGE_VIEW_INIT("limit"), read_limit},
    {EDGE_VIEW_INIT("record-call"), read_record_call},
};

/** Texts that are taken as they are, by where they go. */
static const struct {
    struct edge_view name;
    size_t offset;
} texts[] = {
    {EDGE_VIEW_INIT("command"), offsetof(struct edge_ng_request, command_text)},
    {EDGE_VIEW_INIT("call-id"), offsetof(struct edge_ng_request, call_id)},
    {EDGE_VIEW_INIT("to-tag"), offsetof(struct edge_ng_request, to_tag)},
    {EDGE_VIEW_INIT("via-branch"), offsetof(struct edge_ng_request, via_branch)},
    {EDGE_VIEW_INIT("label"), offsetof(struct edge_ng_request, label)},
    {EDGE_VIEW_INIT("from-label"), offsetof(struct edge_ng_request, label)},
    {EDGE_VIEW_INIT("to-label"), offsetof(struct edge_ng_request, to_label)},
    {EDGE_VIEW_INIT("set-label"), offsetof(struct edge_ng_request, to_label)},
    {EDGE_VIEW_INIT("metadata"), offsetof(struct edge_ng_request, metadata)},
    {EDGE_VIEW_INIT("address"), offsetof(struct edge_ng_request, address)},
    {EDGE_VIEW_INIT("sdp"), offsetof(struct edge_ng_request, sdp)},
};

static bool read_member(struct edge_ng_request *request, const struct edge_ng_value *member)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (!edge_ng_name_is(member->key, texts[i].name))
            continue;
        if (member->type != EDGE_NG_STR)
            return false;
        memcpy((char *)request + texts[i].offset, &member->str, sizeof(member->str));
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (edge_ng_name_is(member->key, fields[i].name))
            return fields[i].read(request, member);
    }
    return false;
}

/** A word alone may be a profile or a side of the proxy, besides a flag. */
static bool read_bare_word(struct edge_ng_request *request, struct edge_view word)
{
    const struct edge_ng_value value = {.type = EDGE_NG_STR, .str = word};

    if (edge_sdp_proto_find(word) != EDGE_PROTO_OTHER)
        return read_transport(request, &value);
    if (edge_ng_name_is(word, EDGE_VIEW("internal")) ||
        edge_ng_name_is(word, EDGE_VIEW("external")))
        return read_direction(request, &value);
    return read_flag(request, word);
}

static void take_flag(void *context, struct edge_view key, struct edge_view word)
{
    struct edge_ng_request *request = context;
    const struct edge_ng_value value = {.type = EDGE_NG_STR, .key = key, .str = word};

    if (key.len == 0) {
        if (!read_bare_word(request, word))
            note_unknown(request, word);
        return;
    }
    /* `auto` and its like are for the proxy, which sends the branch itself; and flags in flags
     * would have no end. */
    if (edge_ng_name_is(key, EDGE_VIEW("via-branch")) ||
        edge_ng_name_is(key, EDGE_VIEW("rtpp-flags")))
        return;
    if (!read_member(request, &value))
        note_unknown(request, key);
}

static bool read_flag_string(struct edge_ng_request *request, const struct edge_ng_value *value)
{
    if (value->type != EDGE_NG_STR)
        return false;
    edge_ng_flag_string_walk(value->str, take_flag, request);
    return true;
}

void edge_ng_request_read_fields(struct edge_ng_request *request)
{
    for (const struct edge_ng_value *member = request->dict->first; member; member = member->next) {
        if (!read_member(request, member))
            note_unknown(request, member->key);
    }
}

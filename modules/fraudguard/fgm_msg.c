// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_msg.h"

#include <string.h>

#include "core/ip_addr.h"
#include "core/parser/parse_content.h"
#include "core/parser/parse_from.h"
#include "core/parser/parse_to.h"
#include "core/parser/parser_f.h"
#include "fg/uri.h"
#include "fgm_sdp.h"
#include "fgm_str.h"
#include "fgm_uri.h"

void fgm_msg_source(const struct sip_msg *msg, struct fg_ip *out)
{
    const struct ip_addr *ip = &msg->rcv.src_ip;
    if (ip->af == AF_INET6) {
        memcpy(out->bytes, ip->u.addr, 16);
    } else {
        memset(out->bytes, 0, 10);
        memset(out->bytes + 10, 0xff, 2);
        memcpy(out->bytes + 12, ip->u.addr, 4);
    }
}

static void read_source(const struct sip_msg *msg, struct fgm_request *out)
{
    fgm_msg_source(msg, &out->source);
    switch (msg->rcv.proto) {
    case PROTO_UDP:
        out->transport = FG_TRANSPORT_UDP;
        break;
    case PROTO_TCP:
        out->transport = FG_TRANSPORT_TCP;
        break;
    case PROTO_TLS:
        out->transport = FG_TRANSPORT_TLS;
        break;
    case PROTO_WS:
        out->transport = FG_TRANSPORT_WS;
        break;
    case PROTO_WSS:
        out->transport = FG_TRANSPORT_WSS;
        break;
    default:
        out->transport = FG_TRANSPORT_UNKNOWN;
    }
}

// The Request-URI that will be routed: what the script made of it, else what came.
static bool read_called(struct sip_msg *msg, struct fgm_request *out)
{
    str *uri =
        msg->new_uri.s && msg->new_uri.len > 0 ? &msg->new_uri : &msg->first_line.u.request.uri;
    struct fg_uri_number number;
    if (!fg_uri_number(fgm_view(*uri), &number))
        return false;
    out->called_user = number.user;
    out->called_context = number.phone_context;
    return true;
}

static bool is_anonymous(struct fg_view user)
{
    return user.len == 0 || fg_view_equal_nocase(user, fg_view_of("anonymous"));
}

static bool read_claim(struct fg_view uri, struct fgm_request *out)
{
    struct fg_uri_number number;
    if (!fg_uri_number(uri, &number) || is_anonymous(number.user))
        return true;
    if (out->n_claims == FGM_CLAIMS_MAX)
        return false;
    out->claims[out->n_claims++] = (struct fgm_claim){number.user, number.phone_context};
    return true;
}

// All values of all headers of that kind.
static bool read_claims_of(const struct sip_msg *msg, hdr_types_t type, struct fgm_request *out)
{
    for (const struct hdr_field *header = msg->headers; header; header = header->next) {
        if (header->type != type)
            continue;
        struct fg_view rest = fgm_view(header->body), value;
        while (fgm_next_value(&rest, &value)) {
            if (!read_claim(fgm_uri_of_address(value), out))
                return false;
        }
    }
    return true;
}

// False when there are more than anybody has.
static bool read_claims(struct sip_msg *msg, struct fgm_request *out)
{
    return read_claims_of(msg, HDR_PAI_T, out) && read_claim(fgm_view(get_from(msg)->uri), out) &&
           read_claims_of(msg, HDR_PPI_T, out) && read_claims_of(msg, HDR_RPID_T, out);
}

static bool has_to_tag(struct sip_msg *msg)
{
    return get_to(msg)->tag_value.s && get_to(msg)->tag_value.len > 0;
}

// One session description and nothing beside it, which somebody behind could believe instead.
static bool is_sdp(struct sip_msg *msg)
{
    return parse_content_type_hdr(msg) > 0 && get_content_type(msg) == MIMETYPE(APPLICATION, SDP);
}

enum fgm_media fgm_msg_media(struct sip_msg *msg)
{
    const char *body = get_body(msg);
    const char *end = msg->buf + msg->len;
    if (!body || body >= end)
        return FGM_MEDIA_NONE;
    const struct fg_view text = {body, (size_t)(end - body)};
    return is_sdp(msg) && fgm_sdp_offers_srtp(text) ? FGM_MEDIA_SRTP : FGM_MEDIA_CLEAR;
}

// Of these a request has one: of two, the next server could believe the other one.
static bool has_single_headers(const struct sip_msg *msg)
{
    unsigned seen = 0;
    for (const struct hdr_field *header = msg->headers; header; header = header->next) {
        unsigned bit = 0;
        switch (header->type) {
        case HDR_FROM_T:
            bit = 1;
            break;
        case HDR_TO_T:
            bit = 2;
            break;
        case HDR_CALLID_T:
            bit = 4;
            break;
        case HDR_CSEQ_T:
            bit = 8;
            break;
        case HDR_CONTENTLENGTH_T:
            bit = 16;
            break;
        case HDR_CONTENTTYPE_T:
            bit = 32;
            break;
        default:
            break;
        }
        if (seen & bit)
            return false;
        seen |= bit;
    }
    return true;
}

// Whether the body is as long as Content-Length says (RFC 3261 18.3): towards a carrier over TCP or
// TLS the rest would be the next message, or a part of it. Empty lines behind it do no harm.
static bool is_body_framed(struct sip_msg *msg)
{
    const char *body = get_body(msg), *end = msg->buf + msg->len;
    if (!msg->content_length || !body || body > end)
        return !msg->content_length;
    size_t there = (size_t)(end - body);
    long said = get_content_length(msg);
    if (said < 0 || (size_t)said > there)
        return false;
    for (const char *at = body + said; at < end; at++) {
        if (*at != '\r' && *at != '\n')
            return false;
    }
    return true;
}

// All headers are parsed.
static bool is_framed(struct sip_msg *msg)
{
    return has_single_headers(msg) && is_body_framed(msg) &&
           fgm_headers_framed((struct fg_view){msg->buf, (size_t)(msg->eoh - msg->buf)});
}

static bool read_headers(struct sip_msg *msg, struct fgm_request *out)
{
    if (parse_headers(msg, HDR_EOH_F, 0) < 0 || !msg->callid || !msg->from || !msg->to ||
        !msg->cseq || !msg->eoh)
        return false;
    out->call_id = fgm_view(msg->callid->body);
    if (parse_from_header(msg) < 0 || !msg->to->parsed)
        return false;
    out->from_tag = fgm_view(get_from(msg)->tag_value);
    return out->call_id.len > 0 && is_framed(msg);
}

bool fgm_msg_is_framed(struct sip_msg *msg)
{
    return parse_headers(msg, HDR_EOH_F, 0) >= 0 && msg->eoh && is_framed(msg);
}

void fgm_msg_read(struct sip_msg *msg, struct fgm_request *out)
{
    *out = (struct fgm_request){.kind = FGM_REQUEST_OTHER};
    if (msg->first_line.type != SIP_REQUEST ||
        msg->first_line.u.request.method_value != METHOD_INVITE)
        return;
    read_source(msg, out);
    out->kind = FGM_REQUEST_UNREADABLE;
    if (!read_headers(msg, out))
        return;
    if (out->from_tag.len == 0 || !read_called(msg, out) || !read_claims(msg, out))
        return;
    if (msg->user_agent)
        out->user_agent = fgm_view(msg->user_agent->body);
    out->srtp_offered = fgm_msg_media(msg) == FGM_MEDIA_SRTP;
    out->kind = has_to_tag(msg) ? FGM_REQUEST_IN_DIALOG : FGM_REQUEST_CALL;
}

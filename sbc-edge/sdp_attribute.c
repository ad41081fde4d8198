// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp_attribute.h"

struct named_kind {
    struct edge_view name;
    enum edge_sdp_line_kind kind;
};

static const struct named_kind names[] = {
    {EDGE_VIEW_INIT("crypto"), EDGE_LINE_CRYPTO},
    {EDGE_VIEW_INIT("rtcp"), EDGE_LINE_RTCP},
    {EDGE_VIEW_INIT("rtcp-mux"), EDGE_LINE_RTCP_MUX},
    {EDGE_VIEW_INIT("rtcp-mux-only"), EDGE_LINE_RTCP_MUX},
    {EDGE_VIEW_INIT("rtcp-fb"), EDGE_LINE_RTCP_FB},
    {EDGE_VIEW_INIT("sendrecv"), EDGE_LINE_DIRECTION},
    {EDGE_VIEW_INIT("sendonly"), EDGE_LINE_DIRECTION},
    {EDGE_VIEW_INIT("recvonly"), EDGE_LINE_DIRECTION},
    {EDGE_VIEW_INIT("inactive"), EDGE_LINE_DIRECTION},
    {EDGE_VIEW_INIT("candidate"), EDGE_LINE_ICE},
    {EDGE_VIEW_INIT("remote-candidates"), EDGE_LINE_ICE},
    {EDGE_VIEW_INIT("end-of-candidates"), EDGE_LINE_ICE},
    {EDGE_VIEW_INIT("setup"), EDGE_LINE_SETUP},
    {EDGE_VIEW_INIT("fingerprint"), EDGE_LINE_FINGERPRINT},
    {EDGE_VIEW_INIT("tls-id"), EDGE_LINE_DTLS_OTHER},
    {EDGE_VIEW_INIT("dtls-id"), EDGE_LINE_DTLS_OTHER},
    {EDGE_VIEW_INIT("connection"), EDGE_LINE_DTLS_OTHER},
    {EDGE_VIEW_INIT("bundle-only"), EDGE_LINE_BUNDLE},
    {EDGE_VIEW_INIT("mid"), EDGE_LINE_MID},
    // RFC 4567, and RFC 5939 whose a=acap can hold a whole crypto line.
    {EDGE_VIEW_INIT("key-mgmt"), EDGE_LINE_KEY},
    {EDGE_VIEW_INIT("acap"), EDGE_LINE_KEY},
    {EDGE_VIEW_INIT("tcap"), EDGE_LINE_KEY},
    {EDGE_VIEW_INIT("pcfg"), EDGE_LINE_KEY},
    {EDGE_VIEW_INIT("acfg"), EDGE_LINE_KEY},
    {EDGE_VIEW_INIT("csup"), EDGE_LINE_KEY},
    {EDGE_VIEW_INIT("creq"), EDGE_LINE_KEY},
};

static struct edge_view trimmed(struct edge_view text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = (struct edge_view){text.ptr + 1, text.len - 1};
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static bool starts_with(struct edge_view text, struct edge_view prefix)
{
    return text.len >= prefix.len &&
           edge_view_is_equal_nocase((struct edge_view){text.ptr, prefix.len}, prefix);
}

bool edge_sdp_has_inline_key(struct edge_view text)
{
    static const struct edge_view mark = EDGE_VIEW_INIT("inline:");

    for (size_t i = 0; i + mark.len <= text.len; i++) {
        if (starts_with((struct edge_view){text.ptr + i, text.len - i}, mark))
            return true;
    }
    return false;
}

static enum edge_sdp_line_kind kind_of(struct edge_view name, struct edge_view value)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (edge_view_is_equal_nocase(name, names[i].name))
            return names[i].kind;
    }
    if (starts_with(name, EDGE_VIEW("ice-")))
        return EDGE_LINE_ICE;
    if (edge_view_is_equal_nocase(name, EDGE_VIEW("group")) &&
        starts_with(trimmed(value), EDGE_VIEW("BUNDLE")))
        return EDGE_LINE_BUNDLE;
    // "crypto" followed by anything but a colon is no attribute of ours, yet may be read as one.
    if (starts_with(name, EDGE_VIEW("crypto")))
        return EDGE_LINE_KEY;
    return EDGE_LINE_OTHER;
}

struct edge_sdp_attribute edge_sdp_attribute_sort(struct edge_view text)
{
    const struct edge_view body = {text.ptr + 2, text.len - 2};
    const char *colon = body.len > 0 ? memchr(body.ptr, ':', body.len) : NULL;
    struct edge_sdp_attribute attribute = {.name = body};

    if (colon) {
        attribute.name.len = (size_t)(colon - body.ptr);
        attribute.value = (struct edge_view){colon + 1, body.len - attribute.name.len - 1};
    }
    attribute.name = trimmed(attribute.name);
    attribute.value = trimmed(attribute.value);
    attribute.kind = kind_of(attribute.name, attribute.value);
    if (attribute.kind != EDGE_LINE_CRYPTO && edge_sdp_has_inline_key(text))
        attribute.kind = EDGE_LINE_KEY;
    return attribute;
}

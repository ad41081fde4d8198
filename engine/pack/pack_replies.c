// SPDX-License-Identifier: GPL-2.0-or-later
// SIP replies of the bands: one or several to choose from.
#include <string.h>

#include "build.h"

#define RETRY_AFTER_MAX (3600 * FG_MS_PER_S)
#define CALL_INFO_MAX   200
#define REJECTED        608 // RFC 8688

// Goes into SIP headers as it is.
static bool is_header_text(struct fg_view text, const char *without)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c < ' ' || c > '~' || strchr(without, c) != NULL) {
            return false;
        }
    }
    return true;
}

// "603 Network Blocked"
static void add_sip(struct pack_build *build, const struct fg_yaml_node *node,
                    struct fg_replies *replies)
{
    const char *text = fg_field_text(&build->fields, node, "sip");
    if (text == NULL) {
        return;
    }
    bool digits = strspn(text, "0123456789") == 3;
    int code = digits ? (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0') : 0;
    if (code < 300 || code > 699 || (text[3] != '\0' && text[3] != ' ') ||
        !is_header_text(fg_view_of(text), "\"\\")) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_WORD,
                       "bad SIP reply '%.64s'; write a code from 300 to 699 and a reason, such as "
                       "\"603 Network Blocked\"",
                       text);
        return;
    }
    if (replies->n == FG_REPLIES_MAX) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_LIMIT, "more than %d replies of one band",
                       FG_REPLIES_MAX);
        return;
    }
    replies->item[replies->n++] = (struct fg_reply){
        .code = (uint16_t)code, .text = text[3] == ' ' && text[4] != '\0' ? text + 4 : NULL};
}

void pack_read_sip(struct pack_build *build, const struct fg_yaml_node *node,
                   struct fg_replies *replies)
{
    if (replies->n != 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT,
                       "the SIP reply of this band is given twice");
        return;
    }
    if (node->kind != FG_YAML_LIST) {
        add_sip(build, node, replies);
        return;
    }
    if (node->n == 0) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_MISSING_KEY, "no reply to choose from");
    }
    for (const struct fg_yaml_node *item = node->first; item != NULL; item = item->next) {
        add_sip(build, item, replies);
    }
}

static void read_call_info(struct pack_build *build, const struct fg_yaml_node *node,
                           struct fg_replies *replies)
{
    const char *url = fg_field_text(&build->fields, node, "call_info");
    if (url == NULL) {
        return;
    }
    size_t len = strlen(url);
    if (strncmp(url, "https://", 8) != 0 || len < 9 || len > CALL_INFO_MAX ||
        !is_header_text(fg_view_of(url), " <>\"\\")) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_WORD,
                       "call_info is the https:// URL of a signed jCard (RFC 8688), at most %d "
                       "characters",
                       CALL_INFO_MAX);
        return;
    }
    bool rejects = false;
    for (uint8_t i = 0; i < replies->n; i++) {
        if (replies->item[i].code == REJECTED) {
            replies->item[i].call_info = url;
            rejects = true;
        }
    }
    if (!rejects) {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_CONFLICT,
                       "call_info goes with the reply 608, and this band has none");
    }
}

static void read_reply(struct pack_build *build, const struct fg_yaml_node *node,
                       struct fg_replies *replies)
{
    if (node->kind != FG_YAML_MAP) {
        pack_read_sip(build, node, replies);
        return;
    }
    (void)fg_field_shape(&build->fields, node, FG_SHAPE_REPLY);
    const struct fg_yaml_node *sip = fg_yaml_get(node, "sip");
    const struct fg_yaml_node *retry_after = fg_yaml_get(node, "retry_after");
    const struct fg_yaml_node *call_info = fg_yaml_get(node, "call_info");
    int64_t ms;
    if (sip != NULL) {
        pack_read_sip(build, sip, replies);
    } else {
        FG_FIELD_ERROR(&build->fields, node, FG_CODE_MISSING_KEY,
                       "a reply needs 'sip', such as \"503 Try again later\"");
    }
    if (retry_after != NULL && fg_field_duration(&build->fields, retry_after, "retry_after",
                                                 FG_MS_PER_S, RETRY_AFTER_MAX, &ms)) {
        for (uint8_t i = 0; i < replies->n; i++) {
            replies->item[i].retry_after_s = (uint16_t)(ms / FG_MS_PER_S);
        }
    }
    if (call_info != NULL) {
        read_call_info(build, call_info, replies);
    }
}

static void read_refusals(struct pack_build *build, const struct fg_yaml_node *node)
{
    if (!fg_field_shape(&build->fields, node, FG_SHAPE_REFUSALS) && node->kind != FG_YAML_MAP) {
        return;
    }
    for (unsigned i = 0; i < FG_IDENTITY_COUNT; i++) {
        const enum fg_identity identity = (enum fg_identity)i;
        const struct fg_yaml_node *reply = fg_identity_is_customer(identity)
                                               ? NULL
                                               : fg_yaml_get(node, fg_identity_name(identity));
        if (reply != NULL) {
            read_reply(build, reply, &build->out->refusals[i]);
        }
    }
}

void pack_read_replies(struct pack_build *build, const struct fg_yaml_node *node)
{
    // Bands in rising order, FG_ALERT first.
    static const char *const bands[] = {"alert", "throttle", "challenge", "block"};
    if (!fg_field_shape(&build->fields, node, FG_SHAPE_REPLIES) && node->kind != FG_YAML_MAP) {
        return;
    }
    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++) {
        const struct fg_yaml_node *reply = fg_yaml_get(node, bands[i]);
        if (reply != NULL) {
            read_reply(build, reply, &build->out->replies[FG_ALERT + (int)i]);
        }
    }
    const struct fg_yaml_node *refused = fg_yaml_get(node, "refused");
    if (refused != NULL) {
        read_refusals(build, refused);
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp_rewrite.h"

#include "output.h"

/** Shorter texts behind `inline:` are no master key, and turn up elsewhere by chance. */
#define KEY_TEXT_MIN 16

struct writer {
    const struct edge_sdp *sdp;
    const struct edge_sdp_plan *plan;
    struct edge_output output;
    struct edge_ip session_ip; /**< as written in the session's c=; NONE without one */
};

static bool is_one_line(struct edge_view text)
{
    return text.len == 0 ||
           (!memchr(text.ptr, '\n', text.len) && !memchr(text.ptr, '\r', text.len) &&
            !memchr(text.ptr, '\0', text.len));
}

static bool is_one_word(struct edge_view text)
{
    return is_one_line(text) && (text.len == 0 || !memchr(text.ptr, ' ', text.len));
}

static bool is_written_rejected(const struct edge_sdp_media *media,
                                const struct edge_sdp_media_plan *plan)
{
    return plan->is_rejected || media->port == 0;
}

static enum edge_sdp_proto written_proto(const struct edge_sdp_media *media,
                                         const struct edge_sdp_media_plan *plan)
{
    return edge_sdp_proto_text(plan->proto) ? plan->proto : media->proto;
}

static bool is_media_plan_good(const struct edge_sdp_media *media,
                               const struct edge_sdp_media_plan *plan)
{
    if (is_written_rejected(media, plan))
        return true;
    const bool has_keys = plan->n_crypto > 0 || plan->setup != EDGE_SETUP_NONE;
    const bool is_fingerprint_good = is_one_line(plan->fingerprint) && is_one_word(plan->tls_id) &&
                                     (plan->setup == EDGE_SETUP_NONE || plan->fingerprint.len > 0);

    // A secure profile without keys would be a call that never has audio, or worse.
    if (edge_sdp_proto_is_srtp(written_proto(media, plan)) && !has_keys)
        return false;
    return plan->rtp_port != 0 && plan->ip.family != EDGE_IP_NONE && is_fingerprint_good;
}

static bool is_plan_good(const struct edge_sdp *sdp, const struct edge_sdp_plan *plan)
{
    if (plan->n_media != sdp->n_media || plan->ip.family == EDGE_IP_NONE)
        return false;
    if (!is_one_word(plan->username) || !is_one_word(plan->session_id) ||
        !is_one_word(plan->version) || !is_one_line(plan->session_name))
        return false;
    for (size_t i = 0; i < sdp->n_media; i++) {
        if (!is_media_plan_good(&sdp->media[i], &plan->media[i]))
            return false;
    }
    return true;
}

static void write_view(struct writer *writer, struct edge_view text)
{
    edge_output_add(&writer->output, text);
}

static void write_text(struct writer *writer, const char *text)
{
    edge_output_text(&writer->output, text);
}

static void write_line(struct writer *writer, struct edge_view text)
{
    write_view(writer, text);
    write_text(writer, "\r\n");
}

/** `IN IP4 address` and the line's end. */
static void write_address(struct writer *writer, const struct edge_ip *ip)
{
    char text[EDGE_IP_TEXT_MAX];

    (void)edge_ip_format(ip, text);
    write_text(writer, ip->family == EDGE_IP4 ? "IN IP4 " : "IN IP6 ");
    write_text(writer, text);
    write_text(writer, "\r\n");
}

static void write_connection(struct writer *writer, const struct edge_ip *ip)
{
    write_text(writer, "c=");
    write_address(writer, ip);
}

static void write_word_or(struct writer *writer, struct edge_view word, struct edge_view otherwise)
{
    write_view(writer, word.len > 0 ? word : otherwise);
    write_text(writer, " ");
}

static void write_origin(struct writer *writer, struct edge_view line)
{
    const struct edge_sdp_origin *origin = &writer->sdp->origin;
    const struct edge_sdp_plan *plan = writer->plan;

    write_text(writer, "o=");
    write_word_or(writer, plan->username, origin->username);
    write_word_or(writer, plan->session_id, origin->session_id);
    write_word_or(writer, plan->version, origin->version);
    if (plan->replace_origin) {
        write_address(writer, &plan->ip);
        return;
    }
    // The rest of the line as received, from its network type on.
    const size_t words_end = (size_t)(origin->version.ptr + origin->version.len + 1 - line.ptr);
    write_line(writer, (struct edge_view){line.ptr + words_end, line.len - words_end});
}

/** The address to write where the sender wrote `theirs`: ours, or null where they hold. */
static struct edge_ip written_ip(const struct writer *writer, const struct edge_ip *theirs,
                                 const struct edge_ip *ours)
{
    if (edge_ip_is_null(theirs) && !writer->plan->replace_zero_address)
        return (struct edge_ip){.family = ours->family};
    return *ours;
}

/** What of the sender's own leg must not get through, at either level. */
static bool is_removed(const struct writer *writer, enum edge_sdp_line_kind kind)
{
    switch (kind) {
    case EDGE_LINE_CONNECTION:
    case EDGE_LINE_KEY:
    case EDGE_LINE_CRYPTO:
    case EDGE_LINE_RTCP:
    case EDGE_LINE_RTCP_MUX:
    case EDGE_LINE_DIRECTION:
    case EDGE_LINE_SETUP:
    case EDGE_LINE_FINGERPRINT:
    case EDGE_LINE_DTLS_OTHER:
    case EDGE_LINE_BUNDLE:
        return true;
    case EDGE_LINE_ICE:
        return !writer->plan->keep_ice;
    default:
        return false;
    }
}

static void write_session(struct writer *writer)
{
    const struct edge_sdp *sdp = writer->sdp;
    const struct edge_sdp_plan *plan = writer->plan;

    for (size_t i = 0; i < sdp->end_session; i++) {
        const struct edge_sdp_line *line = &sdp->lines[i];

        if (line->kind == EDGE_LINE_ORIGIN) {
            write_origin(writer, line->text);
        } else if (line->kind == EDGE_LINE_SESSION_NAME && plan->session_name.len > 0) {
            write_text(writer, "s=");
            write_line(writer, plan->session_name);
        } else if (line->kind == EDGE_LINE_CONNECTION &&
                   writer->session_ip.family == EDGE_IP_NONE) {
            writer->session_ip = written_ip(writer, &sdp->connection.ip, &plan->ip);
            write_connection(writer, &writer->session_ip);
        } else if (!is_removed(writer, line->kind)) {
            write_line(writer, line->text);
        }
    }
}

static void write_media_line(struct writer *writer, const struct edge_sdp_media *media,
                             const struct edge_sdp_media_plan *plan)
{
    const char *proto = edge_sdp_proto_text(plan->proto);

    write_text(writer, "m=");
    write_view(writer, media->type_text);
    write_text(writer, " ");
    edge_output_number(&writer->output, is_written_rejected(media, plan) ? 0 : plan->rtp_port);
    write_text(writer, " ");
    write_view(writer, proto ? edge_view_of(proto) : media->proto_text);
    if (media->formats.len > 0) {
        write_text(writer, " ");
        write_view(writer, media->formats);
    }
    write_text(writer, "\r\n");
}

/** A section needs a c= line where it had one, or where the session's does not say the same. */
static void write_media_connection(struct writer *writer, const struct edge_sdp_media *media,
                                   const struct edge_sdp_media_plan *plan)
{
    const struct edge_ip *ours = plan->ip.family == EDGE_IP_NONE ? &writer->plan->ip : &plan->ip;
    const struct edge_ip ip = written_ip(writer, &media->connection.ip, ours);

    if (media->has_own_connection || !edge_ip_is_equal(&ip, &writer->session_ip))
        write_connection(writer, &ip);
}

static int write_crypto(struct writer *writer, const struct edge_sdes_line *line)
{
    struct edge_output *output = &writer->output;
    size_t len = 0;

    write_text(writer, "a=crypto:");
    if (output->is_full)
        return EDGE_ENOSPACE;
    const int rc =
        edge_sdes_format(line, output->buf + output->len, output->size_bytes - output->len, &len);
    if (rc != 0)
        return rc;
    output->len += len;
    write_text(writer, "\r\n");
    return 0;
}

/** What we say of our own leg, in the order in which rtpengine says it. */
static int write_own_attributes(struct writer *writer, const struct edge_sdp_media *media,
                                const struct edge_sdp_media_plan *plan)
{
    const enum edge_sdp_direction direction =
        plan->direction != EDGE_DIRECTION_NONE ? plan->direction : media->direction;

    if (edge_sdp_proto_is_rtp(media->proto) || direction != EDGE_DIRECTION_NONE) {
        write_text(writer, "a=");
        write_line(writer, edge_view_of(edge_sdp_direction_text(direction)));
    }
    if (plan->rtcp_port != 0) {
        write_text(writer, "a=rtcp:");
        edge_output_number(&writer->output, plan->rtcp_port);
        write_text(writer, "\r\n");
    }
    if (plan->has_rtcp_mux)
        write_text(writer, "a=rtcp-mux\r\n");
    for (size_t i = 0; i < plan->n_crypto; i++) {
        const int rc = write_crypto(writer, &plan->crypto[i]);
        if (rc != 0)
            return rc;
    }
    if (plan->setup != EDGE_SETUP_NONE) {
        write_text(writer, "a=setup:");
        write_line(writer, edge_view_of(edge_sdp_setup_text(plan->setup)));
        write_text(writer, "a=fingerprint:");
        write_line(writer, plan->fingerprint);
        if (plan->tls_id.len > 0) {
            write_text(writer, "a=tls-id:");
            write_line(writer, plan->tls_id);
        }
    }
    return 0;
}

static int write_media(struct writer *writer, const struct edge_sdp_media *media,
                       const struct edge_sdp_media_plan *plan)
{
    const bool has_feedback = edge_sdp_proto_is_feedback(written_proto(media, plan));
    bool has_connection = false;

    write_media_line(writer, media, plan);
    for (size_t i = media->first_line + 1u; i < media->end_line; i++) {
        const struct edge_sdp_line *line = &writer->sdp->lines[i];

        // RFC 8866 5: i= comes before c=, everything else after it.
        if (!has_connection && line->kind != EDGE_LINE_TITLE) {
            write_media_connection(writer, media, plan);
            has_connection = true;
        }
        const bool is_stray_feedback = line->kind == EDGE_LINE_RTCP_FB && !has_feedback;
        if (!is_removed(writer, line->kind) && !is_stray_feedback)
            write_line(writer, line->text);
    }
    if (!has_connection)
        write_media_connection(writer, media, plan);
    return is_written_rejected(media, plan) ? 0 : write_own_attributes(writer, media, plan);
}

/** Takes the next text behind `inline:` from the front; empty when there is none. */
static struct edge_view take_key_text(struct edge_view *rest)
{
    static const char mark[] = "inline:";
    const size_t mark_len = sizeof(mark) - 1;

    while (rest->len >= mark_len) {
        if (strncasecmp(rest->ptr, mark, mark_len) != 0) {
            *rest = (struct edge_view){rest->ptr + 1, rest->len - 1};
            continue;
        }
        struct edge_view key = {rest->ptr + mark_len, 0};
        const size_t left = rest->len - mark_len;
        while (key.len < left && !strchr("|; \t=", key.ptr[key.len]))
            key.len++;
        *rest = (struct edge_view){key.ptr + key.len, left - key.len};
        if (key.len >= KEY_TEXT_MIN)
            return key;
    }
    return (struct edge_view){NULL, 0};
}

/**
 * Holds whatever the lines above do: keys are removed where they belong, and a key repeated where
 * none belongs (a name, a format) refuses the whole.
 */
static bool has_key_leak(const struct writer *writer)
{
    const struct edge_output *output = &writer->output;

    for (size_t i = 0; i < writer->sdp->n_lines; i++) {
        struct edge_view rest = writer->sdp->lines[i].text;
        struct edge_view key = take_key_text(&rest);

        for (; key.len > 0; key = take_key_text(&rest)) {
            if (memmem(output->buf, output->len, key.ptr, key.len))
                return true;
        }
    }
    return false;
}

static int write_description(struct writer *writer)
{
    write_session(writer);
    for (size_t i = 0; i < writer->sdp->n_media; i++) {
        const int rc = write_media(writer, &writer->sdp->media[i], &writer->plan->media[i]);
        if (rc != 0)
            return rc;
    }
    if (writer->output.is_full)
        return EDGE_ENOSPACE;
    return has_key_leak(writer) ? EDGE_EKEYLEAK : 0;
}

int edge_sdp_rewrite(const struct edge_sdp *sdp, const struct edge_sdp_plan *plan, char *buf,
                     size_t size_bytes, size_t *out_len)
{
    struct writer writer = {.sdp = sdp, .plan = plan};

    if (!is_plan_good(sdp, plan))
        return EDGE_EINVALID;
    edge_output_init(&writer.output, buf, size_bytes);
    const int rc = write_description(&writer);
    if (rc != 0) {
        if (size_bytes > 0)
            explicit_bzero(buf, size_bytes);
        return rc;
    }
    *out_len = writer.output.len;
    return 0;
}

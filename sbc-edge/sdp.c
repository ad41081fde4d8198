// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdp.h"

#include "decimal.h"
#include "sdp_attribute.h"

/** What session-level lines say for all sections that do not say it themselves. */
struct inherited {
    enum edge_sdp_direction direction;
    enum edge_sdp_setup setup;
    struct edge_view fingerprint;
    bool has_ice;
};

struct parser {
    struct edge_sdp *sdp;
    struct edge_sdp_media *media; /**< the open section, NULL at session level */
    struct inherited session;
    const char *reason; /**< why the current line is refused */
};

static struct edge_view take_word(struct edge_view *rest)
{
    struct edge_view word = *rest;
    const char *space = rest->len > 0 ? memchr(rest->ptr, ' ', rest->len) : NULL;

    if (rest->len == 0)
        return word;
    if (!space) {
        *rest = (struct edge_view){rest->ptr + rest->len, 0};
        return word;
    }
    word.len = (size_t)(space - rest->ptr);
    *rest = (struct edge_view){space + 1, rest->len - word.len - 1};
    return word;
}

static int refuse(struct parser *parser, const char *reason)
{
    parser->reason = reason;
    return EDGE_ESYNTAX;
}

static bool is_host(struct edge_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7f)
            return false;
    }
    return text.len > 0 && text.len <= 255;
}

/** `IN SP IP4|IP6 SP address[/ttl]`: the last three fields of o= and c= lines (RFC 8866 5.7). */
static int parse_address(struct edge_view rest, struct edge_view *host, struct edge_ip *ip)
{
    const struct edge_view net = take_word(&rest);
    const struct edge_view type = take_word(&rest);
    struct edge_view address = take_word(&rest);
    const bool is_ip4 = edge_view_is_equal_nocase(type, EDGE_VIEW("IP4"));
    const bool is_ip6 = edge_view_is_equal_nocase(type, EDGE_VIEW("IP6"));

    if (!edge_view_is_equal_nocase(net, EDGE_VIEW("IN")) || (!is_ip4 && !is_ip6))
        return EDGE_ESYNTAX;
    // What may follow is blanks only: some phones end the line with one.
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] != ' ')
            return EDGE_ESYNTAX;
    }
    const char *slash = address.len > 0 ? memchr(address.ptr, '/', address.len) : NULL;
    if (slash)
        address.len = (size_t)(slash - address.ptr);
    if (!is_host(address))
        return EDGE_ESYNTAX;
    *ip = (struct edge_ip){0};
    if (edge_ip_parse(address, ip) == 0 && (ip->family == EDGE_IP4) != is_ip4)
        return EDGE_ESYNTAX;
    *host = address;
    return 0;
}

static int parse_origin(struct parser *parser, struct edge_view value)
{
    struct edge_sdp_origin *origin = &parser->sdp->origin;

    if (parser->media || origin->host.ptr)
        return refuse(parser, "o= line out of place");
    origin->username = take_word(&value);
    origin->session_id = take_word(&value);
    origin->version = take_word(&value);
    if (origin->username.len == 0 || origin->session_id.len == 0 || origin->version.len == 0 ||
        parse_address(value, &origin->host, &origin->ip) != 0)
        return refuse(parser, "malformed o= line");
    return 0;
}

static int parse_connection(struct parser *parser, struct edge_view value)
{
    struct edge_sdp_connection connection = {.is_present = true};

    if (parse_address(value, &connection.host, &connection.ip) != 0)
        return refuse(parser, "malformed c= line");
    if (!parser->media) {
        // Of several lines (layered multicast) the first one counts.
        if (!parser->sdp->connection.is_present)
            parser->sdp->connection = connection;
        return 0;
    }
    if (!parser->media->has_own_connection)
        parser->media->connection = connection;
    parser->media->has_own_connection = true;
    return 0;
}

static enum edge_sdp_media_type media_type(struct edge_view text)
{
    static const struct {
        struct edge_view name;
        enum edge_sdp_media_type type;
    } types[] = {
        {EDGE_VIEW_INIT("audio"), EDGE_MEDIA_AUDIO},
        {EDGE_VIEW_INIT("video"), EDGE_MEDIA_VIDEO},
        {EDGE_VIEW_INIT("image"), EDGE_MEDIA_IMAGE},
        {EDGE_VIEW_INIT("text"), EDGE_MEDIA_TEXT},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (edge_view_is_equal_nocase(text, types[i].name))
            return types[i].type;
    }
    return EDGE_MEDIA_OTHER;
}

static bool parse_port(struct edge_view text, struct edge_sdp_media *media)
{
    uint64_t port = 0;
    uint64_t count = 1;
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;

    if (slash) {
        const size_t port_len = (size_t)(slash - text.ptr);
        const struct edge_view count_text = {slash + 1, text.len - port_len - 1};
        if (edge_decimal_parse(count_text, UINT16_MAX, &count) != 0 || count == 0)
            return false;
        text.len = port_len;
    }
    if (edge_decimal_parse(text, UINT16_MAX, &port) != 0)
        return false;
    media->port = (uint16_t)port;
    media->port_count = (uint16_t)count;
    return true;
}

static int parse_media(struct parser *parser, struct edge_view value)
{
    struct edge_sdp *sdp = parser->sdp;

    if (sdp->n_media == EDGE_SDP_MEDIA_MAX) {
        parser->reason = "too many m= sections";
        return EDGE_ELIMIT;
    }
    if (sdp->n_media == 0)
        sdp->end_session = sdp->n_lines;
    else
        parser->media->end_line = sdp->n_lines;

    struct edge_sdp_media *media = &sdp->media[sdp->n_media++];
    *media = (struct edge_sdp_media){.first_line = sdp->n_lines};
    parser->media = media;
    media->type_text = take_word(&value);
    media->type = media_type(media->type_text);
    const bool has_port = parse_port(take_word(&value), media);
    media->proto_text = take_word(&value);
    media->proto = edge_sdp_proto_find(media->proto_text);
    media->formats = value;
    // A peer may leave blanks behind the last format, or list none for a stream it refuses.
    if (media->type_text.len == 0 || !has_port || media->proto_text.len == 0)
        return refuse(parser, "malformed m= line");
    return 0;
}

static int parse_rtcp(struct parser *parser, struct edge_view value)
{
    struct edge_sdp_media *media = parser->media;
    uint64_t port = 0;

    if (!media)
        return 0;
    const struct edge_view port_text = take_word(&value);
    if (edge_decimal_parse(port_text, UINT16_MAX, &port) != 0)
        return refuse(parser, "malformed a=rtcp line");
    media->has_rtcp = true;
    media->rtcp_port = (uint16_t)port;
    if (value.len == 0)
        return 0;
    struct edge_sdp_connection connection = {.is_present = true};
    if (parse_address(value, &connection.host, &connection.ip) != 0)
        return refuse(parser, "malformed a=rtcp line");
    media->rtcp_connection = connection;
    return 0;
}

static enum edge_sdp_direction direction_of(struct edge_view name)
{
    for (int i = EDGE_DIRECTION_SENDRECV; i < EDGE_DIRECTION_INACTIVE; i++) {
        const enum edge_sdp_direction direction = (enum edge_sdp_direction)i;
        if (edge_view_is_equal_nocase(name, edge_view_of(edge_sdp_direction_text(direction))))
            return direction;
    }
    return EDGE_DIRECTION_INACTIVE;
}

static enum edge_sdp_setup setup_of(struct edge_view value)
{
    for (int i = EDGE_SETUP_ACTIVE; i <= EDGE_SETUP_HOLDCONN; i++) {
        const enum edge_sdp_setup setup = (enum edge_sdp_setup)i;
        if (edge_view_is_equal_nocase(value, edge_view_of(edge_sdp_setup_text(setup))))
            return setup;
    }
    return EDGE_SETUP_NONE;
}

static void take_crypto(struct edge_sdp_media *media, struct edge_view value)
{
    if (media->n_crypto < EDGE_SDP_CRYPTO_MAX)
        media->crypto[media->n_crypto++] = value;
    else
        media->n_crypto_left_out++;
}

static int parse_attribute(struct parser *parser, struct edge_sdp_line *line)
{
    const struct edge_sdp_attribute attribute = edge_sdp_attribute_sort(line->text);
    struct edge_sdp_media *media = parser->media;
    struct inherited *session = &parser->session;

    line->kind = attribute.kind;
    switch (attribute.kind) {
    case EDGE_LINE_CRYPTO:
        // RFC 4568 5: at media level only; one at session level keys nothing and is removed.
        if (media)
            take_crypto(media, attribute.value);
        return 0;
    case EDGE_LINE_RTCP:
        return parse_rtcp(parser, attribute.value);
    case EDGE_LINE_RTCP_MUX:
        if (media)
            media->has_rtcp_mux = true;
        return 0;
    case EDGE_LINE_DIRECTION:
        *(media ? &media->direction : &session->direction) = direction_of(attribute.name);
        return 0;
    case EDGE_LINE_ICE:
        *(media ? &media->has_ice : &session->has_ice) = true;
        return 0;
    case EDGE_LINE_SETUP:
        *(media ? &media->setup : &session->setup) = setup_of(attribute.value);
        return 0;
    case EDGE_LINE_FINGERPRINT:
        *(media ? &media->fingerprint : &session->fingerprint) = attribute.value;
        return 0;
    case EDGE_LINE_MID:
        if (media)
            media->mid = attribute.value;
        return 0;
    default:
        return 0;
    }
}

static int parse_line(struct parser *parser, struct edge_sdp_line *line)
{
    const struct edge_view value = {line->text.ptr + 2, line->text.len - 2};

    switch (line->text.ptr[0]) {
    case 'v':
        return refuse(parser, "v= line out of place");
    case 'o':
        line->kind = EDGE_LINE_ORIGIN;
        return parse_origin(parser, value);
    case 's':
        line->kind = EDGE_LINE_SESSION_NAME;
        parser->sdp->session_name = value;
        return 0;
    case 'c':
        line->kind = EDGE_LINE_CONNECTION;
        return parse_connection(parser, value);
    case 'm':
        line->kind = EDGE_LINE_MEDIA;
        return parse_media(parser, value);
    case 'k':
        line->kind = EDGE_LINE_KEY;
        return 0;
    case 'a':
        return parse_attribute(parser, line);
    case 'i':
        line->kind = EDGE_LINE_TITLE;
        break;
    default:
        break;
    }
    if (edge_sdp_has_inline_key(line->text))
        line->kind = EDGE_LINE_KEY;
    return 0;
}

/** Takes one line from the front, without its end; false at a byte that no line may hold. */
static bool take_line(struct edge_view *rest, struct edge_view *out)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    struct edge_view line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};

    *rest = end ? (struct edge_view){end + 1, rest->len - line.len - 1}
                : (struct edge_view){rest->ptr + rest->len, 0};
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    *out = line;
    return line.len == 0 ||
           (!memchr(line.ptr, '\0', line.len) && !memchr(line.ptr, '\r', line.len));
}

static bool is_blank(struct edge_view rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] != '\r' && rest.ptr[i] != '\n')
            return false;
    }
    return true;
}

static int add_line(struct parser *parser, struct edge_view text)
{
    struct edge_sdp *sdp = parser->sdp;

    if (sdp->n_lines == EDGE_SDP_LINES_MAX) {
        parser->reason = "too many lines";
        return EDGE_ELIMIT;
    }
    if (text.len < 2 || text.ptr[0] < 'a' || text.ptr[0] > 'z' || text.ptr[1] != '=')
        return refuse(parser, "not a line of SDP");
    struct edge_sdp_line *line = &sdp->lines[sdp->n_lines];
    *line = (struct edge_sdp_line){.text = text};
    if (sdp->n_lines == 0) {
        if (!edge_view_is_equal(text, EDGE_VIEW("v=0")))
            return refuse(parser, "first line is not v=0");
    } else {
        const int rc = parse_line(parser, line);
        if (rc != 0)
            return rc;
    }
    sdp->n_lines++;
    return 0;
}

static void close_sections(struct parser *parser)
{
    struct edge_sdp *sdp = parser->sdp;

    if (!parser->media)
        sdp->end_session = sdp->n_lines;
    else
        parser->media->end_line = sdp->n_lines;
    for (size_t i = 0; i < sdp->n_media; i++) {
        struct edge_sdp_media *media = &sdp->media[i];

        if (!media->has_own_connection)
            media->connection = sdp->connection;
        if (media->direction == EDGE_DIRECTION_NONE)
            media->direction = parser->session.direction;
        if (media->setup == EDGE_SETUP_NONE)
            media->setup = parser->session.setup;
        if (!media->fingerprint.ptr)
            media->fingerprint = parser->session.fingerprint;
        media->has_ice = media->has_ice || parser->session.has_ice;
    }
}

static int fail(struct edge_sdp_error *error, unsigned line, const char *reason, int code)
{
    if (error)
        *error = (struct edge_sdp_error){line, reason};
    return code;
}

int edge_sdp_parse(struct edge_view bytes, struct edge_sdp *out, struct edge_sdp_error *error)
{
    struct parser parser = {.sdp = out};
    struct edge_view rest = bytes;
    unsigned number = 0;

    // The arrays are left as they are: their counts say what of them is used.
    out->bytes = bytes;
    out->n_lines = 0;
    out->n_media = 0;
    out->end_session = 0;
    out->origin = (struct edge_sdp_origin){0};
    out->session_name = (struct edge_view){NULL, 0};
    out->connection = (struct edge_sdp_connection){0};

    while (!is_blank(rest)) {
        struct edge_view line;

        number++;
        if (!take_line(&rest, &line))
            return fail(error, number, "NUL or bare CR in a line", EDGE_ESYNTAX);
        const int rc = add_line(&parser, line);
        if (rc != 0)
            return fail(error, number, parser.reason, rc);
    }
    if (out->n_lines == 0)
        return fail(error, 0, "empty description", EDGE_ESYNTAX);
    if (!out->origin.host.ptr)
        return fail(error, 0, "no o= line", EDGE_ESYNTAX);
    close_sections(&parser);
    return 0;
}

bool edge_sdp_media_is_hold(const struct edge_sdp_media *media)
{
    return edge_ip_is_null(&media->connection.ip) || media->direction == EDGE_DIRECTION_INACTIVE ||
           media->direction == EDGE_DIRECTION_SENDONLY;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_message.h"

#include "bencode.h"
#include "ng_json.h"
#include "ng_request_fields.h"
#include "output.h"

#include <assert.h>

#define COOKIE_MAX 255

static const struct {
    struct edge_view name;
    enum edge_ng_command command;
} commands[] = {
    {EDGE_VIEW_INIT("ping"), EDGE_NG_PING},
    {EDGE_VIEW_INIT("offer"), EDGE_NG_OFFER},
    {EDGE_VIEW_INIT("answer"), EDGE_NG_ANSWER},
    {EDGE_VIEW_INIT("delete"), EDGE_NG_DELETE},
    {EDGE_VIEW_INIT("query"), EDGE_NG_QUERY},
    {EDGE_VIEW_INIT("list"), EDGE_NG_LIST_CALLS},
    {EDGE_VIEW_INIT("block media"), EDGE_NG_BLOCK_MEDIA},
    {EDGE_VIEW_INIT("unblock media"), EDGE_NG_UNBLOCK_MEDIA},
    {EDGE_VIEW_INIT("block DTMF"), EDGE_NG_BLOCK_DTMF},
    {EDGE_VIEW_INIT("unblock DTMF"), EDGE_NG_UNBLOCK_DTMF},
    {EDGE_VIEW_INIT("silence media"), EDGE_NG_SILENCE_MEDIA},
    {EDGE_VIEW_INIT("unsilence media"), EDGE_NG_UNSILENCE_MEDIA},
    {EDGE_VIEW_INIT("start recording"), EDGE_NG_START_RECORDING},
    {EDGE_VIEW_INIT("stop recording"), EDGE_NG_STOP_RECORDING},
    {EDGE_VIEW_INIT("pause recording"), EDGE_NG_PAUSE_RECORDING},
    {EDGE_VIEW_INIT("start forwarding"), EDGE_NG_START_FORWARDING},
    {EDGE_VIEW_INIT("stop forwarding"), EDGE_NG_STOP_FORWARDING},
    {EDGE_VIEW_INIT("play media"), EDGE_NG_PLAY_MEDIA},
    {EDGE_VIEW_INIT("stop media"), EDGE_NG_STOP_MEDIA},
    {EDGE_VIEW_INIT("play DTMF"), EDGE_NG_PLAY_DTMF},
    {EDGE_VIEW_INIT("statistics"), EDGE_NG_STATISTICS},
    {EDGE_VIEW_INIT("publish"), EDGE_NG_PUBLISH},
    {EDGE_VIEW_INIT("subscribe request"), EDGE_NG_SUBSCRIBE_REQUEST},
    {EDGE_VIEW_INIT("subscribe answer"), EDGE_NG_SUBSCRIBE_ANSWER},
    {EDGE_VIEW_INIT("unsubscribe"), EDGE_NG_UNSUBSCRIBE},
};
static_assert(sizeof(commands) / sizeof(commands[0]) == EDGE_NG_COMMAND_COUNT - 1,
              "every command has a name");

const char *edge_ng_command_text(enum edge_ng_command command)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].command == command)
            return commands[i].name.ptr;
    }
    return "unknown";
}

static enum edge_ng_command command_find(struct edge_view name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (edge_ng_name_is(name, commands[i].name))
            return commands[i].command;
    }
    return EDGE_NG_UNKNOWN;
}

static int parse_body(struct edge_view body, struct edge_ng_arena *arena,
                      struct edge_ng_request *out)
{
    struct edge_ng_value *dict = NULL;

    out->format = body.len > 0 && body.ptr[0] == '{' ? EDGE_NG_JSON : EDGE_NG_BENCODE;
    const int rc = out->format == EDGE_NG_JSON ? edge_ng_json_parse(body, arena, &dict)
                                               : edge_bencode_parse(body, arena, &dict);
    if (rc != 0)
        return rc;
    if (dict->type != EDGE_NG_DICT)
        return EDGE_ESYNTAX;
    out->dict = dict;
    edge_ng_request_read_fields(out);
    out->command = command_find(out->command_text);
    return 0;
}

int edge_ng_request_parse_dict(struct edge_view bytes, struct edge_ng_arena *arena,
                               struct edge_ng_request *out)
{
    *out = (struct edge_ng_request){0};
    edge_ng_arena_reset(arena);
    return parse_body(bytes, arena, out);
}

int edge_ng_request_parse(struct edge_view datagram, struct edge_ng_arena *arena,
                          struct edge_ng_request *out)
{
    const char *space = datagram.len > 0 ? memchr(datagram.ptr, ' ', datagram.len) : NULL;

    *out = (struct edge_ng_request){0};
    edge_ng_arena_reset(arena);
    if (!space || space == datagram.ptr || space - datagram.ptr > COOKIE_MAX)
        return EDGE_ENOCOOKIE;
    out->cookie = (struct edge_view){datagram.ptr, (size_t)(space - datagram.ptr)};
    const struct edge_view body = {space + 1, datagram.len - out->cookie.len - 1};
    return parse_body(body, arena, out);
}

const char *edge_ng_request_missing(const struct edge_ng_request *request)
{
    const enum edge_ng_command command = request->command;
    const bool has_sdp = command == EDGE_NG_OFFER || command == EDGE_NG_ANSWER;

    if (command == EDGE_NG_UNKNOWN)
        return EDGE_NG_TEXT_COMMAND;
    if (command == EDGE_NG_PING || command == EDGE_NG_LIST_CALLS || command == EDGE_NG_STATISTICS)
        return NULL;
    if (has_sdp && request->sdp.len == 0)
        return EDGE_NG_TEXT_NO_SDP;
    if (request->call_id.len == 0)
        return EDGE_NG_TEXT_NO_CALL_ID;
    if (has_sdp && request->from_tag.len == 0)
        return EDGE_NG_TEXT_NO_FROM_TAG;
    if (command == EDGE_NG_ANSWER && request->to_tag.len == 0)
        return EDGE_NG_TEXT_NO_TO_TAG;
    return NULL;
}

const char *edge_ng_decode_error(enum edge_ng_format format)
{
    return format == EDGE_NG_JSON ? EDGE_NG_TEXT_DECODE_JSON : EDGE_NG_TEXT_DECODE_BENCODE;
}

struct edge_ng_value *edge_ng_reply_new(struct edge_ng_arena *arena)
{
    return edge_ng_value_new(arena, EDGE_NG_DICT);
}

static int format_reply(const struct edge_ng_request *request, const struct edge_ng_value *reply,
                        char *buf, size_t size_bytes, size_t *out_len)
{
    struct edge_output output;
    size_t len = 0;

    edge_output_init(&output, buf, size_bytes);
    if (request->cookie.len > 0) {
        edge_output_add(&output, request->cookie);
        edge_output_text(&output, " ");
    }
    if (output.is_full)
        return EDGE_ENOSPACE;
    char *at = buf + output.len;
    const size_t left = size_bytes - output.len;
    const int rc = request->format == EDGE_NG_JSON ? edge_ng_json_format(reply, at, left, &len)
                                                   : edge_bencode_format(reply, at, left, &len);
    if (rc != 0)
        return rc;
    *out_len = output.len + len;
    return 0;
}

int edge_ng_reply_format(const struct edge_ng_request *request, struct edge_ng_arena *arena,
                         struct edge_ng_value *reply, const char *result, char *buf,
                         size_t size_bytes, size_t *out_len)
{
    (void)edge_ng_add_str(arena, reply, EDGE_VIEW("result"), edge_view_of(result));
    if (!reply || arena->is_exhausted)
        return EDGE_ELIMIT;
    return format_reply(request, reply, buf, size_bytes, out_len);
}

/** A reply of two strings, which needs no memory but the stack. */
static int format_two(const struct edge_ng_request *request, const char *result,
                      struct edge_view text_key, const char *text, char *buf, size_t size_bytes,
                      size_t *out_len)
{
    unsigned char mem[4 * sizeof(struct edge_ng_value)];
    struct edge_ng_arena arena;

    edge_ng_arena_init(&arena, mem, sizeof(mem));
    struct edge_ng_value *reply = edge_ng_reply_new(&arena);
    (void)edge_ng_add_str(&arena, reply, text_key, edge_view_of(text));
    return edge_ng_reply_format(request, &arena, reply, result, buf, size_bytes, out_len);
}

int edge_ng_reply_error(const struct edge_ng_request *request, const char *reason, char *buf,
                        size_t size_bytes, size_t *out_len)
{
    return format_two(request, "error", EDGE_VIEW("error-reason"), reason, buf, size_bytes,
                      out_len);
}

int edge_ng_reply_load_limit(const struct edge_ng_request *request, const char *message, char *buf,
                             size_t size_bytes, size_t *out_len)
{
    return format_two(request, "load limit", EDGE_VIEW("message"), message, buf, size_bytes,
                      out_len);
}

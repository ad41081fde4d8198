// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include "control_commands.h"
#include "leg_sockets.h"
#include "log.h"
#include "state_calls.h"
#include "state_record.h"

#include <stdlib.h>

#define COOKIES          8192u
#define COOKIE_BYTES     (16u * 1024 * 1024)
#define MAX_SESSIONS     500000u
#define UNKNOWN_TEXT     64 /* bytes of it that are logged */
#define WARNING_EVERY_NS 60000000000u

typedef const char *command_fn(struct edge_command *command);

static command_fn *const commands[EDGE_NG_COMMAND_COUNT] = {
    [EDGE_NG_OFFER] = edge_command_offer,
    [EDGE_NG_ANSWER] = edge_command_answer,
    [EDGE_NG_DELETE] = edge_command_delete,
    [EDGE_NG_QUERY] = edge_command_query,
    [EDGE_NG_BLOCK_MEDIA] = edge_command_block,
    [EDGE_NG_UNBLOCK_MEDIA] = edge_command_unblock,
    [EDGE_NG_SILENCE_MEDIA] = edge_command_block,
    [EDGE_NG_UNSILENCE_MEDIA] = edge_command_unblock,
    [EDGE_NG_BLOCK_DTMF] = edge_command_accept,
    [EDGE_NG_UNBLOCK_DTMF] = edge_command_accept,
    [EDGE_NG_START_RECORDING] = edge_command_accept,
    [EDGE_NG_STOP_RECORDING] = edge_command_accept,
    [EDGE_NG_PAUSE_RECORDING] = edge_command_accept,
    [EDGE_NG_START_FORWARDING] = edge_command_accept,
    [EDGE_NG_STOP_FORWARDING] = edge_command_accept,
    [EDGE_NG_STOP_MEDIA] = edge_command_accept,
};

static void forget_early(void *context, const char *call_id, size_t length)
{
    edge_state_note_early(context, (struct edge_view){call_id, length}, 0);
}

int edge_control_new(struct edge_node *node, struct edge_stats *stats,
                     const struct edge_io_ops *io_ops, struct edge_io *io,
                     struct edge_control **out)
{
    struct edge_control *control = calloc(1, sizeof(*control));
    const struct edge_handshakes_rim rim = {edge_flow_send, control, stats};

    if (!control)
        return EDGE_ENOMEM;
    control->node = node;
    control->stats = stats;
    control->io_ops = io_ops;
    control->io = io;
    control->arena_memory = malloc(EDGE_CONTROL_ARENA);
    if (!control->arena_memory ||
        edge_session_table_new(node->seed, MAX_SESSIONS, &control->table) != 0 ||
        edge_blocks_new(node->seed, &control->blocks) != 0 ||
        edge_handshakes_new(&rim, &control->handshakes) != 0 ||
        edge_cookie_cache_new(COOKIES, COOKIE_BYTES, node->seed, &control->cookies) != 0) {
        edge_control_free(control);
        return EDGE_ENOMEM;
    }
    if (node->keeper && !(control->state_memory = malloc(EDGE_STATE_MAX))) {
        edge_control_free(control);
        return EDGE_ENOMEM;
    }
    edge_blocks_on_early_end(control->blocks, forget_early, control);
    edge_ng_arena_init(&control->arena, control->arena_memory, EDGE_CONTROL_ARENA);
    *out = control;
    return 0;
}

void edge_control_set_time(struct edge_control *control, uint64_t now_ns, uint64_t now_us,
                           uint64_t heard_us)
{
    control->now_ns = now_ns;
    control->now_us = now_us;
    control->heard_us = heard_us;
}

/* Whatever a command changed, also one that failed half-way, is to outlive us. */
static void note_change(struct edge_control *control, struct edge_view call_id)
{
    struct edge_session *session = edge_session_table_find(control->table, call_id);

    if (session)
        edge_state_touch(control, session);
}

/* Runs the command; NULL, or the text of its error. */
static const char *run_command(struct edge_control *control, const struct edge_ng_request *request,
                               struct edge_ng_value *reply)
{
    struct edge_command command = {.control = control, .request = request, .reply = reply};
    const char *error = edge_ng_request_missing(request);

    if (error)
        return error;
    if (!commands[request->command])
        return EDGE_NG_TEXT_COMMAND;
    command.session = edge_session_table_find(control->table, request->call_id);
    error = commands[request->command](&command);
    if (request->command != EDGE_NG_QUERY)
        note_change(control, request->call_id);
    if (edge_log_wants(EDGE_LOG_INFO))
        edge_log(error ? EDGE_LOG_NOTICE : EDGE_LOG_INFO, "%s %.*s: %s",
                 edge_ng_command_text(request->command), (int)request->call_id.len,
                 request->call_id.ptr, error ? error : "ok");
    return error;
}

static size_t write_error(struct edge_control *control, const struct edge_ng_request *request,
                          const char *text)
{
    size_t length = 0;

    edge_stats_add(&control->stats->request_errors, 1);
    if (edge_ng_reply_error(request, text, control->reply, sizeof(control->reply), &length) != 0)
        return 0;
    return length;
}

static size_t answer(struct edge_control *control, const struct edge_ng_request *request)
{
    struct edge_ng_value *reply = edge_ng_reply_new(&control->arena);
    size_t length = 0;
    const char *error;

    control->load_limit = NULL;
    error = run_command(control, request, reply);

    if (error && control->load_limit && request->supports_load_limit) {
        if (edge_ng_reply_load_limit(request, control->load_limit, control->reply,
                                     sizeof(control->reply), &length) != 0)
            return 0;
        return length;
    }
    if (error)
        return write_error(control, request, error);
    if (edge_ng_reply_format(request, &control->arena, reply, "ok", control->reply,
                             sizeof(control->reply), &length) != 0)
        return write_error(control, request, "Reply too large");
    return length;
}

/* One line a minute: a script that says something unknown says it on every call. */
static void warn_of_unknown(struct edge_control *control, const struct edge_ng_request *request)
{
    const struct edge_view *first = &request->unknown[0];

    if (request->n_unknown == 0 || control->now_ns < control->next_warning_ns)
        return;
    control->next_warning_ns = control->now_ns + WARNING_EVERY_NS;
    edge_log(EDGE_LOG_WARNING, "%s %.*s: %u keys or flags are not known and ignored, first: %.*s",
             edge_ng_command_text(request->command), (int)request->call_id.len,
             request->call_id.ptr, request->n_unknown,
             first->len < UNKNOWN_TEXT ? (int)first->len : UNKNOWN_TEXT, first->ptr);
}

static size_t answer_parsed(struct edge_control *control, const struct edge_ng_request *request,
                            int parse_error)
{
    if (parse_error != 0)
        return write_error(control, request, edge_ng_decode_error(request->format));
    edge_stats_add(&control->stats->requests[request->command], 1);
    warn_of_unknown(control, request);
    return answer(control, request);
}

struct edge_view edge_control_run_stream(struct edge_control *control, struct edge_view message,
                                         bool has_cookie)
{
    struct edge_ng_request request;
    int err = has_cookie ? edge_ng_request_parse(message, &control->arena, &request)
                         : edge_ng_request_parse_dict(message, &control->arena, &request);
    size_t length = err == EDGE_ENOCOOKIE ? 0 : answer_parsed(control, &request, err);

    edge_ng_arena_wipe(&control->arena);
    return (struct edge_view){control->reply, length};
}

struct edge_view edge_control_run(struct edge_control *control, struct edge_view datagram,
                                  const union edge_address *peer)
{
    const struct edge_view none = {NULL, 0};
    const struct edge_view from = {(const char *)peer, edge_address_length(peer)};
    struct edge_ng_request request;
    struct edge_view stored;
    uint64_t now_ms = control->now_ns / 1000000;
    int err = edge_ng_request_parse(datagram, &control->arena, &request);
    size_t length;

    if (err == EDGE_ENOCOOKIE)
        return none;
    if (edge_cookie_cache_get(control->cookies, from, request.cookie, now_ms, &stored)) {
        edge_stats_add(&control->stats->requests_repeated, 1);
        edge_ng_arena_wipe(&control->arena); /* JSON: the copy of the description */
        return stored;
    }
    length = answer_parsed(control, &request, err);
    stored = (struct edge_view){control->reply, length};
    if (length > 0)
        (void)edge_cookie_cache_put(control->cookies, from, request.cookie, now_ms, stored);
    edge_ng_arena_wipe(&control->arena);
    return stored;
}

const char *edge_command_accept(struct edge_command *command)
{
    if (!command->session)
        return EDGE_NG_TEXT_UNKNOWN_CALL_ID;
    edge_ng_add_str(&command->control->arena, command->reply, EDGE_VIEW("warning"),
                    EDGE_VIEW("Accepted and without effect on this relay"));
    return NULL;
}

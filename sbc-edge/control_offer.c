// SPDX-License-Identifier: GPL-2.0-or-later
/* ng: offer and answer. */
#include "control_commands.h"

#include "echo.h"
#include "keys_aside.h"
#include "leg_sockets.h"
#include "load_watch.h"
#include "negotiation.h"

#define TEXT_HELD        "Customer on hold"
#define TEXT_BAD_CUSTOM  "Invalid customer in metadata"
#define CUSTOMER_KEY     "customer="
#define ALLOWED          "guard=allowed"
#define SEPARATORS       "|;,"
#define CUSTOMER_KEY_LEN (sizeof(CUSTOMER_KEY) - 1)

static bool is_customer_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* `customer=CUST` as the metadata or one of its parts, which '|', ';' or ',' separate. */
static const char *read_customer(struct edge_view metadata, char out[EDGE_CUSTOMER_MAX + 1])
{
    size_t at = 0;

    out[0] = '\0';
    while (at < metadata.len) {
        size_t end = at;
        size_t length;

        while (end < metadata.len && !strchr(SEPARATORS, metadata.ptr[end]))
            end++;
        length = end - at;
        if (length >= CUSTOMER_KEY_LEN &&
            memcmp(metadata.ptr + at, CUSTOMER_KEY, CUSTOMER_KEY_LEN) == 0) {
            const char *value = metadata.ptr + at + CUSTOMER_KEY_LEN;

            length -= CUSTOMER_KEY_LEN;
            if (length == 0 || length > EDGE_CUSTOMER_MAX)
                return TEXT_BAD_CUSTOM;
            for (size_t i = 0; i < length; i++) {
                if (!is_customer_byte(value[i]))
                    return TEXT_BAD_CUSTOM;
            }
            memcpy(out, value, length);
            out[length] = '\0';
            return NULL;
        }
        at = end + 1;
    }
    return NULL;
}

/* A hold refuses new calls; with cut, also new offers within a call it has ended. */
static const char *check_hold(struct edge_control *control, const struct edge_session *session,
                              const char *customer)
{
    struct edge_hold hold;

    if (customer[0] == '\0' || !edge_blocks_find_hold(control->blocks, customer, strlen(customer),
                                                      control->now_us / 1000, &hold))
        return NULL;
    if (session && !hold.cut)
        return NULL;
    edge_stats_add(&control->stats->refused_by_hold, 1);
    return TEXT_HELD;
}

/* True, and control->load_limit, when another relay had better take a new call. */
static bool refuse_for_load(struct edge_control *control)
{
    const struct edge_node *node = control->node;
    uint32_t limit = node->config->max_sessions;
    enum edge_refusal refusal = (enum edge_refusal)atomic_load(&node->refusal);

    if (refusal != EDGE_REFUSAL_NONE)
        control->load_limit = edge_refusal_text(refusal);
    else if (limit != 0 && atomic_load(&node->n_sessions) >= limit)
        control->load_limit = EDGE_NG_TEXT_SESSION_LIMIT;
    if (control->load_limit)
        edge_stats_add(&control->stats->refused_by_load, 1);
    return control->load_limit != NULL;
}

static const char *get_session(struct edge_command *command, const char *customer, bool *is_new)
{
    struct edge_control *control = command->control;
    int err;

    *is_new = false;
    if (command->session) {
        if (command->session->customer[0] == '\0')
            memcpy(command->session->customer, customer, strlen(customer) + 1);
        return NULL;
    }
    if (refuse_for_load(control))
        return EDGE_NG_TEXT_SESSION_LIMIT; /* proxies that know no load limit try another relay */
    err = edge_session_new(command->request->call_id, control->now_us, control->now_ns,
                           &command->session);
    if (err != 0)
        return EDGE_TEXT_NO_MEMORY;
    memcpy(command->session->customer, customer, strlen(customer) + 1);
    command->session->needs_allowance = control->node->config->default_deny;
    err = edge_session_table_add(control->table, command->session);
    if (err != 0) {
        edge_session_free(command->session);
        command->session = NULL;
        return err == EDGE_ELIMIT ? EDGE_NG_TEXT_SESSION_LIMIT : EDGE_TEXT_NO_MEMORY;
    }
    edge_stats_add(&control->stats->sessions_total, 1);
    atomic_fetch_add(&control->node->n_sessions, 1);
    *is_new = true;
    return NULL;
}

/* Whether `part` is the metadata, or one of its parts. */
static bool has_part(struct edge_view metadata, struct edge_view part)
{
    size_t at = 0;

    while (at < metadata.len) {
        size_t end = at;

        while (end < metadata.len && !strchr(SEPARATORS, metadata.ptr[end]))
            end++;
        if (edge_view_is_equal((struct edge_view){metadata.ptr + at, end - at}, part))
            return true;
        at = end + 1;
    }
    return false;
}

static void set_drop_traffic(struct edge_command *command)
{
    if (command->request->drop_traffic == EDGE_NG_DROP_START)
        command->session->drops_traffic = true;
    else if (command->request->drop_traffic == EDGE_NG_DROP_STOP)
        command->session->drops_traffic = false;
    if (command->request->drop_traffic == EDGE_NG_DROP_STOP ||
        has_part(command->request->metadata, EDGE_VIEW(ALLOWED)))
        command->session->is_allowed = true;
}

static void note_signal(struct edge_command *command)
{
    command->session->last_signal_us = command->control->now_us;
    command->session->last_signal_ns = command->control->now_ns;
    command->session->delete_at_ns = 0;
}

/* Takes the legs back that a request made and then failed on. */
static void remove_new_legs(struct edge_command *command, unsigned n_before)
{
    struct edge_session *session = command->session;

    while (session->n_legs > n_before) {
        struct edge_leg *leg = session->legs[session->n_legs - 1];

        edge_leg_close_sockets(command->control, leg);
        edge_session_remove_leg(session, leg);
    }
}

static void change_keys(const struct edge_dialogue *legs)
{
    edge_keys_change_places(legs->from);
    edge_keys_change_places(legs->to);
}

/* An offer's keys wait for the answer where others are in force, and are in their place then. */
static const char *take_description(struct edge_negotiation *n, bool is_offer, size_t *length)
{
    const char *error;

    if (!is_offer)
        change_keys(&n->legs);
    error = is_offer ? edge_negotiation_take_offer(n) : edge_negotiation_take_answer(n);
    if (!error)
        error = edge_negotiation_write(n, is_offer, length);
    if (is_offer || error)
        change_keys(&n->legs);
    /* Of an offer that was not sent on, and of keys that an answer has ended. */
    if (is_offer ? error != NULL : error == NULL) {
        edge_keys_drop_all_aside(n->legs.from);
        edge_keys_drop_all_aside(n->legs.to);
    }
    return error;
}

static const char *negotiate(struct edge_command *command, bool is_offer)
{
    struct edge_control *control = command->control;
    struct edge_negotiation n = {.control = control, .request = command->request};
    const char *error;
    size_t length;
    int err;

    err = is_offer ? edge_dialogue_for_offer(command->session, command->request, control->now_us,
                                             &n.legs)
                   : edge_dialogue_for_answer(command->session, command->request, &n.legs);
    if (err == EDGE_ENOMEM)
        return EDGE_TEXT_NO_MEMORY;
    if (err != 0)
        return EDGE_NG_TEXT_DIALOGUE;
    error = take_description(&n, is_offer, &length);
    if (error)
        return error;
    note_signal(command);
    set_drop_traffic(command);
    edge_control_judge(control, command->session);
    edge_ng_add_str(&control->arena, command->reply, EDGE_VIEW("sdp"),
                    (struct edge_view){control->sdp_text, length});
    return NULL;
}

/* The called side's description, which the proxy took for an offer. */
static const char *take_as_answer(struct edge_command *command)
{
    const struct edge_ng_request *request = command->request;
    struct edge_ng_request answer = *request;
    const char *error;

    answer.from_tag = request->to_tag;
    answer.to_tag = request->from_tag;
    command->request = &answer;
    error = edge_command_answer(command);
    if (!error)
        edge_dialogue_note_answer(command->session, &answer);
    command->request = request;
    return error;
}

const char *edge_command_offer(struct edge_command *command)
{
    struct edge_control *control = command->control;
    char customer[EDGE_CUSTOMER_MAX + 1];
    const char *error = read_customer(command->request->metadata, customer);
    unsigned n_before;
    bool is_new;

    if (!error && customer[0] == '\0' && command->session)
        memcpy(customer, command->session->customer, sizeof(customer));
    if (!error)
        error = check_hold(control, command->session, customer);
    if (!error && command->session && edge_dialogue_is_answer(command->session, command->request))
        return take_as_answer(command);
    if (!error && edge_sdp_parse(command->request->sdp, &control->sdp, NULL) != 0)
        error = EDGE_NG_TEXT_BAD_SDP;
    if (!error)
        error = get_session(command, customer, &is_new);
    if (error)
        return error;
    n_before = command->session->n_legs;
    error = negotiate(command, true);
    if (error)
        remove_new_legs(command, n_before);
    if (error && is_new) {
        edge_control_end_session(control, command->session, EDGE_CLOSED_TERMINATED);
        command->session = NULL;
    }
    return error;
}

const char *edge_command_answer(struct edge_command *command)
{
    const char *error;

    if (!command->session)
        return EDGE_NG_TEXT_UNKNOWN_CALL;
    if (edge_sdp_parse(command->request->sdp, &command->control->sdp, NULL) != 0)
        return EDGE_NG_TEXT_BAD_SDP;
    error = negotiate(command, false);
    if (!error && edge_echo_is_on(command->session))
        command->session->delete_at_ns = command->control->now_ns + EDGE_ECHO_MAX_NS;
    if (!error && command->session->answered_ns == 0) {
        command->session->answered_ns = command->control->now_ns;
        command->session->answered_us = command->control->now_us;
        command->session->told_ns = command->control->now_ns;
    }
    return error;
}

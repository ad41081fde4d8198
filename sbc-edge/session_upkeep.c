// SPDX-License-Identifier: GPL-2.0-or-later
/* What happens to sessions without an ng command: holds, kills, timeouts, the end. */
#include "control_commands.h"

#include "clock.h"
#include "leg_sockets.h"
#include "log.h"
#include "reporter.h"
#include "state_calls.h"

#include <stdlib.h>

#define SECOND_NS 1000000000u

static void free_session(struct edge_control *control, struct edge_session *session,
                         enum edge_close_reason reason)
{
    for (unsigned i = 0; i < session->n_legs; i++)
        edge_leg_close_sockets(control, session->legs[i]);
    edge_stats_add(&control->stats->sessions_closed[reason], 1);
    if (control->now_us > session->created_us)
        edge_stats_add(&control->stats->sessions_us, control->now_us - session->created_us);
    atomic_fetch_sub(&control->node->n_sessions, 1);
    edge_session_free(session);
}

static void close_session(struct edge_control *control, struct edge_session *session,
                          enum edge_close_reason reason)
{
    edge_state_forget(control, session);
    free_session(control, session, reason);
}

static void tell(struct edge_control *control, struct edge_session *session, bool has_end)
{
    struct edge_call_report report;

    session->told_ns = control->now_ns;
    if (control->node->reporter &&
        edge_call_report_take(session, has_end, control->now_ns, control->now_us, &report))
        edge_reporter_tell(control->node->reporter, &report);
}

void edge_control_end_session(struct edge_control *control, struct edge_session *session,
                              enum edge_close_reason reason)
{
    tell(control, session, true);
    edge_session_table_remove(control->table, session);
    close_session(control, session, reason);
}

/* The process ends, and the call may go on with the next one; if not, this is its end. */
static bool end_each(void *context, struct edge_session *session)
{
    struct edge_control *control = context;

    edge_state_park(control, session);
    if (!control->node->keeper)
        tell(control, session, true);
    free_session(context, session, EDGE_CLOSED_TERMINATED);
    return false;
}

void edge_control_free(struct edge_control *control)
{
    if (!control)
        return;
    edge_control_set_time(control, edge_clock_now_ns(), edge_clock_unix_us(), 0);
    if (control->table)
        edge_session_table_visit(control->table, end_each, control);
    edge_session_table_free(control->table);
    free(control->state_memory);
    edge_blocks_free(control->blocks);
    edge_cookie_cache_free(control->cookies);
    edge_handshakes_free(control->handshakes);
    free(control->arena_memory);
    explicit_bzero(control->sdp_text, sizeof(control->sdp_text));
    explicit_bzero(control->reply, sizeof(control->reply));
    free(control);
}

void edge_control_judge(struct edge_control *control, struct edge_session *session)
{
    const char *call_id = session->call_id.ptr;
    size_t length = session->call_id.len;
    uint64_t now_ms = control->now_us / 1000;
    unsigned early = edge_blocks_early(control->blocks, call_id, length, now_ms);
    size_t customer_length = strlen(session->customer);
    struct edge_hold hold = {0};
    enum edge_drop reason = EDGE_DROP_BLOCKED;
    unsigned silenced;

    if (early & EDGE_BLOCK_MEDIA)
        session->is_blocked = true;
    if (early & EDGE_BLOCK_DROP_TRAFFIC)
        session->drops_traffic = true;
    if (early & EDGE_BLOCK_ALLOWED)
        session->is_allowed = true;
    /* From here on the session carries it itself. */
    if (early != 0)
        edge_blocks_clear_early(control->blocks, call_id, length, early);
    session->is_killed = edge_blocks_is_killed(control->blocks, call_id, length, now_ms);
    session->is_held =
        customer_length > 0 &&
        edge_blocks_find_hold(control->blocks, session->customer, customer_length, now_ms, &hold) &&
        hold.cut;
    silenced = edge_session_apply_verdicts(session, control->heard_us, control->now_us);
    if (silenced == 0)
        return;
    edge_state_touch(control, session);
    edge_stats_add(&control->stats->verdicts, silenced);
    for (unsigned i = 0; i < session->n_legs; i++) {
        if (session->legs[i]->verdict.is_active)
            reason = session->legs[i]->verdict.reason;
    }
    edge_log(EDGE_LOG_NOTICE, "silenced %u legs of %.*s: %s", silenced, (int)length, call_id,
             edge_drop_name(reason));
}

struct judging {
    struct edge_control *control;
    struct edge_view customer; /* empty: every session */
};

static bool judge_each(void *context, struct edge_session *session)
{
    const struct judging *judging = context;

    if (judging->customer.len == 0 ||
        edge_view_is_equal(edge_view_of(session->customer), judging->customer))
        edge_control_judge(judging->control, session);
    return true;
}

static void judge_all(struct edge_control *control, struct edge_view customer)
{
    struct judging judging = {control, customer};

    edge_session_table_visit(control->table, judge_each, &judging);
}

static void obey_kill(struct edge_control *control, const struct edge_mail *mail)
{
    struct edge_view call_id = {mail->bytes, mail->length};
    struct edge_session *session = edge_session_table_find(control->table, call_id);

    if (edge_blocks_kill(control->blocks, call_id.ptr, call_id.len, mail->until_ms) != 0)
        edge_log(EDGE_LOG_ERROR, "no room to remember a kill");
    if (session)
        edge_control_judge(control, session);
}

static void obey_hold(struct edge_control *control, const struct edge_mail *mail)
{
    struct edge_hold hold = {.until_ms = mail->until_ms, .cut = mail->is_cut};
    struct edge_view customer = {mail->bytes, mail->length};
    struct edge_hold known;
    bool is_known = edge_blocks_find_hold(control->blocks, customer.ptr, customer.len,
                                          control->now_us / 1000, &known) &&
                    known.cut == hold.cut;

    if (edge_blocks_hold(control->blocks, customer.ptr, customer.len, &hold) != 0)
        edge_log(EDGE_LOG_ERROR, "no room to remember a hold");
    /* Every reading of Redis names every hold again: only news are worth a walk over all calls. */
    if (!is_known || hold.until_ms <= control->now_us / 1000)
        judge_all(control, customer);
}

void edge_control_obey(struct edge_control *control, const struct edge_mail *mail)
{
    struct edge_view text = {mail->bytes, mail->length};

    switch (mail->kind) {
    case EDGE_MAIL_HOLD:
        obey_hold(control, mail);
        break;
    case EDGE_MAIL_RELEASE:
        edge_blocks_release(control->blocks, text.ptr, text.len);
        judge_all(control, text);
        break;
    case EDGE_MAIL_KILL:
        obey_kill(control, mail);
        break;
    case EDGE_MAIL_SYNC_BEGIN:
        edge_blocks_sync_begin(control->blocks);
        break;
    case EDGE_MAIL_SYNC_END:
        edge_blocks_sync_end(control->blocks);
        judge_all(control, (struct edge_view){NULL, 0});
        break;
    case EDGE_MAIL_ADOPT:
        edge_state_adopt(control, mail);
        break;
    case EDGE_MAIL_STATE_AGAIN:
        edge_state_touch_all(control);
        break;
    case EDGE_MAIL_NG:
    case EDGE_MAIL_STOP:
    case EDGE_MAIL_MEDIA:
    case EDGE_MAIL_PROOF:
        break;
    }
}

static bool is_silent(const struct edge_session *session)
{
    for (unsigned i = 0; i < session->n_legs; i++) {
        if (session->legs[i]->verdict.is_active)
            return true;
    }
    return false;
}

/* True when every stream is on hold at one end: nobody has to send anything. */
static bool is_on_hold(const struct edge_session *session)
{
    bool is_any_active = false;

    for (unsigned l = 0; l < session->n_legs; l++) {
        const struct edge_leg *leg = session->legs[l];

        for (unsigned m = 0; m < leg->n_media; m++) {
            const struct edge_media *media = leg->media[m];

            if (!media->is_active)
                continue;
            if (!media->is_on_hold && !(media->peer && media->peer->is_on_hold))
                return false;
            is_any_active = true;
        }
    }
    return is_any_active;
}

/* True and why, when the session's time is up. */
static bool is_over(const struct edge_control *control, const struct edge_session *session,
                    enum edge_close_reason *reason)
{
    const struct edge_config *config = control->node->config;
    uint64_t packet_ns = edge_session_last_packet_ns(session);
    uint64_t since_ns = packet_ns > session->last_signal_ns ? packet_ns : session->last_signal_ns;
    uint32_t limit_s = config->timeout_s;

    *reason = EDGE_CLOSED_TIMEOUT;
    if (session->delete_at_ns != 0 && control->now_ns >= session->delete_at_ns) {
        *reason = EDGE_CLOSED_TERMINATED;
        return true;
    }
    if (is_silent(session) || is_on_hold(session)) {
        *reason = EDGE_CLOSED_SILENT_TIMEOUT;
        limit_s = config->silent_timeout_s;
    } else if (packet_ns == 0) {
        *reason = EDGE_CLOSED_OFFER_TIMEOUT;
        limit_s = config->offer_timeout_s;
    }
    return limit_s != 0 && control->now_ns - since_ns >= (uint64_t)limit_s * SECOND_NS;
}

static void close_old_key(struct edge_media *media, uint64_t now_ns)
{
    if (!media->receive_old || media->receive_old_until_ns == 0 ||
        now_ns < media->receive_old_until_ns)
        return;
    edge_media_forget_old_key(media);
}

static bool tick_each(void *context, struct edge_session *session)
{
    struct edge_control *control = context;
    enum edge_close_reason reason;

    if (is_over(control, session, &reason)) {
        edge_log(EDGE_LOG_INFO, "end of %.*s: %s", (int)session->call_id.len, session->call_id.ptr,
                 reason == EDGE_CLOSED_TERMINATED ? "deleted" : "timeout");
        tell(control, session, true);
        close_session(control, session, reason);
        return false;
    }
    if (session->answered_ns != 0 &&
        control->now_ns - session->told_ns >=
            (uint64_t)control->node->config->facts_interval_s * SECOND_NS)
        tell(control, session, false);
    for (unsigned l = 0; l < session->n_legs; l++) {
        for (unsigned m = 0; m < session->legs[l]->n_media; m++)
            close_old_key(session->legs[l]->media[m], control->now_ns);
    }
    /* Holds and kills run out. */
    if (is_silent(session) || edge_blocks_count(control->blocks) > 0)
        edge_control_judge(control, session);
    return true;
}

void edge_control_tick(struct edge_control *control)
{
    edge_blocks_expire(control->blocks, control->now_us / 1000);
    edge_session_table_visit(control->table, tick_each, control);
}

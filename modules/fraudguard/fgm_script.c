// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_script.h"

#include <string.h>

#include "core/kemi.h"
#include "core/mod_fix.h"
#include "fgm_allowances.h"
#include "fgm_attempt.h"
#include "fgm_attest.h"
#include "fgm_auth.h"
#include "fgm_challenge.h"
#include "fgm_counters.h"
#include "fgm_dialog.h"
#include "fgm_evaluate.h"
#include "fgm_floods.h"
#include "fgm_identity.h"
#include "fgm_log.h"
#include "fgm_msg.h"
#include "fgm_params.h"
#include "fgm_policy.h"
#include "fgm_str.h"
#include "fgm_verdict.h"
#include "fgm_way.h"

// How much a claimed caller speaks against a call from customer.
static int suspicion(const struct fg_policy *policy, const struct fg_customer *customer,
                     const struct fg_number *number)
{
    if (!customer || fg_customer_owns_number(customer, number))
        return 0;
    return fg_customers_by_number(policy->customers, number) ? 2 : 1;
}

// A customer's request may name two callers, and the script may strip either: the more suspicious
// one is judged. A carrier's P-Asserted-Identity goes before its From.
static void read_caller(const struct fg_policy *policy, const struct fgm_request *request,
                        const struct fg_dial_plan *dials, struct fg_event *event)
{
    int worst = -1;
    for (uint8_t i = 0; i < request->n_claims; i++) {
        struct fg_number_readings claimed;
        fg_number_read(request->claims[i].user, request->claims[i].phone_context, dials, &claimed);
        if (claimed.status != FG_NUMBER_OK)
            continue;
        int how = event->direction == FG_OUTBOUND
                      ? suspicion(policy, event->customer, &claimed.reading[0])
                      : 0;
        if (how > worst) {
            event->caller = claimed.reading[0];
            worst = how;
        }
    }
}

static void fill_event(const struct fg_policy *policy, const struct fgm_request *request,
                       const struct fgm_caller *caller, struct fg_event *event)
{
    const struct fg_customer *customer = caller->customer;
    const struct fg_dial_plan *dials =
        customer && caller->direction == FG_OUTBOUND ? &customer->dial_plan : NULL;
    *event = (struct fg_event){
        .kind = FG_EVENT_ATTEMPT,
        .direction = caller->direction,
        .identity = caller->identity,
        .customer = customer,
        .tls = caller->tls,
        .transport = request->transport,
        .source = request->source,
        .caller_present = request->n_claims > 0,
        .srtp_offered = request->srtp_offered,
        .user_agent = request->user_agent,
    };
    fg_number_read(request->called_user, request->called_context, dials, &event->called);
    read_caller(policy, request, dials, event);
    const struct fg_number *number = &event->called.reading[0];
    struct fg_view called =
        event->called.n ? (struct fg_view){number->digits, number->len} : request->called_user;
    event->call_key = fg_call_key(&policy->hash_key, fg_view_of(customer ? customer->id : NULL),
                                  request->call_id, request->from_tag, called);
}

static int return_code(enum fg_action action)
{
    switch (action) {
    case FG_ALLOW:
        return FGM_RETURN_ALLOW;
    case FG_ALERT:
        return FGM_RETURN_ALERT;
    case FG_THROTTLE:
        return FGM_RETURN_THROTTLE;
    case FG_CHALLENGE:
        return FGM_RETURN_CHALLENGE;
    default:
        return FGM_RETURN_BLOCK;
    }
}

static int judge(const struct fg_policy *policy, uint64_t generation, struct sip_msg *msg,
                 const struct fgm_request *request, enum fgm_direction_wish wish)
{
    static struct fgm_evaluation evaluation; // large; processes are single threaded
    static struct fg_allowances allowances;
    struct fgm_caller caller;
    struct fg_event event;
    fgm_identify(policy, generation, msg, request, wish, &caller);
    fill_event(policy, request, &caller, &event);
    fgm_attrs_get(msg, &event);
    if (event.customer && fgm_allowances_of(event.customer->id, &allowances))
        event.allowances = &allowances;
    if (!fgm_attempt_begin(msg, request, &event)) {
        FGM_COUNT(retransmitted);
        return FGM_RETURN_EXIT;
    }
    fgm_evaluate(policy, &event, &evaluation);
    fgm_challenge_passed(msg, &evaluation);
    fgm_effects(&evaluation, request->call_id);
    fgm_verdict_set(&evaluation, request->call_id);
    fgm_attempt_decided(&evaluation);
    return return_code(fgm_config.shadow ? FG_ALLOW : evaluation.decision.action);
}

static int check(struct sip_msg *msg, enum fgm_direction_wish wish)
{
    struct fgm_request request;
    fgm_verdict_begin(msg);
    fgm_msg_read(msg, &request);
    // A To tag is easily made up: only a dialog that is there makes a request part of one.
    if (request.kind == FGM_REQUEST_OTHER ||
        (request.kind == FGM_REQUEST_IN_DIALOG && fgm_dialog_contains(msg))) {
        FGM_COUNT(in_dialog);
        return FGM_RETURN_ALLOW;
    }
    uint64_t generation;
    const struct fg_policy *policy = fgm_policy_enter(&generation);
    int result = return_code(fgm_config.shadow ? FG_ALLOW : FG_BLOCK);
    if (policy)
        result = judge(policy, generation, msg, &request, wish);
    else
        FGM_COUNT(no_policy);
    fgm_policy_leave();
    return result;
}

static int parse_wish(const str *text, enum fgm_direction_wish *wish)
{
    struct fg_view view = fgm_view(*text);
    if (fg_view_equal(view, fg_view_of("outbound")))
        *wish = FGM_DIRECTION_OUTBOUND;
    else if (fg_view_equal(view, fg_view_of("inbound")))
        *wish = FGM_DIRECTION_INBOUND;
    else if (fg_view_equal(view, fg_view_of("auto")))
        *wish = FGM_DIRECTION_AUTO;
    else
        return -1;
    return 0;
}

static int ki_check(struct sip_msg *msg)
{
    return check(msg, FGM_DIRECTION_AUTO);
}

static int ki_check_direction(struct sip_msg *msg, str *direction)
{
    enum fgm_direction_wish wish;
    if (parse_wish(direction, &wish) < 0) {
        fgm_error("direction must be outbound, inbound or auto");
        return FGM_RETURN_BLOCK;
    }
    return check(msg, wish);
}

static int ki_attr(struct sip_msg *msg, str *name, str *value)
{
    return fgm_attr_set(msg, fgm_view(*name), fgm_view(*value)) ? 1 : -1;
}

// Who must encrypt offers SRTP in each INVITE: an offer that comes with the answer would let the
// other side choose. Other requests may do without a body (UPDATE for a session timer).
static int ki_media(struct sip_msg *msg)
{
    const struct fgm_verdict *verdict = fgm_verdict_of(msg);
    if (fgm_config.shadow)
        return 1;
    bool must = verdict ? verdict->media == FG_MEDIA_REQUIRED &&
                              verdict->direction == FG_OUTBOUND && !verdict->emergency
                        : fgm_dialog_must_encrypt(msg);
    if (!must)
        return 1;
    enum fgm_media media = fgm_msg_media(msg);
    if (media == FGM_MEDIA_NONE)
        return msg->first_line.type == SIP_REQUEST &&
                       msg->first_line.u.request.method_value == METHOD_INVITE
                   ? -1
                   : 1;
    return media == FGM_MEDIA_SRTP ? 1 : -1;
}

static int w_media(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_media(msg);
}

static int ki_media_refused(struct sip_msg *msg)
{
    (void)msg;
    FGM_COUNT(media_refused);
    return 1;
}

static int w_media_refused(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_media_refused(msg);
}

static int ki_flood(struct sip_msg *msg)
{
    switch (fgm_floods_check(msg)) {
    case FGM_LIMIT_PASS:
        return 1;
    case FGM_LIMIT_REFUSE:
        return -1;
    default:
        return FGM_RETURN_EXIT;
    }
}

static int w_flood(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_flood(msg);
}

static int ki_authenticated(struct sip_msg *msg)
{
    return fgm_auth_accept(msg) ? 1 : -1;
}

static int ki_authenticated_user(struct sip_msg *msg, str *name)
{
    return fgm_auth_accept_user(msg, fgm_view(*name)) ? 1 : -1;
}

static int ki_attest(struct sip_msg *msg, str *identity, int verified)
{
    return (int)fgm_attest_take(msg, fgm_view(*identity), verified > 0);
}

static int w_authenticated(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_authenticated(msg);
}

static int w_authenticated_user(struct sip_msg *msg, char *name, char *unused)
{
    (void)unused;
    str text;
    if (fixup_get_svalue(msg, (gparam_t *)(void *)name, &text) < 0)
        return -1;
    return ki_authenticated_user(msg, &text);
}

static int w_attest(struct sip_msg *msg, char *identity, char *verified)
{
    str text;
    int result;
    if (fixup_get_svalue(msg, (gparam_t *)(void *)identity, &text) < 0 ||
        fixup_get_ivalue(msg, (gparam_t *)(void *)verified, &result) < 0)
        return -1;
    return ki_attest(msg, &text, result);
}

static int ki_in_dialog(struct sip_msg *msg)
{
    return fgm_dialog_contains(msg) ? 1 : -1;
}

static int w_in_dialog(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_in_dialog(msg);
}

static int ki_framed(struct sip_msg *msg)
{
    struct fg_ip source;
    fgm_msg_source(msg, &source);
    // Carriers hide nothing from us that they could not send themselves.
    if (fgm_is_carrier(&source) || fgm_msg_is_framed(msg))
        return 1;
    FGM_COUNT(unreadable);
    return -1;
}

static int w_framed(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_framed(msg);
}

static int ki_target(struct sip_msg *msg)
{
    if (fgm_dialog_reaches(msg))
        return 1;
    FGM_COUNT(targets_refused);
    return fgm_config.shadow ? 1 : -1;
}

static int w_target(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_target(msg);
}

static int ki_to_customer(struct sip_msg *msg)
{
    return (int)fgm_way_to_customer(msg);
}

static int ki_connected(struct sip_msg *msg)
{
    return fgm_way_note(msg) ? 1 : -1;
}

static int ki_is_customer(struct sip_msg *msg)
{
    return fgm_identify_is_customers(msg) ? 1 : -1;
}

static int w_is_customer(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_is_customer(msg);
}

static int w_to_customer(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_to_customer(msg);
}

static int w_connected(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_connected(msg);
}

static int w_check(struct sip_msg *msg, char *unused1, char *unused2)
{
    (void)unused1, (void)unused2;
    return ki_check(msg);
}

static int w_check_direction(struct sip_msg *msg, char *direction, char *unused)
{
    (void)unused;
    str text;
    if (fixup_get_svalue(msg, (gparam_t *)(void *)direction, &text) < 0)
        return FGM_RETURN_BLOCK;
    return ki_check_direction(msg, &text);
}

static int w_attr(struct sip_msg *msg, char *name, char *value)
{
    str name_text, value_text;
    if (fixup_get_svalue(msg, (gparam_t *)(void *)name, &name_text) < 0 ||
        fixup_get_svalue(msg, (gparam_t *)(void *)value, &value_text) < 0)
        return -1;
    return ki_attr(msg, &name_text, &value_text);
}

cmd_export_t fgm_cmd_exports[] = {
    {"fraudguard_check", (cmd_function)w_check, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_check", (cmd_function)w_check_direction, 1, fixup_spve_null, fixup_free_spve_null,
     REQUEST_ROUTE},
    {"fraudguard_attr", (cmd_function)w_attr, 2, fixup_spve_spve, fixup_free_spve_spve,
     REQUEST_ROUTE},
    {"fraudguard_authenticated", (cmd_function)w_authenticated, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_authenticated", (cmd_function)w_authenticated_user, 1, fixup_spve_null,
     fixup_free_spve_null, REQUEST_ROUTE},
    {"fraudguard_attest", (cmd_function)w_attest, 2, fixup_spve_igp, fixup_free_spve_igp,
     REQUEST_ROUTE},
    {"fraudguard_media", (cmd_function)w_media, 0, 0, 0, REQUEST_ROUTE | ONREPLY_ROUTE},
    {"fraudguard_media_refused", (cmd_function)w_media_refused, 0, 0, 0,
     REQUEST_ROUTE | ONREPLY_ROUTE},
    {"fraudguard_flood", (cmd_function)w_flood, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_connected", (cmd_function)w_connected, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_is_customer", (cmd_function)w_is_customer, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_in_dialog", (cmd_function)w_in_dialog, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_framed", (cmd_function)w_framed, 0, 0, 0, REQUEST_ROUTE | ONREPLY_ROUTE},
    {"fraudguard_target", (cmd_function)w_target, 0, 0, 0, REQUEST_ROUTE},
    {"fraudguard_to_customer", (cmd_function)w_to_customer, 0, 0, 0, REQUEST_ROUTE},
    {0, 0, 0, 0, 0, 0},
};

#define NO_PARAMETERS                                                                              \
    {                                                                                              \
        SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE   \
    }

sr_kemi_t fgm_kemi_exports[] = {
    {str_init("fraudguard"), str_init("check"), SR_KEMIP_INT, (void *)ki_check, NO_PARAMETERS},
    {str_init("fraudguard"),
     str_init("check_direction"),
     SR_KEMIP_INT,
     (void *)ki_check_direction,
     {SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
    {str_init("fraudguard"),
     str_init("attr"),
     SR_KEMIP_INT,
     (void *)ki_attr,
     {SR_KEMIP_STR, SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
    {str_init("fraudguard"), str_init("media"), SR_KEMIP_INT, (void *)ki_media, NO_PARAMETERS},
    {str_init("fraudguard"), str_init("media_refused"), SR_KEMIP_INT, (void *)ki_media_refused,
     NO_PARAMETERS},
    {str_init("fraudguard"), str_init("flood"), SR_KEMIP_INT, (void *)ki_flood, NO_PARAMETERS},
    {str_init("fraudguard"), str_init("authenticated"), SR_KEMIP_INT, (void *)ki_authenticated,
     NO_PARAMETERS},
    {str_init("fraudguard"),
     str_init("authenticated_user"),
     SR_KEMIP_INT,
     (void *)ki_authenticated_user,
     {SR_KEMIP_STR, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
    {str_init("fraudguard"),
     str_init("attest"),
     SR_KEMIP_INT,
     (void *)ki_attest,
     {SR_KEMIP_STR, SR_KEMIP_INT, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE}},
    {str_init("fraudguard"), str_init("connected"), SR_KEMIP_INT, (void *)ki_connected,
     NO_PARAMETERS},
    {str_init("fraudguard"), str_init("is_customer"), SR_KEMIP_INT, (void *)ki_is_customer,
     NO_PARAMETERS},
    {str_init("fraudguard"), str_init("in_dialog"), SR_KEMIP_INT, (void *)ki_in_dialog,
     NO_PARAMETERS},
    {str_init("fraudguard"), str_init("framed"), SR_KEMIP_INT, (void *)ki_framed, NO_PARAMETERS},
    {str_init("fraudguard"), str_init("target"), SR_KEMIP_INT, (void *)ki_target, NO_PARAMETERS},
    {str_init("fraudguard"), str_init("to_customer"), SR_KEMIP_INT, (void *)ki_to_customer,
     NO_PARAMETERS},
    {{0, 0}, {0, 0}, 0, NULL, NO_PARAMETERS},
};

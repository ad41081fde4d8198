// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_verdict.h"

#include <stdio.h>
#include <string.h>

#include "core/pt.h"
#include "fg/explain.h"
#include "fgm_attest.h"
#include "fgm_params.h"

#define ATTR_NAME_MAX  32
#define ATTR_VALUE_MAX 96

// A message of this process: ids are counted per process, and a fork inherits the count.
struct owner {
    unsigned int id;
    int pid;
};

static struct owner judged;
static struct fgm_verdict verdict;
static struct fgm_call call;
static bool call_waits;

static struct owner attr_owner;
static struct {
    uint8_t n;
    char name[FG_ATTRS_MAX][ATTR_NAME_MAX];
    char value[FG_ATTRS_MAX][ATTR_VALUE_MAX];
    size_t name_len[FG_ATTRS_MAX], value_len[FG_ATTRS_MAX];
} attrs;

static bool owns(const struct owner *owner, const struct sip_msg *msg)
{
    return msg && owner->id == msg->id && owner->pid == my_pid();
}

void fgm_verdict_begin(const struct sip_msg *msg)
{
    judged = (struct owner){msg->id, my_pid()};
    verdict.valid = false;
    call_waits = false;
}

// The provider's reply of the band where the rules name one, else these.
static void set_reply(const struct fgm_evaluation *evaluation)
{
    static const struct fg_reply defaults[FG_ACTION_COUNT] = {
        [FG_THROTTLE] = {.code = 503, .text = "Service Unavailable", .retry_after_s = 10},
        [FG_CHALLENGE] = {.code = 480, .text = "Temporarily Unavailable"},
        [FG_BLOCK] = {.code = 603, .text = "Network Blocked"},
    };
    const struct fg_decision *decision = &evaluation->decision;
    verdict.reply = (struct fg_reply){0};
    if (decision->action < FG_THROTTLE)
        verdict.reply = (struct fg_reply){0};
    else if (decision->reply.code)
        verdict.reply = decision->reply;
    else if (!fg_identity_is_customer(evaluation->plan.event->identity))
        verdict.reply = (struct fg_reply){.code = 403, .text = "Forbidden"};
    else
        verdict.reply = defaults[decision->action];
    // Rules may be replaced while the script still looks at the verdict: the text is copied.
    fg_text_escape(fg_view_of(verdict.reply.text), verdict.reply_text, sizeof verdict.reply_text);
    verdict.reply.text = verdict.reply_text;
    fg_text_escape(fg_view_of(verdict.reply.call_info), verdict.call_info,
                   sizeof verdict.call_info);
    verdict.reply.call_info = verdict.call_info;
}

static void append(char *out, size_t size, const char *separator, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used ? separator : "", text);
}

static void set_reasons(const struct fgm_evaluation *evaluation)
{
    verdict.reason[0] = '\0';
    verdict.rules[0] = '\0';
    for (uint32_t i = 0; i < evaluation->decision.n_reasons; i++) {
        const struct fg_reason *reason = &evaluation->decision.reasons[i];
        char text[256];
        if (reason->shadow)
            continue;
        if (!fg_reason_is_note(reason)) {
            fg_reason_id(&evaluation->plan, reason, text, sizeof text);
            append(verdict.rules, sizeof verdict.rules, ",", text);
        }
        fg_reason_text(&evaluation->plan, &evaluation->decision, reason, text, sizeof text);
        append(verdict.reason, sizeof verdict.reason, "; ", text);
    }
}

static void set_destination(const struct fg_plan *plan)
{
    const struct fg_number *number = &plan->dest.number;
    bool short_code = plan->event->called.status == FG_NUMBER_SHORT_CODE;
    verdict.e164[0] = '\0';
    if (number->len)
        snprintf(verdict.e164, sizeof verdict.e164, "%s%.*s", short_code ? "" : "+", number->len,
                 number->digits);
}

static void set_caller(const struct fg_plan *plan)
{
    const struct fg_number *number = &plan->event->caller;
    verdict.caller[0] = '\0';
    if (number->len)
        snprintf(verdict.caller, sizeof verdict.caller, "+%.*s", number->len, number->digits);
    verdict.attest = fgm_attest_level(plan);
}

static void set_call(const struct fgm_evaluation *evaluation, struct fg_view call_id)
{
    const struct fg_plan *plan = &evaluation->plan;
    bool goes_on = fgm_config.shadow || evaluation->decision.action < FG_THROTTLE;
    if (!goes_on || !plan->event->customer || call_id.len > FGM_CALL_ID_MAX)
        return;
    fgm_call_remember(&call, plan->event, call_id);
    call.country = plan->dest.country;
    call.holds = plan->request.holds;
    call.usd_per_minute = plan->dest.usd_per_minute;
    call.emergency = plan->emergency;
    call.allowance = evaluation->decision.allowed ? plan->allowance->id : 0;
    fg_number_mask(&plan->dest.number, call.masked);
    call_waits = true;
}

void fgm_verdict_set(const struct fgm_evaluation *evaluation, struct fg_view call_id)
{
    const struct fg_event *event = evaluation->plan.event;
    const struct fg_decision *decision = &evaluation->decision;
    verdict.action = decision->action;
    verdict.score = decision->score;
    verdict.shadow_score = decision->shadow_score;
    verdict.degraded = decision->degraded;
    verdict.drop_media = decision->drop_media;
    verdict.srtp = event->srtp_offered;
    verdict.emergency = evaluation->plan.emergency;
    verdict.direction = event->direction;
    verdict.media = event->customer ? event->customer->media : FG_MEDIA_PREFERRED;
    snprintf(verdict.customer, sizeof verdict.customer, "%s",
             event->customer ? event->customer->id : "");
    snprintf(verdict.identity, sizeof verdict.identity, "%s", fg_identity_name(event->identity));
    fgm_challenge_target(evaluation, verdict.challenge);
    verdict.pbx[0] = '\0';
    if (event->customer)
        fgm_way_address(event->customer, verdict.pbx);
    set_destination(&evaluation->plan);
    set_caller(&evaluation->plan);
    set_reply(evaluation);
    set_reasons(evaluation);
    set_call(evaluation, call_id);
    verdict.valid = true;
}

const struct fgm_verdict *fgm_verdict_of(const struct sip_msg *msg)
{
    return verdict.valid && owns(&judged, msg) ? &verdict : NULL;
}

struct fgm_call *fgm_verdict_take_call(const struct sip_msg *msg)
{
    if (!call_waits || !owns(&judged, msg))
        return NULL;
    call_waits = false;
    return &call;
}

static bool attr_name_valid(struct fg_view name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", name.ptr[i], 39))
            return false;
    }
    return name.len > 0 && name.len <= ATTR_NAME_MAX;
}

static uint8_t attr_slot(struct fg_view name)
{
    uint8_t i = 0;
    while (i < attrs.n && !fg_view_equal(name, (struct fg_view){attrs.name[i], attrs.name_len[i]}))
        i++;
    return i;
}

bool fgm_attr_set(const struct sip_msg *msg, struct fg_view name, struct fg_view value)
{
    if (!owns(&attr_owner, msg)) {
        attr_owner = (struct owner){msg->id, my_pid()};
        attrs.n = 0;
    }
    uint8_t slot = attr_slot(name);
    if (!attr_name_valid(name) || value.len > ATTR_VALUE_MAX || slot == FG_ATTRS_MAX)
        return false;
    memcpy(attrs.name[slot], name.ptr, name.len);
    attrs.name_len[slot] = name.len;
    if (value.len)
        memcpy(attrs.value[slot], value.ptr, value.len);
    attrs.value_len[slot] = value.len;
    if (slot == attrs.n)
        attrs.n++;
    return true;
}

void fgm_attrs_get(const struct sip_msg *msg, struct fg_event *event)
{
    event->n_attrs = 0;
    if (!owns(&attr_owner, msg))
        return;
    for (uint8_t i = 0; i < attrs.n; i++) {
        event->attrs[i].name = (struct fg_view){attrs.name[i], attrs.name_len[i]};
        event->attrs[i].value = (struct fg_view){attrs.value[i], attrs.value_len[i]};
    }
    event->n_attrs = attrs.n;
}

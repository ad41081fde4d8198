// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_pv.h"

#include "fgm_log.h"
#include "fgm_str.h"
#include "fgm_verdict.h"

#define FIELDS(X)                                                                                  \
    X(action)                                                                                      \
    X(score)                                                                                       \
    X(shadow_score)                                                                                \
    X(reason)                                                                                      \
    X(rules)                                                                                       \
    X(customer)                                                                                    \
    X(identity)                                                                                    \
    X(e164)                                                                                        \
    X(sip_code)                                                                                    \
    X(sip_text)                                                                                    \
    X(retry_after)                                                                                 \
    X(degraded)                                                                                    \
    X(direction)                                                                                   \
    X(media_policy)                                                                                \
    X(drop_media)                                                                                  \
    X(srtp)                                                                                        \
    X(emergency)                                                                                   \
    X(call_info)                                                                                   \
    X(caller)                                                                                      \
    X(attest)                                                                                      \
    X(challenge)                                                                                   \
    X(pbx)
enum field {
#define FIELD_ENUM(name) FIELD_##name,
    FIELDS(FIELD_ENUM)
#undef FIELD_ENUM
        FIELD_COUNT
};

static const char *const field_names[] = {
#define FIELD_NAME(name) #name,
    FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

static int parse_name(pv_spec_p spec, str *in)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (fg_view_equal(fgm_view(*in), fg_view_of(field_names[i]))) {
            spec->pvp.pvn.type = PV_NAME_INTSTR;
            spec->pvp.pvn.u.isname.type = 0;
            spec->pvp.pvn.u.isname.name.n = i;
            return 0;
        }
    }
    fgm_error("no such variable: $fg(%.*s)", in->len, in->s);
    return -1;
}

static const char *media_policy_name(enum fg_media_policy policy)
{
    switch (policy) {
    case FG_MEDIA_REQUIRED:
        return "required";
    case FG_MEDIA_OFF:
        return "off";
    default:
        return "preferred";
    }
}

static int text(struct sip_msg *msg, pv_param_t *param, pv_value_t *out, const char *value)
{
    str view = fgm_str(value);
    return view.len ? pv_get_strval(msg, param, out, &view) : pv_get_null(msg, param, out);
}

static int get(struct sip_msg *msg, pv_param_t *param, pv_value_t *out)
{
    const struct fgm_verdict *verdict = fgm_verdict_of(msg);
    if (!verdict)
        return pv_get_null(msg, param, out);
    switch ((enum field)param->pvn.u.isname.name.n) {
    case FIELD_action:
        return text(msg, param, out, fg_action_name(verdict->action));
    case FIELD_score:
        return pv_get_sintval(msg, param, out, verdict->score);
    case FIELD_shadow_score:
        return pv_get_sintval(msg, param, out, verdict->shadow_score);
    case FIELD_reason:
        return text(msg, param, out, verdict->reason);
    case FIELD_rules:
        return text(msg, param, out, verdict->rules);
    case FIELD_customer:
        return text(msg, param, out, verdict->customer);
    case FIELD_identity:
        return text(msg, param, out, verdict->identity);
    case FIELD_e164:
        return text(msg, param, out, verdict->e164);
    case FIELD_sip_code:
        return pv_get_sintval(msg, param, out, verdict->reply.code);
    case FIELD_sip_text:
        return text(msg, param, out, verdict->reply_text);
    case FIELD_retry_after:
        return pv_get_sintval(msg, param, out, verdict->reply.retry_after_s);
    case FIELD_degraded:
        return pv_get_sintval(msg, param, out, verdict->degraded);
    case FIELD_direction:
        return text(msg, param, out, fg_direction_name(verdict->direction));
    case FIELD_media_policy:
        return text(msg, param, out, media_policy_name(verdict->media));
    case FIELD_drop_media:
        return pv_get_sintval(msg, param, out, verdict->drop_media);
    case FIELD_srtp:
        return pv_get_sintval(msg, param, out, verdict->srtp);
    case FIELD_emergency:
        return pv_get_sintval(msg, param, out, verdict->emergency);
    case FIELD_call_info:
        return text(msg, param, out, verdict->call_info);
    case FIELD_caller:
        return text(msg, param, out, verdict->caller);
    case FIELD_attest:
        return text(msg, param, out, verdict->attest);
    case FIELD_challenge:
        return text(msg, param, out, verdict->challenge);
    case FIELD_pbx:
        return text(msg, param, out, verdict->pbx);
    default:
        return pv_get_null(msg, param, out);
    }
}

pv_export_t fgm_pv_exports[] = {
    {{"fg", sizeof "fg" - 1}, PVT_OTHER, get, 0, parse_name, 0, 0, 0},
    {{0, 0}, 0, 0, 0, 0, 0, 0, 0},
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/format.h"

#include "fg/destination.h"
#include "fg/identity.h"
#include "fg/ruleset.h"

#define TEXT3(name, text, doc) text,

static const char *const modes[] = {"enforce", "shadow", "off"};
static const char *const maturities[] = {FG_MATURITIES(TEXT3)};
static const char *const directions[] = {"outbound", "inbound"};
static const char *const events[] = {"attempt", "answer", "minute", "end"};
static const char *const verdicts[] = {FG_ACTIONS(TEXT3)}; // allow first
static const char *const notified[] = {"customer", "noc"};
static const char *const relatives[] = {"customer.channels", "customer.daily_limit"};
static const char *const list_types[] = {"e164_prefix", "country", "text", "network"};
static const char *const hold_scopes[] = {FG_HOLD_SCOPE_LIST(TEXT3)};
static const char *const calendar_states[] = {"closed", "open"};
static const char *const meter_keys[] = {
    "customer",    "dest.number",          "caller.number", "src.ip",    "dest.country",
    "dest.range",  "dest.block",           "dest.type",     "dest.tail", "caller.range",
    "src.network", "tls.cert.fingerprint", "caller.attest"};
static const char *const profiles[] = {"default",     "office",     "hotel",     "callcentre",
                                       "shop",        "healthcare", "education", "public",
                                       "residential", "wholesale"};
static const char *const number_types[] = {FG_NUMBER_TYPES(TEXT3)};
static const char *const identities[] = {FG_IDENTITIES(TEXT3)};
static const char *const transports[] = {"udp", "tcp", "tls", "ws", "wss"};
static const char *const certs[] = {"verified", "none", "unverified"};
static const char *const faults[] = {"redis_down", "store_down"};
static const char *const counted[] = {"calls", "answers", "ends"};
static const char *const summed[] = {"cost", "minutes"};
static const char *const told_apart[] = {"dest.number", "caller.number", "dest.country",
                                         "dest.range",  "dest.block",    "dest.dialled",
                                         "src.network", "caller.range",  "tls.cert.fingerprint",
                                         "customer.id", "src.country"};
static const char *const sighted[] = {"dest.country",  "dest.number", "dest.range",
                                      "caller.number", "src.network", "tls.cert.fingerprint",
                                      "src.country",   "customer.id"};
static const char *const run[] = {"dest.number"};
static const char *const typical[] = {"calls", "answers", "cost", "minutes"};
static const char *const sighted_on[] = {"attempt", "answer", "end"};
static const char *const gauged[] = {"calls", "cost"};
static const char *const customer[] = {"customer"};
static const char *const skip[] = {"skip"};
static const char *const nobody[] = {"none"};
static const char *const day[] = {"day"};
static const char *const never[] = {"never"};
static const char *const actions_or_none[] = {"none", "alert", "throttle", "challenge", "block"};
static const char *const attestations[] = {"A", "B", "C", "failed"}; // fg_attestation_name()
static const char *const identified_by[] = {"certificate", "source_address", "auth_user"};
static const char *const key_types[] = {FG_KEY_TYPES(TEXT3)};
static const char *const srtp[] = {"preferred", "required", "off"};
static const char *const pbx_transport[] = {"tls", "tcp", "udp"};
static const char *const degraded[] = {"cap", "allow", "block"};

#define SET(array)                                                                                 \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

static const struct fg_words sets[FG_WORD_SETS] = {
    [FG_SET_MODE] = SET(modes),
    [FG_SET_MATURITY] = SET(maturities),
    [FG_SET_DIRECTION] = SET(directions),
    [FG_SET_EVENT] = SET(events),
    [FG_SET_ACTION] = {verdicts + 1, sizeof(verdicts) / sizeof(verdicts[0]) - 1},
    [FG_SET_VERDICT] = SET(verdicts),
    [FG_SET_NOTIFY] = SET(notified),
    [FG_SET_RELATIVE] = SET(relatives),
    [FG_SET_LIST_TYPE] = SET(list_types),
    [FG_SET_HOLD_SCOPE] = SET(hold_scopes),
    [FG_SET_CALENDAR_STATE] = SET(calendar_states),
    [FG_SET_METER_KEY] = SET(meter_keys),
    [FG_SET_PROFILE] = SET(profiles),
    [FG_SET_NUMBER_TYPE] = SET(number_types),
    [FG_SET_IDENTITY] = SET(identities),
    [FG_SET_TRANSPORT] = SET(transports),
    [FG_SET_CERT] = SET(certs),
    [FG_SET_FAULT] = SET(faults),
    [FG_SET_COUNTED] = SET(counted),
    [FG_SET_SUMMED] = SET(summed),
    [FG_SET_TOLD_APART] = SET(told_apart),
    [FG_SET_GAUGED] = SET(gauged),
    [FG_SET_SIGHTED] = SET(sighted),
    [FG_SET_RUN] = SET(run),
    [FG_SET_TYPICAL] = SET(typical),
    [FG_SET_SIGHTED_ON] = SET(sighted_on),
    [FG_SET_CUSTOMER] = SET(customer),
    [FG_SET_SKIP] = SET(skip),
    [FG_SET_NOBODY] = SET(nobody),
    [FG_SET_DAY] = SET(day),
    [FG_SET_SRTP] = SET(srtp),
    [FG_SET_PBX_TRANSPORT] = SET(pbx_transport),
    [FG_SET_DEGRADED] = SET(degraded),
    [FG_SET_NEVER] = SET(never),
    [FG_SET_ATTESTATION] = SET(attestations),
    [FG_SET_ACTION_OR_NONE] = SET(actions_or_none),
    [FG_SET_IDENTIFIED_BY] = SET(identified_by),
    [FG_SET_KEY_TYPE] = SET(key_types),
};

struct fg_words fg_word_set(enum fg_word_set set)
{
    return sets[(unsigned)set < FG_WORD_SETS ? set : FG_SET_NONE];
}

enum fg_word_set fg_signal_words(enum fg_signal signal)
{
    switch ((int)signal) {
    case FG_SIG_CUSTOMER_PROFILE:
        return FG_SET_PROFILE;
    case FG_SIG_DEST_TYPE:
    case FG_SIG_CALLER_TYPE:
        return FG_SET_NUMBER_TYPE;
    case FG_SIG_CALLER_ATTEST:
        return FG_SET_ATTESTATION;
    case FG_SIG_TLS_CERT_KEY_TYPE:
        return FG_SET_KEY_TYPE;
    case FG_SIG_IDENTITY:
        return FG_SET_IDENTITY;
    case FG_SIG_SIP_TRANSPORT:
        return FG_SET_TRANSPORT;
    default:
        return FG_SET_NONE;
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_attest.h"

#include <string.h>

#include "core/parser/parse_to.h"
#include "fg/identity.h"
#include "fg/uri.h"
#include "fgm_identity.h"
#include "fgm_msg.h"
#include "fgm_params.h"
#include "fgm_passport.h"
#include "fgm_str.h"
#include "fgm_verdict.h"

enum match { UNREADABLE, DIFFERENT, SAME };

static bool is_one_of(const struct fg_number *number, const struct fg_number *list, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        if (number->len == list[i].len && memcmp(number->digits, list[i].digits, number->len) == 0)
            return true;
    }
    return false;
}

// Whether what a header or the Request-URI names is one of the numbers signed.
static enum match match_number(struct fg_view name, struct fg_view phone_context,
                               const struct fg_number *list, uint8_t n)
{
    struct fg_number_readings read;
    fg_number_read(name, phone_context, NULL, &read);
    if (read.status != FG_NUMBER_OK)
        return UNREADABLE;
    for (uint8_t i = 0; i < read.n; i++) {
        if (is_one_of(&read.reading[i], list, n))
            return SAME;
    }
    return DIFFERENT;
}

static enum match match_caller(const struct fgm_request *request,
                               const struct fgm_passport *passport)
{
    enum match best = UNREADABLE;
    for (uint8_t i = 0; i < request->n_claims; i++) {
        enum match match = match_number(request->claims[i].user, request->claims[i].phone_context,
                                        &passport->orig, 1);
        best = match > best ? match : best;
    }
    return best;
}

static enum match match_to(struct sip_msg *msg, const struct fgm_passport *passport)
{
    struct fg_uri_number number;
    if (!fg_uri_number(fgm_view(get_to(msg)->uri), &number))
        return UNREADABLE;
    return match_number(number.user, number.phone_context, passport->dests, passport->n_dests);
}

static enum fgm_attest_result take_good(struct sip_msg *msg, const struct fgm_passport *passport,
                                        const struct fgm_request *request)
{
    enum match caller = match_caller(request, passport);
    enum match called = match_number(request->called_user, request->called_context, passport->dests,
                                     passport->n_dests);
    if (caller == SAME && called == SAME) {
        (void)fgm_attr_set(msg, fg_view_of("attest"), (struct fg_view){&passport->attest, 1});
        return FGM_ATTEST_LEVEL;
    }
    if (caller == DIFFERENT)
        return FGM_ATTEST_FAILED;
    // A call that was diverted on its way still says in To for whom it was signed.
    if (called == DIFFERENT && match_to(msg, passport) != SAME)
        return FGM_ATTEST_FAILED;
    return FGM_ATTEST_OTHER;
}

static bool may_be_carriers(const struct sip_msg *msg)
{
    struct fg_ip source;
    fgm_msg_source(msg, &source);
    return fgm_config.n_carriers == 0 || fgm_is_carrier(&source);
}

enum fgm_attest_result fgm_attest_take(struct sip_msg *msg, struct fg_view identity, bool verified)
{
    struct fgm_passport passport;
    struct fgm_request request;
    enum fgm_attest_result result = FGM_ATTEST_FAILED;
    if (identity.len == 0)
        return FGM_ATTEST_NONE;
    // What customers sign is theirs to verify for whom they call.
    if (fgm_identify_is_customers(msg) || !may_be_carriers(msg))
        return FGM_ATTEST_NONE;
    fgm_msg_read(msg, &request);
    if (request.kind != FGM_REQUEST_CALL && request.kind != FGM_REQUEST_IN_DIALOG)
        return FGM_ATTEST_NONE;
    // Without its certificate nobody can say that a signature is wrong.
    if (fgm_params.stir_urls && *fgm_params.stir_urls &&
        !fgm_passport_signed_with(identity, fgm_params.stir_urls))
        return FGM_ATTEST_NOT_HELD;
    if (verified && fgm_passport_read(identity, &passport))
        result = take_good(msg, &passport, &request);
    if (result == FGM_ATTEST_FAILED)
        (void)fgm_attr_set(msg, fg_view_of("attest"), fg_view_of("failed"));
    return result;
}

const char *fgm_attest_level(const struct fg_plan *plan)
{
    const struct fg_event *event = plan->event;
    if (event->direction != FG_OUTBOUND || !event->customer ||
        !fg_identity_is_customer(event->identity))
        return "C";
    return plan->caller_owned ? "A" : "B";
}

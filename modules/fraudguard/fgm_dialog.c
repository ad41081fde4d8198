// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_dialog.h"

#include <sched.h>
#include <stdarg.h>

#include "core/rpc_lookup.h"
#include "fgm_attempt.h"
#include "fgm_clock.h"
#include "fgm_counters.h"
#include "fgm_log.h"
#include "fgm_str.h"
#include "fgm_verdict.h"
#include "modules/dialog/dlg_hash.h"
#include "modules/dialog/dlg_load.h"

static struct dlg_binds dialogs;

// A call's handle as a callback parameter.
_Static_assert(sizeof(void *) >= sizeof(struct fgm_call_ref), "a handle fits a pointer");

static void *pack(struct fgm_call_ref ref)
{
    return (void *)(uintptr_t)((uint64_t)ref.turn << 32 | ref.slot);
}

static struct fgm_call_ref unpack(const struct dlg_cb_params *params)
{
    uint64_t packed = (uintptr_t)*params->param;
    return (struct fgm_call_ref){(uint32_t)packed, (uint32_t)(packed >> 32)};
}

static void on_answered(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    (void)dialog, (void)type;
    fgm_calls_answered(unpack(params), fgm_now_ms());
}

static void on_ended(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    (void)dialog, (void)type;
    fgm_calls_ended(unpack(params), fgm_now_ms());
}

// Calls that fraudguard_check() let go on become live calls; other dialogs are none of ours.
static void on_created(struct dlg_cell *dialog, int type, struct dlg_cb_params *params)
{
    (void)type;
    struct fgm_call_ref ref;
    struct fgm_call *call = fgm_verdict_take_call(params->req);
    if (!call)
        return;
    call->created_ms = fgm_now_ms();
    call->dialog_entry = dialog->h_entry;
    call->dialog_id = dialog->h_id;
    fgm_attempt_called(params->req, call);
    if (!fgm_calls_add(call, &ref))
        return;
    fgm_attempt_added(ref);
    if (dialogs.register_dlgcb(dialog, DLGCB_CONFIRMED_NA | DLGCB_CONFIRMED, on_answered, pack(ref),
                               NULL) != 0 ||
        dialogs.register_dlgcb(dialog,
                               DLGCB_FAILED | DLGCB_TERMINATED | DLGCB_EXPIRED | DLGCB_DESTROY,
                               on_ended, pack(ref), NULL) != 0) {
        fgm_error("a call cannot be tracked: no callbacks for its dialog");
        fgm_calls_ended(ref, fgm_now_ms());
    }
}

int fgm_dialog_init(void)
{
    if (load_dlg_api(&dialogs) != 0) {
        fgm_warn("the dialog module is not loaded before this one: calls are judged when they "
                 "start, but not watched while they are up");
        return 0;
    }
    if (dialogs.register_dlgcb(NULL, DLGCB_CREATED, on_created, NULL, NULL) != 0) {
        fgm_error("cannot register for dialogs");
        return -1;
    }
    return 0;
}

bool fgm_dialog_tracks(void)
{
    return dialogs.get_dlg != NULL;
}

bool fgm_dialog_knows(struct sip_msg *msg)
{
    if (!fgm_dialog_tracks())
        return true;
    struct dlg_cell *dialog = dialogs.get_dlg(msg);
    bool lives = dialog && dialog->state != DLG_STATE_DELETED;
    if (dialog)
        dialogs.release_dlg(dialog);
    return lives;
}

// --- ending a call
// The dialog module's own RPC looks a dialog up by its ids and keeps it while it works. A pointer
// kept since its creation could not be used so: the module's clean-up frees dialogs whatever their
// references are. What follows is the little of an RPC context that this command asks for.
struct end_request {
    const struct fgm_call *call;
    bool failed;
};

static int end_scan(void *ctx, char *format, ...)
{
    const struct end_request *request = ctx;
    int given = 0;
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at; at++) {
        if (*at == 'd') {
            *va_arg(arguments, unsigned int *) =
                given == 0 ? request->call->dialog_entry : request->call->dialog_id;
            given++;
        } else if (*at == 'S') {
            *va_arg(arguments, str *) =
                fgm_str("Reason: Q.850;cause=21;text=\"call rejected\"\r\n");
            given++;
        }
    }
    va_end(arguments);
    return given;
}

static void end_fault(void *ctx, int code, char *format, ...)
{
    (void)code, (void)format;
    struct end_request *request = ctx;
    request->failed = true;
}

static int end_ignore(void *ctx, char *format, ...)
{
    (void)ctx, (void)format;
    return 0;
}

// The dialog module sends its two BYEs one after the other, and leaves the second one out when the
// first has been answered meanwhile. So nothing ordinary may take the processor in between; where
// the privilege is missing it stays a matter of microseconds.
static void set_uninterrupted(bool wanted)
{
    const struct sched_param priority = {.sched_priority = wanted ? 1 : 0};
    (void)sched_setscheduler(0, wanted ? SCHED_FIFO : SCHED_OTHER, &priority);
}

bool fgm_dialog_end(const struct fgm_call *call)
{
    static const char command[] = "dlg.end_dlg";
    const rpc_export_t *rpc = rpc_lookup(command, sizeof command - 1);
    struct end_request request = {.call = call};
    rpc_t context = {
        .fault = end_fault,
        .scan = end_scan,
        .add = end_ignore,
        .rpl_printf = end_ignore,
    };
    if (rpc) {
        set_uninterrupted(true);
        rpc->function(&context, &request);
        set_uninterrupted(false);
    }
    if (!rpc || request.failed) {
        FGM_COUNT(cut_failures);
        return false;
    }
    FGM_COUNT(calls_cut);
    return true;
}

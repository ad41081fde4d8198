// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_dialog.h"

#include "fgm_attempt.h"
#include "fgm_clock.h"
#include "fgm_cut.h"
#include "fgm_log.h"
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
    if (type == DLGCB_TERMINATED && !params->req)
        fgm_cut_begins(dialog);
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
    return fgm_cut_init();
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

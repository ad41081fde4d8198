// SPDX-License-Identifier: GPL-2.0-or-later
// The dialog module sends its two BYEs one after the other, and leaves the second one, to the
// callee, out when the first has been answered before it is written: the dialog counts as over
// then. So what that BYE needs is copied while the dialog is still whole, tm tells which BYEs were
// written, and the missing one is sent from here.
#include "fgm_cut.h"

#include <stdarg.h>
#include <string.h>

#include "core/dset.h"
#include "core/parser/parse_rr.h"
#include "core/rpc_lookup.h"
#include "core/ut.h"
#include "fgm_counters.h"
#include "fgm_kamailio.h"
#include "fgm_log.h"
#include "fgm_str.h"
#include "modules/dialog/dlg_hash.h"
#include "modules/tm/tm_load.h"

#define REASON       "Reason: Q.850;cause=21;text=\"call rejected\"\r\n"
#define MAX_FORWARDS "Max-Forwards: 70\r\n"
#define STATE_MAX    8192 // bytes of a dialog's texts; longer ones are left to the dialog module
#define PRACK_STEP   80   // what the dialog module leaves for PRACKs that it did not see

static struct tm_binds tm;

// The dialog as its callee sees it, while a call is being cut; processes are single threaded.
static struct {
    const struct fgm_call *call; // NULL: none is being cut
    bool seen;                   // the dialog was whole, and what follows is filled
    bool written;                // the dialog module's BYE to the callee
    str call_id, caller_uri, callee_uri, caller_tag, callee_tag, target, routes;
    unsigned int cseq;
    struct socket_info *socket;
    size_t used;
    char texts[STATE_MAX];
} cut;

static bool keep(const str *from, str *to)
{
    if (!from->s || from->len <= 0) {
        *to = (str){cut.texts, 0};
        return true;
    }
    size_t len = (size_t)from->len;
    if (len > sizeof cut.texts - cut.used)
        return false;
    memcpy(cut.texts + cut.used, from->s, len);
    *to = (str){cut.texts + cut.used, from->len};
    cut.used += len;
    return true;
}

void fgm_cut_begins(const struct dlg_cell *dialog)
{
    if (!cut.call || cut.call->dialog_entry != dialog->h_entry ||
        cut.call->dialog_id != dialog->h_id)
        return;
    str cseq = dialog->cseq[DLG_CALLER_LEG];
    bool whole = dialog->state == DLG_STATE_CONFIRMED || dialog->state == DLG_STATE_CONFIRMED_NA;
    cut.used = 0;
    cut.socket = dialog->bind_addr[DLG_CALLEE_LEG];
    cut.seen = whole && str2int(&cseq, &cut.cseq) == 0 && keep(&dialog->callid, &cut.call_id) &&
               keep(&dialog->from_uri, &cut.caller_uri) && keep(&dialog->to_uri, &cut.callee_uri) &&
               keep(&dialog->tag[DLG_CALLER_LEG], &cut.caller_tag) &&
               keep(&dialog->tag[DLG_CALLEE_LEG], &cut.callee_tag) &&
               keep(&dialog->contact[DLG_CALLEE_LEG], &cut.target) &&
               keep(&dialog->route_set[DLG_CALLEE_LEG], &cut.routes) && cut.target.len > 0;
    if (dialog->iflags & DLG_IFLAG_PRACK)
        cut.cseq += PRACK_STEP;
}

// A request of our own is about to be written: the To of the one to the callee has its tag.
static void on_local_request(struct cell *transaction, int type, struct tmcb_params *params)
{
    (void)type, (void)params;
    const str *to = fgm_kamailio_to(transaction);
    if (cut.call && cut.seen && to->s && to->len > 0 && cut.callee_tag.len > 0 &&
        memmem(to->s, (size_t)to->len, cut.callee_tag.s, (size_t)cut.callee_tag.len))
        cut.written = true;
}

int fgm_cut_init(void)
{
    if (load_tm_api(&tm) < 0 ||
        tm.register_tmcb(NULL, NULL, TMCB_LOCAL_REQUEST_IN, on_local_request, NULL, NULL) <= 0) {
        fgm_error("tm is not loaded before this module");
        return -1;
    }
    return 0;
}

// The BYE to the callee, as the dialog module would have sent it. False: it cannot be sent.
static bool send_bye(void)
{
    char uri[MAX_URI_SIZE], next_hop[80];
    str own_target = {uri, sizeof uri}, own_next_hop = {next_hop, sizeof next_hop};
    str method = str_init("BYE"), headers = str_init(MAX_FORWARDS REASON);
    uac_req_t request;
    struct dlg dialog = {
        .id = {.call_id = cut.call_id, .rem_tag = cut.callee_tag, .loc_tag = cut.caller_tag},
        .loc_seq = {.value = cut.cseq, .is_set = 1},
        .loc_uri = cut.caller_uri,
        .rem_uri = cut.callee_uri,
        .rem_target = cut.target,
        .state = DLG_CONFIRMED,
        .send_sock = cut.socket,
    };
    if (cut.routes.len > 0) {
        if (parse_rr_body(cut.routes.s, cut.routes.len, &dialog.route_set) != 0)
            return false;
    } else if (uri_restore_rcv_alias(&cut.target, &own_target, &own_next_hop) == 0 &&
               own_target.len > 0 && own_next_hop.len > 0) {
        dialog.rem_target = own_target;
        dialog.dst_uri = own_next_hop;
    }
    set_uac_req(&request, &method, &headers, NULL, &dialog, 0, NULL, NULL);
    bool sent = tm.t_request_within(&request) >= 0;
    if (dialog.route_set)
        free_rr(&dialog.route_set);
    return sent;
}

// --- the dialog module's command
// Its own RPC looks a dialog up by its ids and keeps it while it works. A pointer kept since its
// creation could not be used so: the module's clean-up frees dialogs whatever their references are.
// What follows is the little of an RPC context that this command asks for.
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
            *va_arg(arguments, str *) = fgm_str(REASON);
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

static bool end_dialog(const struct fgm_call *call)
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
    if (rpc)
        rpc->function(&context, &request);
    return rpc && !request.failed;
}

bool fgm_cut(const struct fgm_call *call)
{
    cut.call = call;
    cut.seen = cut.written = false;
    bool done = end_dialog(call);
    cut.call = NULL;
    if (cut.seen && !cut.written) {
        FGM_COUNT(byes_repaired);
        done = send_bye() && done;
    }
    if (done)
        FGM_COUNT(calls_cut);
    else
        FGM_COUNT(cut_failures);
    return done;
}

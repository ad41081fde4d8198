// SPDX-License-Identifier: GPL-2.0-or-later
/* What is read back is written the same, and nothing that can be read breaks the session. */
#include "state_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct edge_state_call *call)
{
    static uint8_t bytes[EDGE_STATE_MAX * 2];
    const char *const names[] = {"a"};
    const union edge_address addresses[1] = {{{0}}};
    struct edge_state_extra extra = call->extra;
    struct edge_state_call again;
    size_t length = 0;

    extra.interface_names = names;
    extra.interface_addresses = addresses;
    if (edge_state_write_call(call->session, &extra, bytes, sizeof(bytes), &length) != 0)
        abort();
    if (edge_state_read_call((struct edge_view){(const char *)bytes, length}, 1, &again) != 0)
        abort();
    if (again.session->n_legs != call->session->n_legs ||
        !edge_view_is_equal(again.session->call_id, call->session->call_id))
        abort();
    edge_session_free(again.session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_open;
    const struct edge_view bytes = {(const char *)data, size};
    struct edge_state_early early;
    struct edge_state_call call;
    enum edge_state_kind kind;
    struct edge_view call_id;

    if (!is_open && edge_srtp_library_open() != 0)
        abort();
    is_open = true;
    if (edge_state_read_early(bytes, &early) == 0 && early.call_id.len == 0)
        abort();
    if (edge_state_read_call(bytes, 1, &call) != 0)
        return 0;
    if (edge_state_read_head(bytes, &kind, &call_id) != 0 || kind != EDGE_STATE_CALL)
        abort();
    (void)edge_session_apply_verdicts(call.session, 1, 2);
    write_again(&call);
    edge_session_free(call.session);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Requests in either format; whatever is understood can be echoed in both.
#include "bencode.h"
#include "ng_frame.h"
#include "ng_json.h"
#include "ng_message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void echo(const struct edge_ng_request *request)
{
    static unsigned char mem[1 << 17];
    static char written[1 << 20];
    struct edge_ng_arena arena;
    struct edge_ng_value *again = NULL;
    size_t len = 0;

    if (edge_bencode_format(request->dict, written, sizeof(written), &len) != 0)
        abort();
    edge_ng_arena_init(&arena, mem, sizeof(mem));
    if (edge_bencode_parse((struct edge_view){written, len}, &arena, &again) != 0)
        abort();
    if (edge_ng_json_format(request->dict, written, sizeof(written), &len) != 0)
        abort();
    if (edge_ng_reply_error(request, EDGE_NG_TEXT_COMMAND, written, sizeof(written), &len) != 0)
        abort();
    if (len < request->cookie.len)
        abort();
}

/* In pieces as in one. */
static void frame(struct edge_view bytes)
{
    struct edge_ng_frame whole = {0};
    struct edge_ng_frame pieces = {0};
    const enum edge_ng_frame_status wanted = edge_ng_frame_read(&whole, bytes);
    enum edge_ng_frame_status status = EDGE_NG_FRAME_MORE;

    for (size_t n = 1; n <= bytes.len && status == EDGE_NG_FRAME_MORE; n++)
        status = edge_ng_frame_read(&pieces, (struct edge_view){bytes.ptr, n});
    if (status != wanted || (wanted == EDGE_NG_FRAME_DONE && whole.at != pieces.at) ||
        whole.at > bytes.len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char mem[1 << 16];
    struct edge_ng_arena arena;
    struct edge_ng_request request;
    const struct edge_view datagram = {(const char *)data, size};

    if (size <= 1 << 12)
        frame(datagram);
    edge_ng_arena_init(&arena, mem, sizeof(mem));
    if (size > 1 << 15 || edge_ng_request_parse(datagram, &arena, &request) != 0)
        return 0;
    (void)edge_ng_request_missing(&request);
    for (size_t i = 0; i < request.n_unknown && i < EDGE_NG_UNKNOWN_MAX; i++) {
        if (request.unknown[i].len > size)
            abort();
    }
    echo(&request);
    return 0;
}

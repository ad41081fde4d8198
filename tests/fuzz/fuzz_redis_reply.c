// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a server through the RESP reader, and of a packed reply into a request's reply.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "redis_error.h"
#include "redis_request.h"
#include "resp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void packed_reply(const uint8_t *data, size_t size)
{
    static struct redis_request packed;
    struct fg_store_request request = {.customer = "acme",
                                       .once = (data[0] & 1) != 0,
                                       .holds = {.scopes = data[0] >> 1 & 7U},
                                       .n_ops = data[0] >> 4};
    for (uint32_t i = 0; i < request.n_ops; i++)
        request.ops[i] =
            (struct fg_meter_op){.kind = (enum fg_op_kind)(i % (FG_OP_BASELINE_FREEZE + 1)),
                                 .meter_id = i,
                                 .cells = FG_WINDOW_CELLS,
                                 .amount = 1};
    redis_request_pack(&request, UINT64_C(0x3030303030303030), NULL, &packed);
    struct fg_store_reply reply;
    bool reset;
    // Exactly as many bytes as there are, so that reading past them is seen.
    char *bytes = malloc(size);
    if (bytes == NULL)
        return;
    memcpy(bytes, data + 1, size - 1);
    const int rc = redis_reply_unpack(&packed, (struct fg_view){bytes, size - 1}, &reply, &reset);
    if (rc == FG_OK && (memchr(reply.hold.reason, 0, sizeof(reply.hold.reason)) == NULL ||
                        memchr(reply.hold.by, 0, sizeof(reply.hold.by)) == NULL ||
                        memchr(reply.hold.of, 0, sizeof(reply.hold.of)) == NULL ||
                        memchr(reply.hold.rule, 0, sizeof(reply.hold.rule)) == NULL))
        abort();
    free(bytes);
}

static void wire(const uint8_t *data, size_t size)
{
    struct resp_reader *reader = resp_reader_new();
    const size_t step = 1 + data[0] % 16;
    int rc = FG_OK;
    for (size_t at = 1; rc == FG_OK && at < size; at += step) {
        const size_t len = size - at < step ? size - at : step;
        rc = resp_reader_feed(reader, (const char *)data + at, len);
        struct resp *value = NULL;
        while (rc == FG_OK && (rc = resp_reader_next(reader, &value)) == FG_OK && value != NULL) {
            (void)resp_text(resp_at(resp_at(value, 0), 1));
            if (value->type == RESP_ERROR)
                (void)redis_error_classify(value->text);
            resp_free(value);
        }
    }
    resp_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] & 0x80)
        wire(data + 1, size - 1);
    else
        packed_reply(data + 1, size - 1);
    return 0;
}

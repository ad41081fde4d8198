// SPDX-License-Identifier: GPL-2.0-or-later
// A request as one FCALL with one packed argument, and the packed reply back. Pure: no socket, no
// clock. The other side is fraudguard.lua; docs/redis-schema.md describes both layouts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/meter.h"
#include "fg/view.h"

#define REDIS_KEYS_MAX     (FG_OPS_MAX + 2)
#define REDIS_ARGS_MAX     (3 + REDIS_KEYS_MAX + 1)
#define REDIS_KEY_SIZE     (FG_CUSTOMER_ID_MAX + 48)
#define REDIS_REQUEST_HEAD 30
#define REDIS_REQUEST_SIZE                                                                         \
    (REDIS_REQUEST_HEAD + FG_OPS_MAX * 28 + FG_HOLD_SCOPES * (1 + FG_HOLD_SCOPE_TEXT_MAX))

struct redis_request {
    struct fg_view args[REDIS_ARGS_MAX];
    size_t n_args;
    // args point into these, so a request is not copied.
    char keys[REDIS_KEYS_MAX][REDIS_KEY_SIZE];
    size_t n_keys;
    char n_keys_text[4];
    uint8_t bytes[REDIS_REQUEST_SIZE];
    size_t len;
    uint64_t token;
    uint8_t op_of_value[FG_OPS_MAX]; // the reply's values: windows, registers, sets
    uint8_t n_values;
    uint8_t first_register, n_registers; // of the values
    struct {
        uint8_t scope;
        uint64_t value;
    } holds[FG_HOLD_SCOPES]; // as asked
    uint8_t n_holds;
};

// Packs a checked request (fg_store_request_check). token is echoed by the reply. single_key: an
// idempotency key for a request that is not "once", so that it counts once even when it is sent
// again after an answer that never came; NULL: none.
void redis_request_pack(const struct fg_store_request *request, uint64_t token,
                        const struct fg_hash128 *single_key, struct redis_request *out);
// FG_OK and *reply, and in *reset whether a record had to be begun anew; FG_EMISMATCH when the
// token is another request's, FG_EPROTOCOL when the bytes do not fit the request; *reply is then
// untouched.
FG_MUST_CHECK int redis_reply_unpack(const struct redis_request *request, struct fg_view bytes,
                                     struct fg_store_reply *reply, bool *reset);

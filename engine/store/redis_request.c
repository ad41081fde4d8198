// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_request.h"

#include <stdio.h>
#include <string.h>

#include "byte_order.h"
#include "fg/ruleset.h"
#include "redis_parts.h"
#include "request.h"

#define REQUEST_VERSION 3
#define FLAG_REPEATED   1U
#define FLAG_RESET      2U
#define FLAGS_KNOWN     (FLAG_REPEATED | FLAG_RESET)

enum { SET_PUT, SET_READ, SET_DELETE };
// With enum fg_register * 16: what a register op does.
enum {
    REGISTER_READ,
    REGISTER_CHANGE,
    REGISTER_FREEZE,
    REGISTER_CLOSES,
    REGISTER_GIVE_BACK,
    REGISTER_TREND = 8
};

struct op_scope {
    const struct fg_meter_op *first; // the op that brought this key
};

static bool same_key(const struct fg_meter_op *a, const struct fg_meter_op *b)
{
    return a->scope_is_customer == b->scope_is_customer && a->shared == b->shared &&
           (a->scope_is_customer || a->scope == b->scope) &&
           (fg_op_is_window(a->kind) || a->meter_id == b->meter_id);
}

// Index of the key of op among those of its kind, which start at first_key; adds it when new.
static uint8_t key_of(struct redis_request *out, const struct fg_store_request *request,
                      struct op_scope *scopes, size_t first_key, const struct fg_meter_op *op)
{
    for (size_t i = first_key; i < out->n_keys; i++) {
        if (same_key(scopes[i].first, op))
            return (uint8_t)(i - first_key + 1);
    }
    char scope[17] = "c";
    if (!op->scope_is_customer)
        snprintf(scope, sizeof(scope), "%016llx", (unsigned long long)op->scope);
    char shared_tag[REDIS_SHARED_TAG];
    const char *tag = request->customer;
    if (op->shared) {
        redis_shared_tag(op->scope, shared_tag);
        tag = shared_tag;
    }
    char *key = out->keys[out->n_keys];
    if (fg_op_is_window(op->kind))
        snprintf(key, REDIS_KEY_SIZE, "fg:{%s}:m:%s", tag, scope);
    else
        snprintf(key, REDIS_KEY_SIZE, "fg:{%s}:%c:%08x:%s", tag, fg_op_is_set(op->kind) ? 's' : 'r',
                 op->meter_id, scope);
    scopes[out->n_keys].first = op;
    return (uint8_t)(++out->n_keys - first_key);
}

static uint32_t ttl_s(int64_t ttl_ms)
{
    return (uint32_t)fg_store_ttl_s(ttl_ms);
}

static uint8_t *windows_put(struct redis_request *out, const struct fg_store_request *request,
                            struct op_scope *scopes, uint8_t *at)
{
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        if (!fg_op_is_window(op->kind))
            continue;
        const bool add = op->kind == FG_OP_WINDOW_ADD;
        at = number_put(at, key_of(out, request, scopes, 0, op), 1);
        at = number_put(at, op->cells + (add ? 16U : 0U), 1);
        at = number_put(at, op->meter_id, 4);
        at = number_put(at, (uint64_t)op->bucket, 8);
        at = number_put(at, add ? (uint64_t)op->amount : 0, 7);
        at = number_put(at, add ? ttl_s(op->ttl_ms) : 0, 4);
        out->op_of_value[out->n_values++] = (uint8_t)i;
    }
    return at;
}

static uint8_t *sets_put(struct redis_request *out, const struct fg_store_request *request,
                         struct op_scope *scopes, uint8_t *at)
{
    const size_t first_key = out->n_keys;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        if (!fg_op_is_set(op->kind))
            continue;
        uint8_t kind = SET_READ;
        if (op->kind != FG_OP_SET_READ)
            kind = op->kind == FG_OP_SET_PUT ? SET_PUT : SET_DELETE;
        at = number_put(at, key_of(out, request, scopes, first_key, op), 1);
        at = number_put(at, kind, 1);
        at = number_put(at, op->member, 8);
        at = number_put(at, kind == SET_PUT ? (uint64_t)op->expiry_ms : 0, 8);
        at = number_put(at, kind == SET_PUT ? ttl_s(op->ttl_ms) : 0, 4);
        out->op_of_value[out->n_values++] = (uint8_t)i;
    }
    return at;
}

// What a register op carries: a signed number and two amounts, by kind.
struct register_args {
    uint8_t does;
    int64_t number, first, second;
    bool lives; // it has a time to live
};

static struct register_args register_args_of(const struct fg_meter_op *op)
{
    switch (op->kind) {
    case FG_OP_SEEN_PUT:
        return (struct register_args){REGISTER_CHANGE, 0, 0, 0, true};
    case FG_OP_RUN_PUT:
        return (struct register_args){REGISTER_CHANGE, op->amount, 0, 0, true};
    case FG_OP_RATE_TAKE:
        return (struct register_args){REGISTER_CHANGE, 0, op->interval_us, op->burst, false};
    case FG_OP_BASELINE_READ:
        return (struct register_args){REGISTER_READ, op->bucket, 0, 0, false};
    case FG_OP_BASELINE_ADD:
        return (struct register_args){REGISTER_CHANGE, op->bucket, op->amount, op->start, true};
    case FG_OP_BASELINE_FREEZE:
        return (struct register_args){REGISTER_FREEZE, op->bucket, 0, 0, true};
    case FG_OP_BASELINE_CLOSES:
        return (struct register_args){REGISTER_CLOSES, op->bucket, 0, 0, false};
    case FG_OP_PEERS_READ:
        return (struct register_args){REGISTER_READ, op->bucket, 0, 0, false};
    case FG_OP_PEERS_PUT:
        return (struct register_args){REGISTER_CHANGE, op->bucket, (int64_t)op->member, op->amount,
                                      true};
    case FG_OP_KNOWN_PUT:
        return (struct register_args){REGISTER_CHANGE, op->bucket, (int64_t)op->member, 0, true};
    case FG_OP_KNOWN_READ:
        return (struct register_args){REGISTER_READ, op->bucket, (int64_t)op->member, 0, false};
    case FG_OP_EXPOSURE_PUT:
        return (struct register_args){REGISTER_CHANGE, op->expiry_ms, (int64_t)op->member,
                                      op->amount, true};
    case FG_OP_EXPOSURE_DELETE:
        return (struct register_args){REGISTER_GIVE_BACK, 0, (int64_t)op->member, 0, false};
    default:
        return (struct register_args){.does = REGISTER_READ};
    }
}

static uint8_t *registers_put(struct redis_request *out, const struct fg_store_request *request,
                              struct op_scope *scopes, uint8_t *at)
{
    const size_t first_key = out->n_keys;
    for (uint32_t i = 0; i < request->n_ops; i++) {
        const struct fg_meter_op *op = &request->ops[i];
        const enum fg_register kind = fg_register_of(op->kind);
        if (kind == FG_REGISTER_NONE)
            continue;
        const struct register_args args = register_args_of(op);
        at = number_put(at, key_of(out, request, scopes, first_key, op), 1);
        at = number_put(at, (unsigned)kind * 16 + args.does + (op->trend ? REGISTER_TREND : 0), 1);
        at = number_put(at, (uint64_t)args.number, 8);
        at = number_put(at, (uint64_t)args.first, 7);
        at = number_put(at, (uint64_t)args.second, 7);
        at = number_put(at, args.lives ? ttl_s(op->ttl_ms) : 0, 4);
        out->op_of_value[out->n_values++] = (uint8_t)i;
        out->n_registers++;
    }
    return at;
}

static void call_key_put(struct redis_request *out, const char *customer, struct fg_hash128 key)
{
    char hex[33];
    fg_hash128_hex(key, hex);
    snprintf(out->keys[out->n_keys++], REDIS_KEY_SIZE, "fg:{%s}:c:%s", customer, hex);
}

// The holds lie in one hash, a field each: what is asked goes into the request, the key last.
static uint8_t *holds_put(struct redis_request *out, const struct fg_store_request *request,
                          uint8_t *at)
{
    const struct fg_hold_query *query = &request->holds;
    for (unsigned i = 0; i < FG_HOLD_SCOPES; i++) {
        char text[FG_HOLD_SCOPE_TEXT_MAX];
        if ((query->scopes >> i & 1U) == 0)
            continue;
        fg_hold_scope_format((uint8_t)i, query->values[i], text);
        const size_t len = strlen(text);
        at = number_put(at, len, 1);
        memcpy(at, text, len);
        at += len;
        out->holds[out->n_holds].scope = (uint8_t)i;
        out->holds[out->n_holds++].value = query->values[i];
    }
    if (out->n_holds > 0)
        snprintf(out->keys[out->n_keys++], REDIS_KEY_SIZE, "fg:{%s}:h", request->customer);
    return at;
}

static void args_put(struct redis_request *out)
{
    snprintf(out->n_keys_text, sizeof(out->n_keys_text), "%u", (unsigned)out->n_keys % 100);
    size_t n = 0;
    out->args[n++] = fg_view_of("FCALL");
    out->args[n++] = fg_view_of("fg_evaluate_v3");
    out->args[n++] = fg_view_of(out->n_keys_text);
    for (size_t i = 0; i < out->n_keys; i++)
        out->args[n++] = fg_view_of(out->keys[i]);
    out->args[n++] = (struct fg_view){(const char *)out->bytes, out->len};
    out->n_args = n;
}

void redis_request_pack(const struct fg_store_request *request, uint64_t token,
                        const struct fg_hash128 *single_key, struct redis_request *out)
{
    struct op_scope scopes[REDIS_KEYS_MAX];
    out->n_keys = 0;
    out->n_values = 0;
    out->n_registers = 0;
    out->n_holds = 0;
    out->token = token;
    uint8_t *at = out->bytes + REDIS_REQUEST_HEAD;
    at = windows_put(out, request, scopes, at);
    const uint8_t n_windows = out->n_values;
    const size_t n_records = out->n_keys;
    const bool has_call = request->once || single_key != NULL;
    if (has_call)
        call_key_put(out, request->customer, request->once ? request->call_key : *single_key);
    const size_t n_before = out->n_keys;
    out->first_register = n_windows;
    at = registers_put(out, request, scopes, at);
    const size_t n_strings = out->n_keys;
    at = sets_put(out, request, scopes, at);
    const size_t n_sets = out->n_keys - n_strings;
    at = holds_put(out, request, at);
    out->len = (size_t)(at - out->bytes);

    at = out->bytes;
    at = number_put(at, REQUEST_VERSION, 1);
    at = number_put(at, has_call, 1);
    at = number_put(at, n_records, 1);
    at = number_put(at, n_windows, 1);
    at = number_put(at, n_strings - n_before, 1);
    at = number_put(at, out->n_registers, 1);
    at = number_put(at, n_sets, 1);
    at = number_put(at, (uint64_t)out->n_values - n_windows - out->n_registers, 1);
    at = number_put(at, out->n_holds, 1);
    at = number_put(at, request->once ? FG_FREE_REPEATS : 255, 1);
    at = number_put(at, (uint64_t)FG_REPEAT_MS, 4);
    at = number_put(at, token, 8);
    number_put(at, (uint64_t)request->now_ms, 8);
    args_put(out);
}

// Copies at most size - 1 bytes, whole UTF-8 characters, control characters replaced.
static void text_get(char *out, size_t size, const uint8_t *bytes, size_t len)
{
    if (len > size - 1) {
        len = size - 1;
        while (len > 0 && (bytes[len] & 0xc0) == 0x80)
            len--;
    }
    for (size_t i = 0; i < len; i++)
        out[i] = bytes[i] < ' ' || bytes[i] == 0x7f ? ' ' : (char)bytes[i];
    out[len] = '\0';
}

// Place, cut, since, until, times, lengths of reason, by, of and rule, then these texts.
#define HOLD_HEAD 23

static int hold_get(const struct redis_request *request, const uint8_t *at, size_t left,
                    struct fg_hold *out)
{
    memset(out, 0, sizeof(*out));
    if (left < 1 || at[0] > request->n_holds)
        return FG_EPROTOCOL;
    if (at[0] == 0)
        return left == 1 ? FG_OK : FG_EPROTOCOL;
    if (left < HOLD_HEAD)
        return FG_EPROTOCOL;
    const size_t reason_len = (size_t)number_get(at + 18, 2);
    const size_t by_len = at[20], of_len = at[21], rule_len = at[22];
    if (left != HOLD_HEAD + reason_len + by_len + of_len + rule_len)
        return FG_EPROTOCOL;
    out->active = true;
    out->scope = request->holds[at[0] - 1].scope;
    out->value = request->holds[at[0] - 1].value;
    out->cut = at[1] == 1;
    out->since_ms = (int64_t)number_get(at + 2, 7);
    out->until_ms = (int64_t)number_get(at + 9, 7);
    out->times = (uint16_t)number_get(at + 16, 2);
    at += HOLD_HEAD;
    text_get(out->reason, sizeof(out->reason), at, reason_len);
    text_get(out->by, sizeof(out->by), at + reason_len, by_len);
    text_get(out->of, sizeof(out->of), at + reason_len + by_len, of_len);
    text_get(out->rule, sizeof(out->rule), at + reason_len + by_len + of_len, rule_len);
    return FG_OK;
}

int redis_reply_unpack(const struct redis_request *request, struct fg_view bytes,
                       struct fg_store_reply *reply, bool *reset)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    const size_t values_at = 10;
    const size_t hold_at = values_at + (size_t)request->n_values * 7;
    if (bytes.len < hold_at + 1)
        return FG_EPROTOCOL;
    if (number_get(at, 8) != request->token)
        return FG_EMISMATCH;
    if ((at[8] & ~FLAGS_KNOWN) != 0 || at[9] != request->n_values)
        return FG_EPROTOCOL;
    struct fg_hold hold;
    const int rc = hold_get(request, at + hold_at, bytes.len - hold_at, &hold);
    if (rc != FG_OK)
        return rc;
    int64_t values[FG_OPS_MAX] = {0};
    for (size_t i = 0; i < request->n_values; i++) {
        values[i] = (int64_t)number_get(at + values_at + i * 7, 7);
        if (values[i] > FG_AMOUNT_MAX)
            return FG_EPROTOCOL;
        // Registers' values come one greater, since -1 is among them.
        if (i >= request->first_register && i - request->first_register < request->n_registers)
            values[i]--;
    }
    memset(reply, 0, sizeof(*reply));
    reply->repeated = (at[8] & FLAG_REPEATED) != 0;
    *reset = (at[8] & FLAG_RESET) != 0;
    for (size_t i = 0; i < request->n_values; i++)
        reply->values[request->op_of_value[i]] = values[i];
    reply->hold = hold;
    return FG_OK;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "hold_message.h"

#include "ng_json.h"
#include "parse_error.h"

#define CUSTOMER_BYTES_MAX 64u
#define CALL_ID_BYTES_MAX  1024u

bool edge_hold_customer_is_valid(struct edge_view customer)
{
    if (customer.len == 0 || customer.len > CUSTOMER_BYTES_MAX)
        return false;
    for (size_t i = 0; i < customer.len; i++) {
        char c = customer.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes that lower-case hex stands for, in the arena; empty where it is none. */
static struct edge_view read_hex(struct edge_ng_arena *arena, struct edge_view hex)
{
    char bytes[EDGE_HOLD_MESSAGE_MAX / 2];

    if (hex.len % 2 != 0 || hex.len / 2 > sizeof(bytes))
        return (struct edge_view){NULL, 0};
    for (size_t i = 0; i < hex.len / 2; i++) {
        int high = hex_value(hex.ptr[2 * i]);
        int low = hex_value(hex.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return (struct edge_view){NULL, 0};
        bytes[i] = (char)(unsigned char)(high << 4 | low);
    }
    return edge_ng_str_copy(arena, (struct edge_view){bytes, hex.len / 2});
}

/* A Call-ID that is not plain text comes in hex too, and then that counts. */
static struct edge_view read_call_id(struct edge_ng_arena *arena, const struct edge_ng_value *dict)
{
    const struct edge_ng_value *hex = edge_ng_dict_get(dict, EDGE_VIEW("call_id_hex"));

    return hex ? read_hex(arena, edge_ng_str(hex))
               : edge_ng_str(edge_ng_dict_get(dict, EDGE_VIEW("call_id")));
}

static int read_common(struct edge_view bytes, struct edge_ng_arena *arena,
                       const struct edge_ng_value **dict, struct edge_hold_message *out)
{
    struct edge_ng_value *root;
    int64_t number = 0;
    int err;

    if (bytes.len > EDGE_HOLD_MESSAGE_MAX)
        return EDGE_ELIMIT;
    edge_ng_arena_reset(arena);
    err = edge_ng_json_parse(bytes, arena, &root);
    if (err != 0)
        return err;
    *out = (struct edge_hold_message){0};
    out->customer = edge_ng_str(edge_ng_dict_get(root, EDGE_VIEW("customer")));
    out->scope = edge_ng_str(edge_ng_dict_get(root, EDGE_VIEW("scope")));
    out->call_id = read_call_id(arena, root);
    if (edge_ng_int(edge_ng_dict_get(root, EDGE_VIEW("until_ms")), &number) == 0 && number > 0)
        out->until_ms = (uint64_t)number;
    if (edge_ng_int(edge_ng_dict_get(root, EDGE_VIEW("cut")), &number) == 0)
        out->cut = number != 0;
    *dict = root;
    return 0;
}

static bool is_complete(const struct edge_hold_message *message)
{
    switch (message->op) {
    case EDGE_HOLD_PLACE:
        return edge_hold_customer_is_valid(message->customer) && message->scope.len > 0 &&
               message->until_ms > 0;
    case EDGE_HOLD_RELEASE:
        return edge_hold_customer_is_valid(message->customer) && message->scope.len > 0;
    case EDGE_HOLD_KILL:
        return message->call_id.len > 0 && message->call_id.len <= CALL_ID_BYTES_MAX &&
               message->until_ms > 0;
    case EDGE_HOLD_OTHER:
        return true;
    }
    return false;
}

int edge_hold_message_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                            struct edge_hold_message *out)
{
    struct edge_hold_message message;
    const struct edge_ng_value *dict;
    struct edge_view op;
    int err = read_common(bytes, arena, &dict, &message);

    if (err != 0)
        return err;
    op = edge_ng_str(edge_ng_dict_get(dict, EDGE_VIEW("op")));
    if (edge_view_is_equal(op, EDGE_VIEW("hold")))
        message.op = EDGE_HOLD_PLACE;
    else if (edge_view_is_equal(op, EDGE_VIEW("release")))
        message.op = EDGE_HOLD_RELEASE;
    else if (edge_view_is_equal(op, EDGE_VIEW("kill")))
        message.op = EDGE_HOLD_KILL;
    else if (edge_view_is_equal(op, EDGE_VIEW("allow")) ||
             edge_view_is_equal(op, EDGE_VIEW("disallow")) ||
             edge_view_is_equal(op, EDGE_VIEW("passed")))
        message.op = EDGE_HOLD_OTHER;
    else
        return EDGE_ESYNTAX;
    if (!is_complete(&message))
        return EDGE_ESYNTAX;
    *out = message;
    return 0;
}

int edge_hold_record_parse(struct edge_view bytes, struct edge_ng_arena *arena,
                           struct edge_hold_message *out)
{
    struct edge_hold_message message;
    const struct edge_ng_value *dict;
    int err = read_common(bytes, arena, &dict, &message);

    if (err != 0)
        return err;
    message.op = EDGE_HOLD_PLACE;
    if (!is_complete(&message))
        return EDGE_ESYNTAX;
    *out = message;
    return 0;
}

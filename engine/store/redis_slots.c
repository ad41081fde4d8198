// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_slots.h"

#include <string.h>

static uint16_t crc16(struct fg_view bytes)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        crc = (uint16_t)(crc ^ (uint16_t)((uint8_t)bytes.ptr[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((crc & 0x8000) != 0 ? (uint16_t)(crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

uint16_t redis_slot_of(struct fg_view key)
{
    const char *open = key.len == 0 ? NULL : memchr(key.ptr, '{', key.len);
    if (open != NULL) {
        const size_t after = key.len - (size_t)(open + 1 - key.ptr);
        const char *close = after == 0 ? NULL : memchr(open + 1, '}', after);
        if (close != NULL && close > open + 1)
            key = (struct fg_view){open + 1, (size_t)(close - open - 1)};
    }
    return crc16(key) % REDIS_SLOTS;
}

uint16_t redis_slot_of_command(const struct fg_view *args, size_t n_args)
{
    const size_t key_at = n_args > 3 && fg_view_equal(args[0], fg_view_of("FCALL")) ? 3 : 1;
    return n_args > key_at ? redis_slot_of(args[key_at]) : 0;
}

// A host as text; the empty one means the one that answered. Servers may call themselves "?" too.
static int host_take(struct fg_view host, const char *asked_host, struct redis_node_name *out)
{
    if (host.len == 0 || fg_view_equal(host, fg_view_of("?")))
        host = fg_view_of(asked_host);
    if (host.len == 0 || host.len >= sizeof(out->host) || memchr(host.ptr, '\0', host.len) != NULL)
        return FG_EPROTOCOL;
    memset(out->host, 0, sizeof(out->host));
    memcpy(out->host, host.ptr, host.len);
    return FG_OK;
}

static bool integer_read(const struct resp *value, int64_t most, int64_t *out)
{
    if (value == NULL || value->type != RESP_INTEGER || value->integer < 0 || value->integer > most)
        return false;
    *out = value->integer;
    return true;
}

// Place of a master among those of map; it is added when new.
static int node_place(struct redis_slot_map *map, const struct redis_node_name *name,
                      uint8_t *place)
{
    for (uint32_t i = 0; i < map->n_nodes; i++) {
        if (map->nodes[i].port == name->port && strcmp(map->nodes[i].host, name->host) == 0) {
            *place = (uint8_t)i;
            return FG_OK;
        }
    }
    if (map->n_nodes == REDIS_MASTERS_MAX)
        return FG_ELIMIT;
    map->nodes[map->n_nodes] = *name;
    *place = (uint8_t)map->n_nodes++;
    return FG_OK;
}

// [first slot, last slot, [host, port, ...] of the master, replicas...]
static int range_read(const struct resp *range, const char *asked_host, struct redis_slot_map *map)
{
    int64_t first, last, port;
    const struct resp *master = resp_at(range, 2);
    struct redis_node_name name;
    uint8_t place;
    if (!integer_read(resp_at(range, 0), REDIS_SLOTS - 1, &first) ||
        !integer_read(resp_at(range, 1), REDIS_SLOTS - 1, &last) ||
        !integer_read(resp_at(master, 1), UINT16_MAX, &port) || first > last || port == 0)
        return FG_EPROTOCOL;
    int rc = host_take(resp_text(resp_at(master, 0)), asked_host, &name);
    name.port = (uint16_t)port;
    if (rc == FG_OK)
        rc = node_place(map, &name, &place);
    if (rc == FG_OK)
        memset(map->node_of + first, place, (size_t)(last - first + 1));
    return rc;
}

int redis_slots_read(const struct resp *reply, const char *asked_host, struct redis_slot_map *out)
{
    out->n_nodes = 0;
    memset(out->node_of, REDIS_NO_NODE, sizeof(out->node_of));
    if (reply == NULL || reply->type != RESP_ARRAY || reply->n_elements == 0)
        return FG_EPROTOCOL;
    for (size_t i = 0; i < reply->n_elements; i++) {
        const int rc = range_read(resp_at(reply, i), asked_host, out);
        if (rc != FG_OK)
            return rc;
    }
    return FG_OK;
}

static bool word_take(struct fg_view *text, const char *word)
{
    const size_t len = strlen(word);
    if (text->len < len || memcmp(text->ptr, word, len) != 0)
        return false;
    text->ptr += len;
    text->len -= len;
    return true;
}

// Digits from the start of text, at most most; how many there were, 0: none or too great.
static size_t digits_read(struct fg_view text, unsigned most, unsigned *out)
{
    size_t n = 0;
    *out = 0;
    for (; n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9'; n++) {
        *out = *out * 10 + (unsigned)(text.ptr[n] - '0');
        if (*out > most)
            return 0;
    }
    return n;
}

int redis_redirect_read(struct fg_view error, const char *asked_host, struct redis_redirect *out)
{
    unsigned slot, port;
    const bool ask = word_take(&error, "ASK ");
    if (!ask && !word_take(&error, "MOVED "))
        return FG_ENOTFOUND;
    const size_t n = digits_read(error, REDIS_SLOTS - 1, &slot);
    if (n == 0 || n >= error.len || error.ptr[n] != ' ')
        return FG_EPROTOCOL;
    const struct fg_view to = {error.ptr + n + 1, error.len - n - 1};
    size_t colon = to.len;
    while (colon > 0 && to.ptr[colon - 1] != ':') // of the port; an IPv6 address has others
        colon--;
    if (colon == 0)
        return FG_EPROTOCOL;
    const struct fg_view port_text = {to.ptr + colon, to.len - colon};
    if (digits_read(port_text, UINT16_MAX, &port) != port_text.len || port == 0)
        return FG_EPROTOCOL;
    *out = (struct redis_redirect){.ask = ask, .slot = (uint16_t)slot};
    out->to.port = (uint16_t)port;
    return host_take((struct fg_view){to.ptr, colon - 1}, asked_host, &out->to);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a server as its answer to CLUSTER SLOTS, as a redirection, and as a key.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "redis_slots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void map_check(const struct resp *reply)
{
    static struct redis_slot_map map;
    if (redis_slots_read(reply, "127.0.0.1", &map) != FG_OK)
        return;
    if (map.n_nodes == 0 || map.n_nodes > REDIS_MASTERS_MAX)
        abort();
    for (uint32_t i = 0; i < map.n_nodes; i++) {
        if (map.nodes[i].port == 0 || map.nodes[i].host[0] == '\0' ||
            memchr(map.nodes[i].host, 0, REDIS_HOST_SIZE) == NULL)
            abort();
    }
    for (size_t i = 0; i < REDIS_SLOTS; i++) {
        if (map.node_of[i] != REDIS_NO_NODE && map.node_of[i] >= map.n_nodes)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct redis_redirect redirect;
    // Exactly as many bytes as there are, so that reading past them is seen.
    char *bytes = malloc(size + 1);
    if (bytes == NULL)
        abort();
    memcpy(bytes, data, size);
    const struct fg_view text = {bytes, size};
    if (redis_slot_of(text) >= REDIS_SLOTS)
        abort();
    if (redis_redirect_read(text, "127.0.0.1", &redirect) == FG_OK &&
        (redirect.slot >= REDIS_SLOTS || redirect.to.port == 0 ||
         memchr(redirect.to.host, 0, REDIS_HOST_SIZE) == NULL))
        abort();
    struct resp_reader *reader = resp_reader_new();
    struct resp *value = NULL;
    int rc = resp_reader_feed(reader, bytes, size);
    while (rc == FG_OK && (rc = resp_reader_next(reader, &value)) == FG_OK && value != NULL) {
        map_check(value);
        resp_free(value);
    }
    resp_reader_free(reader);
    free(bytes);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *url = malloc(size + 1);
    char *storage = malloc(64);
    if (url == NULL || storage == NULL)
        abort();
    memcpy(url, data, size);
    url[size] = '\0';
    struct fg_redis_config config;
    if (fg_redis_config_parse(url, &config, storage, 64) == FG_OK) {
        const char *const texts[] = {config.unix_path, config.host, config.username,
                                     config.password, config.sentinel_master};
        for (size_t i = 0; i < 5; i++) {
            if (texts[i] != NULL &&
                (texts[i] < storage || texts[i] + strlen(texts[i]) >= storage + 64))
                abort();
        }
        for (uint32_t i = 0; i < config.n_sentinels; i++) {
            const char *host = config.sentinels[i].host;
            if (host < storage || host + strlen(host) >= storage + 64)
                abort();
        }
        for (uint32_t i = 0; i < config.n_nodes; i++) {
            const char *host = config.nodes[i].host;
            if (host < storage || host + strlen(host) >= storage + 64)
                abort();
        }
        if ((config.unix_path != NULL) + (config.host != NULL) + (config.n_sentinels > 0) +
                (config.n_nodes > 0) !=
            1)
            abort();
    }
    free(url);
    free(storage);
    return 0;
}

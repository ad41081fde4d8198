// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "fg/redis_edge.h"
#include "log.h"

#include <string.h>
#include <unistd.h>

/* The host's name in the letters that names have. */
static void name_after(const char *host, char out[EDGE_NAME_MAX + 1])
{
    size_t length = 0;

    for (; length < EDGE_NAME_MAX && host[length] != '\0'; length++) {
        char c = host[length];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        out[length] = fg_redis_edge_name_valid((struct fg_view){&c, 1}) ? c : '-';
    }
    out[length] = '\0';
}

void edge_config_set_defaults(struct edge_config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char host[256] = "";

    *config = (struct edge_config){
        .port_min = 30000,
        .port_max = 40000,
        .max_sessions = 10000,
        .port_rest_s = 60,
        .log_level = EDGE_LOG_INFO,
        .timeout_s = 60,
        .silent_timeout_s = 3600,
        .offer_timeout_s = 3600,
        .rekey_grace_s = 5,
        .facts_interval_s = 10,
        .tos = 184,
        .state_space = "default",
    };
    config->n_threads = processors < 1 ? 1 : (unsigned)processors;
    if (config->n_threads > EDGE_THREADS_MAX)
        config->n_threads = EDGE_THREADS_MAX;
    if (gethostname(host, sizeof(host) - 1) == 0)
        name_after(host, config->state_node);
}

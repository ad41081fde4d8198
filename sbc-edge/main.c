// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    char error[EDGE_CONFIG_ERR_MAX];
    struct edge_config config;

    if (edge_config_parse(argc, argv, &config, error) != 0) {
        for (const char *line = error; line;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
            fprintf(stderr, "sbc-edge: %.*s\n", (int)strcspn(line, "\n"), line);
        return 2;
    }
    if (config.wants_help) {
        fputs(edge_config_help(), stdout);
        return 0;
    }
    if (config.wants_version) {
        puts("sbc-edge " FG_VERSION);
        return 0;
    }
    return edge_daemon_run(&config);
}

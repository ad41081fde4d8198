// SPDX-License-Identifier: GPL-2.0-or-later
// What the readers of the configuration share.
#pragma once

#include "config.h"
#include "fields.h"
#include "zone.h"

#define FGA_CUSTOMERS_MAX 100000
#define FGA_ENDPOINTS_MAX 8 // of a customer

struct fga_config_reader {
    struct fg_fields fields;
    struct fga_config *config;
    const struct fga_config_source *source;
    struct fg_zone_cache *zones;
};

// The bytes of a small file that node names, without the newline at its end; NULL after an error
// (or with skip_files: ""). In the configuration's arena.
const char *fga_config_file(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                            const char *what);
// node as a path, looked up beside the configuration file; NULL after an error.
const char *fga_config_path(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                            const char *what);
// Whether node is a mapping; reports keys other than these, which do not keep it from being read,
// so that all mistakes are told at once.
bool fga_config_is_map(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                       const char *what, struct fg_words keys);
void fga_config_read_customers(struct fga_config_reader *reader, const struct fg_yaml_node *list);

// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as the configuration: a configuration in which every endpoint is found, or an error.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fga_config_source source = {"fuzz.yaml", (const char *)data, size, true};
    struct fg_diags *diags = fg_diags_new();
    struct fga_config *config = NULL;
    if (diags == NULL)
        abort();
    const int rc = fga_config_parse(&source, diags, &config);
    if ((rc == FG_OK) != (fg_diags_count(diags, FG_ERROR) == 0))
        abort();
    for (uint32_t i = 0; rc == FG_OK && i < config->n_customers; i++) {
        const struct fga_customer *customer = &config->customers[i];
        if (fga_config_customer(config, customer->id) != customer)
            abort();
        for (uint32_t k = 0; k < customer->n_endpoints; k++) {
            if (fga_config_endpoint(config, customer->endpoints[k].id) != &customer->endpoints[k])
                abort();
        }
    }
    fga_config_free(config);
    fg_diags_free(diags);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_file.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>

static void take_keys(GKeyFile *file, const char *section, edge_config_option_fn *take,
                      void *context)
{
    char **keys = g_key_file_get_keys(file, section, NULL, NULL);

    for (size_t i = 0; keys && keys[i]; i++) {
        char *value = g_key_file_get_value(file, section, keys[i], NULL);

        if (value)
            take(context, keys[i], g_strstrip(value));
        g_free(value);
    }
    g_strfreev(keys);
}

int edge_config_file_read(const char *path, const char *section, edge_config_option_fn *take,
                          void *context, char *error, size_t size)
{
    GKeyFile *file = g_key_file_new();
    GError *problem = NULL;
    int err = 0;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &problem)) {
        snprintf(error, size, "%s: %s", path, problem ? problem->message : "cannot be read");
        err = -EINVAL;
    }
    if (!section)
        section = g_key_file_has_group(file, "sbc-edge") ? "sbc-edge" : "rtpengine";
    if (err == 0 && !g_key_file_has_group(file, section)) {
        snprintf(error, size, "%s: there is no section [%s]", path, section);
        err = -EINVAL;
    }
    if (err == 0)
        take_keys(file, section, take, context);
    g_clear_error(&problem);
    g_key_file_free(file);
    return err;
}

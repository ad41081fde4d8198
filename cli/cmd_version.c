// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands.h"

enum exit_code cmd_version(struct invocation *call)
{
    if (call->output.format == OUTPUT_JSON || call->output.format == OUTPUT_JSONL) {
        struct fg_json *object = fg_json_object_new();
        const bool complete = fg_json_set_integer(object, "v", 1) &&
                              fg_json_set_string(object, "version", FG_VERSION);
        if (!complete) {
            fg_json_free(object);
            return EXIT_FAILED;
        }
        return output_object(&call->output, object) ? EXIT_OK : EXIT_FAILED;
    }
    return printf("fgctl %s\n", FG_VERSION) < 0 ? EXIT_FAILED : EXIT_OK;
}

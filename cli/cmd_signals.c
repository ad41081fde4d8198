// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands.h"
#include "fg/signal.h"

static bool add_signal(struct table *table, const struct fg_signal_info *info)
{
    const char *type = fg_signal_type_name(info->type);
    const char *const cells[] = {info->name, type, info->doc};
    struct fg_json *object = fg_json_object_new();

    if (!fg_json_set_string(object, "name", info->name) ||
        !fg_json_set_string(object, "type", type) ||
        !fg_json_set_string(object, "doc", info->doc)) {
        fg_json_free(object);
        return false;
    }
    return table_add(table, cells, object);
}

enum exit_code cmd_signals(struct invocation *call)
{
    static const char *const columns[] = {"SIGNAL", "TYPE", "MEANING"};
    struct table *table = table_new("signals", columns, 3);
    bool complete = table != NULL;

    for (unsigned i = 0; complete && i < FG_SIG_COUNT; i++) {
        complete = add_signal(table, fg_signal_info((enum fg_signal)i));
    }
    complete = complete && table_print(table, &call->output);
    table_free(table);
    return complete ? EXIT_OK : EXIT_FAILED;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Lets Kamailio load its rules again, or keeps what it has loaded.
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "kamailio.h"
#include "scope.h"

#define CONFIRM_MAX_S 86400 // of fraudguard.reload

enum exit_code cmd_reload(struct invocation *call)
{
    static char answer[KAMAILIO_ANSWER_MAX];
    char parameter[64];
    const char *duration = invocation_option(call, "confirm");
    const char *socket_path = invocation_option(call, "kamailio");
    int64_t seconds = 0;
    const bool confirmed = invocation_option(call, "confirmed") != NULL;
    enum exit_code code = EXIT_OK;

    if (confirmed && duration != NULL) {
        complain("reload: --confirm and --confirmed exclude each other");
        return EXIT_USAGE;
    }
    if (duration != NULL && (!duration_read(duration, &seconds) || seconds > CONFIRM_MAX_S)) {
        complain("reload: '%s' is no duration up to a day; write 30s, 10m or 2h", duration);
        return EXIT_USAGE;
    }
    (void)snprintf(parameter, sizeof(parameter), "confirm=%" PRId64 "s", seconds);
    code = confirmed ? kamailio_call(socket_path, "fraudguard.confirm", NULL, answer)
                     : kamailio_call(socket_path, "fraudguard.reload",
                                     duration == NULL ? NULL : parameter, answer);
    if (code != EXIT_OK) {
        return code;
    }
    return printf("%s\n", answer) > 0 ? EXIT_OK : EXIT_FAILED;
}

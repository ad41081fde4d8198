// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an event, and what is told of it: every text ends, and every form can be made.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fg/text.h"
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_text(char *text)
{
    if (text == NULL)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const to[] = {"a@b.example"};
    static const struct fga_mail_route route = {"f@p.example", to, 1, "mail"};
    const struct fga_pace pace = fga_pace_of(1);
    struct fga_event event;
    enum fga_incident_kind kind;
    struct fga_message message;
    if (fga_event_parse((struct fg_view){(const char *)data, size}, &event) != FG_OK ||
        !fga_incident_concerns(&event, &kind))
        return 0;
    if (!fg_text_is_plain(fg_view_of(event.number)) || !fg_text_is_plain(fg_view_of(event.why)))
        abort();
    memset(&message, 0, sizeof(message));
    fga_incident_open(&message.incident, kind, &event, "1-1");
    fga_incident_absorb(&message.incident, &event, event.time_ms);
    message.step = fga_incident_step(&message.incident, &pace, event.time_ms);
    message.time_ms = event.time_ms;
    const struct fga_audience audience = {.locale = event.inbound ? "fr" : "de"};
    must_be_text(fga_webhook_format(&message, &audience));
    must_be_text(fga_alertmanager_format(&message, &audience, &pace));
    must_be_text(fga_mail_format(&message, &audience, &route));
    return 0;
}

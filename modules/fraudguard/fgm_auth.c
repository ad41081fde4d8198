// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_auth.h"

#include <string.h>

#include "core/parser/digest/digest.h"
#include "core/pt.h"
#include "fg/customer.h"
#include "fgm_str.h"

// Ids of messages are counted per process, and a fork inherits the count.
static struct {
    unsigned int id;
    int pid;
    size_t len;
    char name[FG_AUTH_USER_MAX];
} accepted;

bool fgm_auth_accept_user(const struct sip_msg *msg, struct fg_view name)
{
    accepted.id = msg->id;
    accepted.pid = my_pid();
    accepted.len = 0;
    if (name.len == 0 || name.len > sizeof accepted.name)
        return false;
    memcpy(accepted.name, name.ptr, name.len);
    accepted.len = name.len;
    return true;
}

bool fgm_auth_accept(struct sip_msg *msg)
{
    struct hdr_field *header = NULL;
    get_authorized_cred(msg->proxy_auth, &header);
    if (!header)
        get_authorized_cred(msg->authorization, &header);
    const auth_body_t *credentials = header ? header->parsed : NULL;
    return fgm_auth_accept_user(msg, credentials ? fgm_view(credentials->digest.username.whole)
                                                 : (struct fg_view){0});
}

struct fg_view fgm_auth_user(const struct sip_msg *msg)
{
    if (accepted.id != msg->id || accepted.pid != my_pid())
        return (struct fg_view){0};
    return (struct fg_view){accepted.name, accepted.len};
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "srtp_backend.h"

static const struct edge_srtp_ops *const in_use = &edge_srtp_native;

int edge_srtp_library_open(void)
{
    return in_use->start();
}

void edge_srtp_library_close(void)
{
    in_use->stop();
}

const char *edge_srtp_library_name(void)
{
    return in_use->name;
}

int edge_srtp_open(const struct edge_sdes_line *line, enum edge_srtp_direction direction,
                   struct edge_srtp **out)
{
    return in_use->open(line, direction, out);
}

void edge_srtp_close(struct edge_srtp *srtp)
{
    if (srtp)
        srtp->ops->close(srtp);
}

enum edge_srtp_status edge_srtp_protect(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                        size_t *length, size_t capacity)
{
    return srtp->ops->protect(srtp, is_rtcp, packet, length, capacity);
}

enum edge_srtp_status edge_srtp_unprotect(struct edge_srtp *srtp, bool is_rtcp, uint8_t *packet,
                                          size_t *length)
{
    return srtp->ops->unprotect(srtp, is_rtcp, packet, length);
}

size_t edge_srtp_tell(const struct edge_srtp *srtp, struct edge_srtp_position *out, size_t max)
{
    return srtp->ops->tell ? srtp->ops->tell(srtp, out, max) : 0;
}

int edge_srtp_go_on(struct edge_srtp *srtp, const struct edge_srtp_position *positions, size_t n)
{
    return srtp->ops->go_on ? srtp->ops->go_on(srtp, positions, n) : EDGE_EINVALID;
}

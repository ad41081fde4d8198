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

unsigned edge_srtp_export(const struct edge_srtp *srtp, struct edge_srtp_progress *out,
                          unsigned max)
{
    return srtp->ops->export_progress ? srtp->ops->export_progress(srtp, out, max) : 0;
}

int edge_srtp_import(struct edge_srtp *srtp, const struct edge_srtp_progress *progress, unsigned n)
{
    return srtp->ops->import_progress ? srtp->ops->import_progress(srtp, progress, n)
                                      : EDGE_EINVALID;
}

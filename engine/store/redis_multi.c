// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_multi.h"

#include <errno.h>
#include <poll.h>

#include "monotonic.h"

static bool is_waiting(const struct redis_multi *one)
{
    return one->rc == FG_OK && one->got < one->n;
}

// As far as it goes without waiting.
static void step(struct redis_multi *one)
{
    one->rc = conn_step_out(one->conn);
    while (is_waiting(one) && !one->conn->connecting) {
        struct resp *reply = NULL;
        one->rc = conn_step_in(one->conn, &reply);
        if (reply == NULL)
            return;
        one->replies[one->got++] = reply;
    }
}

// Waits until one of them can go on; false when the deadline passed and none can.
static bool any_wait(struct redis_multi *multi, size_t n, int64_t deadline_ns, bool *last)
{
    struct pollfd fds[REDIS_MULTI_MAX];
    nfds_t n_fds = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_waiting(&multi[i]))
            continue;
        const struct redis_conn *conn = multi[i].conn;
        short events = conn->connecting ? 0 : POLLIN;
        if (conn_has_out(conn))
            events = (short)(events | POLLOUT);
        fds[n_fds++] = (struct pollfd){.fd = conn->fd, .events = events};
    }
    if (n_fds == 0)
        return false;
    const int64_t left = deadline_ns - monotonic_ns();
    *last = left <= 0; // what is there is taken, once
    const struct timespec wait = {.tv_sec = *last ? 0 : left / (1000 * FG_NS_PER_MS),
                                  .tv_nsec = *last ? 0 : left % (1000 * FG_NS_PER_MS)};
    const int ready = ppoll(fds, n_fds, &wait, NULL);
    return ready > 0 || (ready < 0 && errno == EINTR && !*last);
}

void redis_multi_exchange(struct redis_multi *multi, size_t n, int64_t deadline_ns)
{
    bool last = false;
    for (size_t i = 0; i < n; i++) {
        multi[i].got = 0;
        multi[i].rc = multi[i].n == multi[i].conn->pending ? conn_begin(multi[i].conn) : FG_EINVAL;
        // Each is sent before any answer is waited for.
        if (multi[i].rc == FG_OK)
            multi[i].rc = conn_step_out(multi[i].conn);
    }
    while (!last && any_wait(multi, n, deadline_ns, &last)) {
        for (size_t i = 0; i < n; i++) {
            if (is_waiting(&multi[i]))
                step(&multi[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (is_waiting(&multi[i]))
            multi[i].rc =
                conn_timed_out(multi[i].conn, "the server did not answer before the deadline");
        conn_end(multi[i].conn, multi[i].rc == FG_OK);
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Requests over HTTPS and SMTP, several at a time, without waiting. All that is used of libcurl
// stands behind this header. Certificates are checked, redirects are not followed, proxies of the
// environment are not used.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/err.h"
#include "schedule.h"

#define FGA_TRANSFERS_MAX 16

struct fga_transport;

// Everything is copied.
struct fga_request {
    const char *id; // given back with the result
    const char *url;
    const char *const *headers; // HTTP, "name: value"
    uint32_t n_headers;
    const char *body;
    const char *ca_file; // NULL: the system's
    int32_t timeout_ms;
    bool guarded;                      // only to public addresses and the allowed networks
    const struct fg_ip_range *allowed; // must outlive the transport's use of it
    uint32_t n_allowed;
    bool smtp;
    const char *from;
    const char *const *to;
    uint32_t n_to;
    bool tls;
    const char *user, *password; // NULL: none
};

struct fga_result {
    char id[192];
    struct fga_attempt attempt;
    char error[160]; // in words; empty after success
};

// NULL when out of memory.
struct fga_transport *fga_transport_new(void);
void fga_transport_free(struct fga_transport *transport);
// FG_ELIMIT while FGA_TRANSFERS_MAX are under way, FG_EDUPLICATE when one with this id is,
// FG_ENOMEM.
FG_MUST_CHECK int fga_transport_start(struct fga_transport *transport,
                                      const struct fga_request *request);
size_t fga_transport_count(const struct fga_transport *transport);
// Waits up to wait_ms for something to do and does it.
void fga_transport_poll(struct fga_transport *transport, int32_t wait_ms);
// Gives the next result; false when there is none.
bool fga_transport_next(struct fga_transport *transport, struct fga_result *out);

// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's configuration file (docs/alerts.md), read with diagnostics like a compiler's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/diag.h"
#include "fg/err.h"
#include "fg/heap.h"
#include "message.h"
#include "signature.h"

enum fga_channel { FGA_WEBHOOK, FGA_EMAIL, FGA_ALERTMANAGER };

struct fga_endpoint {
    const char *id;       // "acme/hook", unique
    const char *customer; // "acme"
    const char *name;     // "hook"
    enum fga_channel channel;
    const char *url;                            // webhook, Alertmanager
    struct fga_secret secrets[FGA_SECRETS_MAX]; // webhook
    uint32_t n_secrets;
    const char **to; // e-mail
    uint32_t n_to;
    bool wants[FGA_INCIDENT_KINDS];
};

struct fga_customer {
    const char *id;
    struct fga_audience audience;
    const struct fga_endpoint *endpoints;
    uint32_t n_endpoints;
};

struct fga_smtp {
    const char *url; // "smtp://HOST:PORT", "smtps://HOST"; NULL: no e-mail
    const char *from;
    bool tls;
    const char *ca_file, *user, *password; // NULL: none
};

struct fga_config {
    struct fg_arena *arena; // holds everything
    const char *redis_url;
    const char *provider, *contact, *portal_url;
    const char *webhook_ca_file; // NULL: the system's
    int32_t timeout_ms;          // of one attempt
    struct fg_ip_range *allowed; // internal networks that webhooks may lead to
    uint32_t n_allowed;
    struct fga_smtp smtp;
    struct fga_endpoint noc; // id NULL: there is none
    const char *noc_ca_file;
    int32_t lab_divisor;            // 1
    struct fga_customer *customers; // by id, rising
    uint32_t n_customers;
    struct fg_customers known; // of the customers file
};

struct fga_config_source {
    const char *path; // shown in diagnostics; files it names are looked up beside it
    const char *bytes;
    size_t len;
    bool skip_files; // leave secrets, passwords and the customers file unread
};

// FG_OK and *out (free with fga_config_free()); FG_ESYNTAX with diags; FG_ENOMEM.
FG_MUST_CHECK int fga_config_parse(const struct fga_config_source *source, struct fg_diags *diags,
                                   struct fga_config **out);
// Wipes the secrets. NULL is fine.
void fga_config_free(struct fga_config *config);

// NULL when there is none. Borrowed.
const struct fga_customer *fga_config_customer(const struct fga_config *config, const char *id);
const struct fga_endpoint *fga_config_endpoint(const struct fga_config *config, const char *id);
// Whom a message about that customer speaks to, whether or not the customer has endpoints.
struct fga_audience fga_config_audience(const struct fga_config *config, const char *customer);

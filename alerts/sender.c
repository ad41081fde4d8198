// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int start_webhook(struct fga_transport *transport, const struct fga_config *config,
                         const struct fga_endpoint *endpoint, const struct fga_delivery *delivery,
                         int64_t now_ms)
{
    const struct fga_audience audience =
        fga_config_audience(config, delivery->message.incident.customer);
    char id[FGA_MESSAGE_ID_MAX], id_header[FGA_MESSAGE_ID_MAX + 16], time_header[48];
    char signatures[FGA_SIGNATURES_SIZE], signature_header[FGA_SIGNATURES_SIZE + 32];
    const int64_t now_s = now_ms / FG_MS_PER_S;
    char *body = fga_webhook_format(&delivery->message, &audience);
    if (body == NULL)
        return FG_ENOMEM;
    fga_message_id(&delivery->message, id);
    int rc = fga_signature_format(endpoint->secrets, endpoint->n_secrets, id, now_s,
                                  fg_view_of(body), signatures);
    if (rc == FG_OK) {
        (void)snprintf(id_header, sizeof(id_header), "webhook-id: %s", id);
        (void)snprintf(time_header, sizeof(time_header), "webhook-timestamp: %lld",
                       (long long)now_s);
        (void)snprintf(signature_header, sizeof(signature_header), "webhook-signature: %s",
                       signatures);
        const char *const headers[] = {"Content-Type: application/json", id_header, time_header,
                                       signature_header};
        const struct fga_request request = {.id = delivery->id,
                                            .url = endpoint->url,
                                            .headers = headers,
                                            .n_headers = sizeof(headers) / sizeof(*headers),
                                            .body = body,
                                            .ca_file = config->webhook_ca_file,
                                            .timeout_ms = config->timeout_ms,
                                            .guarded = true,
                                            .allowed = config->allowed,
                                            .n_allowed = config->n_allowed};
        rc = fga_transport_start(transport, &request);
    }
    free(body);
    return rc;
}

static int start_mail(struct fga_transport *transport, const struct fga_config *config,
                      const struct fga_endpoint *endpoint, const struct fga_delivery *delivery)
{
    const struct fga_audience audience =
        fga_config_audience(config, delivery->message.incident.customer);
    const struct fga_mail_route route = {config->smtp.from, endpoint->to, endpoint->n_to,
                                         endpoint->name};
    if (config->smtp.url == NULL)
        return FG_ENOTFOUND;
    char *body = fga_mail_format(&delivery->message, &audience, &route);
    if (body == NULL)
        return FG_ENOMEM;
    const struct fga_request request = {.id = delivery->id,
                                        .url = config->smtp.url,
                                        .body = body,
                                        .ca_file = config->smtp.ca_file,
                                        .timeout_ms = config->timeout_ms,
                                        .smtp = true,
                                        .from = config->smtp.from,
                                        .to = endpoint->to,
                                        .n_to = endpoint->n_to,
                                        .tls = config->smtp.tls,
                                        .user = config->smtp.user,
                                        .password = config->smtp.password};
    const int rc = fga_transport_start(transport, &request);
    free(body);
    return rc;
}

static int start_alertmanager(struct fga_transport *transport, const struct fga_config *config,
                              const struct fga_endpoint *endpoint,
                              const struct fga_delivery *delivery)
{
    static const char *const headers[] = {"Content-Type: application/json"};
    const struct fga_audience audience =
        fga_config_audience(config, delivery->message.incident.customer);
    const struct fga_pace pace = fga_pace_of(config->lab_divisor);
    const size_t len = strlen(endpoint->url);
    char *body = fga_alertmanager_format(&delivery->message, &audience, &pace);
    char *url = NULL;
    if (asprintf(&url, "%s%sapi/v2/alerts", endpoint->url,
                 len > 0 && endpoint->url[len - 1] == '/' ? "" : "/") < 0)
        url = NULL;
    int rc = FG_ENOMEM;
    if (body != NULL && url != NULL) {
        const struct fga_request request = {.id = delivery->id,
                                            .url = url,
                                            .headers = headers,
                                            .n_headers = 1,
                                            .body = body,
                                            .ca_file = config->noc_ca_file,
                                            .timeout_ms = config->timeout_ms};
        rc = fga_transport_start(transport, &request);
    }
    free(url);
    free(body);
    return rc;
}

int fga_sender_start(struct fga_transport *transport, const struct fga_config *config,
                     const struct fga_delivery *delivery, int64_t now_ms)
{
    const struct fga_endpoint *endpoint = fga_config_endpoint(config, delivery->endpoint);
    if (endpoint == NULL)
        return FG_ENOTFOUND;
    switch (endpoint->channel) {
    case FGA_WEBHOOK:
        return start_webhook(transport, config, endpoint, delivery, now_ms);
    case FGA_EMAIL:
        return start_mail(transport, config, endpoint, delivery);
    case FGA_ALERTMANAGER:
        return start_alertmanager(transport, config, endpoint, delivery);
    }
    return FG_ENOTFOUND;
}

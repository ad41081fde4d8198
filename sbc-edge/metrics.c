// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics.h"

#include "clock.h"
#include "io.h"
#include "reporter.h"
#include "srtp_context.h"
#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 32768

struct edge_metrics {
    struct edge_node *node;
    struct MHD_Daemon *server;
};

struct text {
    char *bytes;
    size_t used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
    size_t left = TEXT_MAX - text->used;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text->bytes + text->used, left, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < left)
        text->used += (size_t)n;
}

/* The sum of one figure, `offset` bytes into the statistics, over all threads. */
static uint64_t sum(const struct edge_node *node, size_t offset)
{
    uint64_t total = 0;

    for (unsigned i = 0; i <= node->n_workers; i++) {
        const struct edge_stats *stats =
            i < node->n_workers ? edge_worker_stats(node->workers[i]) : &node->listener_stats;

        total +=
            edge_stats_get((const _Atomic uint64_t *)(const void *)((const char *)stats + offset));
    }
    return total;
}

#define SUM(node, figure) sum(node, offsetof(struct edge_stats, figure))

static void add_counter(struct text *text, const char *name, const char *help, uint64_t value)
{
    add(text, "# HELP %s %s\n# TYPE %s counter\n%s %" PRIu64 "\n", name, help, name, name, value);
}

static void add_sessions(struct text *text, struct edge_node *node)
{
    static const char *const reasons[EDGE_CLOSED_COUNT] = {"terminated", "timeout",
                                                           "silent_timeout", "offer_timeout"};

    add(text, "# HELP rtpengine_sessions Calls now\n# TYPE rtpengine_sessions gauge\n");
    add(text, "rtpengine_sessions{type=\"own\"} %" PRIu32 "\n", atomic_load(&node->n_sessions));
    add_counter(text, "rtpengine_sessions_total", "Calls since the start",
                SUM(node, sessions_total));
    add(text, "# HELP rtpengine_closed_sessions_total Calls ended, by reason\n"
              "# TYPE rtpengine_closed_sessions_total counter\n");
    for (int i = 0; i < EDGE_CLOSED_COUNT; i++)
        add(text, "rtpengine_closed_sessions_total{reason=\"%s\"} %" PRIu64 "\n", reasons[i],
            sum(node, offsetof(struct edge_stats, sessions_closed) +
                          (size_t)i * sizeof(_Atomic uint64_t)));
    add(text,
        "# HELP rtpengine_uptime_seconds Time since the start\n"
        "# TYPE rtpengine_uptime_seconds gauge\nrtpengine_uptime_seconds %" PRIu64 "\n",
        (edge_clock_unix_us() - node->started_us) / 1000000);
}

static void add_packets(struct text *text, const struct edge_node *node)
{
    add(text,
        "# HELP sbc_edge_info How packets are moved, and what does the SRTP work\n"
        "# TYPE sbc_edge_info gauge\nsbc_edge_info{io=\"%s\",srtp=\"%s\"} 1\n",
        node->io_ops->name, edge_srtp_library_name());
    add(text,
        "# HELP rtpengine_packets_total Packets forwarded\n"
        "# TYPE rtpengine_packets_total counter\n"
        "rtpengine_packets_total{type=\"userspace\"} %" PRIu64 "\n",
        SUM(node, packets_out));
    add(text,
        "# HELP rtpengine_bytes_total Bytes forwarded\n# TYPE rtpengine_bytes_total counter\n"
        "rtpengine_bytes_total{type=\"userspace\"} %" PRIu64 "\n",
        SUM(node, bytes_out));
    add_counter(text, "sbc_edge_packets_received_total", "Packets received", SUM(node, packets_in));
    add(text, "# HELP sbc_edge_drops_total Packets not forwarded, by reason\n"
              "# TYPE sbc_edge_drops_total counter\n");
    for (int i = 0; i < EDGE_DROP_COUNT; i++)
        add(text, "sbc_edge_drops_total{reason=\"%s\"} %" PRIu64 "\n",
            edge_drop_name((enum edge_drop)i),
            sum(node, offsetof(struct edge_stats, drops) + (size_t)i * sizeof(_Atomic uint64_t)));
    add(text, "# HELP sbc_edge_dtls_handshakes_total DTLS handshakes ended, by result\n"
              "# TYPE sbc_edge_dtls_handshakes_total counter\n");
    for (int i = 0; i < EDGE_DTLS_RESULT_COUNT; i++)
        add(text, "sbc_edge_dtls_handshakes_total{result=\"%s\"} %" PRIu64 "\n",
            edge_dtls_result_name((enum edge_dtls_result)i),
            sum(node, offsetof(struct edge_stats, dtls_handshakes) +
                          (size_t)i * sizeof(_Atomic uint64_t)));
    add_counter(text, "sbc_edge_dtls_hellos_refused_total",
                "ClientHellos from where no handshake is wanted", SUM(node, dtls_refused));
    add_counter(text, "sbc_edge_verdicts_total", "Legs silenced by a block, hold or kill",
                SUM(node, verdicts));
    add_counter(text, "sbc_edge_forwarded_after_verdict_total",
                "Packets forwarded after a verdict; more than 0 is an error",
                SUM(node, forwarded_after_verdict));
    add_counter(text, "sbc_edge_offers_refused_by_hold_total", "Offers refused by a hold",
                SUM(node, refused_by_hold));
    add_counter(text, "sbc_edge_offers_refused_by_load_total",
                "Offers refused since there are too many calls, the machine is busy, or the relay "
                "is to end",
                SUM(node, refused_by_load));
}

static void add_requests(struct text *text, const struct edge_node *node)
{
    add(text, "# HELP rtpengine_requests_total ng requests, by command\n"
              "# TYPE rtpengine_requests_total counter\n");
    for (int i = EDGE_NG_PING; i < EDGE_NG_COMMAND_COUNT; i++) {
        uint64_t n =
            sum(node, offsetof(struct edge_stats, requests) + (size_t)i * sizeof(_Atomic uint64_t));

        if (n > 0)
            add(text, "rtpengine_requests_total{request=\"%s\"} %" PRIu64 "\n",
                edge_ng_command_text((enum edge_ng_command)i), n);
    }
    add_counter(text, "rtpengine_errors_total", "ng requests answered with an error",
                SUM(node, request_errors));
    add_counter(text, "sbc_edge_requests_repeated_total", "ng requests answered from the cache",
                SUM(node, requests_repeated));
    add_counter(text, "sbc_edge_requests_lost_total", "ng requests dropped by a full mailbox",
                SUM(node, requests_lost));
}

static void add_ports(struct text *text, const struct edge_node *node)
{
    static const char *const names[] = {"rtpengine_ports", "rtpengine_ports_used",
                                        "rtpengine_ports_free"};
    static const char *const helps[] = {"Media ports", "Media ports in use",
                                        "Media ports not in use; some may rest"};

    for (int kind = 0; kind < 3; kind++) {
        add(text, "# HELP %s %s\n# TYPE %s gauge\n", names[kind], helps[kind], names[kind]);
        for (unsigned i = 0; i < node->n_interfaces; i++) {
            const struct edge_interface_config *config =
                edge_interface_get_config(node->interfaces[i]);
            char address[EDGE_ADDRESS_TEXT];
            size_t figures[3];

            edge_interface_count(node->interfaces[i], &figures[0], &figures[1]);
            figures[2] = figures[0] - figures[1];
            add(text, "%s{name=\"%s\",address=\"%s\"} %zu\n", names[kind], config->name,
                edge_address_format(&config->local, address), figures[kind] * 2);
        }
    }
}

static void add_link(struct text *text, const struct edge_node *node)
{
    const struct edge_reporter_stats *reports;

    add(text,
        "# HELP sbc_edge_redis_up Holds and kills are being received\n"
        "# TYPE sbc_edge_redis_up gauge\nsbc_edge_redis_up %d\n",
        atomic_load(&node->link_stats.is_up));
    add_counter(text, "sbc_edge_redis_messages_total", "Messages about holds and kills",
                atomic_load(&node->link_stats.messages));
    add_counter(text, "sbc_edge_redis_unreadable_total", "Messages that could not be read",
                atomic_load(&node->link_stats.unreadable));
    if (!node->reporter)
        return;
    reports = edge_reporter_get_stats(node->reporter);
    add_counter(text, "sbc_edge_media_facts_total", "Messages about the media of calls",
                atomic_load(&reports->told));
    add_counter(text, "sbc_edge_proofs_total", "Records written of calls that were silenced",
                atomic_load(&reports->proofs));
    add_counter(text, "sbc_edge_reports_lost_total",
                "Messages about media and records of silenced calls that were lost",
                atomic_load(&reports->lost));
}

static void add_gauge(struct text *text, const char *name, const char *help, uint64_t value)
{
    add(text, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRIu64 "\n", name, help, name, name, value);
}

static void add_state(struct text *text, struct edge_node *node)
{
    struct edge_state_stats *stats = &node->state_stats;

    add_gauge(text, "sbc_edge_draining",
              "1 while no new calls are taken, since the relay is to end",
              atomic_load(&node->refusal) == EDGE_REFUSAL_DRAIN);
    if (!node->keeper)
        return;
    add_gauge(text, "sbc_edge_state_up", "The state of calls is being kept in Redis",
              atomic_load(&stats->is_up));
    add_gauge(text, "sbc_edge_state_waiting", "Records of calls that wait to be written",
              atomic_load(&stats->waiting));
    add_counter(text, "sbc_edge_state_written_total", "Records of calls written or taken out",
                atomic_load(&stats->written));
    add_counter(text, "sbc_edge_state_refused_total",
                "Records that found the queue full: they are made again later",
                atomic_load(&stats->refused));
    add_counter(text, "sbc_edge_state_too_large_total", "Records that were too large to be kept",
                atomic_load(&stats->too_large));
    add_counter(text, "sbc_edge_state_restored_total", "Calls that were taken up again",
                atomic_load(&stats->restored));
    add_counter(text, "sbc_edge_state_too_old_total",
                "Calls that were not: their records were more than three minutes old",
                atomic_load(&stats->too_old));
    add_counter(text, "sbc_edge_state_not_restored_total",
                "Calls that could not be: their ports or addresses were not to be had",
                atomic_load(&stats->not_restored));
    add_counter(text, "sbc_edge_state_taken_over_total", "Records of other relays taken over",
                atomic_load(&stats->taken_over));
    add_counter(text, "sbc_edge_state_damaged_total", "Records that did not verify",
                atomic_load(&stats->damaged));
    add_counter(text, "sbc_edge_state_foreign_total",
                "Records of another layout, or under a key that is not known",
                atomic_load(&stats->foreign));
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_size, void **state)
{
    struct edge_metrics *metrics = context;
    struct text text = {.bytes = malloc(TEXT_MAX)};
    unsigned status = MHD_HTTP_NOT_FOUND;
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)version;
    (void)data;
    (void)data_size;
    (void)state;
    if (!text.bytes)
        return MHD_NO;
    if (strcmp(url, "/metrics") == 0 && strcmp(method, MHD_HTTP_METHOD_GET) == 0) {
        status = MHD_HTTP_OK;
        add_sessions(&text, metrics->node);
        add_packets(&text, metrics->node);
        add_requests(&text, metrics->node);
        add_ports(&text, metrics->node);
        add_link(&text, metrics->node);
        add_state(&text, metrics->node);
    }
    response = MHD_create_response_from_buffer(text.used, text.bytes, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(text.bytes);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

int edge_metrics_start(struct edge_node *node, struct edge_metrics **out)
{
    const union edge_address *address = &node->config->listen_http;
    struct edge_metrics *metrics = calloc(1, sizeof(*metrics));
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;

    if (!metrics)
        return -ENOMEM;
    metrics->node = node;
    if (address->any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    metrics->server =
        MHD_start_daemon(flags, edge_address_port(address), NULL, NULL, serve, metrics,
                         MHD_OPTION_SOCK_ADDR, &address->any, MHD_OPTION_CONNECTION_LIMIT, 32u,
                         MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_END);
    if (!metrics->server) {
        free(metrics);
        return -EADDRINUSE;
    }
    *out = metrics;
    return 0;
}

void edge_metrics_stop(struct edge_metrics *metrics)
{
    if (!metrics)
        return;
    MHD_stop_daemon(metrics->server);
    free(metrics);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_statistics.h"

#include "clock.h"
#include "io.h"
#include "srtp_context.h"
#include "worker.h"

#include <inttypes.h>
#include <stdio.h>

#define ADD_INT(arena, dict, key, n) edge_ng_add_int(arena, dict, EDGE_VIEW(key), (int64_t)(n))

struct sums {
    uint64_t sessions;
    uint64_t closed[EDGE_CLOSED_COUNT];
    uint64_t lasted_us;
    uint64_t ended;
    uint64_t packets;
    uint64_t bytes;
    uint64_t drops[EDGE_DROP_COUNT];
    uint64_t dropped;
    uint64_t after;
    uint64_t refused;
    uint64_t errors;
    uint64_t requests[EDGE_NG_COMMAND_COUNT];
};

static void add_requests(const struct edge_stats *stats, struct sums *sums)
{
    sums->errors += edge_stats_get(&stats->request_errors);
    for (int i = 0; i < EDGE_NG_COMMAND_COUNT; i++)
        sums->requests[i] += edge_stats_get(&stats->requests[i]);
}

static void add_up(const struct edge_node *node, struct sums *sums)
{
    for (unsigned i = 0; i < node->n_workers; i++) {
        const struct edge_stats *stats = edge_worker_stats(node->workers[i]);

        sums->sessions += edge_stats_get(&stats->sessions_total);
        sums->packets += edge_stats_get(&stats->packets_out);
        sums->bytes += edge_stats_get(&stats->bytes_out);
        sums->after += edge_stats_get(&stats->forwarded_after_verdict);
        sums->refused += edge_stats_get(&stats->refused_by_hold);
        for (int c = 0; c < EDGE_CLOSED_COUNT; c++)
            sums->closed[c] += edge_stats_get(&stats->sessions_closed[c]);
        sums->lasted_us += edge_stats_get(&stats->sessions_us);
        for (int d = 0; d < EDGE_DROP_COUNT; d++)
            sums->drops[d] += edge_stats_get(&stats->drops[d]);
        add_requests(stats, sums);
    }
    for (int d = 0; d < EDGE_DROP_COUNT; d++)
        sums->dropped += sums->drops[d];
    for (int c = 0; c < EDGE_CLOSED_COUNT; c++)
        sums->ended += sums->closed[c];
    add_requests(&node->listener_stats, sums);
}

/* rtpengine tells some numbers as texts; its clients read them so. */
static void add_text(struct edge_ng_arena *arena, struct edge_ng_value *dict, struct edge_view key,
                     uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, number);
    edge_ng_add_str(arena, dict, key, edge_ng_str_copy(arena, edge_view_of(text)));
}

static void add_seconds(struct edge_ng_arena *arena, struct edge_ng_value *dict,
                        struct edge_view key, uint64_t us)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    edge_ng_add_str(arena, dict, key, edge_ng_str_copy(arena, edge_view_of(text)));
}

static void work_out_rates(const struct edge_node *node, const struct sums *sums,
                           struct edge_ng_rates *rates)
{
    const uint64_t now_us = edge_clock_unix_us();
    const uint64_t since_us = rates->at_us != 0 ? rates->at_us : node->started_us;

    if (now_us < since_us + 1000000)
        return;
    const uint64_t ms = (now_us - since_us) / 1000;
    rates->packets_a_second = (sums->packets - rates->packets) * 1000 / ms;
    rates->bytes_a_second = (sums->bytes - rates->bytes) * 1000 / ms;
    rates->dropped_a_second = (sums->dropped - rates->dropped) * 1000 / ms;
    rates->packets = sums->packets;
    rates->bytes = sums->bytes;
    rates->dropped = sums->dropped;
    rates->at_us = now_us;
}

static void tell_current(const struct edge_node *node, const struct edge_ng_rates *rates,
                         struct edge_ng_arena *arena, struct edge_ng_value *root)
{
    struct edge_ng_value *dict = edge_ng_add_dict(arena, root, EDGE_VIEW("currentstatistics"));
    const uint32_t sessions = atomic_load(&node->n_sessions);

    ADD_INT(arena, dict, "sessionsown", sessions);
    ADD_INT(arena, dict, "sessionsforeign", 0);
    ADD_INT(arena, dict, "sessionstotal", sessions);
    ADD_INT(arena, dict, "transcodedmedia", 0);
    ADD_INT(arena, dict, "packetrate_user", rates->packets_a_second);
    ADD_INT(arena, dict, "byterate_user", rates->bytes_a_second);
    ADD_INT(arena, dict, "errorrate_user", rates->dropped_a_second);
    ADD_INT(arena, dict, "packetrate_kernel", 0);
    ADD_INT(arena, dict, "byterate_kernel", 0);
    ADD_INT(arena, dict, "errorrate_kernel", 0);
    ADD_INT(arena, dict, "packetrate", rates->packets_a_second);
    ADD_INT(arena, dict, "byterate", rates->bytes_a_second);
    ADD_INT(arena, dict, "errorrate", rates->dropped_a_second);
    ADD_INT(arena, dict, "media_kernel", 0);
    ADD_INT(arena, dict, "media_mixed", 0);
}

static void tell_totals(const struct edge_node *node, const struct sums *sums,
                        struct edge_ng_arena *arena, struct edge_ng_value *root)
{
    struct edge_ng_value *dict = edge_ng_add_dict(arena, root, EDGE_VIEW("totalstatistics"));

    add_text(arena, dict, EDGE_VIEW("uptime"), (edge_clock_unix_us() - node->started_us) / 1000000);
    ADD_INT(arena, dict, "managedsessions", sums->sessions);
    ADD_INT(arena, dict, "rejectedsessions", sums->refused);
    ADD_INT(arena, dict, "timeoutsessions", sums->closed[EDGE_CLOSED_TIMEOUT]);
    ADD_INT(arena, dict, "silenttimeoutsessions", sums->closed[EDGE_CLOSED_SILENT_TIMEOUT]);
    ADD_INT(arena, dict, "finaltimeoutsessions", 0);
    ADD_INT(arena, dict, "offertimeoutsessions", sums->closed[EDGE_CLOSED_OFFER_TIMEOUT]);
    ADD_INT(arena, dict, "regularterminatedsessions", sums->closed[EDGE_CLOSED_TERMINATED]);
    ADD_INT(arena, dict, "forcedterminatedsessions", 0);
    ADD_INT(arena, dict, "relayedpackets_user", sums->packets);
    ADD_INT(arena, dict, "relayedpacketerrors_user", sums->dropped);
    ADD_INT(arena, dict, "relayedbytes_user", sums->bytes);
    ADD_INT(arena, dict, "relayedpackets_kernel", 0);
    ADD_INT(arena, dict, "relayedpacketerrors_kernel", 0);
    ADD_INT(arena, dict, "relayedbytes_kernel", 0);
    ADD_INT(arena, dict, "relayedpackets", sums->packets);
    ADD_INT(arena, dict, "relayedpacketerrors", sums->dropped);
    ADD_INT(arena, dict, "relayedbytes", sums->bytes);
    add_seconds(arena, dict, EDGE_VIEW("avgcallduration"),
                sums->ended > 0 ? sums->lasted_us / sums->ended : 0);
    add_seconds(arena, dict, EDGE_VIEW("totalcallsduration"), sums->lasted_us);
    ADD_INT(arena, dict, "forwarded_after_verdict", sums->after);
}

static const struct {
    struct edge_view name;
    enum edge_ng_command command;
} counted[] = {
    {EDGE_VIEW_INIT("totalpingcount"), EDGE_NG_PING},
    {EDGE_VIEW_INIT("totaloffercount"), EDGE_NG_OFFER},
    {EDGE_VIEW_INIT("totalanswercount"), EDGE_NG_ANSWER},
    {EDGE_VIEW_INIT("totaldeletecount"), EDGE_NG_DELETE},
    {EDGE_VIEW_INIT("totalquerycount"), EDGE_NG_QUERY},
    {EDGE_VIEW_INIT("totallistcount"), EDGE_NG_LIST_CALLS},
    {EDGE_VIEW_INIT("totalstartreccount"), EDGE_NG_START_RECORDING},
    {EDGE_VIEW_INIT("totalstopreccount"), EDGE_NG_STOP_RECORDING},
    {EDGE_VIEW_INIT("totalstartfwdcount"), EDGE_NG_START_FORWARDING},
    {EDGE_VIEW_INIT("totalstopfwdcount"), EDGE_NG_STOP_FORWARDING},
    {EDGE_VIEW_INIT("totalblkdtmfcount"), EDGE_NG_BLOCK_DTMF},
    {EDGE_VIEW_INIT("totalunblkdtmfcount"), EDGE_NG_UNBLOCK_DTMF},
    {EDGE_VIEW_INIT("totalblkmediacount"), EDGE_NG_BLOCK_MEDIA},
    {EDGE_VIEW_INIT("totalunblkmediacount"), EDGE_NG_UNBLOCK_MEDIA},
    {EDGE_VIEW_INIT("totalplaymediacount"), EDGE_NG_PLAY_MEDIA},
    {EDGE_VIEW_INIT("totalstopmediacount"), EDGE_NG_STOP_MEDIA},
    {EDGE_VIEW_INIT("totalplaydtmfcount"), EDGE_NG_PLAY_DTMF},
    {EDGE_VIEW_INIT("totalstatscount"), EDGE_NG_STATISTICS},
    {EDGE_VIEW_INIT("totalslnmediacount"), EDGE_NG_SILENCE_MEDIA},
    {EDGE_VIEW_INIT("totalunslnmediacount"), EDGE_NG_UNSILENCE_MEDIA},
    {EDGE_VIEW_INIT("totalpubcount"), EDGE_NG_PUBLISH},
    {EDGE_VIEW_INIT("totalsubreqcount"), EDGE_NG_SUBSCRIBE_REQUEST},
    {EDGE_VIEW_INIT("totalsubanscount"), EDGE_NG_SUBSCRIBE_ANSWER},
    {EDGE_VIEW_INIT("totalunsubcount"), EDGE_NG_UNSUBSCRIBE},
};

static void tell_requests(const struct sums *sums, struct edge_ng_arena *arena,
                          struct edge_ng_value *root)
{
    struct edge_ng_value *dict = edge_ng_add_dict(arena, root, EDGE_VIEW("controlstatistics"));

    edge_ng_add_list(arena, dict, EDGE_VIEW("proxies"));
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
        edge_ng_add_int(arena, dict, counted[i].name, (int64_t)sums->requests[counted[i].command]);
    ADD_INT(arena, dict, "totalerrorcount", sums->errors);
}

static void tell_interfaces(const struct edge_node *node, struct edge_ng_arena *arena,
                            struct edge_ng_value *root)
{
    struct edge_ng_value *list = edge_ng_add_list(arena, root, EDGE_VIEW("interfaces"));

    for (unsigned i = 0; i < node->n_interfaces; i++) {
        const struct edge_interface_config *config = edge_interface_get_config(node->interfaces[i]);
        struct edge_ng_value *dict = edge_ng_add_dict(arena, list, (struct edge_view){0});
        struct edge_ng_value *ports;
        char text[EDGE_ADDRESS_TEXT];
        size_t total;
        size_t used;

        edge_interface_count(node->interfaces[i], &total, &used);
        edge_ng_add_str(arena, dict, EDGE_VIEW("name"), edge_view_of(config->name));
        edge_ng_add_str(
            arena, dict, EDGE_VIEW("address"),
            edge_ng_str_copy(arena, edge_view_of(edge_address_format(&config->local, text))));
        ports = edge_ng_add_dict(arena, dict, EDGE_VIEW("ports"));
        ADD_INT(arena, ports, "min", node->config->port_min);
        ADD_INT(arena, ports, "max", node->config->port_max);
        /* rtpengine counts ports, the interface pairs. */
        ADD_INT(arena, ports, "used", used * 2);
        ADD_INT(arena, ports, "free", (total - used) * 2);
        ADD_INT(arena, ports, "totals", total * 2);
    }
}

void edge_ng_tell_statistics(const struct edge_node *node, struct edge_ng_rates *rates,
                             struct edge_ng_arena *arena, struct edge_ng_value *reply)
{
    struct edge_ng_value *root = edge_ng_add_dict(arena, reply, EDGE_VIEW("statistics"));
    struct edge_ng_value *ways;
    struct edge_ng_value *drops;
    struct sums sums = {0};

    add_up(node, &sums);
    work_out_rates(node, &sums, rates);
    tell_current(node, rates, arena, root);
    tell_totals(node, &sums, arena, root);
    tell_requests(&sums, arena, root);
    tell_interfaces(node, arena, root);
    edge_ng_add_list(arena, root, EDGE_VIEW("transcoders"));
    ways = edge_ng_add_dict(arena, root, EDGE_VIEW("packet path"));
    edge_ng_add_str(arena, ways, EDGE_VIEW("io"), edge_view_of(node->io_ops->name));
    edge_ng_add_str(arena, ways, EDGE_VIEW("srtp"), edge_view_of(edge_srtp_library_name()));
    drops = edge_ng_add_dict(arena, root, EDGE_VIEW("drops"));
    for (int d = 0; d < EDGE_DROP_COUNT; d++)
        edge_ng_add_int(arena, drops, edge_view_of(edge_drop_name((enum edge_drop)d)),
                        (int64_t)sums.drops[d]);
}

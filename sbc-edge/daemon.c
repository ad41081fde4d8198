// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon.h"

#include "clock.h"
#include "hold_watch.h"
#include "io_choice.h"
#include "listener.h"
#include "load_watch.h"
#include "log.h"
#include "metrics.h"
#include "notify.h"
#include "privileges.h"
#include "random.h"
#include "reporter.h"
#include "secret_store.h"
#include "srtp_context.h"
#include "state_keeper.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SECOND_NS  1000000000u
#define RESTORE_MS 10000u

static atomic_uint n_stops;
static atomic_bool wants_take_over;

static void stop(int signal_number)
{
    (void)signal_number;
    atomic_fetch_add(&n_stops, 1);
}

static void ask_to_take_over(int signal_number)
{
    (void)signal_number;
    atomic_store(&wants_take_over, true);
}

static void set_signals(void)
{
    struct sigaction action = {.sa_handler = stop};

    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = ask_to_take_over;
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/* Four descriptors a call: as many as the hard limit lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static const struct edge_interface *find_same_address(const struct edge_node *node,
                                                      const union edge_address *local)
{
    for (unsigned i = 0; i < node->n_interfaces; i++) {
        if (edge_address_same_ip(&edge_interface_get_config(node->interfaces[i])->local, local))
            return node->interfaces[i];
    }
    return NULL;
}

static int open_interfaces(struct edge_node *node)
{
    const struct edge_config *config = node->config;

    for (unsigned i = 0; i < config->n_interfaces; i++) {
        const struct edge_port_range range = {
            .port_min = config->port_min,
            .port_max = config->port_max,
            .rest_ns = (uint64_t)config->port_rest_s * SECOND_NS,
            .start = (uint32_t)edge_random_u64(),
        };
        int err = edge_interface_new(&config->interfaces[i], &range,
                                     find_same_address(node, &config->interfaces[i].local),
                                     &node->interfaces[i]);

        if (err != 0)
            return err;
        node->n_interfaces++;
    }
    return 0;
}

static int start_workers(struct edge_node *node)
{
    /* All are made before one runs: the number is part of which worker owns a call. */
    for (unsigned i = 0; i < node->config->n_threads; i++) {
        int err = edge_worker_new(node, &node->workers[i]);

        if (err != 0)
            return err;
        node->n_workers++;
    }
    for (unsigned i = 0; i < node->n_workers; i++) {
        int err = edge_worker_start(node->workers[i]);

        if (err != 0)
            return err;
    }
    return 0;
}

static void stop_workers(struct edge_node *node)
{
    for (unsigned i = 0; i < node->n_workers; i++)
        edge_worker_stop(node->workers[i]);
    for (unsigned i = 0; i < node->n_workers; i++)
        edge_worker_free(node->workers[i]);
}

static int fail(const char *what, int err)
{
    edge_log(EDGE_LOG_ERROR, "%s: %s", what, strerror(err < 0 ? -err : err));
    return 1;
}

static int start_keeper(struct edge_node *node)
{
    char error[EDGE_CONFIG_ERR_MAX];

    if (edge_keeper_new(node, &node->keeper, error, sizeof(error)) == 0)
        return 0;
    edge_log(EDGE_LOG_ERROR, "--state-key-file: %s", error);
    return 1;
}

/* Everything up to the listener; what was started is in `*node`, `*watch` and `*metrics`. */
static int start(struct edge_node *node, struct edge_hold_watch **watch,
                 struct edge_metrics **metrics)
{
    const struct edge_config *config = node->config;
    int err = open_interfaces(node);

    if (err != 0)
        return fail("media ports", err);
    edge_log(EDGE_LOG_NOTICE, "SRTP by %s", edge_srtp_library_name());
    err = edge_io_choose(node);
    if (err != 0)
        return fail("--io", err);
    /* Before there are threads that would keep theirs, and before anything comes from outside. */
    if (edge_privileges_drop() != 0)
        edge_log(EDGE_LOG_WARNING, "capabilities could not be given up");
    if (config->redis_url[0] != '\0')
        err = edge_reporter_start(node, &node->reporter);
    if (err != 0)
        return fail("--redis", err);
    if (config->state_key_file[0] != '\0' && start_keeper(node) != 0)
        return 1;
    err = start_workers(node);
    if (err != 0)
        return fail("workers", err);
    if (node->keeper)
        err = edge_keeper_begin(node->keeper);
    if (err != 0)
        return fail("keeper of state", err);
    if (config->redis_url[0] != '\0')
        err = edge_hold_watch_start(node, watch);
    if (err != 0)
        return fail("--redis", err);
    if (config->listen_http.any.sa_family != AF_UNSPEC)
        err = edge_metrics_start(node, metrics);
    return err == 0 ? 0 : fail("--listen-http", err);
}

/* What is looked at while commands are served. */
struct running {
    struct edge_node *node;
    struct edge_load_watch load;
    uint64_t drain_end_ns; /* 0: not draining */
};

static void begin_drain(struct running *running, uint64_t now_ns)
{
    struct edge_node *node = running->node;

    running->drain_end_ns = now_ns + (uint64_t)node->config->drain_time_s * SECOND_NS;
    atomic_store(&node->refusal, EDGE_REFUSAL_DRAIN);
    edge_notify("STOPPING=1\nSTATUS=waiting for calls to end");
    edge_log(EDGE_LOG_NOTICE, "no new calls; waiting up to %u s for %u calls to end",
             node->config->drain_time_s, atomic_load(&node->n_sessions));
}

static bool is_over(void *context)
{
    struct running *running = context;
    uint64_t now_ns = edge_clock_now_ns();
    unsigned stops = atomic_load(&n_stops);

    if (running->node->keeper && atomic_exchange(&wants_take_over, false))
        edge_keeper_take_over(running->node->keeper);
    edge_load_watch_turn(&running->load, running->node, now_ns);
    if (stops == 0)
        return false;
    if (stops > 1 || running->node->config->drain_time_s == 0)
        return true;
    if (running->drain_end_ns == 0)
        begin_drain(running, now_ns);
    return now_ns >= running->drain_end_ns || atomic_load(&running->node->n_sessions) == 0;
}

static int listen_until_stopped(struct edge_node *node, struct edge_listener **listener)
{
    struct running running = {.node = node};
    char failed[EDGE_LISTENER_NAME];
    int err = edge_listener_new(node, listener, failed);

    if (err != 0 && failed[0] != '\0') {
        edge_log(EDGE_LOG_ERROR, "--listen-ng=%s: %s", failed, strerror(-err));
        return 1;
    }
    if (err != 0)
        return fail("ng listener", err);
    /* Calls of before have their ports again before others can get them. */
    if (node->keeper)
        edge_keeper_wait(node->keeper, RESTORE_MS);
    edge_log(EDGE_LOG_NOTICE, "ready: %u workers, media ports %u to %u", node->n_workers,
             node->config->port_min, node->config->port_max);
    edge_notify("READY=1");
    edge_listener_run(*listener, is_over, &running);
    edge_notify("STOPPING=1");
    return 0;
}

int edge_daemon_run(const struct edge_config *config)
{
    struct edge_node *node = calloc(1, sizeof(*node));
    struct edge_hold_watch *watch = NULL;
    struct edge_metrics *metrics = NULL;
    struct edge_listener *listener = NULL;
    int status;

    if (!node)
        return fail("start", ENOMEM);
    edge_log_set_level(config->log_level);
    if (edge_secret_protect_process() != 0)
        edge_log(EDGE_LOG_WARNING, "core dumps could not be switched off");
    set_signals();
    raise_descriptor_limit();
    node->config = config;
    node->seed = edge_random_u64();
    node->started_us = edge_clock_unix_us();
    status = edge_srtp_library_open() == 0 ? 0 : fail("SRTP library", EINVAL);
    if (status == 0)
        status = start(node, &watch, &metrics);
    if (status == 0)
        status = listen_until_stopped(node, &listener);

    /* Workers answer on the listener's sockets and read the watch's mail: they end in between. */
    edge_hold_watch_stop(watch);
    edge_metrics_stop(metrics);
    edge_keeper_quiesce(node->keeper);
    stop_workers(node);
    edge_keeper_stop(node->keeper);
    edge_reporter_stop(node->reporter);
    edge_listener_free(listener);
    edge_io_unchoose(node);
    for (unsigned i = 0; i < node->n_interfaces; i++)
        edge_interface_free(node->interfaces[i]);
    edge_srtp_library_close();
    free(node);
    return status;
}

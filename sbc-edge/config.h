// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "interface.h"
#include "stream_socket.h"

#include <stdint.h>

/** The command line and configuration file, named as rtpengine names what both have. */

#define EDGE_LISTEN_NG_MAX     4
#define EDGE_LISTEN_STREAM_MAX 4
#define EDGE_REDIS_TEXT_MAX    512
#define EDGE_THREADS_MAX       64
#define EDGE_CONFIG_ERR_MAX    2048
#define EDGE_NAME_MAX          32 /**< of a relay, a namespace */
#define EDGE_PATH_TEXT_MAX     256
#define EDGE_STAND_IN_MAX      4

/** How datagrams are moved. */
enum edge_io_kind {
    EDGE_IO_AUTO = 0, /**< the fastest that the machine permits */
    EDGE_IO_LOOKUP,
    EDGE_IO_URING,
    EDGE_IO_EPOLL,
};

struct edge_config {
    struct edge_interface_config interfaces[EDGE_INTERFACES_MAX];
    unsigned n_interfaces;
    union edge_address listen_ng[EDGE_LISTEN_NG_MAX];
    unsigned n_listen_ng;
    struct edge_stream_address listen_stream[EDGE_LISTEN_STREAM_MAX]; /**< unix:, tcp: */
    unsigned n_listen_stream;
    union edge_address listen_http; /**< unknown family: no metrics server */
    uint16_t port_min;
    uint16_t port_max;
    uint32_t port_rest_s; /**< how long freed ports rest [s] */
    unsigned n_threads;
    int log_level;
    enum edge_io_kind io;
    uint32_t timeout_s;        /**< a call without media ends [s]; 0: never */
    uint32_t silent_timeout_s; /**< the same for calls that are blocked or on hold [s] */
    uint32_t offer_timeout_s;  /**< an offer that never saw media or an answer [s] */
    uint32_t rekey_grace_s;    /**< how long the key before a re-key is tolerated [s] */
    uint32_t facts_interval_s; /**< how often the media of a call is told [s] */
    uint32_t max_sessions;     /**< 0: no limit but the ports and the table's */
    uint8_t tos;
    char redis_url[EDGE_REDIS_TEXT_MAX]; /**< as fg_redis_config_parse() reads it; empty: none */
    int redis_db;                        /**< database of a unix socket; 0 with other URLs */
    char state_key_file[EDGE_PATH_TEXT_MAX]; /**< empty: calls do not outlive the process */
    char state_space[EDGE_NAME_MAX + 1];
    char state_node[EDGE_NAME_MAX + 1];
    char stand_in_for[EDGE_STAND_IN_MAX][EDGE_NAME_MAX + 1];
    unsigned n_stand_in_for;
    uint32_t drain_time_s;     /**< how long calls may go on after the first signal to stop [s] */
    uint32_t max_cpu_percent;  /**< of the machine: above it new calls are refused; 0: never */
    uint32_t max_load_percent; /**< the load average, in hundredths; 0: never */
    bool dtls_passive;         /**< where the other side lets us choose, it begins handshakes */
    bool default_deny;         /**< media flows only for calls that the guard has allowed */
    bool wants_help;
    bool wants_version;
};

/**
 * Fills `*out` from the configuration file, where one is named, and the command line, which counts
 * more. Returns 0, or -EINVAL with a line of English in `error` for each mistake (as many as fit)
 * that names the option and what was expected.
 */
int edge_config_parse(int argc, char **argv, struct edge_config *out,
                      char error[EDGE_CONFIG_ERR_MAX]);

/** What counts where nothing is given; the number of processors and the host's name are asked for.
 */
void edge_config_set_defaults(struct edge_config *config);

/** The text of --help. */
const char *edge_config_help(void);

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config.h"
#include "stats.h"

/** What the threads of one relay share. Fixed before they start, but for what is atomic. */

struct edge_worker;
struct edge_keeper;
struct edge_reporter;

/** Figures of the link to Redis; written by its thread. */
struct edge_link_stats {
    _Atomic bool is_up;
    _Atomic uint64_t connects;
    _Atomic uint64_t messages;
    _Atomic uint64_t unreadable; /**< messages dropped because they could not be read */
};

struct edge_io_ops;
struct edge_fan_in;

/** Figures of the state kept in Redis; any thread. */
struct edge_state_stats {
    _Atomic bool is_up;
    _Atomic uint64_t written;      /**< records, and ends of calls */
    _Atomic uint64_t waiting;      /**< to be written, now */
    _Atomic uint64_t refused;      /**< since too many waited: tried again, or lost */
    _Atomic uint64_t too_large;    /**< calls that are not kept */
    _Atomic uint64_t restored;     /**< calls */
    _Atomic uint64_t too_old;      /**< calls whose records were too old to go on with */
    _Atomic uint64_t not_restored; /**< calls whose ports or addresses could not be had */
    _Atomic uint64_t taken_over;   /**< records of other relays */
    _Atomic uint64_t damaged;
    _Atomic uint64_t foreign; /**< sealed with a key that is not in the file, or another layout */
};

/** Why new calls are refused, so that the proxy tries another relay. */
enum edge_refusal {
    EDGE_REFUSAL_NONE = 0,
    EDGE_REFUSAL_DRAIN, /**< the process is to end */
    EDGE_REFUSAL_CPU,
    EDGE_REFUSAL_LOAD,
};

struct edge_node {
    const struct edge_config *config;
    struct edge_interface *interfaces[EDGE_INTERFACES_MAX];
    unsigned n_interfaces;
    const struct edge_io_ops *io_ops; /**< see io_choice.h */
    struct edge_fan_in *fan_in;       /**< NULL without it */
    uint64_t seed;
    uint64_t started_us; /**< Unix [us] */
    unsigned n_workers;
    struct edge_worker *workers[EDGE_THREADS_MAX];
    _Atomic uint32_t n_sessions;    /**< of all workers */
    _Atomic int refusal;            /**< enum edge_refusal */
    struct edge_reporter *reporter; /**< NULL without Redis */
    struct edge_keeper *keeper;     /**< NULL: calls do not outlive the process */
    struct edge_state_stats state_stats;
    struct edge_stats listener_stats;
    struct edge_link_stats link_stats;
};

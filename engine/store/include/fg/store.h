// SPDX-License-Identifier: GPL-2.0-or-later
// Counter stores: one ops table, two implementations with the same meaning (local shared memory,
// Redis), and the guarded store that the module uses.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/meter.h"

struct fg_store_ops {
    const char *name; // "local", "redis"
    // Runs every op of request in order, atomically against other evaluations of the same customer,
    // and looks up its holds. Ops shared by all customers are each atomic by themselves. FG_OK and
    // *reply, or FG_ETIMEOUT, FG_EUNAVAILABLE, FG_EPROTOCOL with *reply untouched. Returns within
    // the store's deadline.
    int (*evaluate)(void *store, const struct fg_store_request *request,
                    struct fg_store_reply *reply);
};
struct fg_store {
    const struct fg_store_ops *ops;
    void *impl;
};

// --- local: a fixed-size table in memory that several processes map at the same address
// -----------------------------------------------------
struct fg_local;
struct fg_local_config {
    uint32_t windows; // meter windows kept, power of two; the least recently used of a bucket goes
    uint32_t sets;    // expiring sets kept, power of two
    uint32_t calls;   // calls remembered for counting once, power of two
    uint32_t holds;   // holds kept
    // Registers of what was first seen and of rates, power of two; runs: an eighth of these, and
    // baselines: a sixteenth.
    uint32_t registers;
};
void fg_local_config_default(struct fg_local_config *config);
// Bytes that fg_local_init() needs. 0 when config is out of range.
size_t fg_local_size_bytes(const struct fg_local_config *config);
// Lays the table out in memory (64-byte aligned, shared between processes before they fork). NULL
// when config is out of range, memory is not aligned or the system gives no locks. The locks inside
// are process-shared and robust: when a process dies holding one, the next to take it checks the
// part of the table behind it and goes on. A waiter gives up after 5 ms; evaluate() is then
// FG_ETIMEOUT.
struct fg_local *fg_local_init(void *memory, const struct fg_local_config *config);
// The same for memory that holds nothing but zeros, as fresh pages do: those that nothing is kept
// in are never touched.
struct fg_local *fg_local_init_zeroed(void *memory, const struct fg_local_config *config);
struct fg_store fg_local_store(struct fg_local *local);
// Holds as this node knows them; what ended is remembered for FG_HOLD_MEMORY_MS, as far as there is
// room. FG_ELIMIT when the table is full (the one that ends first goes, and the new one stays).
// Takes hold as it is: what others say.
int fg_local_hold_set(struct fg_local *local, const char *customer, const struct fg_hold *hold);
// Sets it after what is known of this scope and value, as fg_hold_renew() says; *hold is what it
// became.
int fg_local_hold_renew(struct fg_local *local, const char *customer,
                        const struct fg_hold_span *span, struct fg_hold *hold);
// Forgets it, and that it ever was. FG_ENOTFOUND when there was none.
int fg_local_hold_release(struct fg_local *local, const char *customer, uint8_t scope,
                          uint64_t value);
// Calls fn for each hold active at now_ms, under the table's lock (fn must be short and must not
// call back).
void fg_local_holds_each(struct fg_local *local, int64_t now_ms,
                         void (*fn)(void *arg, const char *customer, const struct fg_hold *hold),
                         void *arg);
// Drops all holds; used before they are read again from Redis.
void fg_local_holds_clear(struct fg_local *local);
struct fg_local_stats {
    uint64_t evaluations;
    uint64_t evicted_windows, evicted_sets, evicted_calls; // lost because a table was too small
    uint64_t evicted_registers;
    uint64_t recovered; // locks taken over from a process that died inside
};
// Sums over the table since fg_local_init(). Safe in any process.
void fg_local_stats(struct fg_local *local, struct fg_local_stats *out);

// --- redis
// -----------------------------------------------------------------------------------------------------------------------------------
// What can go wrong with Redis: enum, name in metrics and docs, first words of the error reply.
// Every kind means "not available now"; each is counted on its own. Only "record" fails nothing: a
// meter record could not be read and was begun anew.
#define FG_REDIS_ERROR_KINDS(X)                                                                    \
    X(FG_REDIS_ERROR_NONE, "none", NULL)                                                           \
    X(FG_REDIS_ERROR_CONNECT, "connect", NULL)                                                     \
    X(FG_REDIS_ERROR_RESOLVE, "resolve", NULL)                                                     \
    X(FG_REDIS_ERROR_TIMEOUT, "timeout", NULL)                                                     \
    X(FG_REDIS_ERROR_CLOSED, "closed", NULL)                                                       \
    X(FG_REDIS_ERROR_IO, "io", NULL)                                                               \
    X(FG_REDIS_ERROR_PROTOCOL, "protocol", NULL)                                                   \
    X(FG_REDIS_ERROR_TOKEN, "token", NULL)                                                         \
    X(FG_REDIS_ERROR_MEMORY, "memory", NULL)                                                       \
    X(FG_REDIS_ERROR_FUNCTION, "function", "ERR Function not found")                               \
    X(FG_REDIS_ERROR_CLIENTS, "clients", "ERR max number of clients")                              \
    X(FG_REDIS_ERROR_NOSCRIPT, "noscript", "NOSCRIPT ")                                            \
    X(FG_REDIS_ERROR_LOADING, "loading", "LOADING ")                                               \
    X(FG_REDIS_ERROR_READONLY, "readonly", "READONLY ")                                            \
    X(FG_REDIS_ERROR_BUSY, "busy", "BUSY ")                                                        \
    X(FG_REDIS_ERROR_OOM, "oom", "OOM ")                                                           \
    X(FG_REDIS_ERROR_NOAUTH, "noauth", "NOAUTH ")                                                  \
    X(FG_REDIS_ERROR_WRONGPASS, "wrongpass", "WRONGPASS ")                                         \
    X(FG_REDIS_ERROR_NOPERM, "noperm", "NOPERM ")                                                  \
    X(FG_REDIS_ERROR_MOVED, "moved", "MOVED ")                                                     \
    X(FG_REDIS_ERROR_ASK, "ask", "ASK ")                                                           \
    X(FG_REDIS_ERROR_TRYAGAIN, "tryagain", "TRYAGAIN ")                                            \
    X(FG_REDIS_ERROR_CROSSSLOT, "crossslot", "CROSSSLOT ")                                         \
    X(FG_REDIS_ERROR_CLUSTERDOWN, "clusterdown", "CLUSTERDOWN ")                                   \
    X(FG_REDIS_ERROR_MASTERDOWN, "masterdown", "MASTERDOWN ")                                      \
    X(FG_REDIS_ERROR_MISCONF, "misconf", "MISCONF ")                                               \
    X(FG_REDIS_ERROR_NOREPLICAS, "noreplicas", "NOREPLICAS ")                                      \
    X(FG_REDIS_ERROR_WRONGTYPE, "wrongtype", "WRONGTYPE ")                                         \
    X(FG_REDIS_ERROR_RECORD, "record", NULL)                                                       \
    X(FG_REDIS_ERROR_REPLY, "reply", NULL)
enum fg_redis_error {
#define FG_REDIS_ERROR_ENUM(name, text, word) name,
    FG_REDIS_ERROR_KINDS(FG_REDIS_ERROR_ENUM)
#undef FG_REDIS_ERROR_ENUM
        FG_REDIS_ERRORS
};
// Name of a kind, also a metrics label; never NULL.
const char *fg_redis_error_name(enum fg_redis_error kind);

struct fg_redis; // one connection of one process, in a Cluster one to each master; not shared
#define FG_SENTINELS_MAX     8
#define FG_SENTINEL_NAME_MAX 63
struct fg_redis_config {
    const char *unix_path; // NULL: TCP
    const char *host;      // "127.0.0.1"; NULL with Sentinels and in a Cluster
    uint16_t port;
    // Sentinels that know the master called sentinel_master; 0: host is the server.
    uint32_t n_sentinels;
    struct {
        const char *host;
        uint16_t port;
    } sentinels[FG_SENTINELS_MAX];
    const char *sentinel_master;
    // Servers of a Cluster, of which one at least must answer at first; 0: no Cluster.
    uint32_t n_nodes;
    struct {
        const char *host;
        uint16_t port;
    } nodes[FG_SENTINELS_MAX];
    const char *cluster_key; // for fg_redis_find_master(): the master that has it; not parsed
    const char *username, *password; // NULL: none
    int database;
    int32_t deadline_ms; // one evaluation, connect included; default 20
};
// Parses "unix:/path", "redis://[user:password@]host[:port][/db]", "host:port" and
// "sentinel://[user:password@]host[:port],host[:port].../master[/db]" and
// "cluster://[user:password@]host[:port],host[:port]...". Writes into config, whose strings point
// into storage (at least 512 bytes). FG_ESYNTAX.
FG_MUST_CHECK int fg_redis_config_parse(const char *url, struct fg_redis_config *config,
                                        char *storage, size_t storage_size);
// The address of the master that config's Sentinels name now, or of the Cluster's master that has
// cluster_key, for those who bring a client of their own. host: at least 64 bytes, error: at least
// 160, text for logs. FG_EUNAVAILABLE, FG_ETIMEOUT, FG_EINVAL for a config without either. Blocks
// for deadline_ms at most, and while names of Sentinels are looked up.
FG_MUST_CHECK int fg_redis_find_master(const struct fg_redis_config *config, int32_t deadline_ms,
                                       char *host, uint16_t *port, char *error);
// Never connects; the first use does. NULL when out of memory. Strings of config are copied.
struct fg_redis *fg_redis_new(const struct fg_redis_config *config);
void fg_redis_free(struct fg_redis *redis);
struct fg_store fg_redis_store(struct fg_redis *redis);
// Looks up the host's name again (blocking; never on the path of a call). Names are otherwise
// resolved once by fg_redis_new(); addresses need no resolving.
FG_MUST_CHECK int fg_redis_resolve(struct fg_redis *redis);
// Failures of this connection by kind since fg_redis_new(), and the kind of the last failure. For
// the whole node: fg_breaker_stats().
uint64_t fg_redis_error_count(const struct fg_redis *redis, enum fg_redis_error kind);
enum fg_redis_error fg_redis_last_error_kind(const struct fg_redis *redis);
// Text of the last failure, for logs; never NULL, no secrets.
const char *fg_redis_last_error(const struct fg_redis *redis);
// The Lua source of the function library; its name carries a version. Static storage.
const char *fg_redis_library_source(void);

// --- breaker: shared by all processes of a node
// ------------------------------------------------------------------------------------------
enum fg_store_state { FG_STORE_UP, FG_STORE_SLOW, FG_STORE_DOWN };
const char *fg_store_state_name(enum fg_store_state state);
struct fg_breaker; // in shared memory, lock free
size_t fg_breaker_size_bytes(void);
struct fg_breaker *fg_breaker_init(void *memory);
enum fg_store_state fg_breaker_state(const struct fg_breaker *breaker);
struct fg_breaker_stats {
    uint64_t evaluations, failures, timeouts, opened, skipped;
    uint64_t errors[FG_REDIS_ERRORS]; // failures by kind
    uint64_t changes; // another master took over: by Sentinel, or one of a Cluster's went
    int64_t since_ms; // monotonic [ms] of the last change of state
};
void fg_breaker_stats(const struct fg_breaker *breaker, struct fg_breaker_stats *out);
// Each master: the server itself, the one that Sentinel named, or those of a Cluster.
#define FG_MASTERS_MAX      65
#define FG_MASTER_NAME_SIZE 80
struct fg_master_stats {
    char name[FG_MASTER_NAME_SIZE]; // "192.0.2.1:6379", "[2001:db8::1]:6379", "unix"
    enum fg_store_state state;
    uint64_t evaluations, failures; // since it is the master
};
// How many there are; 0 before the first one was reached.
uint32_t fg_breaker_masters(const struct fg_breaker *breaker,
                            struct fg_master_stats out[FG_MASTERS_MAX]);

// --- guarded: Redis within its deadline, else local; local always warm
// ---------------------------------------------------------------------
struct fg_backlog; // counts made while degraded, in shared memory, to be merged once Redis is back
size_t fg_backlog_size_bytes(uint32_t entries);
// NULL when entries is 0 or the system gives no lock. Borrowed by every process.
struct fg_backlog *fg_backlog_init(void *memory, uint32_t entries);
struct fg_backlog_stats {
    uint32_t pending;
    uint64_t added, merged;
    uint64_t overflowed; // lost: the ring was full, or its lock was not to be had in time
    uint64_t refused;    // Redis is up but does not take the request; dropped
};
void fg_backlog_stats(struct fg_backlog *backlog, struct fg_backlog_stats *out);

struct fg_guarded;
// redis may be NULL (local only: then replies are not degraded). Parts are borrowed. NULL when out
// of memory.
struct fg_guarded *fg_guarded_new(struct fg_local *local, struct fg_redis *redis,
                                  struct fg_breaker *breaker, struct fg_backlog *backlog);
void fg_guarded_free(struct fg_guarded *guarded);
// Always FG_OK: reply->degraded tells that Redis did not answer in time. Values are then this
// node's own; where not even the local table could be read, reply->unavailable says so.
struct fg_store fg_guarded_store(struct fg_guarded *guarded);
// To be called every 500 ms or so by ONE process of the node that is not a SIP worker: while the
// breaker is open it probes (connect, load the function library, one evaluation of the reserved
// customer "-"), lets calls through on trial on success, and then merges the backlog. While it is
// closed the same evaluation keeps the state true on a node without calls. Returns the number of
// merged requests or a negative error. Takes at most half a second, or one name look-up.
int fg_guarded_maintain(struct fg_guarded *guarded);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_sentinel.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monotonic.h"
#include "redis_conn.h"
#include "redis_slots.h"

#define CHANNEL_KEY "fg:holds:ch" // where a Cluster's subscribers go

static int server_add(struct redis_sentinels *sentinels, const char *host, uint16_t port)
{
    struct redis_sentinel *one = &sentinels->at[sentinels->n];
    if (sentinels->n == FG_SENTINELS_MAX || strlen(host) >= sizeof(one->host))
        return FG_EINVAL;
    snprintf(one->host, sizeof(one->host), "%s", host);
    one->port = port;
    sentinels->n++;
    return FG_OK;
}

struct redis_sentinels *sentinels_new(const struct fg_redis_config *config)
{
    struct redis_sentinels *sentinels = calloc(1, sizeof(*sentinels));
    const bool cluster = config->n_nodes > 0;
    const char *key = config->cluster_key == NULL ? CHANNEL_KEY : config->cluster_key;
    const char *master = cluster ? key : config->sentinel_master;
    if (sentinels == NULL || strlen(master) > FG_SENTINEL_NAME_MAX) {
        free(sentinels);
        return NULL;
    }
    snprintf(sentinels->master, sizeof(sentinels->master), "%s", master);
    sentinels->cluster = cluster;
    int rc = FG_OK;
    for (uint32_t i = 0; rc == FG_OK && i < config->n_sentinels; i++)
        rc = server_add(sentinels, config->sentinels[i].host, config->sentinels[i].port);
    for (uint32_t i = 0; rc == FG_OK && i < config->n_nodes; i++)
        rc = server_add(sentinels, config->nodes[i].host, config->nodes[i].port);
    if (rc != FG_OK) {
        free(sentinels);
        return NULL;
    }
    // Not resolved now is no reason to fail: it is tried again.
    if (sentinels_resolve(sentinels) != FG_OK)
        sentinels->next = 0;
    return sentinels;
}

int sentinels_resolve(struct redis_sentinels *sentinels)
{
    int rc = FG_EUNAVAILABLE;
    for (uint32_t i = 0; i < sentinels->n; i++) {
        struct redis_sentinel *one = &sentinels->at[i];
        if (one->address_len == 0)
            one->address_len = address_look_up(one->host, one->port, 0, &one->address);
        if (one->address_len != 0)
            rc = FG_OK;
    }
    return rc;
}

static int ask(struct redis_conn *conn, const struct redis_sentinels *sentinels,
               int64_t deadline_ns, struct resp **reply)
{
    const struct fg_view sentinel[] = {fg_view_of("SENTINEL"),
                                       fg_view_of("GET-MASTER-ADDR-BY-NAME"),
                                       fg_view_of(sentinels->master)};
    const struct fg_view cluster[] = {fg_view_of("CLUSTER"), fg_view_of("SLOTS")};
    int rc = sentinels->cluster ? conn_append(conn, cluster, 2) : conn_append(conn, sentinel, 3);
    if (rc == FG_OK)
        rc = conn_exchange(conn, deadline_ns, reply, 1);
    if (rc == FG_OK && (*reply)->type == RESP_ERROR) {
        rc = conn_refused(conn, *reply);
        resp_free(*reply);
    }
    return rc;
}

// [host, port] as an address; Sentinels name their servers by address unless told otherwise.
static int reply_take(struct redis_conn *asked, const struct resp *reply, struct redis_conn *conn)
{
    const struct fg_view host = resp_text(resp_at(reply, 0));
    const struct fg_view port = resp_text(resp_at(reply, 1));
    char host_text[256];
    char port_text[8];
    if (host.len == 0 || host.len >= sizeof(host_text) || port.len == 0 ||
        port.len >= sizeof(port_text))
        return conn_fail(asked, FG_REDIS_ERROR_REPLY, "a Sentinel does not know the master's name",
                         FG_EUNAVAILABLE);
    snprintf(host_text, sizeof(host_text), "%.*s", (int)host.len, host.ptr);
    snprintf(port_text, sizeof(port_text), "%.*s", (int)port.len, port.ptr);
    const long number = strtol(port_text, NULL, 10);
    if (number > 0 && number <= UINT16_MAX)
        conn->address_len =
            address_look_up(host_text, (uint16_t)number, AI_NUMERICHOST, &conn->address);
    if (conn->address_len == 0)
        return conn_fail(asked, FG_REDIS_ERROR_RESOLVE,
                         "a Sentinel names the master by something else than its address",
                         FG_EUNAVAILABLE);
    return FG_OK;
}

// The master of the slot that the key lies in.
static int slots_take(struct redis_conn *asked, const char *host, const struct resp *reply,
                      struct redis_conn *conn)
{
    struct redis_slot_map map;
    if (redis_slots_read(reply, host, &map) != FG_OK)
        return conn_fail(asked, FG_REDIS_ERROR_PROTOCOL, "a slot map that cannot be read",
                         FG_EPROTOCOL);
    const uint8_t place = map.node_of[redis_slot_of(fg_view_of(conn->sentinels->master))];
    if (place == REDIS_NO_NODE)
        return conn_fail(asked, FG_REDIS_ERROR_CLUSTERDOWN, "no server has the key's slot",
                         FG_EUNAVAILABLE);
    conn->address_len = address_look_up(map.nodes[place].host, map.nodes[place].port,
                                        AI_NUMERICHOST, &conn->address);
    if (conn->address_len == 0)
        return conn_fail(asked, FG_REDIS_ERROR_RESOLVE,
                         "a Cluster names its servers by something else than their address",
                         FG_EUNAVAILABLE);
    return FG_OK;
}

static int ask_one(struct redis_conn *conn, const struct redis_sentinel *sentinel,
                   int64_t deadline_ns)
{
    struct redis_conn asked = {.fd = -1,
                               .address = sentinel->address,
                               .address_len = sentinel->address_len,
                               .has_username = conn->has_username};
    struct resp *reply = NULL;
    int rc = ask(&asked, conn->sentinels, deadline_ns, &reply);
    if (rc != FG_OK && asked.kind == FG_REDIS_ERROR_NOAUTH && conn->has_password) {
        conn_close(&asked);
        asked.has_password = true;
        memcpy(asked.username, conn->username, sizeof(asked.username));
        memcpy(asked.password, conn->password, sizeof(asked.password));
        rc = ask(&asked, conn->sentinels, deadline_ns, &reply);
    }
    if (rc == FG_OK) {
        char host[REDIS_HOST_SIZE] = "";
        (void)getnameinfo((const struct sockaddr *)&asked.address, asked.address_len, host,
                          sizeof(host), NULL, 0, NI_NUMERICHOST);
        rc = conn->sentinels->cluster ? slots_take(&asked, host, reply, conn)
                                      : reply_take(&asked, reply, conn);
        resp_free(reply);
    }
    if (rc != FG_OK) {
        char text[sizeof(conn->error)];
        snprintf(text, sizeof(text), "%s %.80s:%u: %.50s",
                 conn->sentinels->cluster ? "Cluster" : "Sentinel", sentinel->host,
                 (unsigned)sentinel->port, asked.error);
        rc = conn_fail(conn, asked.kind, text, rc);
    }
    conn_fini(&asked);
    return rc;
}

int sentinels_find_master(struct redis_conn *conn, int64_t deadline_ns)
{
    struct redis_sentinels *sentinels = conn->sentinels;
    int rc = FG_EUNAVAILABLE;
    conn->address_len = 0;
    for (uint32_t tried = 0; tried < sentinels->n && rc != FG_OK; tried++) {
        const int64_t now_ns = monotonic_ns();
        const struct redis_sentinel *one = &sentinels->at[sentinels->next % sentinels->n];
        if (now_ns >= deadline_ns)
            break;
        // One that does not answer must leave time for the next one, and that for the master.
        if (one->address_len == 0)
            rc = conn_fail(conn, FG_REDIS_ERROR_RESOLVE, "its name is not known", FG_EUNAVAILABLE);
        else
            rc = ask_one(conn, one, now_ns + (deadline_ns - now_ns) / 2);
        if (rc != FG_OK)
            sentinels->next = (sentinels->next + 1) % sentinels->n;
    }
    return rc;
}

int fg_redis_find_master(const struct fg_redis_config *config, int32_t deadline_ms, char *host,
                         uint16_t *port, char *error)
{
    struct redis_conn conn;
    char service[8];
    int rc = config->n_sentinels + config->n_nodes == 0 ? FG_EINVAL : conn_init(&conn, config);
    if (rc != FG_OK)
        return rc;
    rc = sentinels_find_master(&conn, monotonic_ns() + deadline_ms * FG_NS_PER_MS);
    snprintf(error, sizeof(conn.error), "%s", conn.error);
    if (rc == FG_OK &&
        getnameinfo((const struct sockaddr *)&conn.address, conn.address_len, host, 64, service,
                    sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        rc = FG_EUNAVAILABLE;
    if (rc == FG_OK)
        *port = (uint16_t)strtoul(service, NULL, 10);
    conn_fini(&conn);
    return rc;
}

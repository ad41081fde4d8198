// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_cluster.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monotonic.h"
#include "redis_multi.h"

#define TRIES_MAX        5
#define REFRESH_EVERY_MS 500
#define FAILED_LATELY_MS 2000
#define TRY_AGAIN_NS     (FG_NS_PER_MS / 2)

struct redis_cluster *cluster_new(struct redis_conn *notes)
{
    struct redis_cluster *cluster = calloc(1, sizeof(*cluster));
    if (cluster == NULL)
        return NULL;
    cluster->notes = notes;
    memset(cluster->node_of, REDIS_NO_NODE, sizeof(cluster->node_of));
    return cluster;
}

void cluster_free(struct redis_cluster *cluster)
{
    if (cluster == NULL)
        return;
    cluster_clear(cluster);
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        if (cluster->nodes[i].used)
            conn_fini(&cluster->nodes[i].conn);
    }
    free(cluster->bytes);
    free(cluster->commands);
    free(cluster->replies);
    free(cluster);
}

// --- servers
// FNV-1a; never 0.
static uint64_t node_id(const struct redis_node_name *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ name->port;
    for (const char *at = name->host; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    return hash | 1;
}

static void node_open(struct redis_cluster *cluster, struct cluster_node *node,
                      const struct redis_node_name *name)
{
    const struct redis_conn *login = cluster->notes;
    memset(node, 0, sizeof(*node));
    node->used = true;
    node->name = *name;
    node->id = node_id(name);
    node->conn.fd = -1;
    node->conn.has_username = login->has_username;
    node->conn.has_password = login->has_password;
    memcpy(node->conn.username, login->username, sizeof(login->username));
    memcpy(node->conn.password, login->password, sizeof(login->password));
    // An address: a name would have to be looked up, which may take long.
    node->conn.address_len =
        address_look_up(name->host, name->port, AI_NUMERICHOST, &node->conn.address);
}

// The place of a server, new or known; REDIS_NO_NODE when there are too many.
static uint8_t node_place(struct redis_cluster *cluster, const struct redis_node_name *name)
{
    uint8_t room = REDIS_NO_NODE;
    for (uint8_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        const struct cluster_node *node = &cluster->nodes[i];
        if (!node->used && room == REDIS_NO_NODE)
            room = i;
        if (node->used && node->name.port == name->port && strcmp(node->name.host, name->host) == 0)
            return i;
    }
    if (room != REDIS_NO_NODE)
        node_open(cluster, &cluster->nodes[room], name);
    return room;
}

// Takes over what cluster->read says; servers that are no masters any more are forgotten.
static void map_take(struct redis_cluster *cluster)
{
    const struct redis_slot_map *map = &cluster->read;
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        struct cluster_node *node = &cluster->nodes[i];
        bool stays = false;
        for (uint32_t k = 0; node->used && k < map->n_nodes; k++)
            stays = stays || (map->nodes[k].port == node->name.port &&
                              strcmp(map->nodes[k].host, node->name.host) == 0);
        if (node->used && !stays) {
            conn_fini(&node->conn);
            node->used = false;
        }
    }
    uint8_t places[REDIS_MASTERS_MAX] = {0};
    for (uint32_t k = 0; k < map->n_nodes; k++)
        places[k] = node_place(cluster, &map->nodes[k]);
    for (size_t slot = 0; slot < REDIS_SLOTS; slot++)
        cluster->node_of[slot] =
            map->node_of[slot] == REDIS_NO_NODE ? REDIS_NO_NODE : places[map->node_of[slot]];
    cluster->known = true;
    cluster->stale = false;
}

static int map_ask(struct redis_cluster *cluster, struct redis_conn *conn, const char *host,
                   int64_t deadline_ns)
{
    const struct fg_view args[] = {fg_view_of("CLUSTER"), fg_view_of("SLOTS")};
    struct resp *reply = NULL;
    int rc = conn_append(conn, args, 2);
    if (rc == FG_OK)
        rc = conn_exchange(conn, deadline_ns, &reply, 1);
    if (rc == FG_OK && reply->type == RESP_ERROR)
        rc = conn_refused(conn, reply);
    else if (rc == FG_OK && redis_slots_read(reply, host, &cluster->read) != FG_OK)
        rc = conn_fail(conn, FG_REDIS_ERROR_PROTOCOL, "a slot map that cannot be read",
                       FG_EPROTOCOL);
    resp_free(reply);
    if (rc != FG_OK)
        return conn_fail(cluster->notes, conn->kind, conn->error, rc);
    map_take(cluster);
    return FG_OK;
}

// One that does not answer must leave time for the next one.
static int64_t half_deadline_ns(int64_t deadline_ns)
{
    const int64_t now_ns = monotonic_ns();
    return now_ns + (deadline_ns - now_ns) / 2;
}

// Masters that are connected and did not fail lately, else any: the place after *i of such a one.
static bool next_master(const struct redis_cluster *cluster, bool sound, size_t *i)
{
    const int64_t now_ms = monotonic_ms();
    for (; *i < REDIS_MASTERS_MAX; ++*i) {
        const struct cluster_node *node = &cluster->nodes[*i];
        const bool is_sound = node->conn.fd >= 0 && now_ms - node->failed_ms > FAILED_LATELY_MS;
        if (node->used && is_sound == sound)
            return true;
    }
    return false;
}

static int map_ask_masters(struct redis_cluster *cluster, bool sound, int64_t deadline_ns)
{
    int rc = FG_EUNAVAILABLE;
    for (size_t i = 0; rc != FG_OK && next_master(cluster, sound, &i); i++) {
        struct cluster_node *node = &cluster->nodes[i];
        if (monotonic_ns() >= deadline_ns)
            return FG_ETIMEOUT;
        rc = map_ask(cluster, &node->conn, node->name.host, half_deadline_ns(deadline_ns));
        if (rc != FG_OK && node->used)
            node->failed_ms = monotonic_ms();
    }
    return rc;
}

static int map_ask_first(struct redis_cluster *cluster, int64_t deadline_ns)
{
    struct redis_sentinels *seeds = cluster->notes->sentinels;
    int rc = FG_EUNAVAILABLE;
    for (uint32_t tried = 0; rc != FG_OK && tried < seeds->n; tried++) {
        const struct redis_sentinel *seed = &seeds->at[seeds->next % seeds->n];
        struct cluster_node asked;
        if (monotonic_ns() >= deadline_ns)
            return FG_ETIMEOUT;
        node_open(cluster, &asked, &(struct redis_node_name){.host = "", .port = seed->port});
        asked.conn.address = seed->address;
        asked.conn.address_len = seed->address_len;
        char host[REDIS_HOST_SIZE] = "";
        if (getnameinfo((const struct sockaddr *)&seed->address, seed->address_len, host,
                        sizeof(host), NULL, 0, NI_NUMERICHOST) == 0)
            rc = map_ask(cluster, &asked.conn, host, half_deadline_ns(deadline_ns));
        else
            rc = conn_fail(cluster->notes, FG_REDIS_ERROR_RESOLVE,
                           "a Cluster server's name is not known", FG_EUNAVAILABLE);
        conn_fini(&asked.conn);
        if (rc != FG_OK)
            seeds->next = (seeds->next + 1) % seeds->n;
    }
    return rc;
}

int cluster_refresh(struct redis_cluster *cluster, int64_t deadline_ns)
{
    cluster->refresh_after_ms = monotonic_ms() + REFRESH_EVERY_MS;
    int rc = map_ask_masters(cluster, true, deadline_ns);
    if (rc != FG_OK)
        rc = map_ask_first(cluster, deadline_ns);
    return rc == FG_OK ? rc : map_ask_masters(cluster, false, deadline_ns);
}

// --- commands
void cluster_clear(struct redis_cluster *cluster)
{
    for (size_t i = 0; i < cluster->n_commands; i++)
        resp_free(cluster->commands[i].reply);
    cluster->n_commands = 0;
    cluster->n_bytes = 0;
}

static bool grow(void **items, size_t *have, size_t wanted, size_t item_size)
{
    if (wanted <= *have)
        return true;
    void *grown = realloc(*items, wanted * 2 * item_size);
    if (grown == NULL)
        return false;
    *items = grown;
    *have = wanted * 2;
    return true;
}

int cluster_append(struct redis_cluster *cluster, const struct fg_view *args, size_t n_args)
{
    char *bytes = NULL;
    size_t len = 0;
    int rc = resp_command_format(args, n_args, &bytes, &len);
    if (rc == FG_OK &&
        (!grow((void **)&cluster->bytes, &cluster->bytes_size, cluster->n_bytes + len, 1) ||
         !grow((void **)&cluster->commands, &cluster->commands_size, cluster->n_commands + 1,
               sizeof(cluster->commands[0]))))
        rc = FG_ENOMEM;
    if (rc == FG_OK) {
        memcpy(cluster->bytes + cluster->n_bytes, bytes, len);
        cluster->commands[cluster->n_commands++] =
            (struct cluster_command){.at = cluster->n_bytes,
                                     .len = len,
                                     .slot = redis_slot_of_command(args, n_args),
                                     .late = fg_view_equal(args[0], fg_view_of("PUBLISH"))};
        cluster->n_bytes += len;
    } else {
        cluster_clear(cluster);
        conn_fail(cluster->notes, FG_REDIS_ERROR_MEMORY, "a command cannot be formatted", rc);
    }
    if (bytes != NULL)
        resp_command_free(bytes);
    return rc;
}

static void command_fail(struct redis_cluster *cluster, struct cluster_command *command,
                         enum fg_redis_error kind, const char *text, int rc)
{
    command->progress = CLUSTER_DONE;
    command->kind = kind;
    command->rc = conn_fail(cluster->notes, kind, text, rc);
}

// Whether a command has a server that may be asked; it is over otherwise.
static bool node_choose(struct redis_cluster *cluster, struct cluster_command *command,
                        struct fg_breaker *breaker)
{
    if (command->is_directed && !cluster->nodes[command->node].used)
        command->is_directed = command->asking = false;
    if (!command->is_directed)
        command->node = cluster->node_of[command->slot];
    if (command->node == REDIS_NO_NODE || !cluster->nodes[command->node].used) {
        command->node = REDIS_NO_NODE;
        cluster->stale = true;
        if (cluster->known) {
            command_fail(cluster, command, FG_REDIS_ERROR_CLUSTERDOWN,
                         "no server of the Cluster has the slot", FG_EUNAVAILABLE);
        } else { // why it is not is noted already
            command->progress = CLUSTER_DONE;
            command->kind = cluster->notes->kind;
            command->rc = FG_EUNAVAILABLE;
        }
        return false;
    }
    const struct cluster_node *node = &cluster->nodes[command->node];
    if (breaker == NULL || breaker_allows(breaker, breaker_lane(breaker, node->id)))
        return true;
    // Another server may have taken its place meanwhile.
    cluster->stale = true;
    command->progress = CLUSTER_DONE;
    command->skipped = true;
    command->rc = FG_EUNAVAILABLE;
    return false;
}

static int command_queue(struct redis_cluster *cluster, struct cluster_command *command)
{
    struct cluster_node *node = &cluster->nodes[command->node];
    const struct fg_view asking = fg_view_of("ASKING");
    int rc = command->asking ? conn_append(&node->conn, &asking, 1) : FG_OK;
    if (rc == FG_OK)
        rc = conn_append_formatted(&node->conn, cluster->bytes + command->at, command->len);
    if (rc != FG_OK)
        return rc;
    node->n += command->asking ? 2 : 1;
    command->reply_at = node->n - 1;
    command->progress = CLUSTER_SENT;
    return FG_OK;
}

// Queues what waits at its servers. False when there is nothing.
static bool commands_queue(struct redis_cluster *cluster, struct fg_breaker *breaker, bool late)
{
    bool any = false;
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++)
        cluster->nodes[i].n = 0;
    for (size_t i = 0; i < cluster->n_commands; i++) {
        struct cluster_command *command = &cluster->commands[i];
        if (command->progress != CLUSTER_WAITS || command->late != late ||
            !node_choose(cluster, command, breaker))
            continue;
        if (command_queue(cluster, command) == FG_OK)
            any = true;
        else
            command_fail(cluster, command, FG_REDIS_ERROR_MEMORY, "out of memory", FG_ENOMEM);
    }
    return any;
}

static int nodes_exchange(struct redis_cluster *cluster, int64_t deadline_ns)
{
    struct redis_multi multi[REDIS_MASTERS_MAX];
    struct cluster_node *of[REDIS_MASTERS_MAX];
    size_t n = 0, total = 0;
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        cluster->nodes[i].first = total;
        total += cluster->nodes[i].used ? cluster->nodes[i].n : 0;
    }
    if (!grow((void **)&cluster->replies, &cluster->replies_size, total, sizeof(struct resp *)))
        return FG_ENOMEM;
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) {
        struct cluster_node *node = &cluster->nodes[i];
        if (!node->used || node->n == 0)
            continue;
        of[n] = node;
        multi[n] = (struct redis_multi){
            .conn = &node->conn, .replies = cluster->replies + node->first, .n = node->n};
        n++;
    }
    redis_multi_exchange(multi, n, deadline_ns);
    for (size_t i = 0; i < n; i++) {
        of[i]->got = multi[i].got;
        of[i]->rc = multi[i].rc;
        if (multi[i].rc != FG_OK)
            of[i]->failed_ms = monotonic_ms();
    }
    return FG_OK;
}

// A reply that tells to ask elsewhere, or again: true when the command waits once more.
static bool redirected(struct redis_cluster *cluster, struct cluster_command *command,
                       const struct resp *reply)
{
    struct redis_redirect redirect;
    if (reply->type != RESP_ERROR || ++command->tries >= TRIES_MAX)
        return false;
    if (redis_error_classify(reply->text) == FG_REDIS_ERROR_TRYAGAIN)
        return true;
    const char *host = cluster->nodes[command->node].name.host;
    if (redis_redirect_read(reply->text, host, &redirect) != FG_OK)
        return false;
    const uint8_t place = node_place(cluster, &redirect.to);
    if (place == REDIS_NO_NODE)
        return false;
    command->asking = redirect.ask;
    command->is_directed = redirect.ask;
    command->node = place;
    if (!redirect.ask) {
        cluster->node_of[redirect.slot] = place;
        cluster->stale = true; // more will have moved
        cluster->refresh_after_ms = 0;
    }
    return true;
}

static void reply_take(struct redis_cluster *cluster, struct cluster_command *command)
{
    struct cluster_node *node = &cluster->nodes[command->node];
    if (command->reply_at >= node->got) {
        const bool not_sent = node->conn.kind == FG_REDIS_ERROR_CONNECT;
        cluster->stale = true;
        command_fail(cluster, command, node->conn.kind, node->conn.error, node->rc);
        // Nothing has run: a server that took its place can still be asked.
        if (not_sent && command->tries++ == 0)
            command->progress = CLUSTER_WAITS;
        return;
    }
    struct resp **place = &cluster->replies[node->first + command->reply_at];
    struct resp *reply = *place;
    *place = NULL;
    command->progress = CLUSTER_WAITS;
    if (redirected(cluster, command, reply)) {
        resp_free(reply);
        return;
    }
    const enum fg_redis_error kind =
        reply->type == RESP_ERROR ? redis_error_classify(reply->text) : FG_REDIS_ERROR_NONE;
    node->library_missing = node->library_missing || kind == FG_REDIS_ERROR_FUNCTION;
    cluster->stale = cluster->stale || kind == FG_REDIS_ERROR_CLUSTERDOWN;
    command->progress = CLUSTER_DONE;
    command->rc = FG_OK;
    command->reply = reply;
}

// Takes the replies; true when some command has to be sent again, *wait: not at once.
static bool replies_take(struct redis_cluster *cluster, bool *wait)
{
    bool again = false;
    *wait = false;
    for (size_t i = 0; i < cluster->n_commands; i++) {
        struct cluster_command *command = &cluster->commands[i];
        if (command->progress != CLUSTER_SENT)
            continue;
        const bool was_directed = command->is_directed;
        const uint8_t node = command->node;
        reply_take(cluster, command);
        if (command->progress != CLUSTER_WAITS)
            continue;
        again = true;
        *wait = *wait || (command->node == node && command->is_directed == was_directed);
    }
    for (size_t i = 0; i < REDIS_MASTERS_MAX; i++) { // those of ASKING are left
        struct cluster_node *node = &cluster->nodes[i];
        for (size_t k = 0; node->used && node->n > 0 && k < node->got; k++)
            resp_free(cluster->replies[node->first + k]);
    }
    return again;
}

static void refresh_if_stale(struct redis_cluster *cluster, int64_t deadline_ns)
{
    // Calls of a node that reaches nobody must not wait for that one by one.
    const bool due =
        (!cluster->known || cluster->stale) && monotonic_ms() >= cluster->refresh_after_ms;
    // On failure what is known is used, and each command says for itself.
    if (due)
        cluster->stale = cluster_refresh(cluster, half_deadline_ns(deadline_ns)) != FG_OK;
}

static void commands_run(struct redis_cluster *cluster, struct fg_breaker *breaker, bool late,
                         int64_t deadline_ns)
{
    bool wait = false;
    while (commands_queue(cluster, breaker, late)) {
        if (nodes_exchange(cluster, deadline_ns) != FG_OK)
            break;
        if (!replies_take(cluster, &wait))
            return;
        if (monotonic_ns() + TRY_AGAIN_NS >= deadline_ns)
            break;
        if (wait) {
            refresh_if_stale(cluster, deadline_ns);
            nanosleep(&(struct timespec){.tv_nsec = TRY_AGAIN_NS}, NULL);
        }
    }
    for (size_t i = 0; i < cluster->n_commands; i++) {
        struct cluster_command *command = &cluster->commands[i];
        if (command->progress != CLUSTER_DONE && command->late == late)
            command_fail(cluster, command, FG_REDIS_ERROR_TRYAGAIN,
                         "the slot is being moved, and is not there yet", FG_EUNAVAILABLE);
    }
}

void cluster_run(struct redis_cluster *cluster, struct fg_breaker *breaker, int64_t deadline_ns)
{
    refresh_if_stale(cluster, deadline_ns);
    commands_run(cluster, breaker, false, deadline_ns);
    commands_run(cluster, breaker, true, deadline_ns);
}

int cluster_exchange(struct redis_cluster *cluster, int64_t deadline_ns, struct resp **replies,
                     size_t n)
{
    int rc = cluster->n_commands == n ? FG_OK : FG_EINVAL;
    if (rc == FG_OK)
        cluster_run(cluster, NULL, deadline_ns);
    for (size_t i = 0; i < n && rc == FG_OK; i++)
        rc = cluster->commands[i].rc;
    for (size_t i = 0; i < n && rc == FG_OK; i++) {
        replies[i] = cluster->commands[i].reply;
        cluster->commands[i].reply = NULL;
    }
    cluster_clear(cluster);
    return rc;
}

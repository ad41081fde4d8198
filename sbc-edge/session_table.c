// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_table.h"

#include "string_map.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct edge_session_table {
    pthread_mutex_t lock;
    struct edge_string_map *map;
};

int edge_session_table_new(uint64_t seed, size_t max_sessions, struct edge_session_table **out)
{
    struct edge_session_table *table = calloc(1, sizeof(*table));

    if (!table)
        return EDGE_ENOMEM;
    if (edge_string_map_new(seed, max_sessions, &table->map) != 0) {
        free(table);
        return EDGE_ENOMEM;
    }
    pthread_mutex_init(&table->lock, NULL);
    *out = table;
    return 0;
}

void edge_session_table_free(struct edge_session_table *table)
{
    if (!table)
        return;
    pthread_mutex_destroy(&table->lock);
    edge_string_map_free(table->map);
    free(table);
}

struct edge_session *edge_session_table_find(const struct edge_session_table *table,
                                             struct edge_view call_id)
{
    /* Only the owner changes the map, so its own reading needs no lock. */
    return edge_string_map_get(table->map, call_id.ptr, call_id.len);
}

int edge_session_table_add(struct edge_session_table *table, struct edge_session *session)
{
    int err;

    pthread_mutex_lock(&table->lock);
    err = edge_string_map_set(table->map, session->call_id.ptr, session->call_id.len, session);
    pthread_mutex_unlock(&table->lock);
    if (err == -ENOSPC)
        return EDGE_ELIMIT;
    return err == 0 ? 0 : EDGE_ENOMEM;
}

void edge_session_table_remove(struct edge_session_table *table, const struct edge_session *session)
{
    pthread_mutex_lock(&table->lock);
    edge_string_map_remove(table->map, session->call_id.ptr, session->call_id.len);
    pthread_mutex_unlock(&table->lock);
}

struct visit {
    edge_session_visit_fn *session;
    edge_call_id_fn *call_id;
    void *context;
    bool is_over;
};

static bool visit_session(void *context, const char *key, size_t key_length, void *value)
{
    const struct visit *visit = context;

    (void)key;
    (void)key_length;
    return visit->session(visit->context, value);
}

void edge_session_table_visit(struct edge_session_table *table, edge_session_visit_fn *visit,
                              void *context)
{
    struct visit state = {.session = visit, .context = context};

    pthread_mutex_lock(&table->lock);
    edge_string_map_visit(table->map, visit_session, &state);
    pthread_mutex_unlock(&table->lock);
}

bool edge_session_table_has(struct edge_session_table *table, struct edge_view call_id)
{
    bool is_there;

    pthread_mutex_lock(&table->lock);
    is_there = edge_string_map_get(table->map, call_id.ptr, call_id.len) != NULL;
    pthread_mutex_unlock(&table->lock);
    return is_there;
}

size_t edge_session_table_count(struct edge_session_table *table)
{
    size_t count;

    pthread_mutex_lock(&table->lock);
    count = edge_string_map_count(table->map);
    pthread_mutex_unlock(&table->lock);
    return count;
}

static bool visit_call_id(void *context, const char *key, size_t key_length, void *value)
{
    struct visit *visit = context;

    (void)value;
    if (!visit->is_over)
        visit->is_over = !visit->call_id(visit->context, (struct edge_view){key, key_length});
    return true;
}

void edge_session_table_list(struct edge_session_table *table, edge_call_id_fn *visit,
                             void *context)
{
    struct visit state = {.call_id = visit, .context = context};

    pthread_mutex_lock(&table->lock);
    edge_string_map_visit(table->map, visit_call_id, &state);
    pthread_mutex_unlock(&table->lock);
}

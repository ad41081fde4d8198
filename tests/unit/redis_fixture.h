// SPDX-License-Identifier: GPL-2.0-or-later
// One Redis for a group of tests, connections to it, and commands of the test's own, by which it
// looks at what the store wrote.
#pragma once

#include "fg/redis_link.h"
#include "redis_store.h"
#include "store_server.h"

extern struct store_server redis_server;

// cmocka's setup and teardown of the group.
int redis_start(void **state);
int redis_stop(void **state);

// A link of its own, to be freed with fg_redis_free.
struct fg_redis *connection(int32_t deadline_ms);

// The server's answer to these words (at most 16), which end in NULL; to be freed with resp_free.
struct resp *command(struct fg_redis *redis, const char *const *words);
#define COMMAND(redis, ...) command(redis, (const char *const[]){__VA_ARGS__, NULL})

// What the reply, which must be an integer, says; frees it.
int64_t number_of(struct resp *reply);

// fg_store's evaluate, straight on the link.
int evaluate(struct fg_redis *redis, const struct fg_store_request *request,
             struct fg_store_reply *reply);

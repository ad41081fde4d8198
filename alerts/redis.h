// SPDX-License-Identifier: GPL-2.0-or-later
// Commands to Redis and their replies, each exchange within one deadline. All that is used of
// hiredis stands behind this header. After any failure the connection is closed: what was sent may
// or may not have been carried out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/view.h"

struct fga_redis;
struct fga_reply;

// url as in fg/store.h. key: in a Cluster, the key whose server is asked; all commands concern it
// or others of its slot. NULL when url cannot be read or memory is out. Does not connect.
struct fga_redis *fga_redis_new(const char *url, const char *key);
void fga_redis_free(struct fga_redis *redis);
void fga_redis_close(struct fga_redis *redis);
// Text of the last failure; never NULL, no secrets.
const char *fga_redis_error(const struct fga_redis *redis);

// Queues a command; failures show in the exchange.
void fga_redis_queue(struct fga_redis *redis, const struct fg_view *args, size_t n_args);
// Sends what is queued (connecting when needed) and reads all its replies, of which the last n (0:
// none) are given to the caller (fga_reply_free()). FG_EUNAVAILABLE, FG_ETIMEOUT, FG_EPROTOCOL,
// FG_ENOMEM. An error reply among those not given is FG_EPROTOCOL.
FG_MUST_CHECK int fga_redis_exchange(struct fga_redis *redis, struct fga_reply **replies, size_t n);

void fga_reply_free(struct fga_reply *reply);
bool fga_reply_is_error(const struct fga_reply *reply);
bool fga_reply_is_nil(const struct fga_reply *reply);
// Of a string, status or error; the empty view for anything else and for NULL.
struct fg_view fga_reply_text(const struct fga_reply *reply);
size_t fga_reply_count(const struct fga_reply *reply);
const struct fga_reply *fga_reply_at(const struct fga_reply *reply, size_t i); // NULL outside

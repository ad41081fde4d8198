// SPDX-License-Identifier: GPL-2.0-or-later
// Pieces of the commands that redis_link.c and redis_holds.c send.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "redis_store.h"
#include "resp.h"

#define KEY_SIZE 160

#define ARGS(...)                                                                                  \
    (const struct fg_view[]){__VA_ARGS__},                                                         \
        sizeof((const struct fg_view[]){__VA_ARGS__}) / sizeof(struct fg_view)

static inline struct fg_view number_text(char text[24], int64_t number)
{
    const int len = snprintf(text, 24, "%lld", (long long)number);
    return (struct fg_view){text, (size_t)len};
}

void redis_replies_free(struct resp **replies, size_t n);
// One round trip of the queued commands within one deadline; any error reply fails all.
FG_MUST_CHECK int redis_round_trip(struct fg_redis *redis, struct resp **replies, size_t n);
// One command and its reply, which the caller frees.
FG_MUST_CHECK int redis_ask_once(struct fg_redis *redis, const struct fg_view *args, size_t n_args,
                                 struct resp **reply);

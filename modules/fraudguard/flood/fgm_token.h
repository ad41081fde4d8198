// SPDX-License-Identifier: GPL-2.0-or-later
// What a caller who has passed a challenge comes back with: until when it is good, and a keyed hash
// over that and the call. Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/hash.h"
#include "fg/view.h"

#define FGM_TOKEN_SIZE 49 // 16 hex digits of the time, 32 of the hash, NUL

struct fgm_token_call {
    struct fg_view customer, called, caller; // the id; digits
};

void fgm_token_make(const struct fg_hash_key *key, const struct fgm_token_call *call,
                    int64_t until_ms, char out[FGM_TOKEN_SIZE]);
// Whether token was made for this call and is still good. Takes as long whatever it holds.
bool fgm_token_check(const struct fg_hash_key *key, const struct fgm_token_call *call,
                     struct fg_view token, int64_t now_ms);

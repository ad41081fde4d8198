// SPDX-License-Identifier: GPL-2.0-or-later
// From a call's shape in a test to the event that the engine sees.
#pragma once

#include "testfile.h"

#define STAGE_NUMBER_MAX 64

// One call and what its event points to.
struct stage {
    struct fg_event event;
    struct fg_tls_peer peer;
    struct fg_media_facts media;
    char from[STAGE_NUMBER_MAX], to[STAGE_NUMBER_MAX];
    char call_id[48];
};

// Fills stage for the n-th (from 1) call of shape, which is the entry-th of the test, by customer
// (NULL: nobody) at now_ms.
void stage_set(struct stage *stage, const struct test_calls *shape,
               const struct fg_customer *customer, uint32_t entry, int32_t n,
               const struct fg_policy *policy, int64_t now_ms);
// What the relay tells of the call's media up_ms after its answer.
void stage_set_media(struct stage *stage, const struct test_calls *shape, int64_t up_ms);

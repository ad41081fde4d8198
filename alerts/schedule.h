// SPDX-License-Identifier: GPL-2.0-or-later
// When a message is tried again, and when no more (Standard Webhooks 1.0, "Retries"). Pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FGA_ATTEMPTS_MAX 10

enum fga_outcome {
    FGA_DELIVERED,
    FGA_RETRY,
    FGA_DEAD,    // given up: to the dead letters
    FGA_DISABLE, // the receiver wants no more at this endpoint
};

// What became of one attempt.
struct fga_attempt {
    bool answered;          // there was an answer
    bool smtp;              // status is SMTP's, else HTTP's
    int32_t status;         // of the answer
    int64_t retry_after_ms; // asked for by the answer; 0: nothing
};

// The time to wait before attempt n (1: the first) [ms], before jitter and divisor; -1: there is no
// such attempt.
int64_t fga_schedule_wait_ms(uint32_t n);

// What follows from the attempts-th attempt (1: the first). jitter: 0 to 999, spreads retries over
// a tenth of the wait. divisor: see fga_pace_of(). *next_ms is written for FGA_RETRY only.
enum fga_outcome fga_schedule_next(const struct fga_attempt *attempt, uint32_t attempts,
                                   uint32_t jitter, int32_t divisor, int64_t now_ms,
                                   int64_t *next_ms);

// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of an attack as a whole.
#pragma once

#include <stdint.h>

#include "fg/customer.h"

enum fg_attack_kind {
    FG_ATTACK_SOURCE,      // too many requests from one address
    FG_ATTACK_CONNECTION,  // over one connection
    FG_ATTACK_CERTIFICATE, // by one certificate
    FG_ATTACK_NUMBER       // calls to one called number that the rules refuse
};
#define FG_ATTACK_SUBJECT_MAX 72

struct fg_attack {
    enum fg_attack_kind kind;
    uint64_t id; // of this attack on this node
    char customer[FG_CUSTOMER_ID_MAX + 1];
    char subject[FG_ATTACK_SUBJECT_MAX];
    int64_t since_ms, last_ms;        // first and latest refusal
    uint64_t calls, refused, dropped; // all; of them answered with a refusal; of them not answered
    uint64_t peak_per_minute;         // most in a minute of the clock
    uint32_t callers;                 // about so many; 0: not known
};

// SPDX-License-Identifier: GPL-2.0-or-later
// What the engine makes of one spelling of a number or URI, and why.
#pragma once

#include "fg/destination.h"
#include "fg/json.h"
#include "fg/ruleset.h"

#define NUMBER_LISTS_MAX 32

// Who dials: the plan that digits without "+" are read with, and how to call it.
struct dialler {
    const struct fg_customer *customer; // NULL: none
    const struct fg_dial_plan *plan;    // NULL: none
    char name[128];                     // "customer acme", "country GB"; empty without a plan
};

struct number_list {
    const char *name, *note; // note NULL: none
    uint8_t matched;         // digits of the prefix; 0: by country
};

struct number_facts {
    struct fg_view input;
    bool uri, uri_wrong; // it begins as a URI does; no number can be found in it
    bool plan_needed;    // without the dial plan it would say something else, or nothing
    struct fg_number_readings readings;
    struct fg_destination each[2];
    unsigned chosen;            // index into each of the one that is rated
    struct fg_destination dest; // that one
    bool emergency;
    struct number_list lists[NUMBER_LISTS_MAX];
    size_t n_lists;
    char why[512];
};

// Reads and rates input. Views of *out point into input.
void number_judge(const struct fg_policy *policy, const struct dialler *dialler,
                  struct fg_view input, struct number_facts *out);
// "ok", "short_code" or "unreadable".
const char *number_status(const struct number_facts *facts);
// As one object; NULL when out of memory.
struct fg_json *number_json(const struct number_facts *facts);
// "+441632960001", or a short code as it is; empty when there is none.
#define NUMBER_TEXT_MAX (FG_NUMBER_DIGITS_MAX + 2)
void number_text(const struct number_facts *facts, const struct fg_number *number,
                 char out[NUMBER_TEXT_MAX]);

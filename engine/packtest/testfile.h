// SPDX-License-Identifier: GPL-2.0-or-later
// A file of rule tests, read and checked, before anything is played.
#pragma once

#include "customers_load.h"
#include "fg/peers.h"
#include "fg/ruleset.h"
#include "fields.h"

#define TEST_CALLS_MAX   20000   // call instances of one test
#define TEST_MINUTES_MAX 1000000 // that they last together
#define TEST_SEEN_MAX    256     // values of one kind in a history
#define TEST_RULES_MAX   64      // names in one list of an expectation
#define TEST_TARGETS_MAX 16

// One entry of `calls`: `repeat` calls of one shape.
struct test_calls {
    const char *from, *to;  // patterns with {n} and {rand:N}; from NULL: no caller
    const char *const *san; // NULL: what the customer's certificate says
    uint32_t n_san;
    bool has_fingerprint;
    uint8_t fingerprint[32];
    const char *cert; // "verified", "none", "unverified"
    int32_t days_left, key_bits;
    bool srtp;
    bool has_media; // what the relay tells; ms since the answer, -1: never
    int64_t silent_after_ms, one_way_after_ms;
    int32_t dtmf;
    struct fg_ip source;
    bool has_source;
    fg_country src_country;
    int32_t src_asn;
    enum fg_transport transport;
    enum fg_direction direction;
    const char *user_agent;
    const char *auth_user; // NULL: nobody authenticated
    struct fg_attr attrs[FG_ATTRS_MAX];
    uint8_t n_attrs;
    int32_t repeat;
    // After the clock, below 0 in a history; duration 0: never answered.
    int64_t at_ms, every_ms, duration_ms;
};

// What is usual for other customers of the profile.
struct test_peers {
    uint16_t meter; // index
    fg_micro usual;
    int32_t customers;
};

// What happened before the clock.
struct test_history {
    const fg_country *dest_countries, *src_countries;
    const char *const *dest_numbers, *const *callers;
    const struct fg_ip *networks; // addresses in them
    uint32_t n_dest_countries, n_src_countries, n_dest_numbers, n_callers, n_networks;
    int64_t ago_ms;       // these were first seen
    int64_t cert_seen_ms; // the first call's certificate was first seen; 0: not said
    struct test_calls *calls;
    uint32_t n_calls;
    struct test_peers *peers;
    uint32_t n_peers;
};

// A name of a rule or composite in an expectation, and where it is written.
struct test_name {
    const char *id;
    const struct fg_yaml_node *node;
};
struct test_names {
    struct test_name *items;
    uint32_t n;
};

enum test_which { TEST_FIRST, TEST_LAST, TEST_ALL, TEST_AT };

// What one call, or each of them, must have come to. -1 and INT32_MIN: not said.
struct test_target {
    enum test_which which;
    int32_t n; // TEST_AT: from 1
    const struct fg_yaml_node *node;
    int action, degraded, hold, drop_media, cut;
    int hold_scope;     // enum fg_hold_scope; -1: not said
    int64_t hold_for_s; // -1: not said
    int32_t score, shadow_score, sip, cut_at_minute;
    const char *identity;
    struct test_names rules, not_rules, shadow_rules;
    struct test_names exceptions, overrides; // ids are "RULE/REASON"
};

struct test_case {
    const char *name;
    const struct fg_yaml_node *node;
    const struct fg_customer *customer; // NULL: nobody
    int64_t clock_ms;
    struct test_calls *calls;
    uint32_t n_calls;
    struct test_history history; // all 0: nothing
    struct fg_allowances allowances;
    bool redis_down, store_down;
    bool blank; // expects nothing yet
    struct test_target targets[TEST_TARGETS_MAX];
    uint32_t n_targets;
};

struct test_file {
    struct fg_yaml_doc doc;
    struct fg_customers customers;
    const struct fg_yaml_node *fixtures;
    bool fixtures_bad;
    struct fg_ruleset own_ruleset; // where `packs` names files
    const struct fg_ruleset *ruleset;
    struct test_case *cases;
    uint32_t n_cases;
};

// Reads and checks doc. ruleset: what is tested unless the file names its own packs (looked for in
// dir). Everything lives in fields->arena. FG_ESYNTAX with diags, FG_ENOMEM.
FG_MUST_CHECK int test_file_read(const struct fg_yaml_doc *doc, const char *dir,
                                 const struct fg_policy *policy, struct fg_fields *fields,
                                 struct test_file *out);
// Parts of it.
// shape: FG_SHAPE_CALL, or FG_SHAPE_PAST_CALL
void test_calls_read(struct fg_fields *fields, const struct fg_yaml_node *node, enum fg_shape shape,
                     struct test_calls *out);
// test->clock_ms is known.
void test_history_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                       const struct fg_ruleset *ruleset, struct test_case *test);
// `peers` of a history.
void test_peers_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                     const struct fg_ruleset *ruleset, struct test_history *out);
// test->clock_ms is known.
void test_allowances_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                          struct test_case *test);
void test_expect_read(struct fg_fields *fields, const struct fg_yaml_node *node,
                      const struct fg_ruleset *ruleset, struct test_case *test);

// SPDX-License-Identifier: GPL-2.0-or-later
// Keys of rule tests and of customers.
#include "fg/peers.h"
#include "format_tables.h"

// What can be expected of a call.
#define PART_KEYS                                                                                  \
    {.name = "action",                                                                             \
     .types = FG_FORMAT_WORD,                                                                      \
     .words = FG_SET_VERDICT,                                                                      \
     .doc = "what the call came to"},                                                              \
        {.name = "score", .types = FG_FORMAT_INT, .min = -100000, .max = 100000, .doc = "points"}, \
        {.name = "shadow_score",                                                                   \
         .types = FG_FORMAT_INT,                                                                   \
         .min = -100000,                                                                           \
         .max = 100000,                                                                            \
         .doc = "points with those of shadow rules"},                                              \
        {.name = "rules", .types = FG_FORMAT_TEXTS, .doc = "rules and composites that hit"},       \
        {.name = "not_rules",                                                                      \
         .types = FG_FORMAT_TEXTS,                                                                 \
         .doc = "rules and composites that did not"},                                              \
        {.name = "shadow_rules", .types = FG_FORMAT_TEXTS, .doc = "that hit in shadow"},           \
        {.name = "exceptions",                                                                     \
         .types = FG_FORMAT_TEXTS,                                                                 \
         .doc = "\"RULE/REASON\" of exceptions that applied"},                                     \
        {.name = "overrides",                                                                      \
         .types = FG_FORMAT_TEXTS,                                                                 \
         .doc = "\"RULE/REASON\" of overrides that applied"},                                      \
        {.name = "degraded", .types = FG_FORMAT_BOOL, .doc = "judged without the store"},          \
        {.name = "hold", .types = FG_FORMAT_BOOL, .doc = "a hold was set, or decided"},            \
        {.name = "hold_scope",                                                                     \
         .types = FG_FORMAT_WORD,                                                                  \
         .words = FG_SET_HOLD_SCOPE,                                                               \
         .doc = "what that hold is about"},                                                        \
        {.name = "hold_for",                                                                       \
         .types = FG_FORMAT_DURATION,                                                              \
         .doc = "how long the hold lasts that was set"},                                           \
        {.name = "sip", .types = FG_FORMAT_INT, .min = 0, .max = 699, .doc = "code of the reply"}, \
        {.name = "drop_media", .types = FG_FORMAT_BOOL, .doc = "the media stops"},                 \
        {.name = "identity",                                                                       \
         .types = FG_FORMAT_WORD,                                                                  \
         .words = FG_SET_IDENTITY,                                                                 \
         .doc = "how the customer was identified"},                                                \
        {.name = "cut", .types = FG_FORMAT_BOOL, .doc = "the call was cut while it was up"},       \
    {                                                                                              \
        .name = "cut_at_minute", .types = FG_FORMAT_INT, .min = 0, .max = 100000,                  \
        .doc = "in which minute"                                                                   \
    }

// How calls are described.
#define CALL_KEYS                                                                                  \
    {.name = "from",                                                                               \
     .types = FG_FORMAT_TEXT,                                                                      \
     .doc = "the caller; {n} is the call's number, {rand:7} that many digits"},                    \
        {.name = "to",                                                                             \
         .types = FG_FORMAT_TEXT,                                                                  \
         .required = true,                                                                         \
         .doc = "the called number as dialled; likewise"},                                         \
        {.name = "san", .types = FG_FORMAT_TEXTS, .doc = "names in the certificate"},              \
        {.name = "auth_user", .types = FG_FORMAT_TEXT, .doc = "digest user that authenticated"},   \
        {.name = "fingerprint",                                                                    \
         .types = FG_FORMAT_TEXT,                                                                  \
         .doc = "of the certificate, 64 hex digits"},                                              \
        {.name = "cert",                                                                           \
         .types = FG_FORMAT_WORD,                                                                  \
         .words = FG_SET_CERT,                                                                     \
         .doc = "the certificate's state"},                                                        \
        {.name = "days_left",                                                                      \
         .types = FG_FORMAT_INT,                                                                   \
         .min = -3650,                                                                             \
         .max = 36500,                                                                             \
         .doc = "until the certificate expires"},                                                  \
        {.name = "key_bits",                                                                       \
         .types = FG_FORMAT_INT,                                                                   \
         .min = 1,                                                                                 \
         .max = 65535,                                                                             \
         .doc = "of the certificate's key"},                                                       \
        {.name = "srtp", .types = FG_FORMAT_BOOL, .doc = "SRTP is offered"},                       \
        {.name = "silent_after",                                                                   \
         .types = FG_FORMAT_DURATION,                                                              \
         .doc = "the relay hears nothing from then on"},                                           \
        {.name = "one_way_after",                                                                  \
         .types = FG_FORMAT_DURATION,                                                              \
         .doc = "the called side sends nothing from then on"},                                     \
        {.name = "dtmf",                                                                           \
         .types = FG_FORMAT_INT,                                                                   \
         .min = 0,                                                                                 \
         .max = INT32_MAX,                                                                         \
         .doc = "keys that the caller presses"},                                                   \
        {.name = "src", .types = FG_FORMAT_TEXT, .doc = "address of the request"},                 \
        {.name = "src_country",                                                                    \
         .types = FG_FORMAT_TEXT,                                                                  \
         .doc = "where that address is, such as \"GB\""},                                          \
        {.name = "src_asn",                                                                        \
         .types = FG_FORMAT_INT,                                                                   \
         .min = 1,                                                                                 \
         .max = INT32_MAX,                                                                         \
         .doc = "number of its autonomous system"},                                                \
        {.name = "attrs", .types = FG_FORMAT_ATTRS, .doc = "set by the Kamailio script"},          \
        {.name = "transport",                                                                      \
         .types = FG_FORMAT_WORD,                                                                  \
         .words = FG_SET_TRANSPORT,                                                                \
         .doc = "of the request"},                                                                 \
        {.name = "direction",                                                                      \
         .types = FG_FORMAT_WORD,                                                                  \
         .words = FG_SET_DIRECTION,                                                                \
         .doc = "of the call"},                                                                    \
        {.name = "user_agent", .types = FG_FORMAT_TEXT, .doc = "of the request"},                  \
        {.name = "repeat",                                                                         \
         .types = FG_FORMAT_INT,                                                                   \
         .min = 1,                                                                                 \
         .max = 20000,                                                                             \
         .doc = "how many such calls"},                                                            \
        {.name = "every", .types = FG_FORMAT_DURATION, .doc = "from one to the next"},             \
    {                                                                                              \
        .name = "duration", .types = FG_FORMAT_DURATION,                                           \
        .doc = "from the answer to the end; none: not answered"                                    \
    }

static const struct fg_format_key test_file_keys[] = {
    {.name = "fraudguard_test",
     .types = FG_FORMAT_ONE,
     .required = true,
     .doc = "the format's version"},
    {.name = "rules",
     .types = FG_FORMAT_TEXT,
     .doc = "directory of the packs to test, seen from this file; without it: this file's own"},
    {.name = "packs",
     .types = FG_FORMAT_TEXTS,
     .doc = "files to test instead of the whole directory"},
    {.name = "fixtures",
     .types = FG_FORMAT_NAMED,
     .shape = FG_SHAPE_CUSTOMER,
     .doc = "customers, by names for use in this file"},
    {.name = "tests",
     .types = FG_FORMAT_MAPS,
     .required = true,
     .shape = FG_SHAPE_TEST,
     .doc = "the tests"},
};

static const struct fg_format_key test_keys[] = {
    {.name = "name",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "what is shown when it fails"},
    {.name = "customer", .types = FG_FORMAT_TEXT, .doc = "name of a fixture"},
    {.name = "clock",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "when the first call begins, RFC 3339"},
    {.name = "calls",
     .types = FG_FORMAT_MAPS,
     .required = true,
     .shape = FG_SHAPE_CALL,
     .doc = "the calls"},
    {.name = "history",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_HISTORY,
     .doc = "what the customer did before the clock"},
    {.name = "allowances",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_ALLOWANCE,
     .doc = "what somebody answers for from the clock on, at most 8"},
    {.name = "faults", .types = FG_FORMAT_WORDS, .words = FG_SET_FAULT, .doc = "what is broken"},
    {.name = "expect",
     .types = FG_FORMAT_MAP | FG_FORMAT_BLANK,
     .required = true,
     .shape = FG_SHAPE_EXPECT,
     .doc = "what must come of it; empty: `fgctl rules test --record` fills it in"},
};

static const struct fg_format_key call_keys[] = {
    CALL_KEYS,
    {.name = "at", .types = FG_FORMAT_DURATION, .doc = "after the clock"},
};

static const struct fg_format_key past_call_keys[] = {
    CALL_KEYS,
    {.name = "ago",
     .types = FG_FORMAT_DURATION,
     .required = true,
     .doc = "how long before the clock the first of them began"},
};

static const struct fg_format_key history_keys[] = {
    {.name = "dest.country", .types = FG_FORMAT_TEXTS, .doc = "countries called before"},
    {.name = "dest.number",
     .types = FG_FORMAT_TEXTS,
     .doc = "numbers called before; their ranges and countries, too"},
    {.name = "caller.number", .types = FG_FORMAT_TEXTS, .doc = "callers seen before"},
    {.name = "src.country",
     .types = FG_FORMAT_TEXTS,
     .doc = "countries that requests came from before"},
    {.name = "src.network",
     .types = FG_FORMAT_TEXTS,
     .doc = "addresses whose networks requests came from before"},
    {.name = "cert_first_seen",
     .types = FG_FORMAT_TEXT,
     .doc = "when the certificate of the first call was first seen, RFC 3339"},
    {.name = "ago",
     .types = FG_FORMAT_DURATION,
     .doc = "when the values above were first seen, before the clock; 30d"},
    {.name = "calls",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_PAST_CALL,
     .doc = "calls that went through before; every meter counts them"},
    {.name = "peers",
     .types = FG_FORMAT_MAPS,
     .shape = FG_SHAPE_TEST_PEERS,
     .doc = "what is usual for other customers of the profile"},
};

static const struct fg_format_key test_peers_keys[] = {
    {.name = "meter",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "a typical meter that learns from peers"},
    {.name = "usual",
     .types = FG_FORMAT_NUMBER,
     .required = true,
     .doc = "what is usual for each of them, at every hour; within a tenth"},
    {.name = "customers",
     .types = FG_FORMAT_INT,
     .required = true,
     .min = 1,
     .max = FG_PEERS_MAX,
     .doc = "how many they are; from 5 on they count"},
};

static const struct fg_format_key allowance_keys[] = {
    {.name = "to",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "first digits of the called numbers, such as \"+960\", or their country"},
    {.name = "calls",
     .types = FG_FORMAT_INT,
     .required = true,
     .min = 1,
     .max = 500,
     .doc = "at most so many"},
    {.name = "money",
     .types = FG_FORMAT_NUMBER,
     .required = true,
     .doc = "that they may cost together [USD]"},
    {.name = "for", .types = FG_FORMAT_DURATION, .required = true, .doc = "how long, at most 31d"},
};

static const struct fg_format_key part_keys[] = {
    PART_KEYS,
};

static const struct fg_format_key at_call_keys[] = {
    PART_KEYS,
    {.name = "n",
     .types = FG_FORMAT_INT,
     .required = true,
     .min = 1,
     .max = 20000,
     .doc = "the call's number, from 1"},
};

static const struct fg_format_key expect_keys[] = {
    PART_KEYS,
    {.name = "first", .types = FG_FORMAT_MAP, .shape = FG_SHAPE_PART, .doc = "of the first call"},
    {.name = "last", .types = FG_FORMAT_MAP, .shape = FG_SHAPE_PART, .doc = "of the last call"},
    {.name = "all", .types = FG_FORMAT_MAP, .shape = FG_SHAPE_PART, .doc = "of every call"},
    {.name = "at_call",
     .types = FG_FORMAT_MAP | FG_FORMAT_MAPS,
     .shape = FG_SHAPE_AT_CALL,
     .doc = "of the n-th call"},
};

static const struct fg_format_key customer_keys[] = {
    {.name = "id",
     .types = FG_FORMAT_TEXT,
     .required = true,
     .doc = "a to z, 0 to 9, dot, _ and -"},
    {.name = "name", .types = FG_FORMAT_TEXT, .doc = "for people"},
    {.name = "profile", .types = FG_FORMAT_TEXT, .doc = "the kind of customer"},
    {.name = "tags", .types = FG_FORMAT_TEXTS, .doc = "for conditions and composites"},
    {.name = "since", .types = FG_FORMAT_DATE, .doc = "customer since"},
    {.name = "tz", .types = FG_FORMAT_TEXT, .required = true, .doc = "IANA time zone"},
    {.name = "channels", .types = FG_FORMAT_INT, .min = 0, .max = 1000000, .doc = "calls at once"},
    {.name = "daily_limit", .types = FG_FORMAT_NUMBER, .doc = "spend a day"},
    {.name = "currency", .types = FG_FORMAT_TEXT, .doc = "of the limit, ISO 4217"},
    {.name = "numbers", .types = FG_FORMAT_TEXTS, .doc = "the customer's own"},
    {.name = "home_countries", .types = FG_FORMAT_TEXTS, .doc = "ISO 3166-1"},
    {.name = "dial_plan",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_DIAL_PLAN,
     .doc = "how numbers are dialled"},
    {.name = "cert_names", .types = FG_FORMAT_TEXTS, .doc = "whole names, no wildcards"},
    {.name = "cert_fingerprints", .types = FG_FORMAT_TEXTS, .doc = "SHA-256, hex"},
    {.name = "source_ips", .types = FG_FORMAT_TEXTS, .doc = "addresses and networks"},
    {.name = "auth_users", .types = FG_FORMAT_TEXTS, .doc = "digest users"},
    {.name = "trunk",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_TRUNK,
     .doc = "what is asked of the trunk"},
    {.name = "hours", .types = FG_FORMAT_MAPS, .shape = FG_SHAPE_HOURS, .doc = "opening hours"},
    {.name = "holidays", .types = FG_FORMAT_TEXTS, .doc = "dates"},
    {.name = "media",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_MEDIA,
     .doc = "what is asked of the media"},
    {.name = "inbound",
     .types = FG_FORMAT_MAP,
     .shape = FG_SHAPE_INBOUND,
     .doc = "the way to the customer's PBX"},
    {.name = "contacts", .types = FG_FORMAT_ANY, .doc = "whom alerts go to"},
    {.name = "locale", .types = FG_FORMAT_TEXT, .doc = "of alerts"},
    {.name = "degraded_policy",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_DEGRADED,
     .doc = "risky calls while the store is away"},
};

static const struct fg_format_key dial_plan_keys[] = {
    {.name = "international", .types = FG_FORMAT_TEXTS, .doc = "prefixes such as \"00\""},
    {.name = "trunk", .types = FG_FORMAT_TEXT, .doc = "prefix of national numbers"},
    {.name = "country", .types = FG_FORMAT_TEXT, .doc = "calling code or country"},
};

static const struct fg_format_key hours_keys[] = {
    {.name = "days", .types = FG_FORMAT_TEXT, .doc = "such as mon-fri"},
    {.name = "from", .types = FG_FORMAT_TEXT, .doc = "\"08:00\""},
    {.name = "to", .types = FG_FORMAT_TEXT, .doc = "\"18:00\""},
};

static const struct fg_format_key media_keys[] = {
    {.name = "srtp",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_SRTP,
     .doc = "whether SRTP is required"},
};

static const struct fg_format_key trunk_keys[] = {
    {.name = "identified_by",
     .types = FG_FORMAT_WORDS,
     .words = FG_SET_IDENTIFIED_BY,
     .doc = "ways that identify the customer; all of them where it is not given"},
    {.name = "require_tls", .types = FG_FORMAT_BOOL, .doc = "refuse calls that come without TLS"},
    {.name = "require_srtp",
     .types = FG_FORMAT_BOOL,
     .doc = "refuse calls whose media is not encrypted (SRTP)"},
    {.name = "min_rsa_bits",
     .types = FG_FORMAT_INT,
     .min = 160,
     .max = 16384,
     .doc = "smallest RSA key of a certificate, 2048 where it is not given"},
    {.name = "min_ec_bits",
     .types = FG_FORMAT_INT,
     .min = 160,
     .max = 521,
     .doc = "smallest EC key, 256 where it is not given"},
};

static const struct fg_format_key inbound_keys[] = {
    {.name = "address", .types = FG_FORMAT_TEXT, .doc = "IP address of the PBX"},
    {.name = "port", .types = FG_FORMAT_INT, .min = 1, .max = 65535, .doc = "5061 where TLS"},
    {.name = "transport",
     .types = FG_FORMAT_WORD,
     .words = FG_SET_PBX_TRANSPORT,
     .doc = "tls unless said otherwise"},
    {.name = "challenge",
     .types = FG_FORMAT_TEXT,
     .doc = "SIP URI where callers are put to the test"},
};

const struct fg_format fg_format_tests[FG_SHAPES] = {
    [FG_SHAPE_TEST_FILE] = FORMAT("test file", test_file_keys),
    [FG_SHAPE_TEST] = FORMAT("test", test_keys),
    [FG_SHAPE_CALL] = FORMAT("call", call_keys),
    [FG_SHAPE_HISTORY] = FORMAT("history", history_keys),
    [FG_SHAPE_PAST_CALL] = FORMAT("past_call", past_call_keys),
    [FG_SHAPE_TEST_PEERS] = FORMAT("peers", test_peers_keys),
    [FG_SHAPE_ALLOWANCE] = FORMAT("allowance", allowance_keys),
    [FG_SHAPE_PART] = FORMAT("expectation", part_keys),
    [FG_SHAPE_AT_CALL] = FORMAT("at_call", at_call_keys),
    [FG_SHAPE_EXPECT] = FORMAT("expect", expect_keys),
    [FG_SHAPE_CUSTOMER] = FORMAT("customer", customer_keys),
    [FG_SHAPE_DIAL_PLAN] = FORMAT("dial_plan", dial_plan_keys),
    [FG_SHAPE_HOURS] = FORMAT("hours", hours_keys),
    [FG_SHAPE_MEDIA] = FORMAT("media", media_keys),
    [FG_SHAPE_TRUNK] = FORMAT("trunk", trunk_keys),
    [FG_SHAPE_INBOUND] = FORMAT("inbound", inbound_keys),
};

// SPDX-License-Identifier: GPL-2.0-or-later
// Holds: what of a customer's calls is refused for a while. Names, keys, and how they grow; pure.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/err.h"
#include "fg/hash.h"
#include "fg/units.h"
#include "fg/view.h"

// In the order in which they matter: of several holds on a call the first of these decides, of
// those that people set where there are any.
#define FG_HOLD_SCOPE_LIST(X)                                                                      \
    X(CUSTOMER, "customer", "all calls")                                                           \
    X(RISKY, "risky", "calls that do not go to an ordinary number of a home country")              \
    X(COUNTRY, "country", "calls to the country")                                                  \
    X(TYPE, "type", "calls to numbers of this type, but ordinary ones of a home country")          \
    X(SOURCE, "source", "calls from the address (IPv4) or its /64 (IPv6)")                         \
    X(CERTIFICATE, "certificate", "calls over connections with the client certificate")            \
    X(CALLER, "caller", "calls from the caller's number")                                          \
    X(RANGE, "range", "calls to the called number's range: all but its last 4 digits")             \
    X(NUMBER, "number", "calls to the called number")
enum fg_hold_scope {
#define FG_HOLD_SCOPE_ENUM(name, text, doc) FG_HOLD_##name,
    FG_HOLD_SCOPE_LIST(FG_HOLD_SCOPE_ENUM)
#undef FG_HOLD_SCOPE_ENUM
        FG_HOLD_SCOPES
};
const char *fg_hold_scope_name(enum fg_hold_scope scope); // "customer"; static storage, never NULL

#define FG_HOLD_REASON_MAX     160
#define FG_HOLD_BY_MAX         64
#define FG_HOLD_OF_MAX         48
#define FG_HOLD_RULE_MAX       65
#define FG_HOLD_SCOPE_TEXT_MAX 32 // "certificate.0123456789abcdef" and its NUL, with room
#define FG_HOLDS_MAX           64 // of a customer, the remembered ones included
// Of a hold that comes again within this time after the last one's end is known that it does.
#define FG_HOLD_MEMORY_MS  FG_MS_PER_DAY
#define FG_HOLD_TIMES_MAX  255 // more are counted as so many
#define FG_HOLD_LONGEST_MS (30 * FG_MS_PER_DAY)

struct fg_hold {
    bool active;
    uint8_t scope; // enum fg_hold_scope
    bool cut;
    uint16_t times; // how often in a row the rules set it
    // What is held: a country, an enum fg_number_type, or fg_hold_value(); 0 where the scope says
    // it all.
    uint64_t value;
    int64_t since_ms, until_ms;
    char of[FG_HOLD_OF_MAX];         // the value for people, numbers masked; may be empty
    char rule[FG_HOLD_RULE_MAX];     // id of the rule that set it; empty: somebody did
    char reason[FG_HOLD_REASON_MAX]; // these are NUL-terminated, printable UTF-8
    char by[FG_HOLD_BY_MAX];
};

// Whether rules set it; else people did, whose holds matter more than all of the rules'.
bool fg_hold_is_of_rules(const struct fg_hold *hold);

// The holds that a call may meet, one of each scope at most.
struct fg_hold_query {
    uint16_t scopes; // a bit 1 << enum fg_hold_scope for each that is asked
    uint64_t values[FG_HOLD_SCOPES];
};
static inline void fg_hold_ask(struct fg_hold_query *query, enum fg_hold_scope scope,
                               uint64_t value)
{
    query->scopes = (uint16_t)(query->scopes | (1U << (unsigned)scope));
    query->values[scope] = value;
}
// Whether a hold of this scope and value is among those asked.
static inline bool fg_hold_asked(const struct fg_hold_query *query, uint8_t scope, uint64_t value)
{
    return scope < FG_HOLD_SCOPES && (query->scopes >> scope & 1U) != 0 &&
           query->values[scope] == value;
}

// The value of a scope that is about a number (its digits; of a range all but the last 4), an
// address (16 bytes, see fg_hold_source()) or a certificate (its fingerprint): a hash with the
// installation's key. scope is one of these.
uint64_t fg_hold_value(const struct fg_hash_key *key, enum fg_hold_scope scope,
                       struct fg_view bytes);
// What is held of an address: the whole of an IPv4 one (as ::ffff:a.b.c.d), the /64 of an IPv6 one.
struct fg_ip;
void fg_hold_source(const struct fg_ip *ip, struct fg_ip *out);
// The digits of a number's range; empty when it has none.
struct fg_number;
struct fg_view fg_hold_range(const struct fg_number *number);
// What is held, for people: "+96077***45", "+96077*****", "192.0.2.7", "2001:db8:0:1::/64",
// "sha256:0123456789ab".
void fg_hold_of_number(const struct fg_number *number, bool is_range, char out[FG_HOLD_OF_MAX]);
void fg_hold_of_source(const struct fg_ip *ip, char out[FG_HOLD_OF_MAX]);
void fg_hold_of_certificate(const uint8_t fingerprint[32], char out[FG_HOLD_OF_MAX]);

// "customer", "risky", "country.MV", "type.premium", "number.0123456789abcdef"; an unknown scope
// gives "unknown". NUL-terminated.
void fg_hold_scope_format(uint8_t scope, uint64_t value, char out[FG_HOLD_SCOPE_TEXT_MAX]);
// The reverse. FG_ESYNTAX for other text.
FG_MUST_CHECK int fg_hold_scope_parse(struct fg_view text, uint8_t *scope, uint64_t *value);

// As people write it, too: "number.+96077712345", "range.+96077712345" (the range of that number),
// "caller.+...", "source.192.0.2.7", "certificate." and 64 hex digits. Writes scope, value and of
// of *out. FG_ESYNTAX for other text; FG_ENOTFOUND (value is not written) when a key is needed and
// is NULL.
FG_MUST_CHECK int fg_hold_scope_read(const struct fg_hash_key *key, struct fg_view text,
                                     struct fg_hold *out);
// What text may be, for messages.
#define FG_HOLD_SCOPE_FORMS                                                                        \
    "customer, risky, country.XX, type.WORD, source.ADDRESS, certificate.SHA256, caller.+NUMBER, " \
    "range.+NUMBER, number.+NUMBER, or as shown where holds are listed"

// What a rule says of its hold's time.
#define FG_HOLD_GROWTH_MIN_MILLI 1000
#define FG_HOLD_GROWTH_MAX_MILLI 100000
struct fg_hold_span {
    int64_t duration_ms;   // of the first one, 1 to FG_HOLD_LONGEST_MS
    uint32_t growth_milli; // each further one lasts so many thousandths of the last
    int64_t max_ms;        // at most; duration_ms to FG_HOLD_LONGEST_MS
};
// How long the hold is that comes for the n-th time in a row, from 1 [ms].
int64_t fg_hold_length_ms(const struct fg_hold_span *span, uint16_t times);
// What becomes of a hold that is set at hold->since_ms, where last (NULL: nothing) is what is known
// of this scope and value. span NULL: somebody's hold, which lasts until hold->until_ms as it says,
// and grows nothing. Else until_ms follows from span: one that is active stays as it is, and is
// only made longer; one that ended within FG_HOLD_MEMORY_MS grows. Writes *hold; last may be hold.
void fg_hold_renew(const struct fg_hold *last, const struct fg_hold_span *span,
                   struct fg_hold *hold);

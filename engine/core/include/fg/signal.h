// SPDX-License-Identifier: GPL-2.0-or-later
// Everything a rule can look at, in one table: name in packs, type, meaning. Schema, documentation
// and the loader are made from it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fg/country.h"
#include "fg/err.h"
#include "fg/units.h"
#include "fg/view.h"

enum fg_signal_type {
    FG_SIGNAL_BOOL,
    FG_SIGNAL_NUMBER,  // fg_micro
    FG_SIGNAL_TEXT,    // compared byte for byte
    FG_SIGNAL_TEXTSET, // several texts; "in" means any of them
    FG_SIGNAL_DIGITS,  // E.164 digits; lists are prefixes
    FG_SIGNAL_COUNTRY,
    FG_SIGNAL_ADDRESS // 16 bytes, IPv4 as ::ffff:a.b.c.d; lists are networks
};

#define FG_SIGNALS(X)                                                                              \
    X(CUSTOMER_ID, "customer.id", TEXT, "the customer's id")                                       \
    X(CUSTOMER_PROFILE, "customer.profile", TEXT, "the customer's profile")                        \
    X(CUSTOMER_TAG, "customer.tag", TEXTSET, "the customer's tags")                                \
    X(CUSTOMER_CHANNELS, "customer.channels", NUMBER, "channels bought; absent when not known")    \
    X(CUSTOMER_DAILY_LIMIT, "customer.daily_limit", NUMBER,                                        \
      "daily spend limit [USD]; absent when none")                                                 \
    X(IDENTITY, "identity", TEXT,                                                                  \
      "how the customer was identified (certificate, source_address, ...)")                        \
    X(TLS_PRESENT, "tls.present", BOOL, "the request came over TLS")                               \
    X(TLS_VERSION, "tls.version", NUMBER, "1.2 or 1.3; absent without TLS")                        \
    X(TLS_CIPHER, "tls.cipher", TEXT, "cipher suite as OpenSSL names it; absent without TLS")      \
    X(TLS_CERT_PRESENT, "tls.cert.present", BOOL, "the peer sent a client certificate")            \
    X(TLS_CERT_VERIFIED, "tls.cert.verified", BOOL, "the client certificate verified")             \
    X(TLS_CERT_KEY_BITS, "tls.cert.key_bits", NUMBER, "size of the certificate's key [bits]")      \
    X(TLS_CERT_KEY_TYPE, "tls.cert.key_type", TEXT, "kind of the certificate's key")               \
    X(TLS_CERT_ISSUER, "tls.cert.issuer", TEXT,                                                    \
      "common name of the certificate's issuer; absent where it has none")                         \
    X(TLS_CERT_DAYS_LEFT, "tls.cert.days_left", NUMBER, "days until the certificate expires")      \
    X(TLS_CERT_KNOWN, "tls.cert.known", BOOL,                                                      \
      "the certificate's fingerprint is listed for the customer, or none is listed")               \
    X(SRC_KNOWN, "src.known", BOOL,                                                                \
      "the source address is listed for the customer, or none is listed")                          \
    X(SRC_IP, "src.ip", ADDRESS, "the source address, matched by network")                         \
    X(SRC_COUNTRY, "src.country", COUNTRY,                                                         \
      "country of the source address; absent where no network is known for it")                    \
    X(SRC_ASN, "src.asn", NUMBER, "number of the autonomous system of the source address")         \
    X(SRC_HOME, "src.home", BOOL,                                                                  \
      "the source address is in one of the customer's home countries; absent where either is "     \
      "not known")                                                                                 \
    X(SIP_TRANSPORT, "sip.transport", TEXT, "udp, tcp, tls, ws or wss")                            \
    X(SIP_USER_AGENT, "sip.user_agent", TEXT, "User-Agent header")                                 \
    X(DEST_PREFIX, "dest.prefix", DIGITS, "called number in E.164 digits, matched by prefix")      \
    X(DEST_COUNTRY, "dest.country", COUNTRY, "country of the called number")                       \
    X(DEST_HOME, "dest.home", BOOL,                                                                \
      "the called number is in one of the customer's home countries")                              \
    X(DEST_TYPE, "dest.type", TEXT,                                                                \
      "type of the called number (fixed, mobile, premium, unallocated, ...)")                      \
    X(DEST_RATED, "dest.rated", BOOL, "a rate is known for the called number")                     \
    X(COST_PER_MINUTE, "cost.per_minute", NUMBER, "rate of the called number [USD/min]")           \
    X(CALLER_PRESENT, "caller.present", BOOL, "the request names a caller")                        \
    X(CALLER_VALID, "caller.valid", BOOL,                                                          \
      "the caller is an E.164 number in an allocated range and as long as its numbers are, or a "  \
      "number that a customer has")                                                                \
    X(CALLER_OWNED, "caller.owned", BOOL,                                                          \
      "the caller is one of the customer's numbers, or none is listed")                            \
    X(CALLER_OTHERS, "caller.others", BOOL, "the caller is a number of another customer")          \
    X(CALLER_PREFIX, "caller.prefix", DIGITS, "calling number in E.164 digits, matched by prefix") \
    X(MEDIA_SRTP, "media.srtp", BOOL, "SRTP with a usable suite is offered")                       \
    X(CALL_DURATION, "call.duration", NUMBER,                                                      \
      "time since answer [s]; minute and end events, 0 at the end of an unanswered call")          \
    X(CALL_ANSWERED, "call.answered", BOOL,                                                        \
      "the call was answered; answer, minute and end events")                                      \
    X(CALLER_TYPE, "caller.type", TEXT,                                                            \
      "type of the calling number; absent where the caller is no number")                          \
    X(CALLER_COUNTRY, "caller.country", COUNTRY, "country of the calling number")                  \
    X(CALLER_ATTEST, "caller.attest", TEXT,                                                        \
      "what the script's attribute 'attest' says of the caller's attestation (RFC 8588): A, B, C " \
      "or failed; absent where there is none")                                                     \
    X(MEDIA_ENCRYPTED, "media.encrypted", BOOL,                                                    \
      "media to and from the customer is encrypted, as the relay sees it; this and the following " \
      "are there on minute and end events, where sbc-edge relays the call and tells of it")        \
    X(MEDIA_SUITE, "media.suite", TEXT,                                                            \
      "SRTP suite that the customer sends with; absent in clear")                                  \
    X(MEDIA_CODEC, "media.codec", TEXT, "codec that the customer sends; absent before a packet")   \
    X(MEDIA_SILENT_SECONDS, "media.silent_seconds", NUMBER,                                        \
      "how long there has been nothing to hear from either side [s] (docs/events.md)")             \
    X(MEDIA_ONE_WAY, "media.one_way", BOOL,                                                        \
      "only one side has sent anything for 10 s or more; false on hold")                           \
    X(MEDIA_ONE_WAY_SECONDS, "media.one_way_seconds", NUMBER,                                      \
      "how long only one side has sent anything [s]; 0 on hold")                                   \
    X(MEDIA_IDLE_SECONDS, "media.idle_seconds", NUMBER,                                            \
      "time since the last packet of either side [s]")                                             \
    X(MEDIA_ON_HOLD, "media.on_hold", BOOL, "one side has put the call on hold (RFC 3264 8.4)")    \
    X(MEDIA_PACKET_RATE, "media.packet_rate", NUMBER,                                              \
      "packets that both sides send [1/s], since the relay told last")                             \
    X(MEDIA_PACKET_LOSS, "media.packet_loss", NUMBER,                                              \
      "packets lost before the relay [%], of the worse side, since the relay told last")           \
    X(MEDIA_JITTER_MS, "media.jitter_ms", NUMBER,                                                  \
      "interarrival jitter (RFC 3550) [ms], of the worse side")                                    \
    X(MEDIA_DTMF, "media.dtmf", NUMBER, "keys that the caller has pressed in this call (RFC 4733)")

enum fg_signal {
#define FG_SIGNAL_ENUM(name, text, type, doc) FG_SIG_##name,
    FG_SIGNALS(FG_SIGNAL_ENUM)
#undef FG_SIGNAL_ENUM
        FG_SIG_ATTR, // "attr.NAME": text set by the Kamailio script; the name is beside the signal
    FG_SIG_COUNT
};

struct fg_signal_info {
    const char *name;
    enum fg_signal_type type;
    const char *doc;
};
// Facts of a signal; FG_SIG_ATTR has the name "attr.*". Static storage.
const struct fg_signal_info *fg_signal_info(enum fg_signal signal);
// What values of this type are called in references, such as "true/false". Static storage.
const char *fg_signal_type_name(enum fg_signal_type type);
// Whether a signal is there on minute and end events only.
bool fg_signal_is_late(enum fg_signal signal);
// Finds a signal by its name in packs; "attr.NAME" gives FG_SIG_ATTR. FG_ENOTFOUND.
FG_MUST_CHECK int fg_signal_find(struct fg_view name, enum fg_signal *out);

#define FG_TEXTSET_MAX 16
struct fg_value {
    bool present;             // absent values match nothing but "present: false"
    bool truth;               // BOOL
    fg_micro number;          // NUMBER
    struct fg_view text;      // TEXT, DIGITS
    fg_country country;       // COUNTRY
    const char *const *texts; // TEXTSET, NUL-terminated strings
    uint32_t n_texts;
};

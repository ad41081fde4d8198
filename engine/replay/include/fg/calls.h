// SPDX-License-Identifier: GPL-2.0-or-later
// The calls file: CSV with a header row, one call a line (docs/calls-format.md). Fed in pieces of
// any size, so that files of any size are read with bounded memory. Opens nothing, keeps no clock.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fg/customer.h"
#include "fg/err.h"
#include "fg/event.h"
#include "fg/view.h"

#define FG_CALLS_LINE_MAX     16384 // bytes of a line; longer ones are bad rows
#define FG_CALLS_ID_MAX       255   // bytes of a call_id
#define FG_CALLS_LABEL_MAX    64    // bytes of a label
#define FG_CALLS_DURATION_MAX (7 * FG_MS_PER_DAY)

// One call. Views point into the parser's memory and are valid during the callback.
struct fg_call_row {
    uint64_t line;           // in the file, from 1
    struct fg_view call_id;  // 1 to FG_CALLS_ID_MAX bytes
    struct fg_view customer; // may be empty
    struct fg_view tls_san;  // names of the certificate, separated by spaces, ',', ';' or '|'
    struct fg_view called;   // never empty; as dialled, or a SIP or tel URI
    struct fg_view caller;   // may be empty
    struct fg_view attest;   // may be empty
    struct fg_view label;    // empty: a wanted call ("legit" is made empty)
    int64_t start_ms;        // Unix [ms]
    int64_t answer_ms;       // answered: start_ms or later
    int64_t end_ms;          // answer_ms, or start_ms, or later
    bool answered;           // else it was never answered
    bool has_source;         // else source is ::
    bool has_fingerprint;    // else fingerprint is zero
    bool knows_certificates; // the file has certificate columns
    bool knows_labels;       // the file has a label column
    bool srtp;               // SRTP was offered
    enum fg_direction direction;
    enum fg_transport transport;
    struct fg_ip source;
    uint8_t fingerprint[32]; // SHA-256 of the certificate
    uint16_t tls_key_bits;   // 0: not given
    uint16_t sip_status;     // 0: not given
};

struct fg_calls_sink {
    // A good row. Anything but FG_OK ends the reading.
    int (*row)(void *arg, const struct fg_call_row *row);
    // A row that was skipped, or (line 1) a header that cannot be used. why: English text, for the
    // time of the call.
    void (*bad)(void *arg, uint64_t line, const char *why);
    // May be NULL: a header that can be used but names columns that nobody knows, told once.
    void (*unknown)(void *arg, uint64_t line, const char *what);
    void *arg;
};

struct fg_calls;
// A parser at the beginning of a file; about 32 KiB. NULL when out of memory. Not safe for
// concurrent use.
struct fg_calls *fg_calls_new(const struct fg_calls_sink *sink);
void fg_calls_free(struct fg_calls *calls);
// Takes the next len bytes. FG_OK; FG_ESYNTAX when the header cannot be used (told through bad());
// else what row() returned. After an error nothing more is taken.
FG_MUST_CHECK int fg_calls_feed(struct fg_calls *calls, const char *bytes, size_t len);
// The end of the file: its last line may lack a newline. As fg_calls_feed(); FG_ESYNTAX also for a
// file without a header.
FG_MUST_CHECK int fg_calls_finish(struct fg_calls *calls);

// RFC 3339 ("2026-11-20T10:00:00.250Z", any offset, 'T' or a space, digits of a second beyond
// milliseconds are cut), from 1970 to 2199, or Unix milliseconds, from 10^11 (1973) on. FG_ELIMIT:
// a smaller whole number, which is likely to mean seconds. FG_ESYNTAX.
FG_MUST_CHECK int fg_calls_time(struct fg_view text, int64_t *out_ms);

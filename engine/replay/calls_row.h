// SPDX-License-Identifier: GPL-2.0-or-later
// From the fields of one line to a call.
#pragma once

#include "fg/calls.h"

#define CALLS_COLUMNS(X)                                                                           \
    X(CALL_ID, "call_id")                                                                          \
    X(START, "start")                                                                              \
    X(CALLED, "called")                                                                            \
    X(ANSWER, "answer")                                                                            \
    X(END, "end")                                                                                  \
    X(DIRECTION, "direction")                                                                      \
    X(CUSTOMER, "customer")                                                                        \
    X(SOURCE_IP, "source_ip")                                                                      \
    X(TRANSPORT, "transport")                                                                      \
    X(TLS_SAN, "tls_san")                                                                          \
    X(TLS_FINGERPRINT, "tls_fingerprint")                                                          \
    X(TLS_KEY_BITS, "tls_key_bits")                                                                \
    X(CALLER, "caller")                                                                            \
    X(SIP_STATUS, "sip_status")                                                                    \
    X(SRTP, "srtp")                                                                                \
    X(ATTEST, "attest")                                                                            \
    X(LABEL, "label")

enum calls_column {
#define CALLS_COLUMN_ENUM(name, text) COLUMN_##name,
    CALLS_COLUMNS(CALLS_COLUMN_ENUM)
#undef CALLS_COLUMN_ENUM
        CALLS_COLUMN_COUNT
};
#define CALLS_COLUMNS_REQUIRED 3 // the first three

// Reads a row from its fields, one view a column, empty where the file has none. NULL, or static
// text that says what is wrong.
const char *calls_row_read(const struct fg_view fields[CALLS_COLUMN_COUNT],
                           struct fg_call_row *out);

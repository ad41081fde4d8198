// SPDX-License-Identifier: GPL-2.0-or-later
// Error codes of the engine: 0 is success, every failure a negative code of this table.
#pragma once

#define FG_ERRORS(X)                                                                               \
    X(FG_ENOMEM, -1, "out of memory")                                                              \
    X(FG_EINVAL, -2, "invalid argument")                                                           \
    X(FG_ELIMIT, -3, "a fixed limit is exceeded")                                                  \
    X(FG_ENOTFOUND, -4, "not found")                                                               \
    X(FG_EDUPLICATE, -5, "already there")                                                          \
    X(FG_ESYNTAX, -6, "syntax error")                                                              \
    X(FG_EUNAVAILABLE, -7, "the store cannot be reached")                                          \
    X(FG_ETIMEOUT, -8, "the deadline has passed")                                                  \
    X(FG_EPROTOCOL, -9, "an answer that does not fit the request")                                 \
    X(FG_EIO, -10, "input/output error")                                                           \
    X(FG_EMISMATCH, -11, "version or layout mismatch")

enum fg_error {
    FG_OK = 0,
#define FG_ERROR_ENUM(name, code, text) name = (code),
    FG_ERRORS(FG_ERROR_ENUM)
#undef FG_ERROR_ENUM
};

#define FG_MUST_CHECK __attribute__((warn_unused_result))

// English text of a code; never NULL, static storage. Codes not in the table give "unknown error".
const char *fg_strerror(int code);

// Name of a code ("FG_ENOMEM"); never NULL, static storage.
const char *fg_error_name(int code);

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/**
 * Error codes of the relay's parsers and formatters; functions return 0 or one of these. They say
 * what went wrong, never what to do about it.
 */
enum edge_error {
    EDGE_OK = 0,
    EDGE_ESYNTAX = -1,    /**< the bytes do not follow the grammar */
    EDGE_ELIMIT = -2,     /**< more depth, nodes, lines or bytes than this parser holds */
    EDGE_ENOSPACE = -3,   /**< the caller's output buffer is too small */
    EDGE_ENOENT = -4,     /**< nothing that fits was found */
    EDGE_ENOCOOKIE = -5,  /**< ng: a datagram without a cookie, which cannot be answered */
    EDGE_ESUITE = -6,     /**< SDES: suite unknown, or known and never used (NULL, F8, …) */
    EDGE_EWEAK = -7,      /**< SDES: a session parameter would switch protection off */
    EDGE_EPARAM = -8,     /**< SDES: a session parameter that we must, and cannot, honour */
    EDGE_EKEYLEN = -9,    /**< SDES: key material is not base64 of the suite's exact length */
    EDGE_ELIFETIME = -10, /**< SDES: the key may be used for fewer packets than a call needs */
    EDGE_EKEYLEAK = -11,  /**< SDP: the result would carry the other side's key material */
    EDGE_EINVALID = -12,  /**< the caller's plan does not fit what it is to be applied to */
    EDGE_ENOMEM = -13,    /**< memory could not be had */
    EDGE_ERROR_END = -14, /**< one past the last code */
};

/** English text of a code, without a full stop; static. "unknown error" for any other number. */
const char *edge_error_text(int code);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "parse_error.h"

#include <stddef.h>

const char *edge_error_text(int code)
{
    static const char *const texts[] = {
        [-EDGE_OK] = "success",
        [-EDGE_ESYNTAX] = "malformed",
        [-EDGE_ELIMIT] = "too large or too deep",
        [-EDGE_ENOSPACE] = "output buffer too small",
        [-EDGE_ENOENT] = "not found",
        [-EDGE_ENOCOOKIE] = "no cookie",
        [-EDGE_ESUITE] = "crypto suite not supported",
        [-EDGE_EWEAK] = "session parameter would switch protection off",
        [-EDGE_EPARAM] = "session parameter not supported",
        [-EDGE_EKEYLEN] = "key of wrong length or encoding",
        [-EDGE_ELIFETIME] = "key lifetime too short",
        [-EDGE_EKEYLEAK] = "key of the other side in the result",
        [-EDGE_EINVALID] = "invalid argument",
        [-EDGE_ENOMEM] = "out of memory",
    };
    _Static_assert(sizeof(texts) / sizeof(texts[0]) == -EDGE_ERROR_END, "every code has a text");

    if (code > 0 || code <= EDGE_ERROR_END)
        return "unknown error";
    return texts[-code];
}

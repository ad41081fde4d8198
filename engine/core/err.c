// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/err.h"

const char *fg_strerror(int code)
{
    switch (code) {
    case FG_OK:
        return "success";
#define FG_ERROR_TEXT(name, value, text)                                                           \
    case name:                                                                                     \
        return text;
        FG_ERRORS(FG_ERROR_TEXT)
#undef FG_ERROR_TEXT
    default:
        return "unknown error";
    }
}

const char *fg_error_name(int code)
{
    switch (code) {
    case FG_OK:
        return "FG_OK";
#define FG_ERROR_NAME(name, value, text)                                                           \
    case name:                                                                                     \
        return #name;
        FG_ERRORS(FG_ERROR_NAME)
#undef FG_ERROR_NAME
    default:
        return "unknown error";
    }
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "redis_error.h"

#include <string.h>

const char *fg_redis_error_name(enum fg_redis_error kind)
{
    static const char *const names[FG_REDIS_ERRORS] = {
#define FG_REDIS_ERROR_NAME(name, text, word) [name] = (text),
        FG_REDIS_ERROR_KINDS(FG_REDIS_ERROR_NAME)
#undef FG_REDIS_ERROR_NAME
    };
    return (unsigned)kind < FG_REDIS_ERRORS ? names[kind] : "unknown";
}

enum fg_redis_error redis_error_classify(struct fg_view text)
{
    static const char *const words[FG_REDIS_ERRORS] = {
#define FG_REDIS_ERROR_WORD(name, text, word) [name] = (word),
        FG_REDIS_ERROR_KINDS(FG_REDIS_ERROR_WORD)
#undef FG_REDIS_ERROR_WORD
    };
    for (unsigned i = 0; i < FG_REDIS_ERRORS; i++) {
        const size_t len = words[i] == NULL ? 0 : strlen(words[i]);
        if (len > 0 && text.len >= len && memcmp(text.ptr, words[i], len) == 0)
            return (enum fg_redis_error)i;
    }
    return FG_REDIS_ERROR_REPLY;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

int edge_random_bytes(void *out, size_t length)
{
    uint8_t *at = out;

    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

uint64_t edge_random_u64(void)
{
    uint64_t number;

    if (edge_random_bytes(&number, sizeof(number)) != 0)
        abort();
    return number;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing that was not sealed with the keys opens; key files of any content are read or refused. */
#include "state_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct edge_seal *open_keys(const void *text, size_t length)
{
    struct edge_seal *seal = NULL;
    char error[200];
    char path[32];
    int fd = memfd_create("keys", 0);

    if (fd < 0 || write(fd, text, length) != (ssize_t)length)
        abort();
    if (fchmod(fd, 0400) != 0)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (edge_seal_open(path, &seal, error, sizeof(error)) != 0)
        seal = NULL;
    close(fd);
    return seal;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char known[] =
        "k 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    static struct edge_seal *seal;
    struct edge_seal *read;
    uint8_t *plain = malloc(size + 1);
    size_t length = 0;

    if (!seal)
        seal = open_keys(known, sizeof(known) - 1);
    if (!seal || !plain)
        abort();
    if (edge_seal_unlock(seal, EDGE_VIEW("field"), (struct edge_view){(const char *)data, size},
                         plain, &length) == 0)
        abort();
    free(plain);
    read = size < 4096 ? open_keys(data, size) : NULL;
    edge_seal_close(read);
    return 0;
}

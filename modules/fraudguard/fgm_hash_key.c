// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_hash_key.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fgm_log.h"

// The value of a hex digit, or -1.
static int nibble(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit ? strchr(digits, tolower((unsigned char)digit)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int read_hex(const char *text, struct fg_hash_key *key)
{
    for (size_t i = 0; i < sizeof key->bytes; i++) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        key->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static int random_key(struct fg_hash_key *key)
{
    if (getrandom(key->bytes, sizeof key->bytes, 0) == (ssize_t)sizeof key->bytes)
        return 0;
    fgm_error("no random bytes: %s", strerror(errno));
    return -1;
}

// A new key on the first start. 0 also when the file was there already.
static int make_file(const char *path)
{
    struct fg_hash_key key;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : -1;
    if (random_key(&key) < 0 || write(fd, key.bytes, sizeof key.bytes) != sizeof key.bytes) {
        fgm_error("hash_key_file %s cannot be written", path);
        close(fd);
        unlink(path);
        return -1;
    }
    close(fd);
    fgm_notice("hash_key_file %s is new; all nodes that share a Redis need a copy of it", path);
    return 0;
}

// The file holds 16 bytes, or 32 hex digits.
static int read_file(const char *path, struct fg_hash_key *key)
{
    char text[34] = {0};
    (void)make_file(path); // what goes wrong shows when the file is opened
    FILE *file = fopen(path, "rb");
    if (!file) {
        fgm_error("hash_key_file %s: %s", path, strerror(errno));
        return -1;
    }
    struct stat facts;
    if (fstat(fileno(file), &facts) == 0 && (facts.st_mode & (S_IRWXO | S_IWGRP)))
        fgm_warn("hash_key_file %s is open to others; give it mode 0640", path);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    if (n == sizeof key->bytes)
        memcpy(key->bytes, text, sizeof key->bytes);
    else if (n < 2 * sizeof key->bytes || read_hex(text, key) < 0) {
        fgm_error("hash_key_file %s holds neither 16 bytes nor 32 hex digits", path);
        return -1;
    }
    return 0;
}

int fgm_hash_key_read(const char *path, bool shared, struct fg_hash_key *key)
{
    if (path && *path)
        return read_file(path, key);
    if (shared) {
        fgm_error(
            "hash_key_file is not set: nodes that share a Redis need one key for what they keep "
            "there");
        return -1;
    }
    return random_key(key);
}

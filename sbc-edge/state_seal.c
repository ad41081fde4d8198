// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_seal.h"

#include "parse_error.h"
#include "random.h"
#include "secret_store.h"
#include "state_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYOUT    1
#define ID_MAX    16u
#define KEY_BYTES 32u
#define SALT      16u
#define NONCE     12u
#define TAG       16u
#define FILE_MAX  8192
#define PURPOSE   "sbc-edge state 1"

_Static_assert(1 + 2 + ID_MAX + SALT + NONCE + TAG <= EDGE_SEAL_GROWTH, "growth too small");
_Static_assert(KEY_BYTES <= EDGE_SECRET_BYTES, "a key fits a secret");

struct seal_key {
    char id[ID_MAX + 1];
    uint8_t *secret; /* secret store */
};

struct edge_seal {
    unsigned n_keys;
    struct seal_key keys[EDGE_SEAL_KEYS_MAX];
    uint8_t salt[SALT];
    uint64_t count;          /* of what was sealed: the nonce */
    EVP_CIPHER_CTX *context; /* for sealing, keyed */
    EVP_CIPHER_CTX *opening;
    EVP_CIPHER *cipher;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_id(struct edge_view text)
{
    if (text.len == 0 || text.len > ID_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static const struct seal_key *find_key(const struct edge_seal *seal, struct edge_view id)
{
    for (unsigned i = 0; i < seal->n_keys; i++) {
        if (edge_view_is_equal(edge_view_of(seal->keys[i].id), id))
            return &seal->keys[i];
    }
    return NULL;
}

/* NULL, or what is wrong with the line. */
static const char *add_key(struct edge_seal *seal, struct edge_view line)
{
    size_t id_length = 0;
    size_t at;
    struct seal_key *key = &seal->keys[seal->n_keys];
    struct edge_view id;

    while (id_length < line.len && line.ptr[id_length] != ' ' && line.ptr[id_length] != '\t')
        id_length++;
    id = (struct edge_view){line.ptr, id_length};
    at = id_length;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    if (!is_id(id))
        return "the key's name is not 1 to 16 of A-Z a-z 0-9 . _ -";
    if (find_key(seal, id))
        return "the key's name is there already";
    if (line.len - at != (size_t)2 * KEY_BYTES)
        return "the key is not 64 hex digits";
    if (seal->n_keys == EDGE_SEAL_KEYS_MAX)
        return "more than 16 keys";
    key->secret = edge_secret_take();
    if (!key->secret)
        return "out of memory";
    seal->n_keys++;
    memcpy(key->id, id.ptr, id.len);
    for (unsigned i = 0; i < KEY_BYTES; i++) {
        int high = hex_digit(line.ptr[at + (size_t)2 * i]);
        int low = hex_digit(line.ptr[at + (size_t)2 * i + 1]);

        if (high < 0 || low < 0)
            return "the key is not 64 hex digits";
        key->secret[i] = (uint8_t)(high << 4 | low);
    }
    return NULL;
}

static struct edge_view trim(struct edge_view line)
{
    while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1]))
        line.len--;
    while (line.len > 0 && strchr(" \t", line.ptr[0])) {
        line.ptr++;
        line.len--;
    }
    return line;
}

static int read_keys(struct edge_seal *seal, struct edge_view text, const char *path, char *error,
                     size_t size)
{
    unsigned number = 0;

    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t length = end ? (size_t)(end - text.ptr) : text.len;
        struct edge_view line = trim((struct edge_view){text.ptr, length});
        const char *complaint = NULL;

        number++;
        text.ptr += end ? length + 1 : length;
        text.len -= end ? length + 1 : length;
        if (line.len > 0 && line.ptr[0] != '#')
            complaint = add_key(seal, line);
        if (complaint) {
            snprintf(error, size, "%s:%u: %s", path, number, complaint);
            return -EINVAL;
        }
    }
    if (seal->n_keys == 0) {
        snprintf(error, size, "%s: no keys (lines of a name and 64 hex digits)", path);
        return -EINVAL;
    }
    return 0;
}

/* What is wrong with an open file; 0: it can be read, and only by those it is meant for. */
static int check_file(int fd)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return -errno;
    if (!S_ISREG(info.st_mode))
        return -EINVAL;
    return (info.st_mode & (S_IWGRP | S_IRWXO)) != 0 ? -EPERM : 0;
}

/* Its length, or a negative errno value. */
static ssize_t read_checked(int fd, char *text, size_t size)
{
    int err = check_file(fd);
    ssize_t length = err == 0 ? read(fd, text, size) : err;

    if (err == 0 && length < 0)
        return -errno;
    return length >= 0 && (size_t)length == size ? -EFBIG : length;
}

/* The whole file into `text`; its length, or a negative errno value. */
static ssize_t read_file(const char *path, char *text, size_t size, char *error, size_t error_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t length = fd < 0 ? -errno : read_checked(fd, text, size);

    if (fd >= 0)
        close(fd);
    if (length < 0)
        snprintf(error, error_size, "%s: %s", path,
                 length == -EPERM ? "everybody can read it, or a group write (chmod 0400)"
                                  : strerror((int)-length));
    return length;
}

static bool derive(const struct seal_key *key, const uint8_t *salt, uint8_t out[KEY_BYTES])
{
    uint8_t message[sizeof(PURPOSE) - 1 + SALT];
    unsigned length = KEY_BYTES;

    memcpy(message, PURPOSE, sizeof(PURPOSE) - 1);
    memcpy(message + sizeof(PURPOSE) - 1, salt, SALT);
    return HMAC(EVP_sha256(), key->secret, KEY_BYTES, message, sizeof(message), out, &length) !=
               NULL &&
           length == KEY_BYTES;
}

static int start_sealing(struct edge_seal *seal)
{
    uint8_t *key = edge_secret_take();
    bool is_ready;

    seal->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    seal->context = EVP_CIPHER_CTX_new();
    seal->opening = EVP_CIPHER_CTX_new();
    is_ready = key && seal->cipher && seal->context && seal->opening &&
               edge_random_bytes(seal->salt, SALT) == 0 &&
               derive(&seal->keys[0], seal->salt, key) &&
               EVP_EncryptInit_ex2(seal->context, seal->cipher, key, NULL, NULL) == 1;
    edge_secret_return(key);
    return is_ready ? 0 : -ENOMEM;
}

int edge_seal_open(const char *path, struct edge_seal **out, char *error, size_t size)
{
    char *text = calloc(1, FILE_MAX);
    struct edge_seal *seal = calloc(1, sizeof(*seal));
    ssize_t length = -ENOMEM;
    int err;

    snprintf(error, size, "%s: out of memory", path);
    if (text && seal)
        length = read_file(path, text, FILE_MAX, error, size);
    err = length < 0 ? (int)length
                     : read_keys(seal, (struct edge_view){text, (size_t)length}, path, error, size);
    if (err == 0) {
        err = start_sealing(seal);
        if (err != 0)
            snprintf(error, size, "%s: AES-256-GCM is not to be had", path);
    }
    if (text)
        explicit_bzero(text, FILE_MAX);
    free(text);
    if (err != 0) {
        edge_seal_close(seal);
        return err;
    }
    *out = seal;
    return 0;
}

void edge_seal_close(struct edge_seal *seal)
{
    if (!seal)
        return;
    for (unsigned i = 0; i < seal->n_keys; i++)
        edge_secret_return(seal->keys[i].secret);
    EVP_CIPHER_CTX_free(seal->context);
    EVP_CIPHER_CTX_free(seal->opening);
    EVP_CIPHER_free(seal->cipher);
    free(seal);
}

int edge_seal_lock(struct edge_seal *seal, struct edge_view name, struct edge_view plain,
                   uint8_t *sealed, size_t *length)
{
    struct edge_bytes_writer head = {.bytes = sealed, .size = EDGE_SEAL_GROWTH};
    uint8_t nonce[NONCE] = {0};
    uint8_t *text;
    int n = 0;
    bool is_done;

    seal->count++;
    for (unsigned i = 0; i < 8; i++)
        nonce[NONCE - 1 - i] = (uint8_t)(seal->count >> (8 * i));
    edge_bytes_put_number(&head, LAYOUT, 1);
    edge_bytes_put_text(&head, edge_view_of(seal->keys[0].id));
    edge_bytes_put(&head, seal->salt, SALT);
    edge_bytes_put(&head, nonce, NONCE);
    text = sealed + head.used;
    is_done =
        plain.len <= INT32_MAX &&
        EVP_EncryptInit_ex2(seal->context, NULL, NULL, nonce, NULL) == 1 &&
        EVP_EncryptUpdate(seal->context, NULL, &n, (const uint8_t *)name.ptr, (int)name.len) == 1 &&
        EVP_EncryptUpdate(seal->context, text, &n, (const uint8_t *)plain.ptr, (int)plain.len) ==
            1 &&
        EVP_EncryptFinal_ex(seal->context, text + n, &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_GET_TAG, TAG, text + plain.len) == 1;
    if (!is_done)
        return EDGE_EINVALID;
    *length = head.used + plain.len + TAG;
    return 0;
}

int edge_seal_unlock(struct edge_seal *seal, struct edge_view name, struct edge_view sealed,
                     uint8_t *plain, size_t *length)
{
    struct edge_bytes_reader reader = {(const uint8_t *)sealed.ptr, sealed.len, false};
    uint64_t layout = edge_bytes_get_number(&reader, 1);
    const struct seal_key *key = find_key(seal, edge_bytes_get_text(&reader, ID_MAX));
    const uint8_t *salt = edge_bytes_get(&reader, SALT);
    const uint8_t *nonce = edge_bytes_get(&reader, NONCE);
    uint8_t tag[TAG];
    uint8_t *derived;
    bool is_genuine;
    int n = 0;

    if (reader.has_failed || reader.left < TAG || reader.left > INT32_MAX)
        return layout == LAYOUT ? EDGE_ESYNTAX : EDGE_ENOENT;
    if (layout != LAYOUT || !key)
        return EDGE_ENOENT;
    derived = edge_secret_take();
    if (!derived)
        return EDGE_ENOMEM;
    memcpy(tag, reader.bytes + reader.left - TAG, TAG);
    is_genuine =
        derive(key, salt, derived) &&
        EVP_DecryptInit_ex2(seal->opening, seal->cipher, derived, nonce, NULL) == 1 &&
        EVP_DecryptUpdate(seal->opening, NULL, &n, (const uint8_t *)name.ptr, (int)name.len) == 1 &&
        EVP_DecryptUpdate(seal->opening, plain, &n, reader.bytes, (int)(reader.left - TAG)) == 1 &&
        EVP_CIPHER_CTX_ctrl(seal->opening, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
        EVP_DecryptFinal_ex(seal->opening, plain + n, &n) == 1;
    edge_secret_return(derived);
    if (!is_genuine) {
        explicit_bzero(plain, reader.left - TAG);
        return EDGE_ESYNTAX;
    }
    *length = reader.left - TAG;
    return 0;
}

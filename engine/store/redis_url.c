// SPDX-License-Identifier: GPL-2.0-or-later
// "unix:/path", "redis://[user:password@]host[:port][/db]", "host:port",
// "sentinel://[user:password@]host[:port],.../master[/db]",
// "cluster://[user:password@]host[:port],...".
#include <stdbool.h>
#include <string.h>

#include "fg/store.h"
#include "fg/view.h"

#define DEFAULT_PORT        6379
#define SENTINEL_PORT       26379
#define DEFAULT_DEADLINE_MS 20
#define DATABASE_MAX        1023

struct storage {
    char *at;
    size_t left;
};

// A copy of text with %XX undone where asked; NULL when it is empty, badly escaped or too long.
static const char *text_keep(struct storage *storage, struct fg_view text, bool unescape)
{
    char *start = storage->at;
    if (text.len == 0 || text.len >= storage->left)
        return NULL;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (unescape && c == '%') {
            if (i + 2 >= text.len)
                return NULL;
            const int high = fg_hex_digit(text.ptr[i + 1]), low = fg_hex_digit(text.ptr[i + 2]);
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0')
            return NULL;
        *storage->at++ = c;
        storage->left--;
    }
    *storage->at++ = '\0';
    storage->left--;
    return start;
}

// 1 to 5 digits, at most most.
static bool number_read(struct fg_view text, unsigned most, unsigned *out)
{
    unsigned value = 0;
    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *out = value;
    return value <= most;
}

// Splits text at the first c: what is before, and what is after in *rest (ptr NULL: no c).
static struct fg_view split(struct fg_view text, char c, struct fg_view *rest)
{
    const char *found = text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
    if (found == NULL) {
        *rest = (struct fg_view){NULL, 0};
        return text;
    }
    const size_t before = (size_t)(found - text.ptr);
    *rest = (struct fg_view){found + 1, text.len - before - 1};
    return (struct fg_view){text.ptr, before};
}

// host, host:port, [v6], [v6]:port. usual_port 0: the port must be told.
static int host_read(struct fg_view text, uint16_t usual_port, struct storage *storage,
                     const char **host_out, uint16_t *port_out)
{
    struct fg_view host, port;
    if (text.len > 0 && text.ptr[0] == '[') {
        struct fg_view after;
        host = split((struct fg_view){text.ptr + 1, text.len - 1}, ']', &after);
        if (after.ptr == NULL || (after.len > 0 && after.ptr[0] != ':'))
            return FG_ESYNTAX;
        port = after.len > 0 ? (struct fg_view){after.ptr + 1, after.len - 1}
                             : (struct fg_view){NULL, 0};
    } else {
        host = split(text, ':', &port);
    }
    unsigned number = usual_port;
    if ((port.ptr != NULL && !number_read(port, UINT16_MAX, &number)) || number == 0)
        return FG_ESYNTAX;
    *port_out = (uint16_t)number;
    *host_out = text_keep(storage, host, false);
    return *host_out == NULL ? FG_ESYNTAX : FG_OK;
}

static int login_read(struct fg_view text, struct storage *storage, struct fg_redis_config *config)
{
    struct fg_view password;
    const struct fg_view user = split(text, ':', &password);
    if (password.len == 0)
        return FG_ESYNTAX;
    if (user.len > 0 && (config->username = text_keep(storage, user, true)) == NULL)
        return FG_ESYNTAX;
    config->password = text_keep(storage, password, true);
    return config->password == NULL ? FG_ESYNTAX : FG_OK;
}

// Takes "user:password@" off the front of authority.
static int authority_read(struct fg_view *authority, struct storage *storage,
                          struct fg_redis_config *config)
{
    for (size_t i = authority->len; i > 0; i--) {
        if (authority->ptr[i - 1] != '@')
            continue;
        const int rc = login_read((struct fg_view){authority->ptr, i - 1}, storage, config);
        *authority = (struct fg_view){authority->ptr + i, authority->len - i};
        return rc;
    }
    return FG_OK;
}

static int database_read(struct fg_view text, struct fg_redis_config *config)
{
    unsigned database = 0;
    if (text.len > 0 && !number_read(text, DATABASE_MAX, &database))
        return FG_ESYNTAX;
    config->database = (int)database;
    return FG_OK;
}

static int redis_scheme_read(struct fg_view text, struct storage *storage,
                             struct fg_redis_config *config)
{
    struct fg_view path;
    struct fg_view authority = split(text, '/', &path);
    int rc = database_read(path, config);
    if (rc == FG_OK)
        rc = authority_read(&authority, storage, config);
    return rc == FG_OK ? host_read(authority, DEFAULT_PORT, storage, &config->host, &config->port)
                       : rc;
}

// Letters, digits, and . - _ as Sentinel's own configuration has them.
static bool master_name_valid(struct fg_view name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= FG_SENTINEL_NAME_MAX;
}

static int sentinel_scheme_read(struct fg_view text, struct storage *storage,
                                struct fg_redis_config *config)
{
    struct fg_view path, database;
    struct fg_view authority = split(text, '/', &path);
    const struct fg_view master = split(path, '/', &database);
    int rc = database_read(database, config);
    if (rc == FG_OK)
        rc = authority_read(&authority, storage, config);
    while (rc == FG_OK && authority.ptr != NULL) {
        struct fg_view rest;
        const struct fg_view one = split(authority, ',', &rest);
        if (config->n_sentinels == FG_SENTINELS_MAX)
            return FG_ESYNTAX;
        const uint32_t i = config->n_sentinels++;
        rc = host_read(one, SENTINEL_PORT, storage, &config->sentinels[i].host,
                       &config->sentinels[i].port);
        authority = rest;
    }
    if (rc != FG_OK || !master_name_valid(master))
        return FG_ESYNTAX;
    config->sentinel_master = text_keep(storage, master, false);
    return config->sentinel_master == NULL ? FG_ESYNTAX : FG_OK;
}

static int cluster_scheme_read(struct fg_view text, struct storage *storage,
                               struct fg_redis_config *config)
{
    int rc = authority_read(&text, storage, config);
    do {
        struct fg_view rest;
        const struct fg_view one = split(text, ',', &rest);
        // A Cluster has one database; there is no path.
        if (rc != FG_OK || config->n_nodes == FG_SENTINELS_MAX ||
            memchr(text.ptr, '/', text.len) != NULL)
            return FG_ESYNTAX;
        const uint32_t i = config->n_nodes++;
        rc = host_read(one, DEFAULT_PORT, storage, &config->nodes[i].host, &config->nodes[i].port);
        text = rest;
    } while (text.ptr != NULL);
    return rc;
}

static bool strip(struct fg_view *text, const char *prefix)
{
    const size_t len = strlen(prefix);
    if (text->len < len || memcmp(text->ptr, prefix, len) != 0)
        return false;
    text->ptr += len;
    text->len -= len;
    return true;
}

int fg_redis_config_parse(const char *url, struct fg_redis_config *config, char *storage,
                          size_t storage_size)
{
    struct storage room = {storage, storage_size};
    struct fg_redis_config parsed = {.deadline_ms = DEFAULT_DEADLINE_MS};
    struct fg_view text = fg_view_of(url);
    int rc;
    if (strip(&text, "unix:")) {
        parsed.unix_path = text_keep(&room, text, false);
        // sun_path of struct sockaddr_un
        const bool fits = parsed.unix_path != NULL && text.ptr[0] == '/' && text.len < 108;
        rc = fits ? FG_OK : FG_ESYNTAX;
    } else if (strip(&text, "redis://")) {
        rc = redis_scheme_read(text, &room, &parsed);
    } else if (strip(&text, "sentinel://")) {
        rc = sentinel_scheme_read(text, &room, &parsed);
    } else if (strip(&text, "cluster://")) {
        rc = cluster_scheme_read(text, &room, &parsed);
    } else {
        rc = host_read(text, 0, &room, &parsed.host, &parsed.port);
    }
    if (rc == FG_OK)
        *config = parsed;
    return rc;
}

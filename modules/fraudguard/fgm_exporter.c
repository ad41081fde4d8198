// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_exporter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "fgm_collect.h"
#include "fgm_log.h"
#include "fgm_params.h"
#include "fgm_render.h"

#define CONNECTIONS_MAX  16u
#define IDLE_S           10u
#define CONNECTION_BYTES ((size_t)16384)
#define BACKLOG          16
#define WAIT_MS          500
#define TEXT_FIRST       ((size_t)65536)
#define TEXT_MAX         ((size_t)16 << 20)

static int listener = -1;
static struct {
    char *bytes;
    size_t size;
} text;

// --- the socket
// "127.0.0.1:9464" or "[::1]:9464"
static struct addrinfo *parse_address(const char *given)
{
    char host[64];
    const char *colon = strrchr(given, ':');
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    size_t len = colon ? (size_t)(colon - given) : 0;
    if (len == 0 || len >= sizeof host || !colon[1])
        return NULL;
    memcpy(host, given, len);
    host[len] = '\0';
    bool brackets = host[0] == '[' && host[len - 1] == ']';
    if (brackets)
        host[len - 1] = '\0';
    else if (strchr(host, ':'))
        return NULL;
    return getaddrinfo(host + brackets, colon + 1, &hints, &found) == 0 ? found : NULL;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    struct sockaddr_in6 v6;
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static int open_listener(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int fgm_exporter_open(void)
{
    if (!fgm_config.has_metrics)
        return 0;
    struct addrinfo *address = parse_address(fgm_params.metrics);
    if (!address) {
        fgm_error("metrics is '%s'; it must be ADDRESS:PORT or [ADDRESS]:PORT", fgm_params.metrics);
        return -1;
    }
    // Whoever may read them learns who the customers are: that is for a proxy with a login.
    bool loopback = is_loopback(address->ai_addr);
    if (loopback)
        listener = open_listener(address);
    if (!loopback)
        fgm_error("metrics is '%s'; it must be a loopback address", fgm_params.metrics);
    else if (listener < 0)
        fgm_error("metrics: cannot listen on %s: %s", fgm_params.metrics, strerror(errno));
    freeaddrinfo(address);
    return listener < 0 ? -1 : 0;
}

// --- the answers
static struct MHD_Response *from_text(size_t len)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, text.bytes, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return NULL;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            "text/plain; version=0.0.4; charset=utf-8");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    return response;
}

static bool grow(size_t needed)
{
    size_t size = needed + needed / 4;
    char *bytes = needed <= TEXT_MAX ? realloc(text.bytes, size) : NULL;
    if (!bytes)
        return false;
    text.bytes = bytes;
    text.size = size;
    return true;
}

// All of it or nothing: half a text would be half the truth.
static unsigned answer_metrics(size_t *len)
{
    const struct fgm_snapshot *snapshot = fgm_collect();
    size_t needed = fgm_render_metrics(snapshot, text.bytes, text.size);
    if (needed > text.size && grow(needed))
        needed = fgm_render_metrics(snapshot, text.bytes, text.size);
    fgm_collect_done();
    *len = needed <= text.size ? needed : 0;
    return *len ? MHD_HTTP_OK : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static unsigned answer_health(size_t *len)
{
    struct fgm_health health;
    fgm_collect_health(&health);
    bool healthy = fgm_render_health(&health, text.bytes, text.size);
    *len = strlen(text.bytes);
    return healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned answer(const char *method, const char *url, size_t *len)
{
    *len = 0;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(len);
    if (strcmp(url, "/healthz") == 0)
        return answer_health(len);
    return MHD_HTTP_NOT_FOUND;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's
static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_size, void **state)
{
    (void)context, (void)version, (void)data, (void)data_size, (void)state;
    size_t len;
    unsigned status = answer(method, url, &len);
    struct MHD_Response *response = from_text(len);
    if (!response)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

void fgm_exporter_run(void)
{
    text.size = TEXT_FIRST;
    text.bytes = malloc(text.size);
    if (!text.bytes || fgm_collect_init() < 0) {
        fgm_error("metrics: out of memory");
        return;
    }
    // No thread: Kamailio's processes have one each, and its locks know of no others.
    struct MHD_Daemon *server = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, serve, NULL, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_END);
    if (!server) {
        fgm_error("metrics: the HTTP server does not start");
        return;
    }
    for (;;) {
        if (MHD_run_wait(server, WAIT_MS) != MHD_YES)
            usleep(WAIT_MS * 1000);
        cfg_update();
    }
}

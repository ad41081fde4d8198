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
#include "fgm_page_files.h"
#include "fgm_page_trunks.h"
#include "fgm_params.h"
#include "fgm_render.h"
#include "fgm_trunk_page.h"

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
struct body {
    unsigned status;
    const char *type;
    const void *bytes;
    size_t len;
    char *owned; // freed when it has been sent; NULL: bytes stay
};

static const char plain[] = "text/plain; charset=utf-8";

static void add_headers(struct MHD_Response *response, const char *type)
{
    static const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {MHD_HTTP_HEADER_ALLOW, "GET, HEAD"},
        // The page takes nothing from elsewhere, and nobody frames it.
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
         "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
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
static void answer_metrics(struct body *body)
{
    const struct fgm_snapshot *snapshot = fgm_collect();
    size_t needed = fgm_render_metrics(snapshot, text.bytes, text.size);
    if (needed > text.size && grow(needed))
        needed = fgm_render_metrics(snapshot, text.bytes, text.size);
    fgm_collect_done();
    body->type = "text/plain; version=0.0.4; charset=utf-8";
    body->bytes = text.bytes;
    body->len = needed <= text.size ? needed : 0;
    body->status = body->len ? MHD_HTTP_OK : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void answer_health(struct body *body)
{
    struct fgm_health health;
    fgm_collect_health(&health);
    bool healthy = fgm_render_health(&health, text.bytes, text.size);
    body->bytes = text.bytes;
    body->len = strlen(text.bytes);
    body->status = healthy ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static void answer_json(struct body *body, char *json, bool known)
{
    body->type = "application/json";
    body->bytes = body->owned = json;
    body->len = json ? strlen(json) : 0;
    body->status = json ? MHD_HTTP_OK : known ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_NOT_FOUND;
}

static void answer_trunks(struct MHD_Connection *connection, struct body *body)
{
    const char *search = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "search");
    const char *problems =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "problems");
    size_t len = search ? strlen(search) : 0;
    if (len > FGM_PAGE_SEARCH_MAX) {
        body->status = MHD_HTTP_BAD_REQUEST;
        return;
    }
    answer_json(
        body, fgm_trunk_page_list(search ? search : "", len, problems && problems[0] == '1'), true);
}

static bool answer_file(const char *url, struct body *body)
{
    static const struct {
        const char *url, *type;
        const unsigned char *bytes;
        const size_t *len;
    } files[] = {{"/trunks", "text/html; charset=utf-8", fgm_page_html, &fgm_page_html_size},
                 {"/trunks.css", "text/css; charset=utf-8", fgm_page_css, &fgm_page_css_size},
                 {"/trunks.js", "text/javascript; charset=utf-8", fgm_page_js, &fgm_page_js_size}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(url, files[i].url) == 0) {
            *body = (struct body){MHD_HTTP_OK, files[i].type, files[i].bytes, *files[i].len, NULL};
            return true;
        }
    }
    return false;
}

static void answer(struct MHD_Connection *connection, const char *method, const char *url,
                   struct body *body)
{
    static const char one[] = "/api/trunks/";
    bool known;
    *body = (struct body){.status = MHD_HTTP_NOT_FOUND, .type = plain, .bytes = ""};
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        body->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    else if (strcmp(url, "/metrics") == 0)
        answer_metrics(body);
    else if (strcmp(url, "/healthz") == 0)
        answer_health(body);
    else if (strcmp(url, "/api/trunks") == 0)
        answer_trunks(connection, body);
    else if (strncmp(url, one, sizeof one - 1) == 0) {
        char *json = fgm_trunk_page_one(url + sizeof one - 1, &known);
        answer_json(body, json, known);
    } else
        answer_file(url, body);
}

// NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's
static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_size, void **state)
{
    (void)context, (void)version, (void)data, (void)data_size, (void)state;
    struct body body;
    answer(connection, method, url, &body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.bytes,
                                        body.owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_MUST_COPY);
    if (!response) {
        free(body.owned);
        return MHD_NO;
    }
    add_headers(response, body.type);
    enum MHD_Result result = MHD_queue_response(connection, body.status, response);
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

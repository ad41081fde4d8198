// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "fg/store.h"
#include "log.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_id {
    OPT_INTERFACE = 256,
    OPT_LISTEN_NG,
    OPT_LISTEN_HTTP,
    OPT_PORT_MIN,
    OPT_PORT_MAX,
    OPT_PORT_REST,
    OPT_FOREGROUND,
    OPT_LOG_LEVEL,
    OPT_NUM_THREADS,
    OPT_IO,
    OPT_REDIS,
    OPT_TIMEOUT,
    OPT_SILENT_TIMEOUT,
    OPT_OFFER_TIMEOUT,
    OPT_REKEY_GRACE,
    OPT_FACTS_INTERVAL,
    OPT_MAX_SESSIONS,
    OPT_TOS,
    OPT_IGNORED,
    OPT_HELP,
    OPT_VERSION,
};

static const struct option options[] = {
    {"interface", required_argument, NULL, OPT_INTERFACE},
    {"listen-ng", required_argument, NULL, OPT_LISTEN_NG},
    {"listen-http", required_argument, NULL, OPT_LISTEN_HTTP},
    {"port-min", required_argument, NULL, OPT_PORT_MIN},
    {"port-max", required_argument, NULL, OPT_PORT_MAX},
    {"port-rest", required_argument, NULL, OPT_PORT_REST},
    {"foreground", no_argument, NULL, OPT_FOREGROUND},
    {"log-level", required_argument, NULL, OPT_LOG_LEVEL},
    {"num-threads", required_argument, NULL, OPT_NUM_THREADS},
    {"io", required_argument, NULL, OPT_IO},
    {"redis", required_argument, NULL, OPT_REDIS},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"silent-timeout", required_argument, NULL, OPT_SILENT_TIMEOUT},
    {"offer-timeout", required_argument, NULL, OPT_OFFER_TIMEOUT},
    {"rekey-grace", required_argument, NULL, OPT_REKEY_GRACE},
    {"facts-interval", required_argument, NULL, OPT_FACTS_INTERVAL},
    {"max-sessions", required_argument, NULL, OPT_MAX_SESSIONS},
    {"tos", required_argument, NULL, OPT_TOS},
    {"table", required_argument, NULL, OPT_IGNORED},
    {"no-fallback", no_argument, NULL, OPT_IGNORED},
    {"log-stderr", no_argument, NULL, OPT_IGNORED},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

const char *edge_config_help(void)
{
    return "Usage: sbc-edge --interface=[NAME/]ADDRESS[!ADVERTISED] --listen-ng=[ADDRESS:]PORT "
           "...\n"
           "SRTP relay, driven by rtpengine's ng protocol.\n"
           "\n"
           "  --interface=[NAME/]ADDRESS[!ADVERTISED]  media address; may be given several times\n"
           "  --listen-ng=[ADDRESS:]PORT    control by UDP; up to 4 times; a port alone: on "
           "127.0.0.1\n"
           "  --listen-ng=unix:PATH         control by a UNIX socket (stream); or "
           "tcp:[ADDRESS:]PORT\n"
           "  --listen-http=[ADDRESS:]PORT  GET /metrics; a port alone: on 127.0.0.1\n"
           "  --port-min=N, --port-max=N    media ports (default 30000 to 40000)\n"
           "  --port-rest=SECONDS           rest of a freed port (default 60)\n"
           "  --num-threads=N               workers (default: processors online)\n"
           "  --io=auto|lookup|epoll        how packets are moved (default auto: as permitted)\n"
           "  --redis=URL                   where holds and kills come from: unix:PATH[/DB], "
           "HOST:PORT[/DB],\n"
           "                                redis://[USER:PASSWORD@]HOST..., "
           "sentinel://HOST,.../MASTER\n"
           "                                or cluster://HOST:PORT,...\n"
           "  --timeout=SECONDS             end of a call without media (default 60, 0: never)\n"
           "  --silent-timeout=SECONDS      the same while blocked or on hold (default 3600)\n"
           "  --offer-timeout=SECONDS       the same before any media came (default 3600)\n"
           "  --rekey-grace=SECONDS         the key before a re-key is taken for (default 5)\n"
           "  --facts-interval=SECONDS      how often Redis is told of a call's media (default "
           "10)\n"
           "  --max-sessions=N              refuse offers beyond N calls (default 10000; 0: any)\n"
           "  --tos=N                       type of service of media packets (default 184)\n"
           "  --log-level=N                 3 errors ... 6 info (default) 7 debug\n"
           "  --foreground                  accepted: sbc-edge never detaches\n"
           "  --table, --no-fallback, --log-stderr  accepted and ignored (rtpengine's)\n"
           "  --help, --version\n";
}

static int fail(char error[EDGE_CONFIG_ERR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(char error[EDGE_CONFIG_ERR_MAX], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error, EDGE_CONFIG_ERR_MAX, format, args);
    va_end(args);
    return -EINVAL;
}

static int read_number(const char *name, const char *text, unsigned long min, unsigned long max,
                       unsigned long *out, char error[EDGE_CONFIG_ERR_MAX])
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < min || value > max)
        return fail(error, "--%s=%s: expected a number from %lu to %lu", name, text, min, max);
    *out = value;
    return 0;
}

/* [ADDRESS:]PORT, ADDRESS in brackets where it is IPv6. */
static int read_listen(const char *name, const char *text, union edge_address *out,
                       char error[EDGE_CONFIG_ERR_MAX])
{
    const char *colon = strrchr(text, ':');
    const char *host = colon ? text : "127.0.0.1";
    size_t length = colon ? (size_t)(colon - text) : strlen(host);
    unsigned long port;
    char *end;

    errno = 0;
    port = strtoul(colon ? colon + 1 : text, &end, 10);
    if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (*end != '\0' || errno != 0 || port < 1 || port > 65535 ||
        edge_address_parse(host, length, (uint16_t)port, out) != 0)
        return fail(error, "--%s=%s: expected [ADDRESS:]PORT", name, text);
    return 0;
}

/* Cuts "/DB" off the end of `text` where it is a number. */
static int cut_database(char *text, int *db)
{
    char *slash = strrchr(text, '/');
    char *end;
    unsigned long value;

    if (!slash || slash[1] < '0' || slash[1] > '9')
        return 0;
    value = strtoul(slash + 1, &end, 10);
    if (*end != '\0')
        return 0;
    if (value > 1023)
        return -EINVAL;
    *db = (int)value;
    *slash = '\0';
    return 0;
}

static int read_redis(const char *text, struct edge_config *out, char error[EDGE_CONFIG_ERR_MAX])
{
    /* The text may hold a password and is not repeated. */
    static const char expected[] =
        "expected unix:PATH[/DB], HOST:PORT[/DB], redis://[USER:PASSWORD@]HOST[:PORT][/DB], "
        "sentinel://[USER:PASSWORD@]HOST[:PORT],.../MASTER[/DB] or "
        "cluster://[USER:PASSWORD@]HOST[:PORT],...";
    bool is_unix = strncmp(text, "unix:", 5) == 0;
    bool is_plain = !is_unix && strstr(text, "://") == NULL;
    struct fg_redis_config parsed;
    char storage[2 * EDGE_REDIS_TEXT_MAX];
    int n =
        snprintf(out->redis_url, sizeof(out->redis_url), "%s%s", is_plain ? "redis://" : "", text);

    out->redis_db = 0;
    if (n < 0 || (size_t)n >= sizeof(out->redis_url) || (is_plain && !strchr(text, ':')) ||
        (is_unix && cut_database(out->redis_url, &out->redis_db) != 0) ||
        fg_redis_config_parse(out->redis_url, &parsed, storage, sizeof(storage)) != FG_OK)
        return fail(error, "--redis=URL: %s", expected);
    explicit_bzero(storage, sizeof(storage));
    return 0;
}

static int add_interface(const char *text, struct edge_config *out, char error[EDGE_CONFIG_ERR_MAX])
{
    if (out->n_interfaces == EDGE_INTERFACES_MAX)
        return fail(error, "--interface: more than %d", EDGE_INTERFACES_MAX);
    if (edge_interface_config_parse(text, &out->interfaces[out->n_interfaces]) != 0)
        return fail(error, "--interface=%s: expected [NAME/]ADDRESS[!ADVERTISED]", text);
    out->n_interfaces++;
    return 0;
}

static int add_listen_stream(const char *text, struct edge_config *out,
                             char error[EDGE_CONFIG_ERR_MAX])
{
    struct edge_stream_address *address = &out->listen_stream[out->n_listen_stream];
    const bool is_unix = strncmp(text, "unix:", 5) == 0;
    const size_t length = strlen(text) - (is_unix ? 5 : 0);

    if (out->n_listen_stream == EDGE_LISTEN_STREAM_MAX)
        return fail(error, "--listen-ng: more than %d of unix: and tcp:", EDGE_LISTEN_STREAM_MAX);
    *address = (struct edge_stream_address){.path = ""};
    if (is_unix && (length == 0 || length >= sizeof(address->path)))
        return fail(error, "--listen-ng=%s: expected a path of at most %zu bytes", text,
                    sizeof(address->path) - 1);
    if (is_unix)
        memcpy(address->path, text + 5, length + 1);
    else if (read_listen("listen-ng", text + 4, &address->tcp, error) != 0)
        return -EINVAL;
    out->n_listen_stream++;
    return 0;
}

static int add_listen_ng(const char *text, struct edge_config *out, char error[EDGE_CONFIG_ERR_MAX])
{
    if (strncmp(text, "unix:", 5) == 0 || strncmp(text, "tcp:", 4) == 0)
        return add_listen_stream(text, out, error);
    if (strncmp(text, "udp:", 4) == 0)
        text += 4;
    if (out->n_listen_ng == EDGE_LISTEN_NG_MAX)
        return fail(error, "--listen-ng: more than %d", EDGE_LISTEN_NG_MAX);
    if (read_listen("listen-ng", text, &out->listen_ng[out->n_listen_ng], error) != 0)
        return -EINVAL;
    out->n_listen_ng++;
    return 0;
}

/* Options whose value is one number. */
static int read_numeric(int id, const char *text, struct edge_config *out,
                        char error[EDGE_CONFIG_ERR_MAX])
{
    unsigned long n = 0;
    int err = -EINVAL;

    switch (id) {
    case OPT_PORT_MIN:
        err = read_number("port-min", text, 1, 65535, &n, error);
        out->port_min = (uint16_t)n;
        break;
    case OPT_PORT_MAX:
        err = read_number("port-max", text, 1, 65535, &n, error);
        out->port_max = (uint16_t)n;
        break;
    case OPT_PORT_REST:
        err = read_number("port-rest", text, 0, 86400, &n, error);
        out->port_rest_s = (uint32_t)n;
        break;
    case OPT_LOG_LEVEL:
        err = read_number("log-level", text, 0, 7, &n, error);
        out->log_level = (int)n;
        break;
    case OPT_NUM_THREADS:
        err = read_number("num-threads", text, 1, EDGE_THREADS_MAX, &n, error);
        out->n_threads = (unsigned)n;
        break;
    case OPT_TIMEOUT:
        err = read_number("timeout", text, 0, 86400, &n, error);
        out->timeout_s = (uint32_t)n;
        break;
    case OPT_SILENT_TIMEOUT:
        err = read_number("silent-timeout", text, 0, 86400, &n, error);
        out->silent_timeout_s = (uint32_t)n;
        break;
    case OPT_OFFER_TIMEOUT:
        err = read_number("offer-timeout", text, 0, 86400, &n, error);
        out->offer_timeout_s = (uint32_t)n;
        break;
    case OPT_REKEY_GRACE:
        err = read_number("rekey-grace", text, 0, 60, &n, error);
        out->rekey_grace_s = (uint32_t)n;
        break;
    case OPT_FACTS_INTERVAL:
        err = read_number("facts-interval", text, 1, 3600, &n, error);
        out->facts_interval_s = (uint32_t)n;
        break;
    case OPT_MAX_SESSIONS:
        err = read_number("max-sessions", text, 0, 1000000, &n, error);
        out->max_sessions = (uint32_t)n;
        break;
    case OPT_TOS:
        err = read_number("tos", text, 0, 255, &n, error);
        out->tos = (uint8_t)n;
        break;
    default:
        return fail(error, "unknown option");
    }
    return err;
}

static int read_io(const char *text, struct edge_config *out, char error[EDGE_CONFIG_ERR_MAX])
{
    static const char *const names[] = {
        [EDGE_IO_AUTO] = "auto", [EDGE_IO_LOOKUP] = "lookup", [EDGE_IO_EPOLL] = "epoll"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            out->io = (enum edge_io_kind)i;
            return 0;
        }
    }
    return fail(error, "--io=%s: expected auto, lookup or epoll", text);
}

static int read_option(int id, const char *text, struct edge_config *out,
                       char error[EDGE_CONFIG_ERR_MAX])
{
    switch (id) {
    case OPT_INTERFACE:
        return add_interface(text, out, error);
    case OPT_LISTEN_NG:
        return add_listen_ng(text, out, error);
    case OPT_LISTEN_HTTP:
        return read_listen("listen-http", text, &out->listen_http, error);
    case OPT_IO:
        return read_io(text, out, error);
    case OPT_REDIS:
        return read_redis(text, out, error);
    case OPT_FOREGROUND:
    case OPT_IGNORED:
        return 0;
    case OPT_HELP:
        out->wants_help = true;
        return 0;
    case OPT_VERSION:
        out->wants_version = true;
        return 0;
    default:
        return read_numeric(id, text, out, error);
    }
}

static int check(const struct edge_config *config, char error[EDGE_CONFIG_ERR_MAX])
{
    if (config->wants_help || config->wants_version)
        return 0;
    if (config->n_interfaces == 0)
        return fail(error, "--interface is missing: which address is media to be received on?");
    if (config->n_listen_ng == 0 && config->n_listen_stream == 0)
        return fail(error, "--listen-ng is missing: where are commands to be received?");
    if (config->port_min + 1 > config->port_max)
        return fail(error, "--port-min=%u must be below --port-max=%u", config->port_min,
                    config->port_max);
    return 0;
}

int edge_config_parse(int argc, char **argv, struct edge_config *out,
                      char error[EDGE_CONFIG_ERR_MAX])
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct edge_config config = {
        .port_min = 30000,
        .port_max = 40000,
        .max_sessions = 10000,
        .port_rest_s = 60,
        .log_level = EDGE_LOG_INFO,
        .timeout_s = 60,
        .silent_timeout_s = 3600,
        .offer_timeout_s = 3600,
        .rekey_grace_s = 5,
        .facts_interval_s = 10,
        .tos = 184,
    };
    int id;

    config.n_threads = processors < 1 ? 1 : (unsigned)processors;
    if (config.n_threads > EDGE_THREADS_MAX)
        config.n_threads = EDGE_THREADS_MAX;
    opterr = 0;
    optind = 1;
    while ((id = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (id == ':')
            return fail(error, "%s: expected a value", argv[optind - 1]);
        if (id == '?')
            return fail(error, "%s: unknown option (see --help)", argv[optind - 1]);
        if (read_option(id, optarg, &config, error) != 0)
            return -EINVAL;
    }
    if (optind < argc)
        return fail(error, "%s: unexpected argument (see --help)", argv[optind]);
    if (check(&config, error) != 0)
        return -EINVAL;
    *out = config;
    return 0;
}

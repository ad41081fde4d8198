// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "config_file.h"
#include "fg/redis_edge.h"
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
    OPT_STATE_KEY_FILE,
    OPT_STATE_SPACE,
    OPT_STATE_NODE,
    OPT_STAND_IN_FOR,
    OPT_DRAIN_TIME,
    OPT_MAX_CPU,
    OPT_MAX_LOAD,
    OPT_DEFAULT_DENY,
    OPT_DTLS_PASSIVE,
    OPT_CONFIG_FILE,
    OPT_CONFIG_SECTION,
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
    {"state-key-file", required_argument, NULL, OPT_STATE_KEY_FILE},
    {"state-space", required_argument, NULL, OPT_STATE_SPACE},
    {"state-node", required_argument, NULL, OPT_STATE_NODE},
    {"stand-in-for", required_argument, NULL, OPT_STAND_IN_FOR},
    {"drain-time", required_argument, NULL, OPT_DRAIN_TIME},
    {"max-cpu", required_argument, NULL, OPT_MAX_CPU},
    {"max-load", required_argument, NULL, OPT_MAX_LOAD},
    {"default-deny", no_argument, NULL, OPT_DEFAULT_DENY},
    {"dtls-passive", no_argument, NULL, OPT_DTLS_PASSIVE},
    {"config-file", required_argument, NULL, OPT_CONFIG_FILE},
    {"config-section", required_argument, NULL, OPT_CONFIG_SECTION},
    {"table", required_argument, NULL, OPT_IGNORED},
    {"no-fallback", no_argument, NULL, OPT_IGNORED},
    {"log-stderr", no_argument, NULL, OPT_IGNORED},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int fail(char error[EDGE_CONFIG_ERR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(char error[EDGE_CONFIG_ERR_MAX], const char *format, ...)
{
    size_t used = strlen(error);
    va_list args;

    if (used > 0 && used < EDGE_CONFIG_ERR_MAX - 1) {
        error[used++] = '\n';
        error[used] = '\0';
    }
    va_start(args, format);
    vsnprintf(error + used, EDGE_CONFIG_ERR_MAX - used, format, args);
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
/* LOAD with up to two decimals, in hundredths. */
static int read_load(const char *text, uint32_t *out, char error[EDGE_CONFIG_ERR_MAX])
{
    char *end;
    double value = strtod(text, &end);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || !(value >= 0.0 && value <= 10000.0))
        return fail(error, "--max-load=%s: expected a number from 0 to 10000", text);
    *out = (uint32_t)(value * 100.0 + 0.5);
    return 0;
}

static int read_name(const char *option, const char *text, char out[EDGE_NAME_MAX + 1],
                     char error[EDGE_CONFIG_ERR_MAX])
{
    if (!fg_redis_edge_name_valid(fg_view_of(text)))
        return fail(error, "--%s=%s: expected 1 to %d of a-z 0-9 . _ -", option, text,
                    EDGE_NAME_MAX);
    snprintf(out, EDGE_NAME_MAX + 1, "%s", text);
    return 0;
}

static int read_path(const char *option, const char *text, char out[EDGE_PATH_TEXT_MAX],
                     char error[EDGE_CONFIG_ERR_MAX])
{
    if (text[0] == '\0' || strlen(text) >= EDGE_PATH_TEXT_MAX)
        return fail(error, "--%s: expected a path of at most %d bytes", option,
                    EDGE_PATH_TEXT_MAX - 1);
    snprintf(out, EDGE_PATH_TEXT_MAX, "%s", text);
    return 0;
}

static int add_stand_in(const char *text, struct edge_config *out, char error[EDGE_CONFIG_ERR_MAX])
{
    if (out->n_stand_in_for == EDGE_STAND_IN_MAX)
        return fail(error, "--stand-in-for: more than %d", EDGE_STAND_IN_MAX);
    if (read_name("stand-in-for", text, out->stand_in_for[out->n_stand_in_for], error) != 0)
        return -EINVAL;
    out->n_stand_in_for++;
    return 0;
}

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
    case OPT_DRAIN_TIME:
        err = read_number("drain-time", text, 0, 86400, &n, error);
        out->drain_time_s = (uint32_t)n;
        break;
    case OPT_MAX_CPU:
        err = read_number("max-cpu", text, 0, 100, &n, error);
        out->max_cpu_percent = (uint32_t)n;
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
    static const char *const names[] = {[EDGE_IO_AUTO] = "auto",
                                        [EDGE_IO_LOOKUP] = "lookup",
                                        [EDGE_IO_URING] = "uring",
                                        [EDGE_IO_EPOLL] = "epoll"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            out->io = (enum edge_io_kind)i;
            return 0;
        }
    }
    return fail(error, "--io=%s: expected auto, lookup, uring or epoll", text);
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
    case OPT_STATE_KEY_FILE:
        return read_path("state-key-file", text, out->state_key_file, error);
    case OPT_STATE_SPACE:
        return read_name("state-space", text, out->state_space, error);
    case OPT_STATE_NODE:
        return read_name("state-node", text, out->state_node, error);
    case OPT_STAND_IN_FOR:
        return add_stand_in(text, out, error);
    case OPT_MAX_LOAD:
        return read_load(text, &out->max_load_percent, error);
    case OPT_DEFAULT_DENY:
        out->default_deny = true;
        return 0;
    case OPT_DTLS_PASSIVE:
        out->dtls_passive = true;
        return 0;
    case OPT_FOREGROUND:
    case OPT_IGNORED:
    case OPT_CONFIG_FILE: /* read before the others */
    case OPT_CONFIG_SECTION:
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

/* All that is missing or does not fit together. */
static void check(struct edge_config *config, char error[EDGE_CONFIG_ERR_MAX])
{
    if (config->n_interfaces == 0)
        fail(error, "--interface is missing: which address is media to be received on?");
    if (config->n_listen_ng == 0 && config->n_listen_stream == 0)
        fail(error, "--listen-ng is missing: where are commands to be received?");
    if (config->port_min + 1 > config->port_max)
        fail(error, "--port-min=%u must be below --port-max=%u", config->port_min,
             config->port_max);
    if (config->state_key_file[0] != '\0' && config->redis_url[0] == '\0')
        fail(error, "--state-key-file: --redis is missing: where is state to be kept?");
    if (config->state_key_file[0] == '\0' && config->n_stand_in_for > 0)
        fail(error, "--stand-in-for: --state-key-file is missing: what is the state sealed with?");
    if (config->state_key_file[0] != '\0' && config->state_node[0] == '\0')
        fail(error,
             "--state-node is missing, and the host's name is none: expected 1 to %d of "
             "a-z 0-9 . _ -",
             EDGE_NAME_MAX);
    for (unsigned i = 0; i < config->n_stand_in_for; i++) {
        if (strcmp(config->stand_in_for[i], config->state_node) == 0)
            fail(error, "--stand-in-for=%s: that is this relay's own name", config->state_node);
    }
}

/* The options of a file, into the configuration. */
struct file_reading {
    struct edge_config *config;
    char *error;
    const char *path;
};

/* NULL, or what is wrong; a value that says no leaves the option out. */
static const char *read_switch(const char *text, bool *is_on)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            *is_on = i % 2 == 1;
            return NULL;
        }
    }
    return "expected true or false";
}

/* One after the other what `;` separates; interfaces and addresses have none inside. */
static void read_values(const struct file_reading *reading, const struct option *option,
                        const char *text)
{
    bool is_list = option->val == OPT_INTERFACE || option->val == OPT_LISTEN_NG ||
                   option->val == OPT_STAND_IN_FOR;
    char value[2 * EDGE_REDIS_TEXT_MAX];

    do {
        size_t length = is_list ? strcspn(text, ";") : strlen(text);
        const char *next = text + length + (text[length] == ';');

        while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
            length--;
        if (length >= sizeof(value))
            length = sizeof(value) - 1; /* too long for any option, and told so */
        memcpy(value, text, length);
        value[length] = '\0';
        (void)read_option(option->val, value, reading->config, reading->error);
        text = next + strspn(next, " \t");
    } while (*text != '\0');
    explicit_bzero(value, sizeof(value));
}

static void take_option(void *context, const char *name, const char *value)
{
    const struct file_reading *reading = context;
    const struct option *option = options;
    bool is_on = true;
    const char *complaint = NULL;

    while (option->name && strcmp(option->name, name) != 0)
        option++;
    if (!option->name || option->val == OPT_CONFIG_FILE || option->val == OPT_CONFIG_SECTION ||
        option->val == OPT_HELP || option->val == OPT_VERSION) {
        fail(reading->error, "%s: %s: unknown option (see --help)", reading->path, name);
        return;
    }
    if (option->has_arg == no_argument)
        complaint = read_switch(value, &is_on);
    if (complaint)
        fail(reading->error, "%s: %s: %s", reading->path, name, complaint);
    else if (is_on)
        read_values(reading, option, value);
}

/* Where the command line names a file. */
static void read_file(int argc, char **argv, struct edge_config *config,
                      char error[EDGE_CONFIG_ERR_MAX])
{
    struct file_reading reading = {config, error, NULL};
    const char *section = NULL;
    char complaint[EDGE_PATH_TEXT_MAX + 128];
    int id;

    optind = 1;
    while ((id = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (id == OPT_CONFIG_FILE)
            reading.path = optarg;
        else if (id == OPT_CONFIG_SECTION)
            section = optarg;
    }
    if (reading.path && edge_config_file_read(reading.path, section, take_option, &reading,
                                              complaint, sizeof(complaint)) != 0)
        fail(error, "--config-file=%s", complaint);
    if (!reading.path && section)
        fail(error, "--config-section=%s: --config-file is missing", section);
}

/* What the command line gives takes the place of what the file gave. */
static void begin_list(int id, bool begun[3], struct edge_config *config)
{
    if (id == OPT_INTERFACE && !begun[0])
        config->n_interfaces = 0;
    if (id == OPT_LISTEN_NG && !begun[1])
        config->n_listen_ng = config->n_listen_stream = 0;
    if (id == OPT_STAND_IN_FOR && !begun[2])
        config->n_stand_in_for = 0;
    begun[0] = begun[0] || id == OPT_INTERFACE;
    begun[1] = begun[1] || id == OPT_LISTEN_NG;
    begun[2] = begun[2] || id == OPT_STAND_IN_FOR;
}

int edge_config_parse(int argc, char **argv, struct edge_config *out,
                      char error[EDGE_CONFIG_ERR_MAX])
{
    struct edge_config config;
    bool begun[3] = {false};
    int id;

    error[0] = '\0';
    opterr = 0;
    edge_config_set_defaults(&config);
    read_file(argc, argv, &config, error);
    optind = 1;
    while ((id = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        begin_list(id, begun, &config);
        if (id == ':')
            fail(error, "%s: expected a value", argv[optind - 1]);
        else if (id == '?')
            fail(error, "%s: unknown option (see --help)", argv[optind - 1]);
        else
            (void)read_option(id, optarg, &config, error);
    }
    if (optind < argc)
        fail(error, "%s: unexpected argument (see --help)", argv[optind]);
    if (!config.wants_help && !config.wants_version)
        check(&config, error);
    if (error[0] != '\0')
        return -EINVAL;
    *out = config;
    return 0;
}

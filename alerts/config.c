// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "config_read.h"
#include "fg/pack.h"
#include "file.h"

#define VERSION          "1"
#define SMALL_FILE_BYTES 4096
#define CUSTOMERS_BYTES  ((size_t)256 * 1024 * 1024)
#define ALLOWED_MAX      32
#define TIMEOUT_MS       20000
#define DIVISOR_MAX      1000000
#define NOC_ENDPOINT     "-/alertmanager" // no customer is called "-"

bool fga_config_is_map(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                       const char *what, struct fg_words keys)
{
    return fg_field_keys(&reader->fields, node, what, keys) || node->kind == FG_YAML_MAP;
}

const char *fga_config_path(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                            const char *what)
{
    const char *path = fg_field_text(&reader->fields, node, what);
    const char *slash = strrchr(reader->source->path, '/');
    if (path == NULL || path[0] == '/' || slash == NULL)
        return path;
    const size_t folder = (size_t)(slash - reader->source->path) + 1;
    char *joined = fg_field_alloc(&reader->fields, folder + strlen(path) + 1);
    if (joined == NULL)
        return NULL;
    memcpy(joined, reader->source->path, folder);
    memcpy(joined + folder, path, strlen(path) + 1);
    return joined;
}

const char *fga_config_file(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                            const char *what)
{
    struct fg_file file;
    const char *path = fga_config_path(reader, node, what);
    if (path == NULL)
        return NULL;
    if (reader->source->skip_files)
        return "";
    const int rc = fg_file_read(path, SMALL_FILE_BYTES, &file);
    if (rc != FG_OK) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_FILE, "%s cannot be read from '%s': %s", what,
                       path, fg_file_error(rc, &file));
        return NULL;
    }
    size_t len = file.len;
    while (len > 0 && (file.bytes[len - 1] == '\n' || file.bytes[len - 1] == '\r'))
        len--;
    const char *copy = fg_field_copy(&reader->fields, (struct fg_view){file.bytes, len});
    explicit_bzero(file.bytes, file.len);
    fg_file_fini(&file);
    return copy;
}

static void optional_text(struct fga_config_reader *reader, const struct fg_yaml_node *map,
                          const char *key, const char **out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    if (node != NULL)
        *out = fg_field_text(&reader->fields, node, key);
}

static void optional_path(struct fga_config_reader *reader, const struct fg_yaml_node *map,
                          const char *key, const char **out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, key);
    if (node != NULL)
        *out = fga_config_path(reader, node, key);
}

static void read_provider(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const char *const keys[] = {"name", "contact", "portal_url"};
    if (node == NULL || !fga_config_is_map(reader, node, "provider", FG_WORDS(keys)))
        return;
    optional_text(reader, node, "name", &reader->config->provider);
    optional_text(reader, node, "contact", &reader->config->contact);
    optional_text(reader, node, "portal_url", &reader->config->portal_url);
    const char *url = reader->config->portal_url;
    if (url != NULL && !fga_address_url_valid(fg_view_of(url)))
        FG_FIELD_ERROR(&reader->fields, fg_yaml_get(node, "portal_url"), FG_CODE_ADDRESS,
                       "portal_url must be an https URL");
}

static void read_allowed(struct fga_config_reader *reader, const struct fg_yaml_node *list)
{
    struct fga_config *config = reader->config;
    if (list == NULL || !fg_field_is(&reader->fields, list, FG_YAML_LIST, "allow_networks"))
        return;
    if (list->n > ALLOWED_MAX) {
        FG_FIELD_ERROR(&reader->fields, list, FG_CODE_LIMIT, "more than %d allow_networks",
                       ALLOWED_MAX);
        return;
    }
    config->allowed = fg_field_alloc(&reader->fields, list->n * sizeof(*config->allowed));
    for (const struct fg_yaml_node *item = list->first; item != NULL && config->allowed != NULL;
         item = item->next) {
        if (!fg_field_is(&reader->fields, item, FG_YAML_SCALAR, "network"))
            continue;
        if (fga_address_range_parse(item->text, &config->allowed[config->n_allowed]))
            config->n_allowed++;
        else
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_ADDRESS,
                           "not a network; write 192.0.2.0/24 or 2001:db8::/32");
    }
}

static void read_webhooks(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const char *const keys[] = {"ca_file", "timeout", "allow_networks"};
    int64_t timeout_ms = TIMEOUT_MS;
    if (node == NULL || !fga_config_is_map(reader, node, "webhooks", FG_WORDS(keys)))
        return;
    optional_path(reader, node, "ca_file", &reader->config->webhook_ca_file);
    const struct fg_yaml_node *timeout = fg_yaml_get(node, "timeout");
    if (timeout != NULL &&
        fg_field_duration(&reader->fields, timeout, "timeout", 100, 60000, &timeout_ms))
        reader->config->timeout_ms = (int32_t)timeout_ms;
    read_allowed(reader, fg_yaml_get(node, "allow_networks"));
}

static bool has_scheme(const char *url, const char *scheme)
{
    return url != NULL && strncmp(url, scheme, strlen(scheme)) == 0 && url[strlen(scheme)] != '\0';
}

static void read_smtp(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const char *const keys[] = {"url", "from", "tls", "ca_file", "user", "password_file"};
    static const char *const tls_words[] = {"required", "off"};
    struct fga_smtp *smtp = &reader->config->smtp;
    size_t word = 0;
    if (node == NULL || !fga_config_is_map(reader, node, "smtp", FG_WORDS(keys)))
        return;
    optional_text(reader, node, "url", &smtp->url);
    optional_text(reader, node, "from", &smtp->from);
    optional_text(reader, node, "user", &smtp->user);
    optional_path(reader, node, "ca_file", &smtp->ca_file);
    if (fg_yaml_get(node, "url") == NULL || fg_yaml_get(node, "from") == NULL)
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_MISSING_KEY,
                       "smtp needs a 'url' and a 'from'");
    if (smtp->url != NULL && !has_scheme(smtp->url, "smtp://") &&
        !has_scheme(smtp->url, "smtps://"))
        FG_FIELD_ERROR(&reader->fields, fg_yaml_get(node, "url"), FG_CODE_ADDRESS,
                       "the url must begin with smtp:// or smtps://");
    if (smtp->from != NULL && !fga_mail_address_valid(fg_view_of(smtp->from)))
        FG_FIELD_ERROR(&reader->fields, fg_yaml_get(node, "from"), FG_CODE_ADDRESS,
                       "'from' must be a plain e-mail address");
    const struct fg_yaml_node *tls = fg_yaml_get(node, "tls");
    if (tls != NULL && fg_field_word(&reader->fields, tls, "tls", FG_WORDS(tls_words), &word))
        smtp->tls = word == 0;
    const struct fg_yaml_node *password = fg_yaml_get(node, "password_file");
    if (password != NULL)
        smtp->password = fga_config_file(reader, password, "password_file");
    if (smtp->password != NULL && !smtp->tls && !has_scheme(smtp->url, "smtps://"))
        FG_FIELD_ERROR(&reader->fields, password, FG_CODE_CONFLICT,
                       "a password needs 'tls: required' or smtps://");
}

static void read_noc(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const char *const keys[] = {"alertmanager", "ca_file"};
    struct fga_endpoint *noc = &reader->config->noc;
    if (node == NULL || !fga_config_is_map(reader, node, "noc", FG_WORDS(keys)))
        return;
    optional_text(reader, node, "alertmanager", &noc->url);
    optional_path(reader, node, "ca_file", &reader->config->noc_ca_file);
    if (noc->url == NULL)
        return;
    if (!has_scheme(noc->url, "http://") && !has_scheme(noc->url, "https://"))
        FG_FIELD_ERROR(&reader->fields, fg_yaml_get(node, "alertmanager"), FG_CODE_ADDRESS,
                       "alertmanager must be an http or https URL such as http://127.0.0.1:9093");
    noc->id = NOC_ENDPOINT;
    noc->customer = "-";
    noc->name = "alertmanager";
    noc->channel = FGA_ALERTMANAGER;
    for (size_t i = 0; i < FGA_INCIDENT_KINDS; i++)
        noc->wants[i] = true;
}

static void read_lab(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const char *const keys[] = {"divisor"};
    if (node == NULL || !fga_config_is_map(reader, node, "lab", FG_WORDS(keys)))
        return;
    const struct fg_yaml_node *divisor = fg_yaml_get(node, "divisor");
    if (divisor != NULL)
        (void)fg_field_int(&reader->fields, divisor, "divisor", 1, DIVISOR_MAX,
                           &reader->config->lab_divisor);
}

// Names, time zones and languages come from the customers file that the module reads, too.
static void read_known(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const struct fg_hash_key key = {"fraudguard.names"};
    struct fg_file file;
    if (node == NULL)
        return;
    const char *path = fga_config_path(reader, node, "customers_file");
    if (path == NULL || reader->source->skip_files)
        return;
    int rc = fg_file_read(path, CUSTOMERS_BYTES, &file);
    if (rc != FG_OK) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_FILE, "'%s' cannot be read: %s", path,
                       fg_file_error(rc, &file));
        return;
    }
    rc = fg_customers_parse(path, file.bytes, file.len, &key, reader->fields.arena,
                            reader->fields.diags, &reader->config->known);
    if (rc == FG_ENOMEM)
        reader->fields.out_of_memory = true;
    fg_file_fini(&file);
}

static void read_root(struct fga_config_reader *reader, const struct fg_yaml_node *root)
{
    static const char *const keys[] = {"fraudguard_alerts", "redis", "provider", "customers_file",
                                       "webhooks",          "smtp",  "noc",      "lab",
                                       "customers"};
    static const char *const versions[] = {VERSION};
    size_t word = 0;
    if (!fga_config_is_map(reader, root, "the configuration", FG_WORDS(keys)))
        return;
    const struct fg_yaml_node *version = fg_yaml_get(root, "fraudguard_alerts");
    if (version == NULL)
        FG_FIELD_ERROR(&reader->fields, root, FG_CODE_MISSING_KEY,
                       "the configuration begins with 'fraudguard_alerts: " VERSION "'");
    else
        (void)fg_field_word(&reader->fields, version, "version", FG_WORDS(versions), &word);
    if (fg_yaml_get(root, "redis") == NULL)
        FG_FIELD_ERROR(&reader->fields, root, FG_CODE_MISSING_KEY,
                       "'redis' is missing, such as unix:/run/redis/redis.sock");
    optional_text(reader, root, "redis", &reader->config->redis_url);
    read_provider(reader, fg_yaml_get(root, "provider"));
    read_webhooks(reader, fg_yaml_get(root, "webhooks"));
    read_smtp(reader, fg_yaml_get(root, "smtp"));
    read_noc(reader, fg_yaml_get(root, "noc"));
    read_lab(reader, fg_yaml_get(root, "lab"));
    read_known(reader, fg_yaml_get(root, "customers_file"));
    if (fg_yaml_get(root, "customers") != NULL)
        fga_config_read_customers(reader, fg_yaml_get(root, "customers"));
}

static struct fga_config *config_new(void)
{
    struct fg_arena *arena = fg_arena_new(fg_heap_libc());
    struct fga_config *config = arena == NULL ? NULL : fg_arena_alloc(arena, sizeof(*config));
    if (config == NULL) {
        fg_arena_free(arena);
        return NULL;
    }
    config->arena = arena;
    config->timeout_ms = TIMEOUT_MS;
    config->smtp.tls = true;
    config->lab_divisor = 1;
    return config;
}

int fga_config_parse(const struct fga_config_source *source, struct fg_diags *diags,
                     struct fga_config **out)
{
    const struct fg_yaml_doc doc = {source->path, source->bytes, source->len};
    const uint32_t errors = fg_diags_count(diags, FG_ERROR);
    struct fga_config *config = config_new();
    struct fg_yaml_node *root = NULL;
    struct fga_config_reader reader = {.config = config, .source = source};
    if (config == NULL)
        return FG_ENOMEM;
    reader.fields = (struct fg_fields){.arena = config->arena, .diags = diags};
    reader.zones = fg_zone_cache_new(config->arena);
    int rc = reader.zones == NULL ? FG_ENOMEM : fg_yaml_read(&doc, config->arena, diags, &root);
    if (root != NULL && rc != FG_ENOMEM) {
        read_root(&reader, root);
    } else if (rc == FG_OK) {
        const struct fg_text_place whole = {0};
        fg_yaml_report_place(&doc, whole, diags, FG_ERROR, FG_CODE_MISSING_KEY,
                             "the configuration is empty");
    }
    fg_zone_cache_free(reader.zones);
    if (reader.fields.out_of_memory)
        rc = FG_ENOMEM;
    else if (rc == FG_OK && fg_diags_count(diags, FG_ERROR) > errors)
        rc = FG_ESYNTAX;
    if (rc == FG_OK)
        *out = config;
    else
        fga_config_free(config);
    return rc;
}

static void wipe(const char *secret)
{
    if (secret != NULL)
        explicit_bzero((void *)(uintptr_t)secret, strlen(secret));
}

void fga_config_free(struct fga_config *config)
{
    if (config == NULL)
        return;
    for (uint32_t i = 0; i < config->n_customers; i++) {
        const struct fga_customer *customer = &config->customers[i];
        for (uint32_t k = 0; k < customer->n_endpoints; k++)
            explicit_bzero((void *)(uintptr_t)customer->endpoints[k].secrets,
                           sizeof(customer->endpoints[k].secrets));
    }
    if (config->smtp.password != NULL && config->smtp.password[0] != '\0')
        wipe(config->smtp.password);
    fg_arena_free(config->arena);
}

static int compare_id(const void *key, const void *item)
{
    return strcmp(key, ((const struct fga_customer *)item)->id);
}

const struct fga_customer *fga_config_customer(const struct fga_config *config, const char *id)
{
    return config->n_customers == 0 ? NULL
                                    : bsearch(id, config->customers, config->n_customers,
                                              sizeof(*config->customers), compare_id);
}

const struct fga_endpoint *fga_config_endpoint(const struct fga_config *config, const char *id)
{
    char customer_id[FG_CUSTOMER_ID_MAX + 1];
    const char *slash = strchr(id, '/');
    if (config->noc.id != NULL && strcmp(config->noc.id, id) == 0)
        return &config->noc;
    if (slash == NULL || (size_t)(slash - id) >= sizeof(customer_id))
        return NULL;
    memcpy(customer_id, id, (size_t)(slash - id));
    customer_id[slash - id] = '\0';
    const struct fga_customer *customer = fga_config_customer(config, customer_id);
    for (uint32_t i = 0; customer != NULL && i < customer->n_endpoints; i++) {
        if (strcmp(customer->endpoints[i].id, id) == 0)
            return &customer->endpoints[i];
    }
    return NULL;
}

struct fga_audience fga_config_audience(const struct fga_config *config, const char *customer)
{
    const struct fga_customer *own = fga_config_customer(config, customer);
    const struct fg_customer *known =
        config->known.n == 0 ? NULL : fg_customers_by_id(&config->known, fg_view_of(customer));
    struct fga_audience audience = {0};
    if (own != NULL)
        audience = own->audience;
    if (known != NULL) {
        audience.customer_name =
            audience.customer_name == NULL ? known->name : audience.customer_name;
        audience.zone = audience.zone == NULL ? known->zone : audience.zone;
        audience.locale = audience.locale == NULL ? known->locale : audience.locale;
    }
    audience.provider = config->provider;
    audience.contact = config->contact;
    audience.portal_url = config->portal_url;
    return audience;
}

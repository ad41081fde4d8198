// SPDX-License-Identifier: GPL-2.0-or-later
// The customers of the configuration and their endpoints.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "config_read.h"
#include "fg/record.h"

#define TO_MAX 8

static void read_secrets(struct fga_config_reader *reader, const struct fg_yaml_node *endpoint,
                         struct fga_endpoint *out)
{
    const struct fg_yaml_node *list = fg_yaml_get(endpoint, "secret_files");
    if (list == NULL) {
        FG_FIELD_ERROR(&reader->fields, endpoint, FG_CODE_MISSING_KEY,
                       "a webhook needs 'secret_files', each with one whsec_ secret");
        return;
    }
    if (!fg_field_is(&reader->fields, list, FG_YAML_LIST, "secret_files"))
        return;
    if (list->n == 0 || list->n > FGA_SECRETS_MAX) {
        FG_FIELD_ERROR(&reader->fields, list, FG_CODE_LIMIT, "secret_files takes 1 to %d files",
                       FGA_SECRETS_MAX);
        return;
    }
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next) {
        const char *text = fga_config_file(reader, item, "a secret");
        if (text == NULL || reader->source->skip_files)
            continue;
        if (fga_secret_parse(fg_view_of(text), &out->secrets[out->n_secrets]) == FG_OK)
            out->n_secrets++;
        else
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_TYPE,
                           "the file must hold whsec_ and base64 of 24 to 64 bytes");
        explicit_bzero((void *)(uintptr_t)text, strlen(text));
    }
}

static void read_url(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                     struct fga_endpoint *out)
{
    out->channel = FGA_WEBHOOK;
    out->url = fg_field_text(&reader->fields, node, "webhook");
    if (out->url != NULL && !fga_address_url_valid(fg_view_of(out->url)))
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_ADDRESS,
                       "a webhook must be an https URL without user and password");
}

static void read_to(struct fga_config_reader *reader, const struct fg_yaml_node *list,
                    struct fga_endpoint *out)
{
    out->channel = FGA_EMAIL;
    if (!fg_field_is(&reader->fields, list, FG_YAML_LIST, "email"))
        return;
    if (list->n == 0 || list->n > TO_MAX) {
        FG_FIELD_ERROR(&reader->fields, list, FG_CODE_LIMIT, "email takes 1 to %d addresses",
                       TO_MAX);
        return;
    }
    out->to = fg_field_alloc(&reader->fields, list->n * sizeof(*out->to));
    for (const struct fg_yaml_node *item = list->first; item != NULL && out->to != NULL;
         item = item->next) {
        const char *address = fg_field_text(&reader->fields, item, "address");
        if (address == NULL)
            continue;
        if (fga_mail_address_valid(fg_view_of(address)))
            out->to[out->n_to++] = address;
        else
            FG_FIELD_ERROR(&reader->fields, item, FG_CODE_ADDRESS,
                           "not a plain e-mail address such as it@acme.example");
    }
    if (reader->config->smtp.url == NULL)
        FG_FIELD_ERROR(&reader->fields, list, FG_CODE_REFERENCE, "e-mail needs the section 'smtp'");
}

static void read_events(struct fga_config_reader *reader, const struct fg_yaml_node *list,
                        struct fga_endpoint *out)
{
    static const char *const words[] = {"hold", "tdos"}; // as enum fga_incident_kind
    if (list == NULL) {
        out->wants[FGA_HOLD] = out->wants[FGA_TDOS] = true;
        return;
    }
    if (!fg_field_is(&reader->fields, list, FG_YAML_LIST, "events"))
        return;
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next) {
        size_t word = 0;
        if (fg_field_word(&reader->fields, item, "event", FG_WORDS(words), &word))
            out->wants[word] = true;
    }
}

static void read_endpoint(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                          const char *customer, struct fga_endpoint *out)
{
    static const char *const keys[] = {"name", "webhook", "secret_files", "email", "events"};
    char id[FG_CUSTOMER_ID_MAX * 2 + 2];
    if (!fga_config_is_map(reader, node, "endpoint", FG_WORDS(keys)))
        return;
    const struct fg_yaml_node *name = fg_yaml_get(node, "name");
    const struct fg_yaml_node *webhook = fg_yaml_get(node, "webhook");
    const struct fg_yaml_node *email = fg_yaml_get(node, "email");
    if (name == NULL || (webhook == NULL) == (email == NULL)) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_MISSING_KEY,
                       "an endpoint needs a 'name' and either 'webhook' or 'email'");
        return;
    }
    out->name = fg_field_name(&reader->fields, name, "name", true);
    if (out->name == NULL)
        return;
    out->customer = customer;
    (void)snprintf(id, sizeof(id), "%s/%s", customer, out->name);
    out->id = fg_field_copy(&reader->fields, fg_view_of(id));
    read_events(reader, fg_yaml_get(node, "events"), out);
    if (webhook != NULL) {
        read_url(reader, webhook, out);
        read_secrets(reader, node, out);
    } else {
        read_to(reader, email, out);
        if (fg_yaml_get(node, "secret_files") != NULL)
            FG_FIELD_ERROR(&reader->fields, fg_yaml_get(node, "secret_files"), FG_CODE_CONFLICT,
                           "secret_files belongs to webhooks");
    }
}

static void read_endpoints(struct fga_config_reader *reader, const struct fg_yaml_node *list,
                           struct fga_customer *out)
{
    if (list == NULL || !fg_field_is(&reader->fields, list, FG_YAML_LIST, "endpoints"))
        return;
    if (list->n > FGA_ENDPOINTS_MAX) {
        FG_FIELD_ERROR(&reader->fields, list, FG_CODE_LIMIT, "more than %d endpoints",
                       FGA_ENDPOINTS_MAX);
        return;
    }
    struct fga_endpoint *endpoints = fg_field_alloc(&reader->fields, list->n * sizeof(*endpoints));
    if (endpoints == NULL)
        return;
    out->endpoints = endpoints;
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next) {
        struct fga_endpoint *added = &endpoints[out->n_endpoints];
        read_endpoint(reader, item, out->id, added);
        if (added->id == NULL)
            continue;
        for (uint32_t i = 0; i < out->n_endpoints; i++) {
            if (strcmp(endpoints[i].name, added->name) == 0)
                FG_FIELD_ERROR(&reader->fields, item, FG_CODE_DUPLICATE,
                               "two endpoints are called '%s'", added->name);
        }
        out->n_endpoints++;
    }
}

static void read_zone(struct fga_config_reader *reader, const struct fg_yaml_node *node,
                      struct fga_audience *out)
{
    char near[80];
    if (node == NULL || !fg_field_is(&reader->fields, node, FG_YAML_SCALAR, "tz"))
        return;
    const int rc = fg_zone_find(reader->zones, node->text, &out->zone);
    if (rc == FG_ENOMEM) {
        reader->fields.out_of_memory = true;
    } else if (rc != FG_OK) {
        fg_zone_suggest(node->text, near, sizeof(near));
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_ZONE, "unknown time zone%s%s%s",
                       near[0] == '\0' ? "; write an IANA name such as Europe/London"
                                       : "; did you mean '",
                       near, near[0] == '\0' ? "" : "'?");
    }
}

static bool read_id(struct fga_config_reader *reader, const struct fg_yaml_node *map,
                    struct fga_customer *out)
{
    const struct fg_yaml_node *node = fg_yaml_get(map, "id");
    if (node == NULL) {
        FG_FIELD_ERROR(&reader->fields, map, FG_CODE_MISSING_KEY, "the customer needs an 'id'");
        return false;
    }
    if (!fg_field_is(&reader->fields, node, FG_YAML_SCALAR, "id"))
        return false;
    if (!fg_record_is_customer_id(node->text) || fg_view_equal(node->text, fg_view_of("-"))) {
        FG_FIELD_ERROR(&reader->fields, node, FG_CODE_NAME,
                       "an id may only have a-z, 0-9, '.', '_' and '-', 1 to %d of them",
                       FG_CUSTOMER_ID_MAX);
        return false;
    }
    out->id = fg_field_copy(&reader->fields, node->text);
    return out->id != NULL;
}

static void read_customer(struct fga_config_reader *reader, const struct fg_yaml_node *node)
{
    static const char *const keys[] = {"id", "name", "tz", "locale", "endpoints"};
    struct fga_customer *out = &reader->config->customers[reader->config->n_customers];
    if (!fga_config_is_map(reader, node, "customer", FG_WORDS(keys)) || !read_id(reader, node, out))
        return;
    const struct fg_yaml_node *name = fg_yaml_get(node, "name");
    const struct fg_yaml_node *locale = fg_yaml_get(node, "locale");
    if (name != NULL)
        out->audience.customer_name = fg_field_any_text(&reader->fields, name, "name");
    if (locale != NULL)
        out->audience.locale = fg_field_name(&reader->fields, locale, "locale", false);
    read_zone(reader, fg_yaml_get(node, "tz"), &out->audience);
    read_endpoints(reader, fg_yaml_get(node, "endpoints"), out);
    reader->config->n_customers++;
}

static int compare_customers(const void *a, const void *b)
{
    return strcmp(((const struct fga_customer *)a)->id, ((const struct fga_customer *)b)->id);
}

void fga_config_read_customers(struct fga_config_reader *reader, const struct fg_yaml_node *list)
{
    struct fga_config *config = reader->config;
    if (!fg_field_is(&reader->fields, list, FG_YAML_LIST, "customers"))
        return;
    if (list->n > FGA_CUSTOMERS_MAX) {
        FG_FIELD_ERROR(&reader->fields, list, FG_CODE_LIMIT, "more than %d customers",
                       FGA_CUSTOMERS_MAX);
        return;
    }
    config->customers = fg_field_alloc(&reader->fields, list->n * sizeof(*config->customers));
    if (config->customers == NULL)
        return;
    for (const struct fg_yaml_node *item = list->first; item != NULL; item = item->next)
        read_customer(reader, item);
    if (config->n_customers == 0)
        return;
    qsort(config->customers, config->n_customers, sizeof(*config->customers), compare_customers);
    for (uint32_t i = 1; i < config->n_customers; i++) {
        if (strcmp(config->customers[i - 1].id, config->customers[i].id) == 0)
            FG_FIELD_ERROR(&reader->fields, list, FG_CODE_DUPLICATE, "two customers are '%s'",
                           config->customers[i].id);
    }
}

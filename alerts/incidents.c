// SPDX-License-Identifier: GPL-2.0-or-later
#include "incidents.h"

#include <stdlib.h>
#include <string.h>

#include "fg/hash.h"

#define BUCKETS 4096 // a power of two

struct fga_incidents {
    struct fga_tracked *buckets[BUCKETS];
    size_t n;
};

struct fga_incidents *fga_incidents_new(void)
{
    return calloc(1, sizeof(struct fga_incidents));
}

static bool drop(void *arg, struct fga_tracked *tracked)
{
    (void)arg;
    (void)tracked;
    return false;
}

void fga_incidents_free(struct fga_incidents *incidents)
{
    if (incidents == NULL)
        return;
    fga_incidents_each(incidents, drop, NULL);
    free(incidents);
}

size_t fga_incidents_count(const struct fga_incidents *incidents)
{
    return incidents->n;
}

struct fga_tracked *fga_incidents_get(struct fga_incidents *incidents, const char *customer,
                                      enum fga_incident_kind kind)
{
    // Customers' ids are the provider's own.
    static const struct fg_hash_key key = {{0}};
    const uint64_t hash = fg_hash64(&key, customer, strlen(customer));
    struct fga_tracked **bucket = &incidents->buckets[hash & (BUCKETS - 1)];
    for (struct fga_tracked *item = *bucket; item != NULL; item = item->next) {
        if (item->incident.kind == kind && strcmp(item->incident.customer, customer) == 0)
            return item;
    }
    struct fga_tracked *added = calloc(1, sizeof(*added));
    if (added == NULL || strlen(customer) > FG_CUSTOMER_ID_MAX) {
        free(added);
        return NULL;
    }
    memcpy(added->incident.customer, customer, strlen(customer) + 1);
    added->incident.kind = kind;
    added->next = *bucket;
    *bucket = added;
    incidents->n++;
    return added;
}

void fga_incidents_each(struct fga_incidents *incidents,
                        bool (*fn)(void *arg, struct fga_tracked *tracked), void *arg)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct fga_tracked **link = &incidents->buckets[i];
        while (*link != NULL) {
            struct fga_tracked *item = *link;
            if (fn(arg, item)) {
                link = &item->next;
            } else {
                *link = item->next;
                free(item);
                incidents->n--;
            }
        }
    }
}

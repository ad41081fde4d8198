// SPDX-License-Identifier: GPL-2.0-or-later
// The incidents of all customers, by customer and kind.
#pragma once

#include "incident.h"

struct fga_tracked {
    struct fga_incident incident;
    bool changed; // since it was saved
    struct fga_tracked *next;
};

struct fga_incidents;
struct fga_incidents *fga_incidents_new(void); // NULL when out of memory
void fga_incidents_free(struct fga_incidents *incidents);
size_t fga_incidents_count(const struct fga_incidents *incidents);
// Finds it, or adds a zeroed one; NULL when out of memory. Stays where it is until it is removed.
struct fga_tracked *fga_incidents_get(struct fga_incidents *incidents, const char *customer,
                                      enum fga_incident_kind kind);
// Calls fn with each; those of which it returns false are removed.
void fga_incidents_each(struct fga_incidents *incidents,
                        bool (*fn)(void *arg, struct fga_tracked *tracked), void *arg);

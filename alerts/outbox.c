// SPDX-License-Identifier: GPL-2.0-or-later
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fg/json.h"

struct fga_outbox {
    struct fga_delivery **items; // in the order in which they came
    size_t n, room;
};

struct fga_delivery *fga_delivery_new(const struct fga_message *message, const char *endpoint,
                                      int64_t now_ms)
{
    struct fga_delivery *delivery = calloc(1, sizeof(*delivery));
    if (delivery == NULL)
        return NULL;
    const int n = snprintf(delivery->id, sizeof(delivery->id), "%s/%s/%u", endpoint,
                           message->incident.alert_id, message->incident.sequence);
    if (n < 0 || (size_t)n >= sizeof(delivery->id) ||
        strlen(endpoint) >= sizeof(delivery->endpoint)) {
        free(delivery);
        return NULL;
    }
    memcpy(delivery->endpoint, endpoint, strlen(endpoint) + 1);
    delivery->message = *message;
    delivery->next_ms = now_ms;
    delivery->created_ms = now_ms;
    return delivery;
}

char *fga_delivery_format(const struct fga_delivery *delivery)
{
    struct fg_json *object = fg_json_object_new();
    char *incident = fga_incident_format(&delivery->message.incident);
    const bool ok = incident != NULL && fg_json_set_integer(object, "v", 1) &&
                    fg_json_set_string(object, "id", delivery->id) &&
                    fg_json_set_string(object, "endpoint", delivery->endpoint) &&
                    fg_json_set_string(object, "type", fga_message_type(&delivery->message)) &&
                    fg_json_set_integer(object, "step", (int64_t)delivery->message.step) &&
                    fg_json_set_integer(object, "time_ms", delivery->message.time_ms) &&
                    fg_json_set_integer(object, "attempts", delivery->attempts) &&
                    fg_json_set_integer(object, "next_ms", delivery->next_ms) &&
                    fg_json_set_integer(object, "created_ms", delivery->created_ms) &&
                    fg_json_set_string(object, "error", delivery->error) &&
                    fg_json_set(object, "incident", fg_json_parse(fg_view_of(incident)));
    char *text = ok ? fg_json_format(object, 0) : NULL;
    free(incident);
    fg_json_free(object);
    return text;
}

static bool get_message(const struct fg_json *object, struct fga_message *out)
{
    int64_t step = 0;
    char *incident = fg_json_format(fg_json_member(object, "incident"), 0);
    const bool ok = incident != NULL && fg_json_integer(object, "step", &step) && step >= 0 &&
                    step <= FGA_STEP_ENDED && fg_json_integer(object, "time_ms", &out->time_ms) &&
                    out->time_ms >= 0 &&
                    fga_incident_parse(fg_view_of(incident), &out->incident) == FG_OK;
    out->step = (enum fga_step)step;
    free(incident);
    return ok;
}

static bool get_delivery(const struct fg_json *object, struct fga_delivery *out)
{
    int64_t version = 0, attempts = 0;
    const char *id = fg_json_string(object, "id");
    const char *endpoint = fg_json_string(object, "endpoint");
    if (!fg_json_integer(object, "v", &version) || version != 1 || id == NULL ||
        strlen(id) >= sizeof(out->id) || endpoint == NULL ||
        strlen(endpoint) >= sizeof(out->endpoint) ||
        !fg_json_integer(object, "attempts", &attempts) || attempts < 0 || attempts > 1000 ||
        !fg_json_integer(object, "next_ms", &out->next_ms) ||
        !fg_json_integer(object, "created_ms", &out->created_ms))
        return false;
    memcpy(out->id, id, strlen(id) + 1);
    memcpy(out->endpoint, endpoint, strlen(endpoint) + 1);
    out->attempts = (uint32_t)attempts;
    fga_text_copy(out->error, sizeof(out->error), fg_json_string(object, "error"));
    return get_message(object, &out->message);
}

int fga_delivery_parse(struct fg_view json, struct fga_delivery **out)
{
    struct fg_json *object = fg_json_parse(json);
    struct fga_delivery *delivery = calloc(1, sizeof(*delivery));
    int rc = delivery == NULL ? FG_ENOMEM : object == NULL ? FG_ESYNTAX : FG_OK;
    if (rc == FG_OK && !get_delivery(object, delivery))
        rc = FG_ESYNTAX;
    fg_json_free(object);
    if (rc == FG_OK)
        *out = delivery;
    else
        free(delivery);
    return rc;
}

struct fga_outbox *fga_outbox_new(void)
{
    return calloc(1, sizeof(struct fga_outbox));
}

void fga_outbox_free(struct fga_outbox *outbox)
{
    if (outbox == NULL)
        return;
    for (size_t i = 0; i < outbox->n; i++)
        free(outbox->items[i]);
    free(outbox->items);
    free(outbox);
}

size_t fga_outbox_count(const struct fga_outbox *outbox)
{
    return outbox->n;
}

int64_t fga_outbox_oldest_ms(const struct fga_outbox *outbox)
{
    int64_t oldest_ms = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        if (oldest_ms == 0 || outbox->items[i]->created_ms < oldest_ms)
            oldest_ms = outbox->items[i]->created_ms;
    }
    return oldest_ms;
}

// Of the same incident to the same endpoint.
static bool same_thread(const struct fga_delivery *a, const struct fga_delivery *b)
{
    return strcmp(a->endpoint, b->endpoint) == 0 &&
           strcmp(a->message.incident.alert_id, b->message.incident.alert_id) == 0;
}

static uint32_t sequence_of(const struct fga_delivery *delivery)
{
    return delivery->message.incident.sequence;
}

// Marks who waits among the messages of one thread.
static void order_thread(struct fga_outbox *outbox, const struct fga_delivery *any)
{
    uint32_t first = UINT32_MAX;
    for (size_t i = 0; i < outbox->n; i++) {
        if (same_thread(outbox->items[i], any) && sequence_of(outbox->items[i]) < first)
            first = sequence_of(outbox->items[i]);
    }
    for (size_t i = 0; i < outbox->n; i++) {
        if (same_thread(outbox->items[i], any))
            outbox->items[i]->waits = sequence_of(outbox->items[i]) > first;
    }
}

int fga_outbox_add(struct fga_outbox *outbox, struct fga_delivery *delivery)
{
    if (fga_outbox_find(outbox, delivery->id) != NULL)
        return FG_EDUPLICATE;
    if (outbox->n >= FGA_OUTBOX_MAX)
        return FG_ELIMIT;
    if (outbox->n == outbox->room) {
        const size_t room = outbox->room == 0 ? 64 : outbox->room * 2;
        struct fga_delivery **items = realloc(outbox->items, room * sizeof(struct fga_delivery *));
        if (items == NULL)
            return FG_ENOMEM;
        outbox->items = items;
        outbox->room = room;
    }
    outbox->items[outbox->n++] = delivery;
    order_thread(outbox, delivery);
    return FG_OK;
}

struct fga_delivery *fga_outbox_find(struct fga_outbox *outbox, const char *id)
{
    for (size_t i = 0; i < outbox->n; i++) {
        if (strcmp(outbox->items[i]->id, id) == 0)
            return outbox->items[i];
    }
    return NULL;
}

void fga_outbox_take(struct fga_outbox *outbox, struct fga_delivery *delivery)
{
    for (size_t i = 0; i < outbox->n; i++) {
        if (outbox->items[i] != delivery)
            continue;
        memmove(&outbox->items[i], &outbox->items[i + 1],
                (outbox->n - i - 1) * sizeof(struct fga_delivery *));
        outbox->n--;
        order_thread(outbox, delivery);
        return;
    }
}

struct fga_delivery *fga_outbox_replaced_by(struct fga_outbox *outbox,
                                            const struct fga_delivery *delivery)
{
    for (size_t i = 0; i < outbox->n; i++) {
        struct fga_delivery *old = outbox->items[i];
        if (!old->in_flight && old->message.step == FGA_STEP_UPDATED &&
            same_thread(old, delivery) && sequence_of(old) < sequence_of(delivery)) {
            fga_outbox_take(outbox, old);
            return old;
        }
    }
    return NULL;
}

static bool endpoint_is_busy(const struct fga_outbox *outbox, const char *endpoint)
{
    for (size_t i = 0; i < outbox->n; i++) {
        if (outbox->items[i]->in_flight && strcmp(outbox->items[i]->endpoint, endpoint) == 0)
            return true;
    }
    return false;
}

struct fga_delivery *fga_outbox_due(struct fga_outbox *outbox, int64_t now_ms)
{
    for (size_t i = 0; i < outbox->n; i++) {
        struct fga_delivery *delivery = outbox->items[i];
        if (!delivery->in_flight && !delivery->waits && delivery->next_ms <= now_ms &&
            !endpoint_is_busy(outbox, delivery->endpoint))
            return delivery;
    }
    return NULL;
}

void fga_outbox_wake(struct fga_outbox *outbox, int64_t now_ms,
                     bool (*fn)(const void *arg, const struct fga_delivery *delivery),
                     const void *arg)
{
    for (size_t i = 0; i < outbox->n; i++) {
        struct fga_delivery *delivery = outbox->items[i];
        if (!delivery->in_flight && delivery->next_ms > now_ms && fn(arg, delivery))
            delivery->next_ms = now_ms;
    }
}

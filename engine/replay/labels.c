// SPDX-License-Identifier: GPL-2.0-or-later
#include "labels.h"

#include <stdlib.h>
#include <string.h>

#include "fg/hash.h"
#include "fg/replay.h"

#define LABEL_SLOTS (UINT32_C(4) * FG_REPLAY_LABELS_MAX)

static struct fg_view text_of(const struct label *label)
{
    return (struct fg_view){label->text, label->len};
}

struct fg_view labels_text(const struct labels *labels, uint32_t label)
{
    return label == 0 ? (struct fg_view){"", 0} : text_of(&labels->items[label]);
}

static int make_room(struct labels *labels)
{
    if (labels->slots == NULL) {
        labels->slots = calloc(LABEL_SLOTS, sizeof(*labels->slots));
        labels->n = 1;
    }
    if (labels->n < labels->room) {
        return FG_OK;
    }
    uint32_t room = labels->room == 0 ? 64 : labels->room * 2;
    struct label *items = reallocarray(labels->items, room, sizeof(*items));
    if (items == NULL || labels->slots == NULL) {
        labels->items = items == NULL ? labels->items : items;
        return FG_ENOMEM;
    }
    labels->items = items;
    labels->room = room;
    return FG_OK;
}

static int add(struct labels *labels, struct fg_view text, uint32_t *slot)
{
    // Not strndup(): the bytes have no terminator, and checkers hold that against it.
    char *copy = malloc(text.len + 1);
    if (copy == NULL) {
        return FG_ENOMEM;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    labels->items[labels->n] = (struct label){.text = copy, .len = (uint32_t)text.len};
    *slot = labels->n++;
    return FG_OK;
}

int labels_find(struct labels *labels, struct fg_view text, uint32_t *out)
{
    // The labels are the user's own, and there is a limit to them: no secret key is needed.
    static const struct fg_hash_key key = {{'l', 'a', 'b', 'e', 'l', 's'}};
    *out = 0;
    if (text.len == 0) {
        return FG_OK;
    }
    int rc = make_room(labels);
    if (rc != FG_OK) {
        return rc;
    }
    bool full = labels->n > FG_REPLAY_LABELS_MAX;
    for (int pass = 0; pass < 2; pass++) {
        uint64_t at = fg_hash64(&key, text.ptr, text.len);
        uint32_t *slot = &labels->slots[at % LABEL_SLOTS];
        while (*slot != 0 && !fg_view_equal(text_of(&labels->items[*slot]), text)) {
            slot = &labels->slots[++at % LABEL_SLOTS];
        }
        bool other = fg_view_equal(text, fg_view_of(FG_REPLAY_OTHER));
        if (*slot == 0 && (!full || other)) {
            rc = add(labels, text, slot);
        }
        if (*slot != 0 || rc != FG_OK) {
            *out = *slot;
            return rc;
        }
        text = fg_view_of(FG_REPLAY_OTHER);
    }
    return rc;
}

void labels_fini(struct labels *labels)
{
    for (uint32_t i = 1; i < labels->n && labels->items != NULL; i++) {
        free(labels->items[i].text);
    }
    free(labels->items);
    free(labels->slots);
    *labels = (struct labels){0};
}

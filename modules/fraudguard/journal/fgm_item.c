// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_item.h"

#include <string.h>

#include "fg/hold.h"

#define LENGTHS (2 * sizeof(uint32_t)) // of the texts

// Of the fixed part; 0 for kinds that are not kept.
static size_t fixed_len_of(uint32_t kind)
{
    switch (kind) {
    case FGM_ITEM_EVENT:
    case FGM_ITEM_ATTACK:
        return sizeof(struct fgm_item_event);
    case FGM_ITEM_HOLD:
    case FGM_ITEM_HOLD_RELEASE:
        return sizeof(struct fgm_item_hold);
    case FGM_ITEM_ALLOW:
    case FGM_ITEM_DISALLOW:
        return sizeof(struct fgm_item_allowance);
    case FGM_ITEM_KILL:
        return sizeof(struct fgm_item_kill);
    default:
        return 0;
    }
}

static void append(unsigned char **at, const void *bytes, size_t len)
{
    if (len)
        memcpy(*at, bytes, len);
    *at += len;
}

size_t fgm_item_pack(const struct fgm_item *item, unsigned char *out, size_t size_bytes)
{
    const uint32_t lengths[2] = {(uint32_t)item->text[0].len, (uint32_t)item->text[1].len};
    size_t len = LENGTHS + item->fixed_len + item->text[0].len + item->text[1].len;
    if (len > size_bytes || item->fixed_len == 0 || item->fixed_len != fixed_len_of(item->kind))
        return 0;
    append(&out, lengths, sizeof lengths);
    append(&out, item->fixed, item->fixed_len);
    append(&out, item->text[0].ptr, item->text[0].len);
    append(&out, item->text[1].ptr, item->text[1].len);
    return len;
}

static bool is_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

// A bool's byte, looked at before it is used as one.
static bool is_flag(const bool *flag)
{
    unsigned char byte;
    memcpy(&byte, flag, sizeof byte);
    return byte <= 1;
}

static bool is_hold(const struct fgm_item_hold *item)
{
    const struct fg_hold *hold = &item->hold;
    return is_text(item->customer, sizeof item->customer) && is_text(hold->of, sizeof hold->of) &&
           is_text(hold->rule, sizeof hold->rule) && is_text(hold->reason, sizeof hold->reason) &&
           is_text(hold->by, sizeof hold->by) && is_flag(&hold->active) && is_flag(&hold->cut) &&
           is_flag(&item->grows) && hold->scope < FG_HOLD_SCOPES;
}

static bool is_allowance(const struct fgm_item_allowance *item)
{
    const struct fg_allowance *allowance = &item->allowance;
    return is_text(item->customer, sizeof item->customer) &&
           is_text(allowance->reason, sizeof allowance->reason) &&
           is_text(allowance->by, sizeof allowance->by) &&
           allowance->to.len <= FG_NUMBER_DIGITS_MAX &&
           is_text(allowance->to.digits, sizeof allowance->to.digits);
}

static bool is_kill(const struct fgm_item_kill *item)
{
    return is_text(item->customer, sizeof item->customer) && is_text(item->by, sizeof item->by);
}

static bool is_sound(uint32_t kind, const void *fixed)
{
    switch (kind) {
    case FGM_ITEM_EVENT:
    case FGM_ITEM_ATTACK:
        return ((const struct fgm_item_event *)fixed)->record_s <= FGM_RECORD_MAX_S;
    case FGM_ITEM_ALLOW:
    case FGM_ITEM_DISALLOW:
        return is_allowance(fixed);
    case FGM_ITEM_KILL:
        return is_kill(fixed);
    default:
        return is_hold(fixed);
    }
}

bool fgm_item_unpack(uint32_t kind, struct fg_view bytes, void *buffer, struct fgm_item *out)
{
    uint32_t lengths[2];
    size_t fixed_len = fixed_len_of(kind);
    if (fixed_len == 0 || bytes.len > FGM_ITEM_MAX || bytes.len < LENGTHS + fixed_len)
        return false;
    memcpy(lengths, bytes.ptr, sizeof lengths);
    if ((uint64_t)lengths[0] + lengths[1] != bytes.len - LENGTHS - fixed_len)
        return false;
    memcpy(buffer, bytes.ptr + LENGTHS, fixed_len);
    if (!is_sound(kind, buffer))
        return false;
    const char *text = bytes.ptr + LENGTHS + fixed_len;
    *out = (struct fgm_item){
        .kind = (enum fgm_item_kind)kind,
        .fixed = buffer,
        .fixed_len = fixed_len,
        .text = {{text, lengths[0]}, {text + lengths[0], lengths[1]}},
    };
    return true;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/signal.h"

static const struct fg_signal_info signals[FG_SIG_COUNT] = {
#define FG_SIGNAL_ROW(id, text, kind, meaning)                                                     \
    [FG_SIG_##id] = {.name = (text), .type = FG_SIGNAL_##kind, .doc = (meaning)},
    FG_SIGNALS(FG_SIGNAL_ROW)
#undef FG_SIGNAL_ROW
        [FG_SIG_ATTR] = {.name = "attr.*",
                         .type = FG_SIGNAL_TEXT,
                         .doc = "text set by the Kamailio script with fraudguard_attr()"},
};

const struct fg_signal_info *fg_signal_info(enum fg_signal signal)
{
    return &signals[(unsigned)signal < FG_SIG_COUNT ? signal : FG_SIG_ATTR];
}

const char *fg_signal_type_name(enum fg_signal_type type)
{
    static const char *const names[] = {
        [FG_SIGNAL_BOOL] = "true/false", [FG_SIGNAL_NUMBER] = "number",
        [FG_SIGNAL_TEXT] = "text",       [FG_SIGNAL_TEXTSET] = "texts",
        [FG_SIGNAL_DIGITS] = "digits",   [FG_SIGNAL_COUNTRY] = "country",
        [FG_SIGNAL_ADDRESS] = "address",
    };
    return (unsigned)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

bool fg_signal_is_late(enum fg_signal signal)
{
    return signal == FG_SIG_CALL_DURATION ||
           (signal >= FG_SIG_MEDIA_ENCRYPTED && signal <= FG_SIG_MEDIA_DTMF);
}

static bool is_attr_name(struct fg_view name)
{
    static const char prefix[] = "attr.";
    const size_t prefix_len = sizeof(prefix) - 1;
    if (name.len <= prefix_len) {
        return false;
    }
    struct fg_view head = {.ptr = name.ptr, .len = prefix_len};
    if (!fg_view_equal(head, fg_view_of(prefix))) {
        return false;
    }
    for (size_t i = prefix_len; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-')) {
            return false;
        }
    }
    return true;
}

int fg_signal_find(struct fg_view name, enum fg_signal *out)
{
    for (int i = 0; i < FG_SIG_ATTR; i++) {
        if (fg_view_equal(name, fg_view_of(signals[i].name))) {
            *out = (enum fg_signal)i;
            return FG_OK;
        }
    }
    if (is_attr_name(name)) {
        *out = FG_SIG_ATTR;
        return FG_OK;
    }
    return FG_ENOTFOUND;
}

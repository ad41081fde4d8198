// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/ruleset.h"

static const char *const action_names[FG_ACTION_COUNT] = {
#define FG_ACTION_NAME(name, text, doc) [FG_##name] = (text),
    FG_ACTIONS(FG_ACTION_NAME)
#undef FG_ACTION_NAME
};

const char *fg_action_name(enum fg_action action)
{
    return action_names[(unsigned)action < FG_ACTION_COUNT ? action : FG_BLOCK];
}

const char *fg_action_doc(enum fg_action action)
{
    static const char *const docs[FG_ACTION_COUNT] = {
#define FG_ACTION_DOC(name, text, doc) [FG_##name] = (doc),
        FG_ACTIONS(FG_ACTION_DOC)
#undef FG_ACTION_DOC
    };
    return docs[(unsigned)action < FG_ACTION_COUNT ? action : FG_BLOCK];
}

int fg_action_parse(struct fg_view text, enum fg_action *out)
{
    for (unsigned i = 0; i < FG_ACTION_COUNT; i++) {
        if (fg_view_equal(text, fg_view_of(action_names[i]))) {
            *out = (enum fg_action)i;
            return FG_OK;
        }
    }
    return FG_ENOTFOUND;
}

const char *fg_mode_name(enum fg_mode mode)
{
    switch (mode) {
    case FG_MODE_ENFORCE:
        return "enforce";
    case FG_MODE_SHADOW:
        return "shadow";
    case FG_MODE_OFF:
        break;
    }
    return "off";
}

const char *fg_maturity_name(enum fg_maturity maturity)
{
    static const char *const names[FG_MATURITY_COUNT] = {
#define FG_MATURITY_NAME(name, text, doc) [FG_MATURITY_##name] = (text),
        FG_MATURITIES(FG_MATURITY_NAME)
#undef FG_MATURITY_NAME
    };
    return names[(unsigned)maturity < FG_MATURITY_COUNT ? maturity : FG_MATURITY_SANDBOX];
}

const char *fg_maturity_doc(enum fg_maturity maturity)
{
    static const char *const docs[FG_MATURITY_COUNT] = {
#define FG_MATURITY_DOC(name, text, doc) [FG_MATURITY_##name] = (doc),
        FG_MATURITIES(FG_MATURITY_DOC)
#undef FG_MATURITY_DOC
    };
    return docs[(unsigned)maturity < FG_MATURITY_COUNT ? maturity : FG_MATURITY_SANDBOX];
}

const char *fg_notify_name(enum fg_notify notify)
{
    switch (notify) {
    case FG_NOTIFY_CUSTOMER:
        return "customer";
    case FG_NOTIFY_NOC:
        return "noc";
    case FG_NOTIFY_NONE:
        break;
    }
    return "none";
}

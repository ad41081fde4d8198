// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_ignored.h"

#include "ng_value.h"

#include <stddef.h>

bool edge_ng_is_ignored(struct edge_view name)
{
    /* Also as the beginning of a longer name: codec-strip, T38-decode. */
    static const struct edge_view families[] = {
        EDGE_VIEW_INIT("codec"), EDGE_VIEW_INIT("transcode"), EDGE_VIEW_INIT("T38"),
        EDGE_VIEW_INIT("T.38"),  EDGE_VIEW_INIT("ptime"),     EDGE_VIEW_INIT("recording"),
    };
    static const struct edge_view names[] = {
        EDGE_VIEW_INIT("NAT-wait"),         EDGE_VIEW_INIT("always-transcode"),
        EDGE_VIEW_INIT("early-media"),      EDGE_VIEW_INIT("full-rtcp-attribute"),
        EDGE_VIEW_INIT("generate-RTCP"),    EDGE_VIEW_INIT("generate-mid"),
        EDGE_VIEW_INIT("loop-protect"),     EDGE_VIEW_INIT("no-redis-update"),
        EDGE_VIEW_INIT("passthrough"),      EDGE_VIEW_INIT("pierce-NAT"),
        EDGE_VIEW_INIT("repacketize"),      EDGE_VIEW_INIT("sip-code"),
        EDGE_VIEW_INIT("sip-message-type"), EDGE_VIEW_INIT("strip-extmap"),
        EDGE_VIEW_INIT("unidirectional"),   EDGE_VIEW_INIT("xmlrpc-callback"),
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct edge_view family = families[i];

        if (name.len >= family.len &&
            edge_ng_name_is((struct edge_view){name.ptr, family.len}, family) &&
            (name.len == family.len || strchr("- _", name.ptr[family.len])))
            return true;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (edge_ng_name_is(name, names[i]))
            return true;
    }
    return false;
}

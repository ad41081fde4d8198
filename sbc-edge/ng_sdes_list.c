// SPDX-License-Identifier: GPL-2.0-or-later
#include "ng_sdes_list.h"

#include "ng_word.h"

enum sdes_word {
    SDES_OFF = 1,
    SDES_PAD,
    SDES_LIFETIME,
    SDES_STATIC,
    SDES_NO_NEW,
    SDES_WEAK,
    SDES_DEFAULT, /**< asks for what is always so */
};

static const struct edge_ng_word sdes_words[] = {
    WORD("off", SDES_OFF),
    WORD("no", SDES_OFF),
    WORD("disable", SDES_OFF),
    WORD("pad", SDES_PAD),
    WORD("lifetime", SDES_LIFETIME),
    WORD("static", SDES_STATIC),
    WORD("nonew", SDES_NO_NEW),
    WORD("unencrypted_srtp", SDES_WEAK),
    WORD("unencrypted_srtcp", SDES_WEAK),
    WORD("unauthenticated_srtp", SDES_WEAK),
    WORD("encrypted_srtp", SDES_DEFAULT),
    WORD("prefer", SDES_DEFAULT),
    WORD("encrypted_srtcp", SDES_DEFAULT),
    WORD("authenticated_srtp", SDES_DEFAULT),
};

static bool add_suite(struct edge_view name, uint32_t *mask)
{
    const enum edge_srtp_suite suite = edge_srtp_suite_find(name);

    if (suite == EDGE_SUITE_NONE)
        return false;
    *mask |= UINT32_C(1) << suite;
    return true;
}

/** `SUITE;SUITE;…`, each kept once. */
static bool read_suite_order(struct edge_view text, enum edge_srtp_suite *order, uint8_t *n_order)
{
    uint32_t seen = 0;
    bool is_known = true;

    *n_order = 0;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, ';', text.len);
        const struct edge_view name = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        const uint32_t before = seen;

        if (!add_suite(name, &seen))
            is_known = false;
        else if (seen != before)
            order[(*n_order)++] = edge_srtp_suite_find(name);
        const size_t used = end ? name.len + 1 : name.len;
        text = (struct edge_view){text.ptr + used, text.len - used};
    }
    return is_known;
}

bool edge_ng_sdes_read(struct edge_ng_sdes *sdes, struct edge_view text)
{
    switch (edge_ng_word_find(sdes_words, COUNT_OF(sdes_words), text)) {
    case SDES_OFF:
        sdes->is_off = true;
        return true;
    case SDES_PAD:
        sdes->has_pad = true;
        return true;
    case SDES_LIFETIME:
        sdes->has_lifetime = true;
        return true;
    case SDES_STATIC:
        sdes->is_static = true;
        return true;
    case SDES_NO_NEW:
        sdes->has_no_new = true;
        return true;
    case SDES_WEAK:
        sdes->asks_weak = true;
        return true;
    case SDES_DEFAULT:
        return true;
    default:
        break;
    }
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("no-")))
        return add_suite(text, &sdes->suites_never);
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("only-")))
        return add_suite(text, &sdes->suites_only);
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("order:")))
        return read_suite_order(text, sdes->order, &sdes->n_order);
    if (edge_ng_prefix_cut(&text, EDGE_VIEW("offerer_pref:")))
        return read_suite_order(text, sdes->offerer_order, &sdes->n_offerer_order);
    return false;
}

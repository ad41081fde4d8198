// SPDX-License-Identifier: GPL-2.0-or-later
#include "leg_keys.h"

#include "random.h"
#include "secret_store.h"

static const enum edge_srtp_suite preferences[] = {
    EDGE_SUITE_AES_CM_128_HMAC_SHA1_80,
    EDGE_SUITE_AEAD_AES_128_GCM,
    EDGE_SUITE_AEAD_AES_256_GCM,
    EDGE_SUITE_AES_256_CM_HMAC_SHA1_80,
};

/* Taken when offered by the leg and nothing better is; never offered by us. */
static const enum edge_srtp_suite accepted[] = {
    EDGE_SUITE_AES_CM_128_HMAC_SHA1_80, EDGE_SUITE_AEAD_AES_128_GCM,
    EDGE_SUITE_AEAD_AES_256_GCM,        EDGE_SUITE_AES_256_CM_HMAC_SHA1_80,
    EDGE_SUITE_AES_256_CM_HMAC_SHA1_32, EDGE_SUITE_AES_CM_128_HMAC_SHA1_32,
};

const enum edge_srtp_suite *edge_leg_keys_preferences(size_t *n)
{
    *n = sizeof(accepted) / sizeof(accepted[0]);
    return accepted;
}

static struct edge_sdes_line *take_line(void)
{
    return (struct edge_sdes_line *)(void *)edge_secret_take();
}

static void return_line(struct edge_sdes_line *line)
{
    edge_secret_return((uint8_t *)line);
}

static int make_key(enum edge_srtp_suite suite, uint32_t tag, struct edge_sdes_line **out)
{
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);
    struct edge_sdes_line *line = take_line();

    if (!line)
        return EDGE_ENOMEM;
    line->tag = tag;
    line->suite = suite;
    line->key_len = (uint8_t)(info->key_bytes + info->salt_bytes);
    if (edge_random_bytes(line->key, line->key_len) != 0) {
        return_line(line);
        return EDGE_ENOMEM;
    }
    *out = line;
    return 0;
}

static bool has_same_mki(const struct edge_sdes_line *a, const struct edge_sdes_line *b)
{
    return a->mki_len == b->mki_len && memcmp(a->mki, b->mki, a->mki_len) == 0;
}

static bool is_key(const struct edge_sdes_line *known, const struct edge_sdes_line *line)
{
    return known && edge_sdes_has_same_key(known, line) && has_same_mki(known, line);
}

/* Back to the key before: its context has the rollover counters and the replay list. */
static void swap_with_old(struct edge_media *media)
{
    struct edge_srtp *receive = media->receive;
    struct edge_sdes_line *remote_key = media->remote_key;

    media->receive = media->receive_old;
    media->receive_old = receive;
    media->remote_key = media->remote_key_old;
    media->remote_key_old = remote_key;
}

/*
 * A key that was announced and never seen in use (its offer was refused, or overtaken by another)
 * makes room for the next; the one before it stays, since that is what the leg still sends with.
 */
static void make_room(struct edge_media *media)
{
    if (media->receive_old && media->receive_old_until_ns == 0)
        swap_with_old(media);
    edge_media_forget_old_key(media);
    media->receive_old = media->receive;
    media->remote_key_old = media->remote_key;
}

static int take_new_key(struct edge_media *media, const struct edge_sdes_line *line)
{
    struct edge_sdes_line *copy = take_line();
    struct edge_srtp *receive;
    int err;

    if (!copy)
        return EDGE_ENOMEM;
    err = edge_srtp_open(line, EDGE_SRTP_RECEIVE, &receive);
    if (err != 0) {
        return_line(copy);
        return err;
    }
    *copy = *line;
    make_room(media);
    media->receive = receive;
    media->remote_key = copy;
    return 0;
}

int edge_leg_keys_receive(struct edge_media *media, const struct edge_sdes_line *line,
                          uint64_t grace_ns)
{
    int err;

    if (media->receive && is_key(media->remote_key, line)) {
        media->remote_key->tag = line->tag;
        return 0;
    }
    if (media->receive_old && is_key(media->remote_key_old, line)) {
        swap_with_old(media);
        media->remote_key->tag = line->tag;
    } else {
        err = take_new_key(media, line);
        if (err != 0)
            return err;
    }
    media->receive_old_until_ns = 0;
    media->rekey_grace_ns = grace_ns;
    return 0;
}

static bool is_allowed(const struct edge_ng_sdes *sdes, enum edge_srtp_suite suite)
{
    uint32_t bit = (uint32_t)1 << suite;

    return (sdes->suites_never & bit) == 0 && (sdes->suites_only == 0 || (sdes->suites_only & bit));
}

static bool has_suite(const struct edge_media *media, enum edge_srtp_suite suite)
{
    for (unsigned i = 0; i < media->n_own_keys; i++) {
        if (media->own_keys[i]->suite == suite)
            return true;
    }
    return false;
}

static uint32_t next_tag(const struct edge_media *media)
{
    uint32_t tag = 1;

    for (unsigned i = 0; i < media->n_own_keys; i++) {
        if (media->own_keys[i]->tag >= tag)
            tag = media->own_keys[i]->tag + 1;
    }
    return tag <= 999999999u ? tag : 1;
}

/* Makes own_keys[chosen] the only one. */
static void keep_only(struct edge_media *media, unsigned chosen)
{
    for (unsigned i = 0; i < media->n_own_keys; i++) {
        if (i != chosen)
            return_line(media->own_keys[i]);
    }
    media->own_keys[0] = media->own_keys[chosen];
    for (unsigned i = 1; i < EDGE_OWN_KEYS_MAX; i++)
        media->own_keys[i] = NULL;
    media->n_own_keys = 1;
}

static void forget_own_keys(struct edge_media *media)
{
    for (unsigned i = 0; i < media->n_own_keys; i++) {
        return_line(media->own_keys[i]);
        media->own_keys[i] = NULL;
    }
    media->n_own_keys = 0;
}

/* A key that DTLS has made is not one to be written: it may be left over from before a restart. */
static void forget_dtls_key(struct edge_media *media)
{
    if (media->n_own_keys == 0 || media->own_keys[0]->tag != EDGE_SDES_NO_TAG)
        return;
    forget_own_keys(media);
    edge_srtp_close(media->send);
    media->send = NULL;
}

int edge_leg_keys_offer(struct edge_media *media, const struct edge_ng_sdes *sdes)
{
    const enum edge_srtp_suite *order = sdes->n_order > 0 ? sdes->order : preferences;
    size_t n = sdes->n_order > 0 ? sdes->n_order : sizeof(preferences) / sizeof(preferences[0]);

    forget_dtls_key(media);
    /* What an earlier offer left over is not for this one, whose policy may differ. */
    if (media->send && media->n_own_keys > 1)
        keep_only(media, 0);
    /* `only` may name a suite that is not among those offered unasked. */
    if (sdes->suites_only != 0 && sdes->n_order == 0) {
        order = accepted;
        n = sizeof(accepted) / sizeof(accepted[0]);
    }
    for (size_t i = 0; i < n && media->n_own_keys < EDGE_OWN_KEYS_MAX; i++) {
        int err;

        if (!edge_srtp_suite_info(order[i])->is_usable || !is_allowed(sdes, order[i]) ||
            has_suite(media, order[i]))
            continue;
        err = make_key(order[i], next_tag(media), &media->own_keys[media->n_own_keys]);
        if (err != 0)
            return err;
        media->n_own_keys++;
    }
    return media->n_own_keys > 0 ? 0 : EDGE_ESUITE;
}

static int replace_sender(struct edge_media *media, const struct edge_sdes_line *line)
{
    struct edge_srtp *send;
    int err = edge_srtp_open(line, EDGE_SRTP_SEND, &send);

    if (err != 0)
        return err;
    edge_srtp_close(media->send);
    media->send = send;
    return 0;
}

/*
 * Makes own_keys[chosen] the first. The lines that were not picked stay: another branch, which got
 * the same description, may pick one of them. What was in use before goes, so that it can never
 * come back with its index starting anew.
 */
static void put_in_force(struct edge_media *media, unsigned chosen, bool was_in_use)
{
    struct edge_sdes_line *first = media->own_keys[0];

    media->own_keys[0] = media->own_keys[chosen];
    media->own_keys[chosen] = first;
    if (!was_in_use || chosen == 0)
        return;
    return_line(first);
    media->n_own_keys--;
    media->own_keys[chosen] = media->own_keys[media->n_own_keys];
    media->own_keys[media->n_own_keys] = NULL;
}

int edge_leg_keys_settle_offered(struct edge_media *media, uint32_t tag, enum edge_srtp_suite suite)
{
    bool was_in_use = media->send != NULL;

    for (unsigned i = 0; i < media->n_own_keys; i++) {
        const struct edge_sdes_line *line = media->own_keys[i];
        int err = 0;

        if (line->tag != tag || line->suite != suite)
            continue;
        /* The line in force stands first: picked again, its rollover counter lives on. */
        if (!was_in_use || i != 0)
            err = replace_sender(media, line);
        if (err == 0)
            put_in_force(media, i, was_in_use);
        return err;
    }
    return EDGE_ENOENT;
}

int edge_leg_keys_settle_answer(struct edge_media *media, uint32_t tag, enum edge_srtp_suite suite)
{
    struct edge_sdes_line *line;
    int err;

    forget_dtls_key(media);
    if (media->send && media->n_own_keys > 0 && media->own_keys[0]->suite == suite) {
        keep_only(media, 0);
        media->own_keys[0]->tag = tag;
        return 0;
    }
    err = make_key(suite, tag, &line);
    if (err != 0)
        return err;
    err = replace_sender(media, line);
    if (err != 0) {
        return_line(line);
        return err;
    }
    forget_own_keys(media);
    media->own_keys[0] = line;
    media->n_own_keys = 1;
    return 0;
}

int edge_leg_keys_set(struct edge_media *media, const struct edge_sdes_line *receive,
                      const struct edge_sdes_line *send, uint64_t grace_ns)
{
    struct edge_sdes_line *copy = take_line();
    int err;

    if (!copy)
        return EDGE_ENOMEM;
    err = edge_leg_keys_receive(media, receive, grace_ns);
    if (err == 0)
        err = replace_sender(media, send);
    if (err != 0) {
        return_line(copy);
        return err;
    }
    *copy = *send;
    forget_own_keys(media);
    media->own_keys[0] = copy;
    media->n_own_keys = 1;
    return 0;
}

int edge_leg_keys_set_rtcp(struct edge_media *media, const struct edge_sdes_line *receive,
                           const struct edge_sdes_line *send)
{
    struct edge_srtp *in;
    struct edge_srtp *out;
    int err = edge_srtp_open(receive, EDGE_SRTP_RECEIVE, &in);

    if (err != 0)
        return err;
    err = edge_srtp_open(send, EDGE_SRTP_SEND, &out);
    if (err != 0) {
        edge_srtp_close(in);
        return err;
    }
    edge_leg_keys_unset(media, true);
    media->rtcp_receive = in;
    media->rtcp_send = out;
    return 0;
}

void edge_leg_keys_unset(struct edge_media *media, bool is_rtcp)
{
    if (is_rtcp) {
        edge_srtp_close(media->rtcp_receive);
        edge_srtp_close(media->rtcp_send);
        media->rtcp_receive = NULL;
        media->rtcp_send = NULL;
        return;
    }
    edge_srtp_close(media->receive);
    edge_srtp_close(media->send);
    media->receive = NULL;
    media->send = NULL;
    edge_media_forget_old_key(media);
    return_line(media->remote_key);
    media->remote_key = NULL;
    forget_own_keys(media);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_page_trunks.h"

#include <stdlib.h>
#include <string.h>

#include "fg/json.h"
#include "fg/text.h"

#define SOON_S (14 * (int64_t)86400)

struct fgm_page {
    const char *node, *echo;
    int64_t now_ms;
    const struct fgm_page_hold *holds;
    size_t n_holds;
    struct fg_json *trunks;
    int64_t known, matching, shown, encrypted, with_problems;
};

static int by_customer(const void *a, const void *b)
{
    return strcmp(((const struct fgm_page_hold *)a)->customer,
                  ((const struct fgm_page_hold *)b)->customer);
}

void fgm_page_sort_holds(struct fgm_page_hold *holds, size_t n_holds)
{
    if (n_holds > 0)
        qsort(holds, n_holds, sizeof holds[0], by_customer);
}

// The first of the customer's holds; *n how many follow from there.
static const struct fgm_page_hold *holds_of(const char *customer, const struct fgm_page_hold *holds,
                                            size_t n_holds, size_t *n)
{
    size_t low = 0, high = n_holds;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(holds[middle].customer, customer) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < n_holds && strcmp(holds[low + *n].customer, customer) == 0)
        (*n)++;
    return n_holds ? holds + low : NULL;
}

const struct fgm_page_hold *fgm_page_find_hold(const struct fgm_page_hold *holds, size_t n_holds,
                                               const char *customer)
{
    size_t n;
    const struct fgm_page_hold *first = holds_of(customer, holds, n_holds, &n);
    return n > 0 ? first : NULL;
}

unsigned fgm_page_problems(const struct fgm_page_trunk *trunk, bool held, int64_t now_ms)
{
    unsigned problems = held ? FGM_PAGE_HELD : 0;
    if (!trunk->came)
        return problems;
    if (!trunk->tls || !trunk->tls->tls)
        problems |= FGM_PAGE_SIGNALLING_CLEAR;
    if (!trunk->srtp && trunk->customer->media != FG_MEDIA_OFF)
        problems |= FGM_PAGE_MEDIA_CLEAR;
    if (trunk->tls && trunk->tls->cert_present && trunk->tls->not_after_s &&
        trunk->tls->not_after_s < now_ms / FG_MS_PER_S + SOON_S)
        problems |= FGM_PAGE_CERTIFICATE_ENDS;
    return problems;
}

bool fgm_page_matches(const struct fgm_page_trunk *trunk, const char *text, size_t len)
{
    struct fg_view wanted = {text, len};
    return fg_text_contains(trunk->customer->id, wanted) ||
           fg_text_contains(trunk->customer->name, wanted);
}

static struct fg_json *format_certificate(const struct fg_tls_peer *tls, int64_t now_ms)
{
    static const char digits[] = "0123456789abcdef";
    char fingerprint[65];
    for (size_t i = 0; i < sizeof tls->fingerprint; i++) {
        fingerprint[2 * i] = digits[tls->fingerprint[i] >> 4];
        fingerprint[2 * i + 1] = digits[tls->fingerprint[i] & 15];
    }
    fingerprint[64] = '\0';
    int64_t left_s = tls->not_after_s - now_ms / FG_MS_PER_S;
    // Days are rounded down: a certificate that has just ended has -1.
    int64_t days = left_s >= 0 ? left_s / 86400 : -((-left_s + 86399) / 86400);
    struct fg_json *object = fg_json_object_new();
    bool complete =
        fg_json_set_text(object, "name", fg_view_of(tls->name)) &&
        fg_json_set_text(object, "issuer", fg_view_of(tls->issuer)) &&
        fg_json_set_bool(object, "verified", tls->cert_verified) &&
        fg_json_set_string(object, "fingerprint", fingerprint) &&
        (tls->not_after_s
             ? fg_json_set_integer(object, "not_after_s", tls->not_after_s) &&
                   fg_json_set_integer(object, "days_left", days)
             : fg_json_set_null(object, "not_after_s") && fg_json_set_null(object, "days_left"));
    if (complete)
        return object;
    fg_json_free(object);
    return NULL;
}

static struct fg_json *format_signalling(const struct fgm_page_trunk *trunk, int64_t now_ms)
{
    const struct fg_tls_peer *tls = trunk->tls;
    bool encrypted = tls && tls->tls;
    struct fg_json *object = fg_json_object_new();
    bool complete = fg_json_set_bool(object, "required", trunk->customer->trunk.require_tls);
    complete = complete && (trunk->came ? fg_json_set_bool(object, "encrypted", encrypted)
                                        : fg_json_set_null(object, "encrypted"));
    if (encrypted) {
        const char *version = tls->version == 0x13 ? "1.3" : tls->version == 0x12 ? "1.2" : "";
        complete = complete && fg_json_set_string(object, "version", version) &&
                   fg_json_set_string(object, "cipher", tls->cipher);
    }
    if (complete)
        complete = encrypted && tls->cert_present
                       ? fg_json_set(object, "certificate", format_certificate(tls, now_ms))
                       : fg_json_set_null(object, "certificate");
    if (complete)
        return object;
    fg_json_free(object);
    return NULL;
}

static struct fg_json *format_media(const struct fgm_page_trunk *trunk)
{
    static const char *const policies[] = {[FG_MEDIA_PREFERRED] = "preferred",
                                           [FG_MEDIA_REQUIRED] = "required",
                                           [FG_MEDIA_OFF] = "off"};
    struct fg_json *object = fg_json_object_new();
    bool complete = fg_json_set_string(object, "policy", policies[trunk->customer->media]);
    if (trunk->came)
        complete = complete && fg_json_set_bool(object, "encrypted", trunk->srtp);
    else
        complete = complete && fg_json_set_null(object, "encrypted");
    if (trunk->media)
        complete = complete && fg_json_set_string(object, "suite", trunk->media->suite) &&
                   fg_json_set_string(object, "codec", trunk->media->codec);
    if (complete)
        return object;
    fg_json_free(object);
    return NULL;
}

static struct fg_json *format_today(const uint64_t today[FG_ACTION_COUNT])
{
    struct fg_json *object = fg_json_object_new();
    bool complete = true;
    for (int action = 0; complete && action < FG_ACTION_COUNT; action++)
        complete = fg_json_set_integer(object, fg_action_name((enum fg_action)action),
                                       (int64_t)today[action]);
    if (complete)
        return object;
    fg_json_free(object);
    return NULL;
}

static struct fg_json *format_holds(const struct fgm_page_hold *holds, size_t n)
{
    struct fg_json *array = fg_json_array_new();
    bool complete = array != NULL;
    for (size_t i = 0; complete && i < n; i++) {
        const struct fg_hold *hold = &holds[i].hold;
        char scope[FG_HOLD_SCOPE_TEXT_MAX];
        fg_hold_scope_format(hold->scope, hold->value, scope);
        struct fg_json *object = fg_json_object_new();
        complete = fg_json_set_string(object, "scope", scope) &&
                   fg_json_set_text(object, "of", fg_view_of(hold->of)) &&
                   fg_json_set_text(object, "rule", fg_view_of(hold->rule)) &&
                   fg_json_set_text(object, "reason", fg_view_of(hold->reason)) &&
                   fg_json_set_text(object, "by", fg_view_of(hold->by)) &&
                   fg_json_set_integer(object, "until_ms", hold->until_ms);
        if (complete)
            complete = fg_json_append(array, object);
        else
            fg_json_free(object);
    }
    if (complete)
        return array;
    fg_json_free(array);
    return NULL;
}

static struct fg_json *format_problems(unsigned problems)
{
    static const char *const words[] = {"signalling_clear", "media_clear", "certificate_ends",
                                        "held"};
    struct fg_json *array = fg_json_array_new();
    bool complete = array != NULL;
    for (unsigned i = 0; complete && i < sizeof words / sizeof *words; i++) {
        if (problems >> i & 1U)
            complete = fg_json_append_string(array, words[i]);
    }
    if (complete)
        return array;
    fg_json_free(array);
    return NULL;
}

static bool set_facts(struct fg_json *object, const struct fgm_page_trunk *trunk, int64_t now_ms)
{
    bool complete =
        fg_json_set_string(object, "customer", trunk->customer->id) &&
        (trunk->customer->name ? fg_json_set_text(object, "name", fg_view_of(trunk->customer->name))
                               : fg_json_set_null(object, "name"));
    complete = complete && (trunk->seen_ms ? fg_json_set_integer(object, "seen_ms", trunk->seen_ms)
                                           : fg_json_set_null(object, "seen_ms"));
    if (trunk->came)
        complete = complete && fg_json_set_string(object, "source", trunk->source) &&
                   fg_json_set_string(object, "identity", fg_identity_name(trunk->identity));
    return complete && fg_json_set(object, "signalling", format_signalling(trunk, now_ms)) &&
           fg_json_set(object, "media", format_media(trunk)) &&
           fg_json_set_integer(object, "live", trunk->live) &&
           fg_json_set(object, "today", format_today(trunk->today));
}

static struct fg_json *format_trunk(const struct fgm_page_trunk *trunk, int64_t now_ms,
                                    const struct fgm_page_hold *holds, size_t n_holds)
{
    size_t n;
    const struct fgm_page_hold *first = holds_of(trunk->customer->id, holds, n_holds, &n);
    unsigned problems = fgm_page_problems(trunk, n > 0, now_ms);
    struct fg_json *object = fg_json_object_new();
    bool complete = set_facts(object, trunk, now_ms) &&
                    fg_json_set(object, "holds", format_holds(first, n)) &&
                    fg_json_set(object, "problems", format_problems(problems));
    if (complete)
        return object;
    fg_json_free(object);
    return NULL;
}

struct fgm_page *fgm_page_new(const char *node, const char *echo, int64_t now_ms,
                              const struct fgm_page_hold *holds, size_t n_holds)
{
    struct fgm_page *page = calloc(1, sizeof *page);
    if (!page)
        return NULL;
    *page = (struct fgm_page){.node = node,
                              .echo = echo,
                              .now_ms = now_ms,
                              .holds = holds,
                              .n_holds = n_holds,
                              .trunks = fg_json_array_new()};
    return page;
}

void fgm_page_free(struct fgm_page *page)
{
    if (page)
        fg_json_free(page->trunks);
    free(page);
}

bool fgm_page_add(struct fgm_page *page, const struct fgm_page_trunk *trunk)
{
    size_t n;
    holds_of(trunk->customer->id, page->holds, page->n_holds, &n);
    page->known++;
    page->matching++;
    page->encrypted += trunk->came && trunk->tls && trunk->tls->tls && trunk->srtp;
    page->with_problems += fgm_page_problems(trunk, n > 0, page->now_ms) != 0;
    if (page->shown >= FGM_PAGE_SHOWN_MAX)
        return true;
    page->shown++;
    return fg_json_append(page->trunks,
                          format_trunk(trunk, page->now_ms, page->holds, page->n_holds));
}

void fgm_page_pass(struct fgm_page *page)
{
    page->known++;
}

char *fgm_page_format(struct fgm_page *page)
{
    struct fg_json *object = fg_json_object_new();
    bool complete = fg_json_set_integer(object, "v", 1) &&
                    fg_json_set_string(object, "node", page->node) &&
                    fg_json_set_string(object, "echo", page->echo) &&
                    fg_json_set_integer(object, "time_ms", page->now_ms) &&
                    fg_json_set_integer(object, "known", page->known) &&
                    fg_json_set_integer(object, "matching", page->matching) &&
                    fg_json_set_integer(object, "shown", page->shown) &&
                    fg_json_set_integer(object, "encrypted", page->encrypted) &&
                    fg_json_set_integer(object, "with_problems", page->with_problems) &&
                    fg_json_set_copy(object, "trunks", page->trunks);
    char *text = complete ? fg_json_format(object, 0) : NULL;
    fg_json_free(object);
    return text;
}

char *fgm_page_format_one(const struct fgm_page_trunk *trunk, const char *node, int64_t now_ms,
                          const struct fgm_page_hold *holds, size_t n_holds)
{
    struct fg_json *object = fg_json_object_new();
    bool complete = fg_json_set_integer(object, "v", 1) &&
                    fg_json_set_string(object, "node", node) &&
                    fg_json_set_integer(object, "time_ms", now_ms) &&
                    fg_json_set(object, "trunk", format_trunk(trunk, now_ms, holds, n_holds));
    char *text = complete ? fg_json_format(object, 0) : NULL;
    fg_json_free(object);
    return text;
}

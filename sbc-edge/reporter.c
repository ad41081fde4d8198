// SPDX-License-Identifier: GPL-2.0-or-later
#include "reporter.h"

#include "fg/hash.h"
#include "fg/redis_link.h"
#include "log.h"
#include "mailbox.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS 1000
#define POLL_MS     500
#define RETRY_MS    1000
#define BATCH       64u
#define WAITING_MAX 4096u /* records of verdicts, while Redis is away */
#define NODE_MAX    63
#define PROOF_TTL_S (INT64_C(7) * 24 * 3600)

/* A record that Redis has not taken yet. */
struct proof {
    struct proof *next;
    bool is_event_told; /* what comes twice in the stream would look like two calls */
    char hash[33];
    size_t length;
    char json[];
};

struct edge_reporter {
    struct edge_node *node;
    struct edge_mailbox *box;
    struct fg_redis *redis;
    pthread_t thread;
    atomic_bool is_stopping;
    char name[NODE_MAX + 1];
    struct edge_reporter_stats stats;
    struct proof *first, *last;
    unsigned n_waiting;
    bool is_down;
    char json[BATCH][EDGE_REPORT_JSON_MAX];
};

static void count(_Atomic uint64_t *figure, uint64_t n)
{
    atomic_fetch_add_explicit(figure, n, memory_order_relaxed);
}

static void hash_call_id(const struct edge_call_report *report, char out[33])
{
    /* As fg_record_call_hash: under the same name as the call's decision record. */
    static const struct fg_hash_key key = {"fraudguard.call"};

    fg_hash128_hex(fg_hash128(&key, report->call_id, report->call_id_length), out);
}

static void keep_proof(struct edge_reporter *reporter, const struct edge_call_report *report)
{
    char *json = reporter->json[0];
    size_t length =
        edge_call_report_format_proof(report, reporter->name, json, EDGE_REPORT_JSON_MAX);
    struct proof *proof;

    proof =
        length > 0 && reporter->n_waiting < WAITING_MAX ? calloc(1, sizeof(*proof) + length) : NULL;
    if (!proof) {
        count(&reporter->stats.lost, 1);
        return;
    }
    hash_call_id(report, proof->hash);
    proof->length = length;
    memcpy(proof->json, json, length);
    if (reporter->last)
        reporter->last->next = proof;
    else
        reporter->first = proof;
    reporter->last = proof;
    reporter->n_waiting++;
}

static bool write_proof(struct edge_reporter *reporter, struct proof *proof)
{
    const struct fg_view json = {proof->json, proof->length};

    if (!proof->is_event_told && fg_redis_events_append(reporter->redis, &json, 1) != FG_OK)
        return false;
    proof->is_event_told = true;
    return fg_redis_proof_put(reporter->redis, proof->hash, json, PROOF_TTL_S) == FG_OK;
}

/* In order; those after one that cannot be written wait. */
static bool write_proofs(struct edge_reporter *reporter)
{
    while (reporter->first) {
        struct proof *proof = reporter->first;

        if (!write_proof(reporter, proof))
            return false;
        reporter->first = proof->next;
        if (!reporter->first)
            reporter->last = NULL;
        reporter->n_waiting--;
        free(proof);
        count(&reporter->stats.proofs, 1);
    }
    return true;
}

static bool publish(struct edge_reporter *reporter, const struct fg_view *messages, unsigned n)
{
    if (n == 0)
        return true;
    if (fg_redis_media_publish(reporter->redis, messages, n) != FG_OK) {
        count(&reporter->stats.lost, n);
        return false;
    }
    count(&reporter->stats.told, n);
    return true;
}

/* What is in the box, at most BATCH reports of media. False when Redis is away. */
static bool work(struct edge_reporter *reporter)
{
    struct edge_mail *mail = edge_mailbox_take(reporter->box, BATCH - 1);
    struct fg_view messages[BATCH];
    unsigned n = 0;
    bool is_told;

    while (mail) {
        struct edge_mail *next = mail->next;
        struct edge_call_report report = {0};

        memcpy(&report, mail->bytes, mail->length);
        if (mail->kind == EDGE_MAIL_PROOF)
            keep_proof(reporter, &report);
        else if (n + 1 < BATCH) {
            char *json = reporter->json[n + 1]; /* the first one is keep_proof's */
            size_t length =
                edge_call_report_format(&report, reporter->name, json, EDGE_REPORT_JSON_MAX);

            if (length > 0)
                messages[n++] = (struct fg_view){json, length};
        }
        edge_mail_discard(mail);
        mail = next;
    }
    is_told = publish(reporter, messages, n);
    /* A message that is late is of no use, a record is. */
    return write_proofs(reporter) && is_told;
}

static void note_link(struct edge_reporter *reporter, bool is_up)
{
    if (!is_up && !reporter->is_down)
        edge_log(EDGE_LOG_WARNING, "media facts cannot be told (%s)",
                 fg_redis_last_error(reporter->redis));
    reporter->is_down = !is_up;
}

static void *run(void *context)
{
    struct edge_reporter *reporter = context;
    struct pollfd wake = {.fd = edge_mailbox_fd(reporter->box), .events = POLLIN};

    while (!reporter->is_stopping) {
        if (!edge_mailbox_has_mail(reporter->box))
            poll(&wake, 1, POLL_MS);
        note_link(reporter, work(reporter));
        for (unsigned waited = 0; reporter->is_down && waited < RETRY_MS && !reporter->is_stopping;
             waited += 50)
            poll(NULL, 0, 50);
    }
    work(reporter);
    return NULL;
}

static void free_reporter(struct edge_reporter *reporter)
{
    while (reporter->first) {
        struct proof *next = reporter->first->next;

        free(reporter->first);
        reporter->first = next;
    }
    edge_mailbox_free(reporter->box);
    fg_redis_free(reporter->redis);
    free(reporter);
}

static bool is_name_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static void find_name(char name[NODE_MAX + 1])
{
    if (gethostname(name, NODE_MAX) != 0 || name[0] == '\0')
        memcpy(name, "sbc-edge", sizeof("sbc-edge"));
    name[NODE_MAX] = '\0';
    for (char *at = name; *at != '\0'; at++) {
        if (!is_name_byte(*at))
            *at = '-';
    }
}

static int open_links(struct edge_reporter *reporter, const struct edge_config *config)
{
    char storage[2 * EDGE_REDIS_TEXT_MAX];
    struct fg_redis_config redis;

    if (fg_redis_config_parse(config->redis_url, &redis, storage, sizeof(storage)) != FG_OK)
        return -EINVAL;
    if (config->redis_db != 0)
        redis.database = config->redis_db;
    redis.deadline_ms = DEADLINE_MS;
    reporter->redis = fg_redis_new(&redis);
    explicit_bzero(storage, sizeof(storage));
    return reporter->redis ? edge_mailbox_new(&reporter->box) : -ENOMEM;
}

int edge_reporter_start(struct edge_node *node, struct edge_reporter **out)
{
    struct edge_reporter *reporter = calloc(1, sizeof(*reporter));
    int err;

    if (!reporter)
        return -ENOMEM;
    reporter->node = node;
    find_name(reporter->name);
    err = open_links(reporter, node->config);
    if (err == 0)
        err = -pthread_create(&reporter->thread, NULL, run, reporter);
    if (err != 0) {
        free_reporter(reporter);
        return err;
    }
    *out = reporter;
    return 0;
}

void edge_reporter_stop(struct edge_reporter *reporter)
{
    if (!reporter)
        return;
    reporter->is_stopping = true;
    pthread_join(reporter->thread, NULL);
    free_reporter(reporter);
}

void edge_reporter_tell(struct edge_reporter *reporter, const struct edge_call_report *report)
{
    struct edge_mail *mail;

    if (!reporter)
        return;
    mail = edge_mail_new(report->n_proofs > 0 ? EDGE_MAIL_PROOF : EDGE_MAIL_MEDIA,
                         (const char *)report, edge_call_report_size(report));
    if (!mail || edge_mailbox_put(reporter->box, mail) != 0)
        count(&reporter->stats.lost, 1);
}

const struct edge_reporter_stats *edge_reporter_get_stats(const struct edge_reporter *reporter)
{
    return &reporter->stats;
}

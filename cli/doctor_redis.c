// SPDX-License-Identifier: GPL-2.0-or-later
// What is in Redis: the server itself, alerts, trunks.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "fg/json.h"
#include "redis.h"

#define CLOCK_APART_S  2
#define WAITING_OLD_MS (15 * INT64_C(60000))
#define CERT_SOON_DAYS 14

static void look_at_memory(struct doctor *doctor, const struct fg_redis_facts *facts)
{
    if (facts->evicted > 0) {
        doctor_find(doctor, FINDING_FAULT, "redis memory", "maxmemory-policy noeviction",
                    "%" PRId64 " keys were thrown away: counters and holds among them",
                    facts->evicted);
    } else if (facts->maxmemory_bytes > 0 && strcmp(facts->maxmemory_policy, "noeviction") != 0) {
        doctor_find(doctor, FINDING_WARNING, "redis memory", "maxmemory-policy noeviction",
                    "policy %s would throw counters and holds away", facts->maxmemory_policy);
    } else if (facts->maxmemory_bytes > 0 && facts->used_bytes > facts->maxmemory_bytes / 10 * 9) {
        doctor_find(doctor, FINDING_WARNING, "redis memory", "raise maxmemory",
                    "%" PRId64 " of %" PRId64 " MB in use", facts->used_bytes >> 20,
                    facts->maxmemory_bytes >> 20);
    } else {
        doctor_find(doctor, FINDING_OK, "redis memory", NULL, "%" PRId64 " MB in use",
                    facts->used_bytes >> 20);
    }
}

void doctor_look_at_redis(struct doctor *doctor, struct fg_redis *redis)
{
    struct fg_redis_facts facts;
    const int rc = fg_redis_facts(redis, &facts);

    if (rc != FG_OK) {
        const bool answers = fg_redis_ping(redis) == FG_OK;
        doctor_find(doctor, answers ? FINDING_NOTE : FINDING_FAULT, "redis",
                    answers ? "give this user +info and +time to have it looked at"
                            : "systemctl status fraudguard-redis@guard; or set FRAUDGUARD_REDIS",
                    answers ? "answers, but does not tell of itself: %s" : "does not answer: %s",
                    fg_redis_last_error(redis));
        return;
    }
    const int64_t apart_s = facts.time_s - now_ms() / 1000;
    const bool old = strtol(facts.version, NULL, 10) < 7;
    doctor_find(doctor, old ? FINDING_FAULT : FINDING_OK, "redis",
                old ? "Redis 7.0 or newer: rules are evaluated by its functions" : NULL,
                "%s answers, version %s", facts.role, facts.version);
    if (strcmp(facts.role, "master") != 0) {
        doctor_find(doctor, FINDING_FAULT, "redis", "name its master, or its Sentinels",
                    "%s: nothing can be counted or held there",
                    strcmp(facts.role, "slave") == 0 ? "a replica" : "no master");
    }
    if (llabs((long long)apart_s) > CLOCK_APART_S) {
        doctor_find(doctor, FINDING_WARNING, "clocks", "run chrony on all machines",
                    "Redis' clock is %+" PRId64 " s off from here", apart_s);
    }
    if (!facts.appends) {
        doctor_find(doctor, FINDING_WARNING, "redis", "appendonly yes",
                    "a restart of it loses holds, counters and alerts that wait");
    }
    look_at_memory(doctor, &facts);
}

void doctor_look_at_alerts(struct doctor *doctor, struct fg_redis *redis)
{
    char *text = NULL;
    int64_t pending = 0, oldest_ms = 0, dead = 0;

    if (fg_redis_alerts_status(redis, &text) != FG_OK) {
        doctor_find(doctor, FINDING_NOTE, "alerts", "systemctl status fg-alertd",
                    "no fg-alertd runs: nobody is told of anything");
        return;
    }
    struct fg_json *status = fg_json_parse(fg_view_of(text));
    (void)fg_json_integer(status, "pending", &pending);
    (void)fg_json_integer(status, "oldest_ms", &oldest_ms);
    (void)fg_json_integer(status, "dead", &dead);
    if (oldest_ms > 0 && now_ms() - oldest_ms > WAITING_OLD_MS) {
        doctor_find(doctor, FINDING_WARNING, "alerts", "fgctl alerts list",
                    "%" PRId64 " wait, the oldest for %" PRId64 " min", pending,
                    (now_ms() - oldest_ms) / 60000);
    } else {
        doctor_find(doctor, FINDING_OK, "alerts", NULL, "fg-alertd runs, %" PRId64 " wait",
                    pending);
    }
    if (dead > 0) {
        doctor_find(doctor, FINDING_WARNING, "alerts", "fgctl alerts dead",
                    "%" PRId64 " could not be delivered", dead);
    }
    fg_json_free(status);
    free(text);
}

struct trunks {
    unsigned seen, in_clear, ending;
    char first_in_clear[80], first_ending[80];
};

static bool take_trunk(void *arg, struct fg_view customer, struct fg_view text)
{
    struct trunks *trunks = arg;
    struct fg_json *json = fg_json_parse(text);
    const struct fg_json *tls = fg_json_member(json, "tls");
    int64_t days = 0, calls = 0, srtp_calls = 0;

    (void)fg_json_integer(json, "calls", &calls);
    (void)fg_json_integer(json, "srtp_calls", &srtp_calls);
    trunks->seen++;
    if (calls > 0 && (fg_json_count(tls) == 0 && fg_json_string(tls, "version") == NULL)) {
        if (trunks->in_clear++ == 0) {
            (void)snprintf(trunks->first_in_clear, sizeof(trunks->first_in_clear), "%.*s",
                           (int)customer.len, customer.ptr);
        }
    } else if (fg_json_integer(tls, "days_left", &days) && days < CERT_SOON_DAYS) {
        if (trunks->ending++ == 0) {
            (void)snprintf(trunks->first_ending, sizeof(trunks->first_ending), "%.*s",
                           (int)customer.len, customer.ptr);
        }
    }
    fg_json_free(json);
    return true;
}

void doctor_look_at_trunks(struct doctor *doctor, struct fg_redis *redis)
{
    struct trunks trunks = {0};

    if (fg_redis_trunks_each(redis, take_trunk, &trunks) != FG_OK) {
        return; // said of Redis already
    }
    if (trunks.in_clear > 0) {
        doctor_find(doctor, FINDING_WARNING, "trunks", "fgctl trunks",
                    "%u of %u without TLS, %s among them", trunks.in_clear, trunks.seen,
                    trunks.first_in_clear);
    }
    if (trunks.ending > 0) {
        doctor_find(doctor, FINDING_WARNING, "certificates", "fgctl trunks",
                    "%u end within %d days, that of %s among them", trunks.ending, CERT_SOON_DAYS,
                    trunks.first_ending);
    }
    if (trunks.in_clear == 0 && trunks.ending == 0) {
        doctor_find(doctor, FINDING_OK, "trunks", NULL, "%u seen, nothing wrong", trunks.seen);
    }
}

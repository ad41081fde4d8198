// SPDX-License-Identifier: GPL-2.0-or-later
// The padlock: what was really encrypted on each trunk, next to what is asked for.
#include <inttypes.h>
#include <string.h>

#include "commands.h"
#include "customers.h"
#include "fg/record.h"
#include "redis.h"

#define DAYS_LEFT_LOW 14

enum lock { LOCK_OPEN, LOCK_HALF, LOCK_CLOSED };

struct listing {
    const struct invocation *call;
    const struct fg_customers *customers; // NULL: not given
    struct table *table;
    int64_t now_ms;
    bool complete;
    unsigned unreadable;
};

// What one trunk's facts come to.
struct trunk {
    const char *name;
    const struct fg_json *tls; // NULL: no TLS
    int64_t calls, srtp_calls, blocked, live, days_left;
    bool has_cert, has_days_left;
    const struct fg_json *media;        // what the relay saw of the last call; NULL: nothing
    const char *instead;                // what identifies it where no certificate does
    const struct fg_customer *customer; // NULL: not known here
};

static const char *lock_text(const struct output *output, enum lock lock)
{
    static const char *const ascii[] = {"[open]", "[half]", "[lock]"};
    static const char *const unicode[] = {"\xf0\x9f\x94\x93", "\xf0\x9f\x94\x93",
                                          "\xf0\x9f\x94\x92"};

    return output->unicode ? unicode[lock] : ascii[lock];
}

static enum output_tone lock_tone(enum lock lock)
{
    return lock == LOCK_CLOSED ? TONE_GOOD : lock == LOCK_HALF ? TONE_WARNING : TONE_BAD;
}

// What the last request was identified by; empty for a certificate and for what is no customer.
static const char *identified_instead(const struct fg_json *json)
{
    const char *identity = fg_json_string(json, "identity");

    if (identity != NULL && strcmp(identity, fg_identity_name(FG_IDENTITY_AUTH_USER)) == 0) {
        return ": digest user";
    }
    if (identity != NULL && strcmp(identity, fg_identity_name(FG_IDENTITY_SOURCE_ADDRESS)) == 0) {
        return ": source address";
    }
    return "";
}

static bool read_trunk(const struct listing *listing, const struct fg_json *json, struct trunk *out)
{
    int64_t not_after_s = 0;

    *out = (struct trunk){.name = fg_json_string(json, "customer")};
    if (out->name == NULL || !fg_json_integer(json, "calls", &out->calls) ||
        !fg_json_integer(json, "srtp_calls", &out->srtp_calls) ||
        !fg_json_integer(json, "blocked", &out->blocked) ||
        !fg_json_integer(json, "live", &out->live)) {
        return false;
    }
    out->instead = identified_instead(json);
    if (fg_json_string(fg_json_member(json, "tls"), "cipher") != NULL) {
        out->tls = fg_json_member(json, "tls");
        out->has_cert = fg_json_is_true(out->tls, "cert");
        out->has_days_left = fg_json_integer(out->tls, "not_after_s", &not_after_s);
        out->days_left = (not_after_s - listing->now_ms / 1000) / 86400;
    }
    if (fg_json_string(fg_json_member(json, "media"), "suite") != NULL) {
        out->media = fg_json_member(json, "media");
    }
    if (listing->customers != NULL) {
        out->customer = fg_customers_by_id(listing->customers, fg_view_of(out->name));
    }
    return true;
}

static enum lock media_lock(const struct trunk *trunk)
{
    if (trunk->srtp_calls <= 0) {
        return LOCK_OPEN;
    }
    return trunk->srtp_calls >= trunk->calls ? LOCK_CLOSED : LOCK_HALF;
}

static void format_signalling(const struct listing *listing, const struct trunk *trunk, char *out,
                              size_t size)
{
    const struct output *output = &listing->call->output;

    if (trunk->tls == NULL) {
        (void)snprintf(out, size, "%s not encrypted", lock_text(output, LOCK_OPEN));
        return;
    }
    const char *version = fg_json_string(trunk->tls, "version");
    (void)snprintf(out, size, "%s TLS %s %s", lock_text(output, LOCK_CLOSED),
                   version == NULL ? "?" : version, fg_json_string(trunk->tls, "cipher"));
}

static void format_media(const struct listing *listing, const struct trunk *trunk, char *out,
                         size_t size)
{
    const struct output *output = &listing->call->output;

    if (trunk->calls <= 0) {
        (void)snprintf(out, size, "no calls yet");
        return;
    }
    // Offered is what the customer's calls say; the last one's suite is what the relay has seen.
    const char *seen = trunk->media == NULL ? "" : "in clear";
    if (fg_json_is_true(trunk->media, "encrypted")) {
        seen = fg_json_string(trunk->media, "suite");
    }
    (void)snprintf(out, size, "%s SRTP %" PRId64 "/%" PRId64 " calls%s%s",
                   lock_text(output, media_lock(trunk)), trunk->srtp_calls, trunk->calls,
                   seen[0] == '\0' ? "" : ", last ", seen);
}

static void format_certificate(const struct trunk *trunk, char *out, size_t size)
{
    const char *name = fg_json_string(trunk->tls, "name");

    if (!trunk->has_cert) {
        (void)snprintf(out, size, "none%s", trunk->instead);
    } else if (!trunk->has_days_left) {
        (void)snprintf(out, size, "%s", name == NULL ? "?" : name);
    } else if (trunk->days_left < 0) {
        (void)snprintf(out, size, "%s, expired", name == NULL ? "?" : name);
    } else {
        (void)snprintf(out, size, "%s, %" PRId64 " d left", name == NULL ? "?" : name,
                       trunk->days_left);
    }
}

// The state in one word or more; the worst first.
static enum output_tone format_state(const struct trunk *trunk, char *out, size_t size)
{
    const int64_t plain = trunk->calls - trunk->srtp_calls;
    const bool required = trunk->customer != NULL && trunk->customer->media == FG_MEDIA_REQUIRED;
    const bool off = trunk->customer != NULL && trunk->customer->media == FG_MEDIA_OFF;

    if (trunk->tls == NULL) {
        (void)snprintf(out, size, "bad: signalling in the clear");
        return TONE_BAD;
    }
    if (plain > 0 && required) {
        (void)snprintf(out, size, "bad: %" PRId64 " calls without SRTP, which is required", plain);
        return TONE_BAD;
    }
    if (trunk->has_days_left && trunk->days_left < 0) {
        (void)snprintf(out, size, "bad: certificate expired");
        return TONE_BAD;
    }
    if (trunk->has_days_left && trunk->days_left <= DAYS_LEFT_LOW) {
        (void)snprintf(out, size, "warn: certificate expires in %" PRId64 " d", trunk->days_left);
        return TONE_WARNING;
    }
    if (plain > 0 && !off) {
        (void)snprintf(out, size, "warn: %" PRId64 " calls in plain RTP", plain);
        return TONE_WARNING;
    }
    (void)snprintf(out, size, "ok");
    return TONE_GOOD;
}

static bool add_row(struct listing *listing, const struct trunk *trunk, struct fg_view json)
{
    char signalling[128];
    char media[128];
    char certificate[192];
    char live[24];
    char blocked[24];
    char state[96];
    struct fg_json *object = fg_json_parse(json);
    const enum output_tone tone = format_state(trunk, state, sizeof(state));

    format_signalling(listing, trunk, signalling, sizeof(signalling));
    format_media(listing, trunk, media, sizeof(media));
    format_certificate(trunk, certificate, sizeof(certificate));
    (void)snprintf(live, sizeof(live), "%" PRId64, trunk->live);
    (void)snprintf(blocked, sizeof(blocked), "%" PRId64, trunk->blocked);
    if (!fg_json_set_string(object, "state", state)) {
        fg_json_free(object);
        return false;
    }
    const char *const cells[] = {trunk->name, signalling, media, certificate, live, blocked, state};
    if (!table_add(listing->table, cells, object)) {
        return false;
    }
    table_tone(listing->table, 1, lock_tone(trunk->tls == NULL ? LOCK_OPEN : LOCK_CLOSED));
    table_tone(listing->table, 2, trunk->calls <= 0 ? TONE_NONE : lock_tone(media_lock(trunk)));
    table_tone(listing->table, 6, tone);
    return true;
}

static bool add_trunk(void *arg, struct fg_view customer, struct fg_view json)
{
    struct listing *listing = arg;
    struct fg_json *facts = fg_json_parse(json);
    struct trunk trunk;

    // The field and the value name the same customer, or somebody else has written it.
    if (!read_trunk(listing, facts, &trunk) || !fg_view_equal(fg_view_of(trunk.name), customer)) {
        listing->unreadable++;
    } else {
        listing->complete = add_row(listing, &trunk, json);
    }
    fg_json_free(facts);
    return listing->complete;
}

static enum exit_code list_trunks(struct listing *listing)
{
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(listing->call, &code);
    int rc = FG_OK;

    if (redis == NULL) {
        return code;
    }
    rc = fg_redis_trunks_each(redis, add_trunk, listing);
    if (rc != FG_OK) {
        code = redis_failed(listing->call, redis, rc);
    } else if (!listing->complete || !table_print(listing->table, &listing->call->output)) {
        code = EXIT_FAILED;
    } else if (table_rows(listing->table) == 0 && listing->call->output.format == OUTPUT_HUMAN) {
        (void)fputs("no trunk has been seen yet\n", stderr);
    }
    fg_redis_free(redis);
    return code;
}

enum exit_code cmd_trunks(struct invocation *call)
{
    static const char *const columns[] = {"TRUNK", "SIGNALLING", "MEDIA", "CLIENT CERT",
                                          "LIVE",  "BLOCKED",    "STATE"};
    struct listing listing = {.call = call, .now_ms = now_ms(), .complete = true};
    struct customers_file file = {0};
    enum exit_code code = EXIT_OK;

    if (call->customers_file != NULL) {
        code = customers_open(call, &file);
        if (code != EXIT_OK) {
            return code;
        }
        listing.customers = &file.table;
    }
    listing.table = table_new("trunks", columns, sizeof(columns) / sizeof(columns[0]));
    code = listing.table == NULL ? EXIT_FAILED : list_trunks(&listing);
    if (listing.unreadable > 0) {
        complain("%u trunk(s) cannot be read and are left out", listing.unreadable);
        code = code == EXIT_OK ? EXIT_DEGRADED : code;
    }
    table_free(listing.table);
    customers_close(&file);
    return code;
}

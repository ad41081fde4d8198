// SPDX-License-Identifier: GPL-2.0-or-later
// Tells why a call was judged as it was.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fg/record.h"
#include "redis.h"

#define LOOKED_AT_MAX 1000 // events searched for the last verdict

struct last {
    char *json;
    size_t length;
    bool failed;
};

// Keeps the first decision among the events, which come newest first.
static bool take_decision(void *arg, struct fg_view event)
{
    struct last *last = arg;
    struct fg_json *json = fg_json_parse(event);
    const char *type = fg_json_string(json, "type");
    const bool is_decision = type != NULL && strncmp(type, "call.", 5) == 0;

    fg_json_free(json);
    if (!is_decision) {
        return true;
    }
    last->json = malloc(event.len + 1);
    if (last->json == NULL) {
        last->failed = true;
        return false;
    }
    memcpy(last->json, event.ptr, event.len);
    last->json[event.len] = '\0';
    last->length = event.len;
    return false;
}

static int find_record(struct fg_redis *redis, const char *call_id, char **json, size_t *length)
{
    char hash[33];
    struct last last = {0};
    int rc = FG_OK;

    if (strcmp(call_id, "last") != 0) {
        fg_record_call_hash(fg_view_of(call_id), hash);
        return fg_redis_record_get(redis, hash, json, length);
    }
    rc = fg_redis_events_last(redis, LOOKED_AT_MAX, take_decision, &last);
    if (rc != FG_OK || last.failed) {
        free(last.json);
        return rc != FG_OK ? rc : FG_ENOMEM;
    }
    *json = last.json;
    *length = last.length;
    return last.json == NULL ? FG_ENOTFOUND : FG_OK;
}

static enum exit_code print_record(const struct invocation *call, const char *json, size_t length)
{
    const struct fg_view view = {json, length};
    char *words = fg_record_explain(view);
    bool complete = words != NULL;

    if (words == NULL) {
        complain("the record cannot be read as a decision");
    } else if (call->output.format == OUTPUT_JSON || call->output.format == OUTPUT_JSONL) {
        complete = output_object(&call->output, fg_json_parse(view));
    } else {
        complete = fputs(words, stdout) >= 0 && fflush(stdout) == 0;
    }
    free(words);
    return complete ? EXIT_OK : EXIT_FAILED;
}

// One line more where the relay has silenced the call. That it cannot be asked is no failure.
static void print_proof(struct fg_redis *redis, const char *record, size_t length)
{
    struct fg_json *json = fg_json_parse((struct fg_view){record, length});
    const char *call_id = fg_json_string(json, "call_id");
    struct fg_json *proof = NULL;
    char hash[33];
    char *text = NULL;
    size_t text_length = 0;
    int64_t after = 0;

    if (call_id != NULL && fg_json_string(json, "call_id_hex") == NULL) {
        fg_record_call_hash(fg_view_of(call_id), hash);
        if (fg_redis_proof_get(redis, hash, &text, &text_length) == FG_OK) {
            proof = fg_json_parse((struct fg_view){text, text_length});
        }
    }
    if (fg_json_integer(proof, "forwarded_after", &after)) {
        (void)printf("media silenced: %" PRId64 " packet(s) forwarded after the verdict "
                     "(fgctl proof %s)\n",
                     after, call_id);
    }
    fg_json_free(proof);
    fg_json_free(json);
    free(text);
}

enum exit_code cmd_explain(struct invocation *call)
{
    const char *call_id = call->arguments[0];
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    char *json = NULL;
    size_t length = 0;
    int rc = FG_OK;

    if (redis == NULL) {
        return code;
    }
    rc = find_record(redis, call_id, &json, &length);
    if (rc == FG_ENOTFOUND) {
        if (strcmp(call_id, "last") == 0) {
            complain("no call has been judged yet");
        } else {
            complain("no record of call '%s'; records are kept for 7 days", call_id);
        }
        code = EXIT_NOT_FOUND;
    } else {
        code = rc == FG_OK ? print_record(call, json, length) : redis_failed(call, redis, rc);
        if (code == EXIT_OK && call->output.format == OUTPUT_HUMAN) {
            print_proof(redis, json, length);
        }
    }
    free(json);
    fg_redis_free(redis);
    return code;
}

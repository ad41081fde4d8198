// SPDX-License-Identifier: GPL-2.0-or-later
// Reading of what the relay tells of a call's media. As strict as with holds: it decides over
// calls.
#include <string.h>

#include "fg/json.h"
#include "fg/record.h"
#include "record_json.h"

#define PPM_MAX 1000000

static bool read_count(const struct fg_json *json, const char *key, int64_t most, int32_t *out)
{
    int64_t value = 0;

    if (!fg_json_integer(json, key, &value) || value < 0) {
        return false;
    }
    *out = (int32_t)(value < most ? value : most);
    return true;
}

// A word of letters, digits and "._-", which may be empty.
static bool read_word(const struct fg_json *json, const char *key, char *out, size_t size)
{
    const struct fg_view word = fg_view_of(fg_json_string(json, key));

    if (word.ptr == NULL || word.len >= size) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        const char c = word.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-')) {
            return false;
        }
    }
    memcpy(out, word.ptr, word.len);
    return true;
}

static bool read_side(const struct fg_json *json, const char *key, struct fg_media_side *out)
{
    const struct fg_json *side = fg_json_member(json, key);
    const char *label = fg_json_string(side, "label");

    if (side == NULL) {
        return false;
    }
    if (fg_json_member(side, "suite") == NULL) {
        return true; // null: no audio
    }
    out->known = true;
    out->customer = label != NULL && strcmp(label, "customer") == 0;
    return fg_json_bool(side, "encrypted", &out->encrypted) &&
           read_word(side, "suite", out->suite, sizeof(out->suite)) &&
           read_word(side, "codec", out->codec, sizeof(out->codec)) &&
           read_count(side, "rate", INT32_MAX, &out->packets_per_second) &&
           read_count(side, "loss_ppm", PPM_MAX, &out->loss_ppm) &&
           read_count(side, "jitter_us", INT32_MAX, &out->jitter_us) &&
           read_count(side, "dtmf", INT32_MAX, &out->dtmf) &&
           read_count(side, "idle_s", INT32_MAX, &out->idle_s);
}

static bool read_facts(const struct fg_json *json, struct fg_media_facts *out)
{
    out->known = true;
    return fg_json_bool(json, "on_hold", &out->on_hold) &&
           read_count(json, "up_s", INT32_MAX, &out->up_s) &&
           read_count(json, "silent_s", INT32_MAX, &out->silent_s) &&
           read_count(json, "one_way_s", INT32_MAX, &out->one_way_s) &&
           read_side(json, "caller", &out->caller) && read_side(json, "called", &out->called);
}

int fg_record_parse_media(struct fg_view json, struct fg_media_message *out)
{
    struct fg_media_message message = {0};
    struct fg_json *parsed = json.len > FG_MESSAGE_BYTES_MAX ? NULL : fg_json_parse(json);
    const struct fg_view customer = fg_view_of(fg_json_string(parsed, "customer"));
    int64_t version = 0;
    int rc = FG_ESYNTAX;

    if (fg_json_integer(parsed, "v", &version) && version == FG_RECORD_VERSION &&
        fg_view_equal(fg_view_of(fg_json_string(parsed, "op")), fg_view_of("media")) &&
        (customer.len == 0 || fg_record_is_customer_id(customer))) {
        rc = fg_record_read_call_id(parsed, message.call_id);
    }
    if (rc == FG_OK && !read_facts(parsed, &message.facts)) {
        rc = FG_ESYNTAX;
    }
    if (rc == FG_OK) {
        memcpy(message.customer, customer.ptr != NULL ? customer.ptr : "", customer.len);
        *out = message;
    }
    fg_json_free(parsed);
    return rc;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "record_json.h"

#include <stdlib.h>

#include "fg/record.h"
#include "fg/text.h"

static bool set_hex(struct fg_json *object, const char *key, struct fg_view bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = malloc(bytes.len * 2 + 1);
    bool set = false;

    if (hex == NULL) {
        return false;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        const unsigned char byte = (unsigned char)bytes.ptr[i];
        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 0x0fU];
    }
    hex[bytes.len * 2] = '\0';
    set = fg_json_set_string(object, key, hex);
    free(hex);
    return set;
}

bool fg_record_set_call_id(struct fg_json *object, struct fg_view call_id)
{
    // Longer ones are cut: a record is bounded whatever comes in. The hash is of the whole.
    if (call_id.len > FG_CALL_ID_MAX) {
        call_id.len = FG_CALL_ID_MAX;
    }
    return fg_json_set_text(object, "call_id", call_id) &&
           (fg_text_is_plain(call_id) || set_hex(object, "call_id_hex", call_id));
}

static const char *tls_version_name(uint8_t version)
{
    switch (version) {
    case 0x12:
        return "1.2";
    case 0x13:
        return "1.3";
    default:
        return NULL;
    }
}

static bool set_certificate(struct fg_json *tls, const struct fg_tls_peer *peer, int64_t now_ms)
{
    bool complete = fg_json_set_bool(tls, "cert", peer->cert_present);

    if (!complete || !peer->cert_present) {
        return complete;
    }
    complete =
        fg_json_set_bool(tls, "verified", peer->cert_verified) &&
        fg_json_set_string(tls, "name", peer->name) &&
        fg_json_set_string(tls, "issuer", peer->issuer) &&
        fg_json_set_integer(tls, "key_bits", peer->key_bits) &&
        set_hex(tls, "fingerprint",
                (struct fg_view){(const char *)peer->fingerprint, sizeof(peer->fingerprint)});
    if (complete && peer->not_after_s != 0) {
        const int64_t left_s = peer->not_after_s - now_ms / FG_MS_PER_S;
        const int64_t day_s = FG_MS_PER_DAY / FG_MS_PER_S;
        // Rounded down: a certificate that ended an hour ago has -1 days left, not 0.
        const int64_t days = left_s >= 0 ? left_s / day_s : -((day_s - 1 - left_s) / day_s);
        complete = fg_json_set_integer(tls, "not_after_s", peer->not_after_s) &&
                   fg_json_set_integer(tls, "days_left", days);
    }
    return complete;
}

bool fg_record_set_tls(struct fg_json *object, const struct fg_tls_peer *peer, int64_t now_ms)
{
    struct fg_json *tls = NULL;
    bool complete = false;

    if (peer == NULL || !peer->tls) {
        return fg_json_set_null(object, "tls");
    }
    tls = fg_json_object_new();
    complete = fg_json_set_string(tls, "version", tls_version_name(peer->version)) &&
               fg_json_set_string(tls, "cipher", peer->cipher) &&
               set_certificate(tls, peer, now_ms);
    return fg_json_set(object, "tls", tls) && complete;
}

char *fg_record_finish(struct fg_json *object, bool complete)
{
    char *text = complete ? fg_json_format(object, 0) : NULL;

    fg_json_free(object);
    return text;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_sdp.h"

#include <stddef.h>
#include <string.h>

static const char *const usable_suites[] = {
    "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AES_192_CM_HMAC_SHA1_80",
    "AES_192_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
    "AES_CM_256_HMAC_SHA1_80", "AES_CM_256_HMAC_SHA1_32", "AEAD_AES_128_GCM",
    "AEAD_AES_256_GCM",
};
// RFC 4568 6.3.2 to 6.3.4: parameters that take the protection away.
static const char *const weakenings[] = {"UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP",
                                         "UNAUTHENTICATED_SRTP"};

static bool starts(struct fg_view text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.ptr, word, len) == 0;
}

static struct fg_view next_line(struct fg_view *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    struct fg_view line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    size_t used = end ? line.len + 1 : line.len;
    rest->ptr += used;
    rest->len -= used;
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static struct fg_view next_word(struct fg_view *rest)
{
    while (rest->len && rest->ptr[0] == ' ') {
        rest->ptr++;
        rest->len--;
    }
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ')
        len++;
    struct fg_view word = {rest->ptr, len};
    rest->ptr += len;
    rest->len -= len;
    return word;
}

static bool in_words(struct fg_view word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fg_view_equal_nocase(word, fg_view_of(list[i])))
            return true;
    }
    return false;
}

enum profile { PROFILE_REFUSED, PROFILE_CLEAR, PROFILE_SDES, PROFILE_DTLS };

struct stream {
    enum profile profile;
    bool crypto, weakened, fingerprint;
};

// a=crypto:TAG SUITE KEY-PARAMS [SESSION-PARAMS]. The other side may choose any such line.
static void read_crypto(struct fg_view line, struct stream *stream)
{
    struct fg_view rest = {line.ptr + strlen("a=crypto:"), line.len - strlen("a=crypto:")};
    struct fg_view tag = next_word(&rest);
    struct fg_view suite = next_word(&rest);
    struct fg_view key = next_word(&rest);
    while (rest.len) {
        struct fg_view parameter = next_word(&rest);
        stream->weakened |= in_words(parameter, weakenings, sizeof weakenings / sizeof *weakenings);
    }
    stream->crypto |=
        tag.len && in_words(suite, usable_suites, sizeof usable_suites / sizeof *usable_suites) &&
        key.len > 7 && fg_view_equal_nocase((struct fg_view){key.ptr, 7}, fg_view_of("inline:"));
}

// m=MEDIA PORT PROTO FMT…
static enum profile media_profile(struct fg_view line)
{
    struct fg_view rest = {line.ptr + strlen("m="), line.len - strlen("m=")};
    (void)next_word(&rest);
    struct fg_view port = next_word(&rest);
    struct fg_view proto = next_word(&rest);
    if (fg_view_equal(port, fg_view_of("0")))
        return PROFILE_REFUSED;
    if (fg_view_equal_nocase(proto, fg_view_of("RTP/SAVP")) ||
        fg_view_equal_nocase(proto, fg_view_of("RTP/SAVPF")))
        return PROFILE_SDES;
    if (fg_view_equal_nocase(proto, fg_view_of("UDP/TLS/RTP/SAVP")) ||
        fg_view_equal_nocase(proto, fg_view_of("UDP/TLS/RTP/SAVPF")))
        return PROFILE_DTLS;
    return PROFILE_CLEAR;
}

// A line that ends for some where it goes on for others.
static bool is_ambiguous(struct fg_view line)
{
    return memchr(line.ptr, '\r', line.len) || memchr(line.ptr, '\0', line.len);
}

static bool is_in_clear(const struct stream *stream, bool session_fingerprint)
{
    switch (stream->profile) {
    case PROFILE_REFUSED:
        return false;
    case PROFILE_SDES:
        return !stream->crypto || stream->weakened;
    case PROFILE_DTLS:
        return !stream->fingerprint && !session_fingerprint;
    default:
        return true;
    }
}

bool fgm_sdp_offers_srtp(struct fg_view body)
{
    bool in_session = true, session_fingerprint = false, audio = false;
    struct stream stream = {.profile = PROFILE_REFUSED};

    while (body.len) {
        struct fg_view line = next_line(&body);
        if (is_ambiguous(line))
            return false;
        if (starts(line, "m=")) {
            if (is_in_clear(&stream, session_fingerprint))
                return false;
            in_session = false;
            stream = (struct stream){.profile = media_profile(line)};
            audio |= starts(line, "m=audio ") && stream.profile != PROFILE_REFUSED;
        } else if (starts(line, "a=fingerprint:")) {
            session_fingerprint |= in_session;
            stream.fingerprint |= !in_session;
        } else if (!in_session && starts(line, "a=crypto:")) {
            read_crypto(line, &stream);
        } else if (starts(line, "a=bundle-only")) {
            return false; // port 0, and yet no refused stream (RFC 8843 6)
        }
    }
    return audio && !is_in_clear(&stream, session_fingerprint);
}

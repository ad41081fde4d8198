// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdes.h"

#include "base64.h"
#include "decimal.h"
#include "output.h"

#define TAG_MAX      999999999u /* RFC 4568 9.1: 1*9DIGIT */
#define LIFETIME_LOG 48         /* RFC 3711 9.2: at most 2^48 SRTP packets under one key */

/** RFC 4568: tags, lifetimes and MKIs are decimal numbers without leading zeroes. */
static bool is_number(struct edge_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!edge_is_digit(text.ptr[i]))
            return false;
    }
    return text.len > 0 && (text.len == 1 || text.ptr[0] != '0');
}

/** Takes the text up to `separator` (or all of it) from the front of `*rest`, and the separator. */
static struct edge_view take_until(struct edge_view *rest, char separator)
{
    const char *found = rest->len > 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct edge_view taken = *rest;

    if (!found) {
        *rest = (struct edge_view){rest->ptr + rest->len, 0};
        return taken;
    }
    taken.len = (size_t)(found - rest->ptr);
    *rest = (struct edge_view){found + 1, rest->len - taken.len - 1};
    return taken;
}

static struct edge_view take_word(struct edge_view *rest)
{
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        *rest = (struct edge_view){rest->ptr + 1, rest->len - 1};
    struct edge_view word = *rest;
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\t')
        len++;
    word.len = len;
    *rest = (struct edge_view){rest->ptr + len, rest->len - len};
    return word;
}

static int parse_tag(struct edge_view text, uint32_t *out)
{
    uint64_t tag = 0;

    if (!is_number(text) || edge_decimal_parse(text, TAG_MAX, &tag) != 0)
        return EDGE_ESYNTAX;
    *out = (uint32_t)tag;
    return 0;
}

/** `2^n` or a number of packets. Long lifetimes are no limit to a call and are forgotten. */
static int check_lifetime(struct edge_view text)
{
    uint64_t number = 0;

    if (text.len > 2 && text.ptr[0] == '2' && text.ptr[1] == '^') {
        const struct edge_view exponent = {text.ptr + 2, text.len - 2};
        if (!is_number(exponent) || exponent.len > 3)
            return EDGE_ESYNTAX;
        (void)edge_decimal_parse(exponent, UINT64_MAX, &number);
        return number < 20 ? EDGE_ELIFETIME : 0;
    }
    if (!is_number(text))
        return EDGE_ESYNTAX;
    // A number too long for 64 bits is above any limit, like 2^64.
    if (edge_decimal_parse(text, UINT64_MAX, &number) == 0 && number < EDGE_SDES_LIFETIME_MIN)
        return EDGE_ELIFETIME;
    return 0;
}

/** `value:length`: the value written big-endian in `length` bytes, however long (1..128). */
static int parse_mki(struct edge_view text, struct edge_sdes_line *line)
{
    struct edge_view length_text = text;
    const struct edge_view value = take_until(&length_text, ':');
    uint64_t length = 0;

    if (!is_number(value) || !is_number(length_text) ||
        edge_decimal_parse(length_text, EDGE_SDES_MKI_MAX, &length) != 0 || length == 0)
        return EDGE_ESYNTAX;
    line->mki_len = (uint8_t)length;
    // 128 bytes hold less than 309 digits; more can only be an overflow.
    if (value.len > 309)
        return EDGE_ESYNTAX;
    for (size_t i = 0; i < value.len; i++) {
        unsigned carry = (unsigned)(value.ptr[i] - '0');

        for (size_t k = line->mki_len; k-- > 0;) {
            carry += line->mki[k] * 10u;
            line->mki[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0)
            return EDGE_ESYNTAX;
    }
    return 0;
}

/** RFC 4568 6.1: `inline:<key||salt>["|" lifetime]["|" MKI ":" length]`. */
static int parse_key_params(struct edge_view text, struct edge_sdes_line *line)
{
    static const struct edge_view method = EDGE_VIEW_INIT("inline:");
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(line->suite);

    if (text.len < method.len ||
        !edge_view_is_equal_nocase((struct edge_view){text.ptr, method.len}, method))
        return EDGE_ESYNTAX;
    // Several keys in one line would need a choice by MKI for each packet.
    if (memchr(text.ptr, ';', text.len))
        return EDGE_EPARAM;
    struct edge_view rest = {text.ptr + method.len, text.len - method.len};
    const struct edge_view key = take_until(&rest, '|');
    const size_t key_len = (size_t)info->key_bytes + info->salt_bytes;
    const bool has_fields = key.len < text.len - method.len;

    if (edge_base64_decode(key, line->key, key_len) != 0)
        return EDGE_EKEYLEN;
    line->key_len = (uint8_t)key_len;
    if (!has_fields)
        return 0;
    struct edge_view field = take_until(&rest, '|');
    if (!memchr(field.ptr, ':', field.len)) {
        const int rc = check_lifetime(field);
        const bool has_mki = field.ptr + field.len < text.ptr + text.len;
        if (rc != 0 || !has_mki)
            return rc;
        field = take_until(&rest, '|');
    }
    // Behind the MKI nothing may follow, not even a separator.
    if (field.ptr + field.len != text.ptr + text.len)
        return EDGE_ESYNTAX;
    return parse_mki(field, line);
}

/** RFC 4568 6.3 and 6.3.7: a parameter that is not understood refuses the line, unless "-". */
static int parse_session_param(struct edge_view text, struct edge_sdes_line *line)
{
    static const struct edge_view weak[] = {
        EDGE_VIEW_INIT("UNENCRYPTED_SRTP"),
        EDGE_VIEW_INIT("UNENCRYPTED_SRTCP"),
        EDGE_VIEW_INIT("UNAUTHENTICATED_SRTP"),
    };
    const bool is_optional = text.ptr[0] == '-';
    uint64_t hint = 0;

    if (is_optional)
        text = (struct edge_view){text.ptr + 1, text.len - 1};
    struct edge_view value = text;
    const struct edge_view name = take_until(&value, '=');

    // Even marked as optional: a sender who says so would act upon it.
    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        if (edge_view_is_equal_nocase(name, weak[i]))
            return EDGE_EWEAK;
    }
    if (is_optional)
        return 0;
    if (!edge_view_is_equal_nocase(name, EDGE_VIEW("WSH")))
        return EDGE_EPARAM;
    // RFC 4568 6.3.6: the window size hint is at least 64.
    if (!is_number(value) || edge_decimal_parse(value, UINT32_MAX, &hint) != 0 || hint < 64)
        return EDGE_ESYNTAX;
    line->window_hint = (uint32_t)hint;
    return 0;
}

static int parse_line(struct edge_view rest, struct edge_sdes_line *line)
{
    int rc = parse_tag(take_word(&rest), &line->tag);
    if (rc != 0)
        return rc;
    const struct edge_view suite = take_word(&rest);
    const struct edge_view key_params = take_word(&rest);
    if (suite.len == 0 || key_params.len == 0)
        return EDGE_ESYNTAX;
    line->suite = edge_srtp_suite_find(suite);
    if (!edge_srtp_suite_info(line->suite)->is_usable)
        return EDGE_ESUITE;
    rc = parse_key_params(key_params, line);
    for (struct edge_view word = take_word(&rest); rc == 0 && word.len > 0; word = take_word(&rest))
        rc = parse_session_param(word, line);
    return rc;
}

int edge_sdes_parse(struct edge_view value, struct edge_sdes_line *out)
{
    memset(out, 0, sizeof(*out));
    const int rc = value.len > 0 ? parse_line(value, out) : EDGE_ESYNTAX;
    if (rc != 0)
        edge_sdes_wipe(out);
    return rc;
}

static bool is_formattable(const struct edge_sdes_line *line)
{
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(line->suite);

    return info->is_usable && line->key_len == info->key_bytes + info->salt_bytes &&
           line->tag <= TAG_MAX && line->mki_len <= EDGE_SDES_MKI_MAX &&
           (line->lifetime_log2 == 0 ||
            (line->lifetime_log2 >= 20 && line->lifetime_log2 <= LIFETIME_LOG));
}

/** Divides the big-endian number by ten in place; returns the remainder. */
static unsigned divide_by_ten(uint8_t *number, size_t len)
{
    unsigned remainder = 0;

    for (size_t i = 0; i < len; i++) {
        const unsigned part = remainder << 8 | number[i];
        number[i] = (uint8_t)(part / 10);
        remainder = part % 10;
    }
    return remainder;
}

static void format_mki(struct edge_output *output, const struct edge_sdes_line *line)
{
    uint8_t number[EDGE_SDES_MKI_MAX];
    char digits[310];
    size_t at = sizeof(digits);
    bool is_zero = false;

    memcpy(number, line->mki, line->mki_len);
    while (!is_zero && at > 0) {
        digits[--at] = (char)('0' + divide_by_ten(number, line->mki_len));
        is_zero = true;
        for (size_t i = 0; i < line->mki_len; i++)
            is_zero = is_zero && number[i] == 0;
    }
    edge_output_text(output, "|");
    edge_output_add(output, (struct edge_view){digits + at, sizeof(digits) - at});
    edge_output_text(output, ":");
    edge_output_number(output, line->mki_len);
}

int edge_sdes_format(const struct edge_sdes_line *line, char *buf, size_t size_bytes,
                     size_t *out_len)
{
    struct edge_output output;
    char key[EDGE_BASE64_LEN(EDGE_SDES_KEY_MAX)];

    if (!is_formattable(line))
        return EDGE_EINVALID;
    edge_output_init(&output, buf, size_bytes);
    edge_output_number(&output, line->tag);
    edge_output_text(&output, " ");
    edge_output_text(&output, edge_srtp_suite_info(line->suite)->name);
    edge_output_text(&output, " inline:");
    edge_base64_encode(line->key, line->key_len, key);
    edge_output_add(&output, (struct edge_view){key, EDGE_BASE64_LEN((size_t)line->key_len)});
    explicit_bzero(key, sizeof(key));
    if (line->lifetime_log2 > 0) {
        edge_output_text(&output, "|2^");
        edge_output_number(&output, line->lifetime_log2);
    }
    if (line->mki_len > 0)
        format_mki(&output, line);
    if (output.is_full) {
        explicit_bzero(buf, output.len);
        return EDGE_ENOSPACE;
    }
    *out_len = output.len;
    return 0;
}

int edge_sdes_choose(const struct edge_sdes_line *lines, size_t n_lines,
                     const enum edge_srtp_suite *preferences, size_t n_preferences)
{
    for (size_t p = 0; p < n_preferences; p++) {
        if (!edge_srtp_suite_info(preferences[p])->is_usable)
            continue;
        for (size_t i = 0; i < n_lines && i <= INT32_MAX; i++) {
            if (lines[i].suite == preferences[p])
                return (int)i;
        }
    }
    return EDGE_ENOENT;
}

bool edge_sdes_has_same_key(const struct edge_sdes_line *a, const struct edge_sdes_line *b)
{
    unsigned difference = 0;

    if (a->suite != b->suite || a->key_len != b->key_len)
        return false;
    for (size_t i = 0; i < EDGE_SDES_KEY_MAX; i++)
        difference |= (unsigned)(a->key[i] ^ b->key[i]);
    return difference == 0;
}

void edge_sdes_wipe(struct edge_sdes_line *line)
{
    if (line)
        explicit_bzero(line, sizeof(*line));
}

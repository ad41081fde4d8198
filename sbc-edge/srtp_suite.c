// SPDX-License-Identifier: GPL-2.0-or-later
#include "sdes.h"

/**
 * RFC 4568 6.2 (AES_CM_128, F8), RFC 6188 section 3 (AES_192, AES_256), RFC 7714 section 14.2
 * (AEAD). The SRTCP tag of the _32 suites is 80 bits (RFC 4568 6.2.2). The suites beyond
 * EDGE_SUITE_USABLE_END have names only: nothing is ever decoded for them.
 */
static const struct edge_srtp_suite_info suites[EDGE_SUITE_COUNT] = {
    [EDGE_SUITE_NONE] = {.name = "none"},
    [EDGE_SUITE_AES_CM_128_HMAC_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", "AES_128_CM_HMAC_SHA1_80",
                                            16, 14, 10, 10, true},
    [EDGE_SUITE_AES_CM_128_HMAC_SHA1_32] = {"AES_CM_128_HMAC_SHA1_32", "AES_128_CM_HMAC_SHA1_32",
                                            16, 14, 4, 10, true},
    [EDGE_SUITE_AES_256_CM_HMAC_SHA1_80] = {"AES_256_CM_HMAC_SHA1_80", "AES_CM_256_HMAC_SHA1_80",
                                            32, 14, 10, 10, true},
    [EDGE_SUITE_AES_256_CM_HMAC_SHA1_32] = {"AES_256_CM_HMAC_SHA1_32", "AES_CM_256_HMAC_SHA1_32",
                                            32, 14, 4, 10, true},
    [EDGE_SUITE_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", NULL, 16, 12, 16, 16, true},
    [EDGE_SUITE_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", NULL, 32, 12, 16, 16, true},
    [EDGE_SUITE_AES_192_CM_HMAC_SHA1_80] = {.name = "AES_192_CM_HMAC_SHA1_80",
                                            .alias = "AES_CM_192_HMAC_SHA1_80"},
    [EDGE_SUITE_AES_192_CM_HMAC_SHA1_32] = {.name = "AES_192_CM_HMAC_SHA1_32",
                                            .alias = "AES_CM_192_HMAC_SHA1_32"},
    [EDGE_SUITE_F8_128_HMAC_SHA1_80] = {.name = "F8_128_HMAC_SHA1_80"},
    [EDGE_SUITE_F8_128_HMAC_SHA1_32] = {.name = "F8_128_HMAC_SHA1_32"},
    [EDGE_SUITE_NULL_HMAC_SHA1_80] = {.name = "NULL_HMAC_SHA1_80"},
    [EDGE_SUITE_NULL_HMAC_SHA1_32] = {.name = "NULL_HMAC_SHA1_32"},
    [EDGE_SUITE_AEAD_AES_128_GCM_8] = {.name = "AEAD_AES_128_GCM_8"},
    [EDGE_SUITE_AEAD_AES_256_GCM_8] = {.name = "AEAD_AES_256_GCM_8"},
};

const struct edge_srtp_suite_info *edge_srtp_suite_info(enum edge_srtp_suite suite)
{
    const unsigned row = (unsigned)suite;

    return &suites[row < EDGE_SUITE_COUNT ? row : EDGE_SUITE_NONE];
}

enum edge_srtp_suite edge_srtp_suite_find(struct edge_view name)
{
    for (unsigned row = EDGE_SUITE_NONE + 1; row < EDGE_SUITE_COUNT; row++) {
        if (edge_view_is_equal_nocase(name, edge_view_of(suites[row].name)) ||
            (suites[row].alias && edge_view_is_equal_nocase(name, edge_view_of(suites[row].alias))))
            return (enum edge_srtp_suite)row;
    }
    return EDGE_SUITE_NONE;
}

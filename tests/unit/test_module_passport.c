// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_passport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SHAKEN "eyJwcHQiOiJzaGFrZW4ifQ." // {"ppt":"shaken"}
#define REST   ".c2ln;info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken"
// {"attest":"A","dest":{"tn":["12125551213"]},"orig":{"tn":"12155551212"}}
#define CLAIMS                                                                                     \
    "eyJhdHRlc3QiOiJBIiwiZGVzdCI6eyJ0biI6WyIxMjEyNTU1MTIxMyJdfSwib3JpZyI6eyJ0biI6IjEyMTU1NTUxMjEy" \
    "In19"
// The same with "attest":"D".
#define CLAIMS_D                                                                                   \
    "eyJhdHRlc3QiOiJEIiwiZGVzdCI6eyJ0biI6WyIxMjEyNTU1MTIxMyJdfSwib3JpZyI6eyJ0biI6IjEyMTU1NTUxMjEy" \
    "In19"

static struct fgm_passport passport;

static bool reads(const char *text)
{
    return fgm_passport_read(fg_view_of(text), &passport);
}

static void test_shaken_claims(void **state)
{
    (void)state;
    assert_true(reads(" " SHAKEN CLAIMS REST));
    assert_int_equal(passport.attest, 'A');
    assert_string_equal(passport.orig.digits, "12155551212");
    assert_int_equal(passport.n_dests, 1);
    assert_string_equal(passport.dests[0].digits, "12125551213");
}

static void test_anything_else_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "..c2ln;info=<https://cert.example/a.pem>", // the compact form (RFC 8225 7)
        SHAKEN CLAIMS,                              // no signature
        SHAKEN CLAIMS_D REST,
        SHAKEN "eyJ9" REST,
        SHAKEN "eyI!" REST,
        SHAKEN "A" REST,
        "e30." CLAIMS REST,                     // no extension named
        "eyJwcHQiOiJkaXYifQ." CLAIMS REST,      // {"ppt":"div"}
        "bm90IGpzb24." CLAIMS REST,             // not json
        "eyJwcHQiOlsic2hha2VuIl19." CLAIMS REST // {"ppt":["shaken"]}
    };
    (void)state;
    memset(&passport, 0x5a, sizeof passport);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(reads(wrong[i]));
    assert_int_equal(passport.attest, 0x5a);
}

static void test_long_values_are_not_looked_at(void **state)
{
    static char text[FGM_PASSPORT_BYTES_MAX + 2];
    (void)state;
    memset(text, 'A', sizeof text - 1);
    memcpy(text, SHAKEN CLAIMS REST, strlen(SHAKEN CLAIMS REST));
    assert_false(reads(text));
    text[FGM_PASSPORT_BYTES_MAX] = '\0';
    assert_true(reads(text));
}

static void test_whose_certificate(void **state)
{
    // {"ppt":"shaken","x5u":"https://cert.example/a.pem"}
    static const char signed_header[] =
        " eyJwcHQiOiJzaGFrZW4iLCJ4NXUiOiJodHRwczovL2NlcnQuZXhhbXBsZS9hLnBlbSJ9." CLAIMS REST;
    struct fg_view identity = fg_view_of(signed_header);
    (void)state;
    assert_true(fgm_passport_signed_with(identity, "https://cert.example/a.pem"));
    assert_true(
        fgm_passport_signed_with(identity, "https://b.example/, https://cert.example/a.pem"));
    assert_false(fgm_passport_signed_with(identity, "https://cert.example/a.pe"));
    assert_false(fgm_passport_signed_with(identity, "https://cert.example/a.pem2"));
    assert_false(fgm_passport_signed_with(identity, ""));
    // What the header's parameter says is not signed.
    assert_false(
        fgm_passport_signed_with(fg_view_of(SHAKEN CLAIMS REST), "https://cert.example/a.pem"));
    assert_false(fgm_passport_signed_with(fg_view_of(""), "https://cert.example/a.pem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_certificate),
        cmocka_unit_test(test_shaken_claims),
        cmocka_unit_test(test_anything_else_is_refused),
        cmocka_unit_test(test_long_values_are_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fg/uri.h"

static const struct {
    const char *uri;
    const char *user; // NULL: unreadable
    const char *context;
} uris[] = {
    {"sip:+442079460018@trunk.example", "+442079460018", ""},
    {"SIP:0044@h;user=phone", "0044", ""},
    {"sips:%2B44@h", "%2B44", ""},
    {"sip:+44;npdi;rn=1:secret@h", "+44;npdi;rn=1:secret", ""},
    {"sip:7042;phone-context=+4420@h", "7042;phone-context=+4420", "+4420"},
    {"sip:7042;Phone-Context=+4420;x=y@h", "7042;Phone-Context=+4420;x=y", "+4420"},
    {"sip:7042@h;phone-context=example.com", "7042", "example.com"},
    {"tel:+1-201-555-0123;ext=5", "+1-201-555-0123;ext=5", ""},
    {"tel:7042;isub=1;phone-context=+4420", "7042;isub=1;phone-context=+4420", "+4420"},
    {"sip:112@h", "112", ""},
    {"urn:service:sos", "112", ""},
    {"URN:Service:SOS", "112", ""},
    {"urn:service:sos.animal-control", "112", ""},
    // Nothing to call, or two ways to read it.
    {"sip:trunk.example", NULL, ""},
    {"sip:@h", NULL, ""},
    {"sip:1@h;x=2@h", NULL, ""},
    {"sip:1@2@h", NULL, ""},
    {"tel:", NULL, ""},
    {"tel:;phone-context=+1", NULL, ""},
    {"tel:7042;phone-context=+1;phone-context=+44", NULL, ""},
    {"sip:7042;phone-context=+1@h;phone-context=+44", NULL, ""},
    {"sip:7042;phone-context=+1@h;PHONE-CONTEXT=+1", "7042;phone-context=+1", "+1"},
    {"<sip:1@h>", NULL, ""},
    {"sip:1 2@h", NULL, ""},
    {"sip:1\r\nX: y@h", NULL, ""},
    {"http:1@h", NULL, ""},
    {"urn:service:sosx", NULL, ""},
    {"urn:service:sos.", NULL, ""},
    {"urn:service:counseling", NULL, ""},
    {"urn:service:sos .x", NULL, ""},
    {"sip", NULL, ""},
    {"", NULL, ""},
};

static void assert_text(struct fg_view text, const char *expected)
{
    assert_true(fg_view_equal(text, fg_view_of(expected)));
}

static void finds_the_number_of_a_uri(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        struct fg_uri_number number;
        bool readable = fg_uri_number(fg_view_of(uris[i].uri), &number);
        if (readable != (uris[i].user != NULL))
            fail_msg("%s", uris[i].uri);
        if (readable) {
            assert_text(number.user, uris[i].user);
            assert_text(number.phone_context, uris[i].context);
        }
    }
    struct fg_uri_number number;
    assert_false(fg_uri_number((struct fg_view){"sip:1\0002@h", 9}, &number));
}

static void finds_the_uri_of_an_address(void **state)
{
    (void)state;
    static const char *const addresses[][2] = {
        {"<sip:1@h>", "sip:1@h"},
        {"\"Bob <sip:2@h>\" <sip:1@h>;tag=x", "sip:1@h"},
        {"\"a \\\" <sip:2@h>\" <sip:1@h>", "sip:1@h"},
        {"Bob <tel:+1>, <sip:2@h>", "tel:+1"},
        {" sip:1@h;tag=x", "sip:1@h"},
        {"sip:1@h, sip:2@h", "sip:1@h"},
        {"<sip:1@h", ""},
        {"\"never ends <sip:1@h>", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_text(fgm_uri_of_address(fg_view_of(addresses[i][0])), addresses[i][1]);
}

static void tells_badly_framed_headers(void **state)
{
    (void)state;
    assert_true(fgm_headers_framed(fg_view_of("INVITE sip:1@h SIP/2.0\r\nA: b\r\n c\r\n")));
    assert_false(fgm_headers_framed(fg_view_of("A: b\nX-Hidden: c\r\n")));
    assert_false(fgm_headers_framed(fg_view_of("A: b\rX-Hidden: c\r\n")));
    assert_false(fgm_headers_framed((struct fg_view){"A: \0b\r\n", 7}));
}

static void parts_values_at_commas(void **state)
{
    static const char *const values[] = {" <sip:a,b@c>;x", " \"d, \\\" <e>\" <tel:+1>", "", " f"};
    struct fg_view rest = fg_view_of(" <sip:a,b@c>;x, \"d, \\\" <e>\" <tel:+1>,, f"), value;
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_true(fgm_next_value(&rest, &value));
        assert_text(value, values[i]);
    }
    assert_false(fgm_next_value(&rest, &value));
    rest = fg_view_of("<a,b"); // never closed
    assert_true(fgm_next_value(&rest, &value));
    assert_text(value, "<a,b");
    assert_false(fgm_next_value(&rest, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_values_at_commas),
        cmocka_unit_test(finds_the_number_of_a_uri),
        cmocka_unit_test(finds_the_uri_of_an_address),
        cmocka_unit_test(tells_badly_framed_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

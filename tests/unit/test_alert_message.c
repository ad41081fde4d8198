// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fg/json.h"
#include "letter.h"

static void set_text(char *out, size_t size, const char *text)
{
    assert_true(strlen(text) < size);
    memcpy(out, text, strlen(text) + 1);
}

#define T0 INT64_C(1795233004000) // 2026-11-21 03:50:04 UTC

// Winter time in Berlin.
static const struct fg_zone_span berlin_span = {0, 3600};
static const struct fg_zone berlin = {"Europe/Berlin", 1, &berlin_span};

static struct fga_message message_of(enum fga_step step)
{
    struct fga_message message;
    memset(&message, 0, sizeof(message));
    message.step = step;
    message.time_ms = T0;
    struct fga_incident *incident = &message.incident;
    set_text(incident->customer, sizeof(incident->customer), "acme");
    set_text(incident->alert_id, sizeof(incident->alert_id), "al_0123456789abcdef");
    incident->sequence = step == FGA_STEP_STARTED ? 1 : 2;
    incident->started_ms = T0 - 120000;
    incident->last_ms = T0;
    incident->refused = 12;
    incident->prevented_usd = 43200000;
    incident->n_holds = 1;
    set_text(incident->holds[0].scope, sizeof(incident->holds[0].scope), "country.MV");
    incident->holds[0].until_ms = T0 + 900000;
    incident->n_destinations = 1;
    set_text(incident->destinations[0].country, sizeof(incident->destinations[0].country), "MV");
    set_text(incident->destinations[0].number, sizeof(incident->destinations[0].number),
             "+96077***45");
    incident->destinations[0].calls = 12;
    incident->n_reasons = 1;
    set_text(incident->reasons[0].rule, sizeof(incident->reasons[0].rule), "DEST_IRSF");
    set_text(incident->reasons[0].text, sizeof(incident->reasons[0].text), "<Known> \"range\"");
    set_text(incident->why, sizeof(incident->why), "45 points");
    return message;
}

static void test_times_and_money(void **state)
{
    char text[FGA_LOCAL_MAX], money[32], utc[FGA_UTC_MAX];
    (void)state;
    fga_utc_format(T0, utc);
    assert_string_equal(utc, "2026-11-21T03:50:04Z");
    fga_local_format(&berlin, T0, text);
    assert_string_equal(text, "2026-11-21 04:50 (03:50 UTC)");
    fga_local_format(&berlin, INT64_C(1795303800000), text); // 23:30 UTC
    assert_string_equal(text, "2026-11-22 00:30 (2026-11-21 23:30 UTC)");
    fga_local_format(NULL, T0, text);
    assert_string_equal(text, "2026-11-21 03:50 UTC");
    fga_money_format(43205000, money);
    assert_string_equal(money, "43.21");
    fga_money_format(0, money);
    assert_string_equal(money, "0.00");
}

static void test_webhook(void **state)
{
    const struct fga_message message = message_of(FGA_STEP_STARTED);
    const struct fga_audience audience = {.portal_url = "https://p.example/", .locale = "fr-FR"};
    char *body = fga_webhook_format(&message, &audience);
    (void)state;
    assert_non_null(body);
    assert_true(strlen(body) < 20000);
    struct fg_json *json = fg_json_parse(fg_view_of(body));
    const struct fg_json *data = fg_json_member(json, "data");
    assert_string_equal(fg_json_string(json, "type"), "fraud.hold.started");
    assert_string_equal(fg_json_string(json, "timestamp"), "2026-11-21T03:50:04Z");
    assert_string_equal(fg_json_string(data, "dedup_key"), "acme/hold/al_0123456789abcdef");
    assert_string_equal(fg_json_string(data, "summary"),
                        "12 appels de votre ligne ont \xc3\xa9t\xc3\xa9 arr\xc3\xaat\xc3\xa9s");
    assert_string_equal(fg_json_string(data, "unblock_url"),
                        "https://p.example/al_0123456789abcdef");
    assert_null(strstr(body, "points"));
    fg_json_free(json);
    free(body);
}

static void test_letter(void **state)
{
    struct fga_message message = message_of(FGA_STEP_ENDED);
    const struct fga_audience audience = {.zone = &berlin, .contact = "+44 20", .provider = "X"};
    struct fga_letter letter;
    (void)state;
    assert_int_equal(fga_letter_init(&letter, &message, &audience), FG_OK);
    assert_string_equal(letter.subject,
                        "[Fraud guard] Over: 12 calls from your trunk were stopped");
    assert_string_equal(letter.sections[0].heading, "What happened");
    assert_string_equal(letter.sections[0].lines,
                        "2026-11-21 04:48 (03:48 UTC) to 2026-11-21 04:50 (03:50 UTC): "
                        "12 suspicious calls to +96077***45 (MV)");
    assert_string_equal(letter.sections[1].lines,
                        "12 calls were stopped before they connected.\n"
                        "Blocked until 2026-11-21 05:05 (04:05 UTC): calls to MV.\n"
                        "The hold is over; calls go out as usual.");
    assert_string_equal(letter.sections[5].lines, "+44 20, reference al_0123456789abcdef");
    fga_letter_fini(&letter);
}

static void test_letter_names_what_is_held(void **state)
{
    static const struct {
        const char *scope, *of, *english, *german;
    } held[] = {
        {"number.0123456789abcdef", "+96077***45", "calls to +96077***45", "Anrufe zu +96077***45"},
        {"range.0123456789abcdef", "+96077*****", "calls to numbers like +96077*****",
         "Anrufe zu Rufnummern wie +96077*****"},
        {"caller.0123456789abcdef", "+44207***00", "calls from +44207***00",
         "Anrufe von +44207***00"},
        {"source.0123456789abcdef", "192.0.2.7", "calls from the address 192.0.2.7",
         "Anrufe von der Adresse 192.0.2.7"},
        {"type.premium", "", "calls to numbers of the type premium, but at home",
         "Anrufe zu Rufnummern der Art premium, außer im eigenen Land"},
        {"country.MV", "", "calls to MV", "Anrufe nach MV"},
        {"customer", "", "all outgoing calls", "alle abgehenden Anrufe"},
    };
    struct fga_message message = message_of(FGA_STEP_STARTED);
    struct fga_held *hold = &message.incident.holds[0];
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(held) / sizeof(held[0]); i++) {
        const bool german = i % 2 == 1;
        const struct fga_audience audience = {.zone = &berlin, .locale = german ? "de" : NULL};
        struct fga_letter letter;
        set_text(hold->scope, sizeof(hold->scope), held[i / 2].scope);
        set_text(hold->of, sizeof(hold->of), held[i / 2].of);
        assert_int_equal(fga_letter_init(&letter, &message, &audience), FG_OK);
        assert_non_null(
            strstr(letter.sections[1].lines, german ? held[i / 2].german : held[i / 2].english));
        fga_letter_fini(&letter);
    }
}

static void test_mail_cannot_be_broken_into(void **state)
{
    static const char *const to[] = {"it@acme.example"};
    static const struct fga_mail_route route = {"fraud@p.example", to, 1, "mail"};
    const struct fga_message message = message_of(FGA_STEP_UPDATED);
    const struct fga_audience audience = {.customer_name = "A\r\nBcc: x@y.example\r\n\r\n."};
    char *mail = fga_mail_format(&message, &audience, &route);
    (void)state;
    assert_non_null(mail);
    assert_null(strstr(mail, "Bcc"));
    assert_non_null(strstr(mail, "\r\nIn-Reply-To: <al_0123456789abcdef.1.mail@p.example>\r\n"));
    assert_non_null(strstr(mail, "\r\nMessage-ID: <al_0123456789abcdef.2.mail@p.example>\r\n"));
    for (const char *line = mail; *line != '\0';) {
        const char *end = strstr(line, "\r\n");
        assert_non_null(end);
        assert_true(end - line <= 78);
        assert_true(memchr(line, '\n', (size_t)(end - line)) == NULL);
        line = end + 2;
    }
    free(mail);
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {"",
                                      "a",
                                      "@b.example",
                                      "a@",
                                      "a@b@c.example",
                                      "a b@c.example",
                                      "a@b.example\r\nX",
                                      "<a@b.example>",
                                      "a,b@c.example"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(fga_mail_address_valid(fg_view_of(bad[i])));
    assert_true(fga_mail_address_valid(fg_view_of("it+fraud.x@mail-1.acme.example")));
}

// Every text is translated, and asks for the values that the English one asks for.
static void test_catalogues_are_complete(void **state)
{
    static const char *const locales[] = {"de", "fr-CA", "de_AT"};
    const struct fga_language *english = fga_language_of(NULL);
    (void)state;
    for (size_t l = 0; l < sizeof(locales) / sizeof(*locales); l++) {
        const struct fga_language *language = fga_language_of(locales[l]);
        assert_memory_equal(fga_language_code(language), locales[l], 2);
        for (int i = 0; i < FGA_TEXT_COUNT; i++) {
            for (uint64_t n = 1; n <= 2; n++) {
                const char *ours = fga_language_text(english, (enum fga_text)i, n);
                const char *theirs = fga_language_text(language, (enum fga_text)i, n);
                // "Test" and the like may be the same word; sentences are not.
                assert_true(strchr(ours, ' ') == NULL || strcmp(ours, theirs) != 0);
                for (const char *at = strchr(ours, '{'); at != NULL; at = strchr(at + 1, '{')) {
                    char place[32];
                    (void)snprintf(place, sizeof(place), "%.*s", (int)strcspn(at, "}") + 1, at);
                    assert_non_null(strstr(theirs, place));
                }
            }
        }
    }
    assert_string_equal(fga_language_code(fga_language_of("den")), "en");
    assert_string_equal(fga_language_code(fga_language_of("pt-BR")), "en");
    // French says "0 appel", German "0 Anrufe".
    assert_string_equal(fga_language_text(fga_language_of("fr"), FGA_TEXT_DID_CUT, 0),
                        "{calls} appel en cours a \xc3\xa9t\xc3\xa9 coup\xc3\xa9.");
    assert_string_equal(fga_language_text(fga_language_of("de"), FGA_TEXT_DID_CUT, 0),
                        "{calls} laufende Gespr\xc3\xa4"
                        "che wurden beendet.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_and_money),
        cmocka_unit_test(test_webhook),
        cmocka_unit_test(test_letter),
        cmocka_unit_test(test_letter_names_what_is_held),
        cmocka_unit_test(test_mail_cannot_be_broken_into),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_catalogues_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

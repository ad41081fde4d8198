// SPDX-License-Identifier: GPL-2.0-or-later
// What is said to customers, in their language. The English texts are the msgids of the gettext
// catalogues in po/; {words} in braces are places for values. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// Name, English, English plural (NULL: there is none).
#define FGA_TEXTS(X)                                                                               \
    X(SUBJECT_CALLS, "{calls} call from your trunk was stopped",                                   \
      "{calls} calls from your trunk were stopped")                                                \
    X(SUBJECT_HELD, "Your outgoing calls are on hold", NULL)                                       \
    X(SUBJECT_FLOOD, "Your numbers are flooded: {calls} call was refused",                         \
      "Your numbers are flooded: {calls} calls were refused")                                      \
    X(SUBJECT_UPDATE, "Update", NULL)                                                              \
    X(SUBJECT_ENDED, "Over", NULL)                                                                 \
    X(SUBJECT_TEST, "Test", NULL)                                                                  \
    X(HEAD_HAPPENED, "What happened", NULL)                                                        \
    X(HEAD_DID, "What we did", NULL)                                                               \
    X(HEAD_MONEY, "Money", NULL)                                                                   \
    X(HEAD_TODO, "What to do now", NULL)                                                           \
    X(HEAD_WHY, "Why", NULL)                                                                       \
    X(HEAD_QUESTIONS, "Questions", NULL)                                                           \
    X(TEST, "This is a test. Nothing happened, and nothing is blocked.", NULL)                     \
    X(HAPPENED_CALLS, "{from} to {to}: {calls} suspicious call to {places}",                       \
      "{from} to {to}: {calls} suspicious calls to {places}")                                      \
    X(HAPPENED_HELD, "{from}: a hold was put on your outgoing calls", NULL)                        \
    X(HAPPENED_FLOOD, "{from} to {to}: {calls} call to your numbers was refused",                  \
      "{from} to {to}: {calls} calls to your numbers were refused")                                \
    X(HAPPENED_CALLERS, "They came from about {n} caller.",                                        \
      "They came from about {n} different callers.")                                               \
    X(HAPPENED_PEAK, "At the peak it was {n} call a minute.",                                      \
      "At the peak it was {n} calls a minute.")                                                    \
    X(DID_REFUSED, "{calls} call was stopped before it connected.",                                \
      "{calls} calls were stopped before they connected.")                                         \
    X(DID_CUT, "{calls} call in progress was ended.", "{calls} calls in progress were ended.")     \
    X(DID_HELD, "Blocked until {until}: {scope}.", NULL)                                           \
    X(DID_ENDED, "The hold is over; calls go out as usual.", NULL)                                 \
    X(DID_FLOOD_ENDED, "The flood is over; calls come in as usual.", NULL)                         \
    X(SCOPE_ALL, "all outgoing calls", NULL)                                                       \
    X(SCOPE_RISKY, "calls that are not to ordinary numbers of your own country", NULL)             \
    X(SCOPE_COUNTRY, "calls to {country}", NULL)                                                   \
    X(SCOPE_TYPE, "calls to numbers of the type {type}, but at home", NULL)                        \
    X(SCOPE_SOURCE, "calls from the address {of}", NULL)                                           \
    X(SCOPE_CERTIFICATE, "calls with the certificate {of}", NULL)                                  \
    X(SCOPE_CALLER, "calls from {of}", NULL)                                                       \
    X(SCOPE_RANGE, "calls to numbers like {of}", NULL)                                             \
    X(SCOPE_NUMBER, "calls to {of}", NULL)                                                         \
    X(MONEY_PREVENTED, "about USD {amount} prevented (estimate: 3 minutes a call at list rate)",   \
      NULL)                                                                                        \
    X(MONEY_INCURRED, "about USD {amount} spent on calls that were then ended (at list rate)",     \
      NULL)                                                                                        \
    X(TODO_PASSWORDS,                                                                              \
      "Change the passwords of the PBX and of the extensions that made the calls.", NULL)          \
    X(TODO_LOG, "Look through the call log of your PBX for that time.", NULL)                      \
    X(TODO_RELEASE, "If the calls were yours, sign in and release the hold: {url}", NULL)          \
    X(TODO_CALL, "If the calls were yours, call us and we release the hold.", NULL)                \
    X(TODO_FLOOD, "Tell us of callers who must always get through.", NULL)                         \
    X(WHY_UNKNOWN, "The calls do not look like yours.", NULL)                                      \
    X(WHY_OPERATOR, "Set by our operations centre.", NULL)                                         \
    X(QUESTIONS, "{contact}, reference {alert}", NULL)                                             \
    X(QUESTIONS_REFERENCE, "reference {alert}", NULL)                                              \
    X(FOOTER,                                                                                      \
      "You get this because {customer} is a customer of {provider}. Times are those of "           \
      "{zone}, with UTC beside.",                                                                  \
      NULL)

enum fga_text {
#define FGA_TEXT_ENUM(name, one, many) FGA_TEXT_##name,
    FGA_TEXTS(FGA_TEXT_ENUM)
#undef FGA_TEXT_ENUM
        FGA_TEXT_COUNT
};

// A language's texts; immutable, static storage.
struct fga_language;

// The language of a locale ("de-CH", "fr"); English when there is none or locale is NULL.
const struct fga_language *fga_language_of(const char *locale);
// "en", "de", "fr".
const char *fga_language_code(const struct fga_language *language);
// The text in its form for n of them (n matters where there is a plural). Never NULL.
const char *fga_language_text(const struct fga_language *language, enum fga_text text, uint64_t n);

// A value for "{name}" in a text.
struct fga_value {
    const char *name, *value;
};
// Writes text to out with its places filled from the n values; a place without one stays as it is.
void fga_text_write(FILE *out, const char *text, const struct fga_value *values, size_t n);

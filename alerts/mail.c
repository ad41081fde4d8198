// SPDX-License-Identifier: GPL-2.0-or-later
// A letter as a MIME message.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "letter.h"
#include "signature.h"

#define BASE64_LINE    76 // RFC 2045 6.8
#define WORD_BYTES     39 // in an encoded word of at most 75 characters (RFC 2047 2)
#define ADDRESS_MAX    254
#define LOCAL_PART_MAX 64

bool fga_mail_address_valid(struct fg_view text)
{
    const char *at = text.len > 0 ? memrchr(text.ptr, '@', text.len) : NULL;
    if (at == NULL || text.len > ADDRESS_MAX)
        return false;
    const size_t local_len = (size_t)(at - text.ptr);
    if (local_len == 0 || local_len > LOCAL_PART_MAX || local_len + 1 == text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool alnum =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        const bool special = i < local_len ? c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL
                                           : c == '.' || c == '-';
        if (i != local_len && !alnum && !special)
            return false;
    }
    return true;
}

// UTF-8 as encoded words that end between characters.
static bool write_subject(FILE *out, const char *text)
{
    size_t left = strlen(text);
    (void)fputs("Subject:", out);
    while (left > 0) {
        size_t n = left < WORD_BYTES ? left : WORD_BYTES;
        while (n > 0 && n < left && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
        if (n == 0)
            return false;
        char *word = fga_base64_format((struct fg_view){text, n});
        if (word == NULL)
            return false;
        (void)fprintf(out, " =?UTF-8?B?%s?=\r\n", word);
        free(word);
        text += n;
        left -= n;
    }
    return true;
}

static bool write_base64(FILE *out, const char *text)
{
    char *encoded = fga_base64_format(fg_view_of(text));
    if (encoded == NULL)
        return false;
    for (const char *line = encoded; *line != '\0';) {
        const size_t n = strnlen(line, BASE64_LINE);
        (void)fprintf(out, "%.*s\r\n", (int)n, line);
        line += n;
    }
    free(encoded);
    return true;
}

static char *plain_text(const struct fga_letter *letter)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (uint32_t i = 0; i < letter->n_sections; i++) {
        (void)fprintf(out, "%s\n", letter->sections[i].heading);
        const char *line = letter->sections[i].lines;
        while (*line != '\0') {
            const size_t n = strcspn(line, "\n");
            (void)fprintf(out, "  %.*s\n", (int)n, line);
            line += n + (line[n] == '\n' ? 1 : 0);
        }
        (void)fputc('\n', out);
    }
    (void)fprintf(out, "-- \n%s\n", letter->footer);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void write_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        case '\n':
            (void)fputs("<br>\n", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

static char *html_text(const struct fga_letter *letter, const char *language)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    (void)fprintf(out,
                  "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"></head>"
                  "<body style=\"font-family:sans-serif\">\n<table>\n",
                  language);
    for (uint32_t i = 0; i < letter->n_sections; i++) {
        (void)fputs("<tr><th scope=\"row\" style=\"text-align:left;vertical-align:top;"
                    "padding:4px 16px 4px 0\">",
                    out);
        write_escaped(out, letter->sections[i].heading);
        (void)fputs("</th><td style=\"padding:4px 0\">", out);
        write_escaped(out, letter->sections[i].lines);
        (void)fputs("</td></tr>\n", out);
    }
    (void)fputs("</table>\n<p style=\"color:#555\">", out);
    write_escaped(out, letter->footer);
    (void)fputs("</p>\n</body></html>\n", out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void write_head(FILE *out, const struct fga_message *message,
                       const struct fga_mail_route *route)
{
    const char *alert = message->incident.alert_id;
    const char *domain = strrchr(route->from, '@');
    const time_t seconds = (time_t)(message->time_ms / FG_MS_PER_S);
    struct tm utc;
    char date[48] = "";
    domain = domain == NULL ? "@localhost" : domain;
    if (gmtime_r(&seconds, &utc) != NULL)
        (void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &utc);
    (void)fprintf(out, "Date: %s\r\nFrom: %s\r\nTo:", date, route->from);
    for (uint32_t i = 0; i < route->n_to; i++)
        (void)fprintf(out, "%s %s", i == 0 ? "" : ",\r\n", route->to[i]);
    (void)fprintf(out, "\r\nMessage-ID: <%s.%u.%s%s>\r\n", alert, message->incident.sequence,
                  route->thread, domain);
    if (message->incident.sequence > 1)
        (void)fprintf(out,
                      "In-Reply-To: <%s.1.%s%s>\r\n"
                      "References: <%s.1.%s%s>\r\n",
                      alert, route->thread, domain, alert, route->thread, domain);
    // RFC 3834: no vacation notes to us, please.
    (void)fputs("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n", out);
}

static bool write_part(FILE *out, const char *boundary, const char *type, const char *text)
{
    (void)fprintf(out,
                  "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n",
                  boundary, type);
    return text != NULL && write_base64(out, text);
}

static bool write_mail(FILE *out, const struct fga_message *message,
                       const struct fga_mail_route *route, const struct fga_letter *letter,
                       const char *language)
{
    char boundary[FGA_MESSAGE_ID_MAX + 8];
    char id[FGA_MESSAGE_ID_MAX];
    fga_message_id(message, id);
    // "=" and "_" side by side do not occur in base64.
    (void)snprintf(boundary, sizeof(boundary), "=_%s", id);
    write_head(out, message, route);
    bool ok = write_subject(out, letter->subject);
    (void)fprintf(out,
                  "Content-Language: %s\r\n"
                  "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
                  language, boundary);
    char *plain = plain_text(letter);
    char *html = html_text(letter, language);
    ok = ok && write_part(out, boundary, "text/plain", plain) &&
         write_part(out, boundary, "text/html", html);
    (void)fprintf(out, "--%s--\r\n", boundary);
    free(plain);
    free(html);
    return ok;
}

char *fga_mail_format(const struct fga_message *message, const struct fga_audience *audience,
                      const struct fga_mail_route *route)
{
    struct fga_letter letter;
    char *text = NULL;
    size_t len = 0;
    if (fga_letter_init(&letter, message, audience) != FG_OK) {
        fga_letter_fini(&letter);
        return NULL;
    }
    FILE *out = open_memstream(&text, &len);
    bool ok = out != NULL && write_mail(out, message, route, &letter,
                                        fga_language_code(fga_language_of(audience->locale)));
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    fga_letter_fini(&letter);
    if (!ok) {
        free(text);
        return NULL;
    }
    return text;
}

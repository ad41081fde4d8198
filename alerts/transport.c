// SPDX-License-Identifier: GPL-2.0-or-later
#include "transport.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

#define ANSWER_BYTES_MAX ((size_t)64 * 1024) // nobody reads it; more is not waited for
#define CONNECT_MS       10000L

struct transfer {
    CURL *easy;
    char id[192];
    struct curl_slist *headers, *to;
    char *body;
    size_t body_len, body_sent, answer_bytes;
    bool smtp, refused;
    const struct fg_ip_range *allowed;
    uint32_t n_allowed;
    char error[CURL_ERROR_SIZE];
};

struct fga_transport {
    CURLM *multi;
    struct transfer *transfers[FGA_TRANSFERS_MAX]; // NULL: free
    size_t n;
};

struct fga_transport *fga_transport_new(void)
{
    struct fga_transport *transport = calloc(1, sizeof(*transport));
    if (transport == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(transport);
        return NULL;
    }
    transport->multi = curl_multi_init();
    if (transport->multi == NULL) {
        free(transport);
        return NULL;
    }
    return transport;
}

static void transfer_free(struct transfer *transfer)
{
    if (transfer == NULL)
        return;
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->to);
    free(transfer->body);
    free(transfer);
}

void fga_transport_free(struct fga_transport *transport)
{
    if (transport == NULL)
        return;
    for (size_t i = 0; i < FGA_TRANSFERS_MAX; i++) {
        if (transport->transfers[i] == NULL)
            continue;
        (void)curl_multi_remove_handle(transport->multi, transport->transfers[i]->easy);
        transfer_free(transport->transfers[i]);
    }
    (void)curl_multi_cleanup(transport->multi);
    curl_global_cleanup();
    free(transport);
}

// The address as it will be connected to: a name that changes its meaning between a check and the
// connection has no second chance.
static curl_socket_t open_guarded(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = arg;
    if (purpose != CURLSOCKTYPE_IPCXN ||
        !fga_address_permits_socket(&address->addr, transfer->allowed, transfer->n_allowed)) {
        transfer->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_answer(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *transfer = arg;
    (void)bytes;
    transfer->answer_bytes += size * n;
    return transfer->answer_bytes > ANSWER_BYTES_MAX ? 0 : size * n;
}

static size_t give_body(char *out, size_t size, size_t n, void *arg)
{
    struct transfer *transfer = arg;
    const size_t left = transfer->body_len - transfer->body_sent;
    const size_t len = left < size * n ? left : size * n;
    memcpy(out, transfer->body + transfer->body_sent, len);
    transfer->body_sent += len;
    return len;
}

static bool add_to(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

#define SET(option, value) ok = ok && curl_easy_setopt(t->easy, option, value) == CURLE_OK

static bool set_http(struct transfer *t, const struct fga_request *request)
{
    bool ok = true;
    for (uint32_t i = 0; i < request->n_headers; i++)
        ok = ok && add_to(&t->headers, request->headers[i]);
    // Nothing that waits for a "100 Continue".
    ok = ok && add_to(&t->headers, "Expect:");
    SET(CURLOPT_PROTOCOLS_STR, request->guarded ? "https" : "http,https");
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body_len);
    SET(CURLOPT_POSTFIELDS, t->body);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_USERAGENT, "fg-alertd/" FG_VERSION);
    return ok;
}

static bool set_smtp(struct transfer *t, const struct fga_request *request)
{
    bool ok = true;
    for (uint32_t i = 0; i < request->n_to; i++)
        ok = ok && add_to(&t->to, request->to[i]);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_USE_SSL, request->tls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
    SET(CURLOPT_MAIL_FROM, request->from);
    SET(CURLOPT_MAIL_RCPT, t->to);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, give_body);
    SET(CURLOPT_READDATA, t);
    if (request->user != NULL)
        SET(CURLOPT_USERNAME, request->user);
    if (request->password != NULL)
        SET(CURLOPT_PASSWORD, request->password);
    return ok;
}

static bool set_options(struct transfer *t, const struct fga_request *request)
{
    bool ok = true;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_WRITEFUNCTION, take_answer);
    SET(CURLOPT_WRITEDATA, t);
    // A kept connection would not be asked for its address again.
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    if (request->ca_file != NULL)
        SET(CURLOPT_CAINFO, request->ca_file);
    if (request->guarded) {
        SET(CURLOPT_OPENSOCKETFUNCTION, open_guarded);
        SET(CURLOPT_OPENSOCKETDATA, t);
    }
    return ok && (request->smtp ? set_smtp(t, request) : set_http(t, request));
}

static struct transfer *transfer_new(const struct fga_request *request)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return NULL;
    (void)snprintf(transfer->id, sizeof(transfer->id), "%s", request->id);
    transfer->smtp = request->smtp;
    transfer->allowed = request->allowed;
    transfer->n_allowed = request->n_allowed;
    transfer->body = strdup(request->body);
    transfer->body_len = strlen(request->body);
    transfer->easy = curl_easy_init();
    if (transfer->body == NULL || transfer->easy == NULL || !set_options(transfer, request)) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

int fga_transport_start(struct fga_transport *transport, const struct fga_request *request)
{
    size_t place = FGA_TRANSFERS_MAX;
    for (size_t i = 0; i < FGA_TRANSFERS_MAX; i++) {
        if (transport->transfers[i] == NULL)
            place = i;
        else if (strcmp(transport->transfers[i]->id, request->id) == 0)
            return FG_EDUPLICATE;
    }
    if (place == FGA_TRANSFERS_MAX)
        return FG_ELIMIT;
    struct transfer *transfer = transfer_new(request);
    if (transfer == NULL || curl_multi_add_handle(transport->multi, transfer->easy) != CURLM_OK) {
        transfer_free(transfer);
        return FG_ENOMEM;
    }
    transport->transfers[place] = transfer;
    transport->n++;
    return FG_OK;
}

size_t fga_transport_count(const struct fga_transport *transport)
{
    return transport->n;
}

void fga_transport_poll(struct fga_transport *transport, int32_t wait_ms)
{
    int running = 0;
    if (wait_ms > 0)
        (void)curl_multi_poll(transport->multi, NULL, 0, wait_ms, NULL);
    (void)curl_multi_perform(transport->multi, &running);
}

static void fill_result(struct transfer *transfer, CURLcode code, struct fga_result *out)
{
    long status = 0;
    curl_off_t retry_after_s = 0;
    memset(out, 0, sizeof(*out));
    memcpy(out->id, transfer->id, sizeof(out->id));
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    out->attempt.smtp = transfer->smtp;
    out->attempt.status = (int32_t)status;
    // An HTTP answer counts once its status is there, however long its body goes on; SMTP's status
    // may be that of an earlier command, so success needs the end and a refusal its 5xx.
    if (transfer->smtp)
        out->attempt.answered = code == CURLE_OK || status >= 400;
    else
        out->attempt.answered = status > 0 && (code == CURLE_OK || code == CURLE_WRITE_ERROR);
    if (retry_after_s > 0 && retry_after_s < 1000000)
        out->attempt.retry_after_ms = (int64_t)retry_after_s * 1000;
    if (transfer->refused)
        (void)snprintf(out->error, sizeof(out->error),
                       "the name leads to an internal address, which is not permitted");
    else if (!out->attempt.answered)
        (void)snprintf(out->error, sizeof(out->error), "%.150s",
                       transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code));
    else if (status < 200 || status > 299)
        (void)snprintf(out->error, sizeof(out->error), "answered with status %ld", status);
}

bool fga_transport_next(struct fga_transport *transport, struct fga_result *out)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(transport->multi, &left);
    while (message != NULL && message->msg != CURLMSG_DONE)
        message = curl_multi_info_read(transport->multi, &left);
    for (size_t i = 0; message != NULL && i < FGA_TRANSFERS_MAX; i++) {
        struct transfer *transfer = transport->transfers[i];
        if (transfer == NULL || transfer->easy != message->easy_handle)
            continue;
        fill_result(transfer, message->data.result, out);
        (void)curl_multi_remove_handle(transport->multi, transfer->easy);
        transfer_free(transfer);
        transport->transfers[i] = NULL;
        transport->n--;
        return true;
    }
    return false;
}

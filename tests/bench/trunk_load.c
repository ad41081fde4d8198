// SPDX-License-Identifier: GPL-2.0-or-later
// Load for tests/bench/flood and tests/bench/outage, one thread and epoll, so that those who call
// take little of the machine from what they measure:
//
//     trunk_load calls CUSTOMERS RATE SECONDS HOLD_MS ADDRESS PORT PKI
//     trunk_load flood RATE SECONDS ADDRESS PORT PKI
//     trunk_load carrier ADDRESS PORT
//
// calls: RATE complete calls a second together (INVITE, 200, ACK, BYE after HOLD_MS, 200), customer
// i over a TLS connection of its own from 127.0.1.(i+1) with the certificate PKI/c<i>.pem. Prints
// one line of JSON: calls, answered, set-up times (INVITE to 200) in ms, and what was answered
// instead. flood: INVITEs of one certificate, PKI/attacker.pem, over one connection; what comes
// back is counted and never acknowledged. Both end at the end of their input, too. carrier: answers
// every INVITE and BYE over UDP at once.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX    (1U << 20)
#define CUSTOMERS    250U
#define BUFFER_BYTES (1U << 20)
#define FIELD_BYTES  512
#define PATIENCE_NS  (INT64_C(10) * 1000000000)
#define MS_NS        INT64_C(1000000)
#define CODES        700U

static void fail(const char *what)
{
    fprintf(stderr, "trunk_load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct sockaddr_in address_of(const char *text, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
        fail("an IPv4 address is needed");
    return address;
}

// --- messages

struct message {
    const char *head; // ends with an empty line
    size_t head_len;
};

// The value of the first header of that name; its length, 0: none.
static size_t header(const struct message *message, const char *name, const char **value)
{
    const size_t len = strlen(name);
    const char *at = message->head, *end = message->head + message->head_len;
    while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
        at += 2;
        if ((size_t)(end - at) > len + 1 && strncasecmp(at, name, len) == 0 && at[len] == ':') {
            *value = at + len + 1;
            while (*value < end && **value == ' ')
                (*value)++;
            const char *stop = memmem(*value, (size_t)(end - *value), "\r\n", 2);
            return stop == NULL ? 0 : (size_t)(stop - *value);
        }
    }
    return 0;
}

static void header_copy(const struct message *message, const char *name, char *out, size_t size)
{
    const char *value = "";
    size_t len = header(message, name, &value);
    if (len >= size)
        len = size - 1;
    memcpy(out, value, len);
    out[len] = '\0';
}

// All header lines of these names, as they are.
static size_t lines_copy(const struct message *message, char *out, size_t size)
{
    static const char *const names[] = {"via:", "record-route:", "from:", "call-id:", "cseq:"};
    size_t len = 0;
    const char *at = message->head, *end = message->head + message->head_len;
    while ((at = memmem(at, (size_t)(end - at), "\r\n", 2)) != NULL) {
        at += 2;
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        for (size_t i = 0; stop != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
            const size_t line = (size_t)(stop - at) + 2;
            if (strncasecmp(at, names[i], strlen(names[i])) == 0 && len + line < size) {
                memcpy(out + len, at, line);
                len += line;
            }
        }
    }
    out[len] = '\0';
    return len;
}

// Length of the first message in bytes and its head; 0: it is not complete.
static size_t message_next(const char *bytes, size_t len, struct message *message)
{
    const char *empty = memmem(bytes, len, "\r\n\r\n", 4);
    if (empty == NULL)
        return 0;
    *message = (struct message){bytes, (size_t)(empty - bytes) + 4};
    char body[16];
    header_copy(message, "Content-Length", body, sizeof(body));
    const size_t whole = message->head_len + strtoul(body, NULL, 10);
    return whole <= len ? whole : 0;
}

#define SDP_LINES                                                                                  \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 "
#define CODECS " 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
static const char offer[] = SDP_LINES
    "RTP/SAVP" CODECS
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
static const char answer[] = SDP_LINES "RTP/AVP" CODECS;

// A 200 to a request.
static size_t reply_make(const struct message *request, const char *contact, char *out, size_t size)
{
    char lines[8192], to[FIELD_BYTES];
    lines_copy(request, lines, sizeof(lines));
    header_copy(request, "To", to, sizeof(to));
    const bool invite = strncmp(request->head, "INVITE ", 7) == 0;
    const char *body = invite ? answer : "";
    const int len = snprintf(
        out, size,
        "SIP/2.0 200 OK\r\n%sTo: %s%s\r\nContact: <sip:%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
        lines, to, strstr(to, ";tag=") != NULL ? "" : ";tag=c", contact,
        invite ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

static _Noreturn void carrier(const char *address, const char *port)
{
    const struct sockaddr_in here = address_of(address, port);
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const int room = 4 << 20;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&here, sizeof(here)) != 0)
        fail("the carrier's socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    char contact[64];
    snprintf(contact, sizeof(contact), "carrier@%s:%s", address, port);
    for (;;) {
        static char bytes[65536], reply[65536];
        struct sockaddr_in peer;
        socklen_t peer_len = sizeof(peer);
        const ssize_t n =
            recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &peer_len);
        struct message request;
        if (n <= 0 || message_next(bytes, (size_t)n, &request) == 0)
            continue;
        if (strncmp(bytes, "INVITE ", 7) != 0 && strncmp(bytes, "BYE ", 4) != 0 &&
            strncmp(bytes, "CANCEL ", 7) != 0)
            continue;
        const size_t len = reply_make(&request, contact, reply, sizeof(reply));
        (void)sendto(fd, reply, len, 0, (const struct sockaddr *)&peer, peer_len);
    }
}

// --- trunks

struct trunk {
    SSL *ssl;
    int fd;
    char local[32]; // address and port
    char *in, *out;
    size_t in_len, out_len;
};

static void trunk_open(struct trunk *trunk, const char *from, const struct sockaddr_in *server,
                       const char *pki, const char *name)
{
    char pem[FIELD_BYTES], ca[FIELD_BYTES];
    snprintf(pem, sizeof(pem), "%s/%s.pem", pki, name);
    snprintf(ca, sizeof(ca), "%s/ca.crt", pki);
    struct sockaddr_in here = address_of(from, "0");
    socklen_t len = sizeof(here);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    trunk->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (context == NULL || SSL_CTX_use_certificate_file(context, pem, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, pem, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(context, ca, NULL) != 1)
        fail(pem);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (trunk->fd < 0 || bind(trunk->fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
        connect(trunk->fd, (const struct sockaddr *)server, sizeof(*server)) != 0 ||
        getsockname(trunk->fd, (struct sockaddr *)&here, &len) != 0)
        fail("a customer's connection");
    trunk->ssl = SSL_new(context);
    SSL_CTX_free(context);
    trunk->in = malloc(BUFFER_BYTES);
    trunk->out = malloc(BUFFER_BYTES);
    if (trunk->ssl == NULL || trunk->in == NULL || trunk->out == NULL ||
        SSL_set_fd(trunk->ssl, trunk->fd) != 1 || SSL_connect(trunk->ssl) != 1)
        fail("a customer's TLS");
    (void)fcntl(trunk->fd, F_SETFL, O_NONBLOCK);
    const int at_once = 1;
    (void)setsockopt(trunk->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    snprintf(trunk->local, sizeof(trunk->local), "%s:%u", from, ntohs(here.sin_port));
}

static void trunk_flush(struct trunk *trunk)
{
    while (trunk->out_len > 0) {
        const int n = SSL_write(trunk->ssl, trunk->out, (int)trunk->out_len);
        if (n <= 0)
            break;
        trunk->out_len -= (size_t)n;
        memmove(trunk->out, trunk->out + n, trunk->out_len);
    }
    ERR_clear_error();
}

static void trunk_send(struct trunk *trunk, const char *bytes, size_t len)
{
    if (trunk->out_len + len > BUFFER_BYTES)
        return;
    memcpy(trunk->out + trunk->out_len, bytes, len);
    trunk->out_len += len;
    trunk_flush(trunk);
}

// Hands each message that has come to take(). False: the connection is over.
static bool trunk_receive(struct trunk *trunk, void (*take)(struct trunk *, const struct message *))
{
    int n;
    while ((n = SSL_read(trunk->ssl, trunk->in + trunk->in_len,
                         (int)(BUFFER_BYTES - trunk->in_len))) > 0) {
        trunk->in_len += (size_t)n;
        size_t at = 0, whole;
        struct message message;
        while ((whole = message_next(trunk->in + at, trunk->in_len - at, &message)) > 0) {
            take(trunk, &message);
            at += whole;
        }
        trunk->in_len -= at;
        memmove(trunk->in, trunk->in + at, trunk->in_len);
    }
    const int error = SSL_get_error(trunk->ssl, n);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static unsigned code_of(const struct message *message)
{
    return strncmp(message->head, "SIP/2.0 ", 8) == 0
               ? (unsigned)strtoul(message->head + 8, NULL, 10) % CODES
               : 0;
}

static uint64_t random_state;
static uint32_t random_next(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33);
}

static void invite(struct trunk *trunk, const char *caller, uint32_t number, uint32_t call)
{
    char text[4096];
    const int len =
        snprintf(text, sizeof(text),
                 "INVITE sip:+4420%08" PRIu32
                 "@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bKi%d-%" PRIu32 ";rport\r\n"
                 "Max-Forwards: 70\r\nFrom: <sip:%s@127.0.0.1>;tag=f%" PRIu32
                 "\r\nTo: <sip:+4420%08" PRIu32 "@127.0.0.1>\r\n"
                 "Call-ID: %d-%" PRIu32 "\r\nCSeq: 1 INVITE\r\nContact: "
                 "<sip:%s@%s;transport=tls>\r\nContent-Type: application/sdp\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 number, trunk->local, getpid(), call, caller, call, number, getpid(), call, caller,
                 trunk->local, strlen(offer), offer);
    trunk_send(trunk, text, (size_t)len);
}

// --- complete calls

enum state { CALL_NONE, CALL_INVITED, CALL_UP, CALL_ENDING, CALL_OVER };
struct call {
    enum state state;
    uint32_t number;
    int64_t from_ns; // INVITE; then when it was answered; then BYE
    struct trunk *trunk;
    char *contact, *to, *routes;
};

static struct call *calls;
static uint32_t n_calls;
static double *setups;
static uint32_t n_setups, refused[CODES], unanswered, lost_byes, by_others;
static uint32_t n_customers;
static struct trunk trunks[CUSTOMERS];

static void in_dialog(const struct call *call, const char *method, unsigned cseq)
{
    const uint32_t n = (uint32_t)(call - calls);
    char text[8192];
    const int len = snprintf(
        text, sizeof(text),
        "%s %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%s%d-%" PRIu32
        ";rport\r\n%sMax-Forwards: 70\r\n"
        "From: <sip:+44163296%04u@127.0.0.1>;tag=f%" PRIu32 "\r\nTo: %s\r\nCall-ID: %d-%" PRIu32
        "\r\nCSeq: %u %s\r\nContent-Length: 0\r\n\r\n",
        method, call->contact, call->trunk->local, method, getpid(), n, call->routes,
        (unsigned)(call->trunk - trunks), n, call->to, getpid(), n, cseq, method);
    if (len > 0 && (size_t)len < sizeof(text))
        trunk_send(call->trunk, text, (size_t)len);
}

static void call_free(struct call *call)
{
    free(call->contact);
    free(call->to);
    free(call->routes);
    call->contact = call->to = call->routes = NULL;
}

// Record-Route's lines in reverse as Route's.
static char *routes_of(const struct message *message)
{
    char text[4096] = "", line[FIELD_BYTES + 16], field[FIELD_BYTES];
    struct message rest = *message;
    const char *value;
    size_t len;
    while ((len = header(&rest, "Record-Route", &value)) > 0 && len < sizeof(field)) {
        const int n = snprintf(line, sizeof(line), "Route: %.*s\r\n", (int)len, value);
        if (strlen(text) + (size_t)n >= sizeof(text))
            break;
        memmove(text + n, text, strlen(text) + 1);
        memcpy(text, line, (size_t)n);
        rest.head_len -= (size_t)(value + len - rest.head);
        rest.head = value + len;
    }
    return strdup(text);
}

static void answered(struct call *call, const struct message *message)
{
    char contact[FIELD_BYTES], to[FIELD_BYTES];
    header_copy(message, "Contact", contact, sizeof(contact));
    header_copy(message, "To", to, sizeof(to));
    char *uri = strchr(contact, '<');
    if (uri == NULL)
        return;
    uri[1 + strcspn(uri + 1, ">")] = '\0';
    call->contact = strdup(uri + 1);
    call->to = strdup(to);
    call->routes = routes_of(message);
    const int64_t now = now_ns();
    setups[n_setups++] = (double)(now - call->from_ns) / 1e6;
    call->state = CALL_UP;
    call->from_ns = now;
    in_dialog(call, "ACK", 1);
}

static void take_reply(struct trunk *trunk, const struct message *message)
{
    char field[FIELD_BYTES];
    const unsigned code = code_of(message);
    if (code == 0) {
        // A call is ended from the other side.
        static char reply[65536];
        const size_t len = reply_make(message, trunk->local, reply, sizeof(reply));
        by_others += strncmp(message->head, "BYE ", 4) == 0;
        if (strncmp(message->head, "ACK ", 4) != 0)
            trunk_send(trunk, reply, len);
        return;
    }
    header_copy(message, "Call-ID", field, sizeof(field));
    const char *dash = strchr(field, '-');
    const uint32_t n = dash == NULL ? UINT32_MAX : (uint32_t)strtoul(dash + 1, NULL, 10);
    if (code < 200 || n >= n_calls)
        return;
    struct call *call = &calls[n];
    header_copy(message, "CSeq", field, sizeof(field));
    const bool of_invite = strstr(field, "INVITE") != NULL;
    if (!of_invite && call->state == CALL_ENDING) {
        call->state = CALL_OVER;
        call_free(call);
    } else if (of_invite && code < 300 && call->state == CALL_INVITED) {
        answered(call, message);
    } else if (of_invite && code < 300 && call->state == CALL_UP) {
        in_dialog(call, "ACK", 1);
    } else if (of_invite && code >= 300) {
        char ack[4096], to[FIELD_BYTES];
        header_copy(message, "To", to, sizeof(to));
        const int len = snprintf(
            ack, sizeof(ack),
            "ACK sip:+4420%08" PRIu32
            "@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bKi%d-%" PRIu32 ";rport\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:+44163296%04u@127.0.0.1>;tag=f%" PRIu32
            "\r\nTo: %s\r\nCall-ID: %d-%" PRIu32 "\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
            call->number, trunk->local, getpid(), n, (unsigned)(trunk - trunks), n, to, getpid(),
            n);
        trunk_send(trunk, ack, (size_t)len);
        refused[code] += call->state == CALL_INVITED;
        call->state = CALL_OVER;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double share)
{
    return n_setups == 0 ? 0 : setups[(uint32_t)((n_setups - 1) * share)];
}

static void report(void)
{
    qsort(setups, n_setups, sizeof(*setups), by_value);
    printf("{\"calls\": %" PRIu32 ", \"answered\": %" PRIu32
           ", \"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f, \"max\": %.2f, \"unanswered\": %" PRIu32
           ", \"lost_byes\": %" PRIu32 ", \"ended_by_others\": %" PRIu32 ", \"refused\": {",
           n_calls, n_setups, quantile(0.5), quantile(0.9), quantile(0.99), quantile(1), unanswered,
           lost_byes, by_others);
    const char *comma = "";
    for (unsigned code = 0; code < CODES; code++) {
        if (refused[code] > 0) {
            printf("%s\"%u\": %" PRIu32, comma, code, refused[code]);
            comma = ", ";
        }
    }
    printf("}}\n");
}

static void trunks_poll(int epoll, uint32_t n)
{
    struct epoll_event events[64];
    const int ready = epoll_wait(epoll, events, 64, 1);
    for (int i = 0; i < ready; i++) {
        struct trunk *trunk = events[i].data.ptr;
        if (!trunk_receive(trunk, take_reply))
            fail("a customer's connection was closed");
    }
    for (uint32_t i = 0; i < n; i++) {
        if (trunks[i].out_len > 0)
            trunk_flush(&trunks[i]);
    }
}

static void call_begin(void)
{
    struct call *call = &calls[n_calls];
    call->trunk = &trunks[random_next() % n_customers];
    call->number = 70000000 + random_next() % 20000000;
    call->from_ns = now_ns();
    call->state = CALL_INVITED;
    char caller[32];
    snprintf(caller, sizeof(caller), "+44163296%04u", (unsigned)(call->trunk - trunks));
    invite(call->trunk, caller, call->number, n_calls++);
}

// What is due of the calls from "first" on; the first that is not over.
static uint32_t calls_step(uint32_t first, int64_t now, int64_t hold_ns)
{
    for (uint32_t i = first; i < n_calls; i++) {
        struct call *call = &calls[i];
        if (call->state == CALL_UP && now - call->from_ns >= hold_ns) {
            call->state = CALL_ENDING;
            call->from_ns = now;
            in_dialog(call, "BYE", 2);
        } else if (call->state != CALL_OVER && call->state != CALL_UP &&
                   now - call->from_ns > PATIENCE_NS) {
            unanswered += call->state == CALL_INVITED;
            lost_byes += call->state == CALL_ENDING;
            call->state = CALL_OVER;
            call_free(call);
        }
    }
    while (first < n_calls && calls[first].state == CALL_OVER)
        first++;
    return first;
}

static bool input_is_over(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;
    return poll(&in, 1, 0) == 1 && read(STDIN_FILENO, &byte, 1) == 0;
}

static int calls_run(char **argv)
{
    n_customers = (uint32_t)strtoul(argv[0], NULL, 10);
    const double rate = strtod(argv[1], NULL);
    const int64_t length_ns = (int64_t)(strtod(argv[2], NULL) * 1e9),
                  hold_ns = strtol(argv[3], NULL, 10) * MS_NS;
    const struct sockaddr_in server = address_of(argv[4], argv[5]);
    calls = calloc(CALLS_MAX, sizeof(*calls));
    setups = calloc(CALLS_MAX, sizeof(*setups));
    const int epoll = epoll_create1(0);
    if (n_customers == 0 || n_customers > CUSTOMERS || calls == NULL || setups == NULL || epoll < 0)
        fail("usage");
    for (uint32_t i = 0; i < n_customers; i++) {
        char from[32], name[32];
        snprintf(from, sizeof(from), "127.0.1.%" PRIu32, i + 1);
        snprintf(name, sizeof(name), "c%" PRIu32, i);
        trunk_open(&trunks[i], from, &server, argv[6], name);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &trunks[i]};
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, trunks[i].fd, &event);
    }
    const int64_t start = now_ns();
    uint32_t first = 0;
    bool over = false;
    for (int64_t now = start; !over || first < n_calls; now = now_ns()) {
        over = over || now - start >= length_ns || input_is_over();
        while (!over && n_calls < CALLS_MAX && n_calls < (double)(now - start) / 1e9 * rate)
            call_begin();
        trunks_poll(epoll, n_customers);
        first = calls_step(first, now_ns(), hold_ns);
    }
    report();
    return 0;
}

// --- a flood

static uint32_t replies[CODES / 100];
static void take_count(struct trunk *trunk, const struct message *message)
{
    (void)trunk;
    replies[code_of(message) / 100]++;
}

static int flood_run(char **argv)
{
    const double rate = strtod(argv[0], NULL);
    const int64_t length_ns = (int64_t)(strtod(argv[1], NULL) * 1e9);
    const struct sockaddr_in server = address_of(argv[2], argv[3]);
    trunk_open(&trunks[0], "127.0.2.1", &server, argv[4], "attacker");
    const int64_t start = now_ns();
    uint32_t sent = 0;
    for (int64_t now = start; now - start < length_ns && !input_is_over(); now = now_ns()) {
        // What the connection does not take is not sent: who floods waits for TCP, too.
        while (sent < (double)(now - start) / 1e9 * rate && trunks[0].out_len < 65536)
            invite(&trunks[0], "+441632960999", random_next() % 100000000, sent++);
        trunk_flush(&trunks[0]);
        if (!trunk_receive(&trunks[0], take_count))
            break;
        struct pollfd in = {.fd = trunks[0].fd, .events = POLLIN};
        (void)poll(&in, 1, 1);
    }
    printf("{\"sent\": %" PRIu32 ", \"replies\": [%" PRIu32 ", %" PRIu32 ", %" PRIu32 ", %" PRIu32
           ", %" PRIu32 ", %" PRIu32 "]}\n",
           sent, replies[1], replies[2], replies[3], replies[4], replies[5], replies[6]);
    return 0;
}

int main(int argc, char **argv)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    random_state = (uint64_t)now_ns() ^ (uint64_t)getpid();
    if (argc == 9 && strcmp(argv[1], "calls") == 0)
        return calls_run(argv + 2);
    if (argc == 7 && strcmp(argv[1], "flood") == 0)
        return flood_run(argv + 2);
    if (argc == 4 && strcmp(argv[1], "carrier") == 0)
        carrier(argv[2], argv[3]);
    fputs("usage: see the head of trunk_load.c\n", stderr);
    return 2;
}

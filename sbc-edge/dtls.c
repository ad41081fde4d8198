// SPDX-License-Identifier: GPL-2.0-or-later
#include "dtls.h"

#include "output.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>

/* Of the datagram, as if there were IP and UDP headers: the library subtracts them. */
#define IP_AND_UDP 28
#define LABEL      "EXTRACTOR-dtls_srtp" /* RFC 5764 4.2 */

struct edge_dtls {
    SSL *ssl;
    struct edge_dtls_identity *identity;
    struct edge_fingerprint expected;
    struct edge_dtls_way_out out;
    enum edge_dtls_role role;
    enum edge_dtls_state state;
    enum edge_dtls_result result;
    bool has_listened;    /* passive: the first ClientHello has been taken */
    bool has_wrong_print; /* the peer's certificate is not the signalled one */
    uint64_t give_up_ns;
    uint64_t deadline_ns;
    size_t bytes_out; /* before it was established */
    const uint8_t *datagram;
    size_t datagram_length;
};

static const struct {
    const char *name; /* as the library and RFC 5764 4.1.2, RFC 7714 14.2 have it */
    unsigned long id;
    enum edge_srtp_suite suite;
} profiles[] = {
    {"SRTP_AES128_CM_SHA1_80", SRTP_AES128_CM_SHA1_80, EDGE_SUITE_AES_CM_128_HMAC_SHA1_80},
    {"SRTP_AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM, EDGE_SUITE_AEAD_AES_128_GCM},
    {"SRTP_AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM, EDGE_SUITE_AEAD_AES_256_GCM},
    {"SRTP_AES128_CM_SHA1_32", SRTP_AES128_CM_SHA1_32, EDGE_SUITE_AES_CM_128_HMAC_SHA1_32},
};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const char *edge_dtls_result_name(enum edge_dtls_result result)
{
    static const char *const names[EDGE_DTLS_RESULT_COUNT] = {
#define EDGE_DTLS_NAME(name, text) text,
        EDGE_DTLS_RESULTS(EDGE_DTLS_NAME)
#undef EDGE_DTLS_NAME
    };
    return (unsigned)result < EDGE_DTLS_RESULT_COUNT ? names[result] : "unknown";
}

/* One datagram in, and what is written out as datagrams, as the library wrote it. */
static int bio_read(BIO *bio, char *out, int capacity)
{
    struct edge_dtls *dtls = BIO_get_data(bio);
    size_t length = dtls->datagram_length;

    BIO_clear_retry_flags(bio);
    if (!dtls->datagram || capacity <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (length > (size_t)capacity)
        length = (size_t)capacity; /* as recv(): the rest of a datagram is lost */
    memcpy(out, dtls->datagram, length);
    dtls->datagram = NULL;
    return (int)length;
}

static int bio_write(BIO *bio, const char *bytes, int length)
{
    struct edge_dtls *dtls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (length <= 0)
        return 0;
    if (dtls->state == EDGE_DTLS_HANDSHAKE_RUNS)
        dtls->bytes_out += (size_t)length;
    if (dtls->bytes_out <= EDGE_DTLS_OUT_MAX)
        dtls->out.send(dtls->out.context, (const uint8_t *)bytes, (size_t)length);
    return length;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return IP_AND_UDP;
    default:
        return 0;
    }
}

static BIO_METHOD *method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (method &&
        (BIO_meth_set_read(method, bio_read) != 1 || BIO_meth_set_write(method, bio_write) != 1 ||
         BIO_meth_set_ctrl(method, bio_ctrl) != 1)) {
        BIO_meth_free(method);
        method = NULL;
    }
}

/* In place of a check of chains: RFC 5763 section 5, the fingerprint is the whole of trust. */
static int check_certificate(X509_STORE_CTX *store, void *context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct edge_dtls *dtls = SSL_get_app_data(ssl);
    struct edge_fingerprint print;

    (void)context;
    if (edge_dtls_certificate_print(X509_STORE_CTX_get0_cert(store), dtls->expected.hash, &print) ==
            0 &&
        edge_fingerprint_is_equal(&print, &dtls->expected))
        return 1;
    dtls->has_wrong_print = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static int take_any_cookie(SSL *ssl, const unsigned char *cookie, unsigned length)
{
    (void)ssl;
    (void)cookie;
    (void)length;
    return 1; /* checked before, without a byte of state */
}

static unsigned next_wait_us(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    if (last_us == 0)
        return EDGE_DTLS_WAIT_US;
    return last_us * 2 < EDGE_DTLS_WAIT_MAX_US ? last_us * 2 : EDGE_DTLS_WAIT_MAX_US;
}

static int set_profiles(SSL *ssl, uint32_t suites_never)
{
    char text[128];
    struct edge_output names;

    edge_output_init(&names, text, sizeof(text) - 1);
    for (size_t i = 0; i < PROFILES; i++) {
        if (suites_never & (uint32_t)1 << profiles[i].suite)
            continue;
        if (names.len > 0)
            edge_output_text(&names, ":");
        edge_output_text(&names, profiles[i].name);
    }
    if (names.len == 0)
        return EDGE_ESUITE;
    text[names.len] = '\0';
    return SSL_set_tlsext_use_srtp(ssl, text) == 0 ? 0 : EDGE_ENOMEM; /* 0 is success here */
}

static int set_up(struct edge_dtls *dtls, uint32_t suites_never)
{
    SSL_CTX *context = edge_dtls_identity_context(dtls->identity);
    BIO *bio;

    pthread_once(&method_once, make_method);
    SSL_CTX_set_cert_verify_callback(context, check_certificate, NULL);
    SSL_CTX_set_cookie_verify_cb(context, take_any_cookie);
    dtls->ssl = SSL_new(context);
    bio = dtls->ssl && method ? BIO_new(method) : NULL;
    if (!bio)
        return EDGE_ENOMEM;
    BIO_set_data(bio, dtls);
    BIO_set_init(bio, 1);
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, dtls);
    SSL_set_verify(dtls->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    DTLS_set_timer_cb(dtls->ssl, next_wait_us);
    SSL_set_mtu(dtls->ssl, EDGE_DTLS_DATAGRAM_MAX);
    if (dtls->role == EDGE_DTLS_ACTIVE)
        SSL_set_connect_state(dtls->ssl);
    else
        SSL_set_accept_state(dtls->ssl);
    return set_profiles(dtls->ssl, suites_never);
}

int edge_dtls_new(const struct edge_dtls_plan *plan, uint64_t now_ns, struct edge_dtls **out)
{
    struct edge_dtls *dtls = calloc(1, sizeof(*dtls));
    int err;

    if (!dtls)
        return EDGE_ENOMEM;
    dtls->identity = edge_dtls_identity_hold(plan->identity);
    dtls->expected = plan->expected;
    dtls->out = plan->out;
    dtls->role = plan->role;
    dtls->state = EDGE_DTLS_HANDSHAKE_RUNS;
    dtls->give_up_ns = now_ns + EDGE_DTLS_PATIENCE_NS;
    dtls->deadline_ns = dtls->give_up_ns;
    err = set_up(dtls, plan->suites_never);
    ERR_clear_error();
    if (err != 0) {
        edge_dtls_free(dtls);
        return err;
    }
    *out = dtls;
    return 0;
}

void edge_dtls_free(struct edge_dtls *dtls)
{
    if (!dtls)
        return;
    SSL_free(dtls->ssl);
    edge_dtls_identity_drop(dtls->identity);
    explicit_bzero(dtls, sizeof(*dtls));
    free(dtls);
}

static void fail(struct edge_dtls *dtls, enum edge_dtls_result result)
{
    dtls->state = EDGE_DTLS_FAILED;
    dtls->result = result;
    dtls->deadline_ns = 0;
}

static enum edge_srtp_suite suite_of(SSL *ssl)
{
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);

    for (size_t i = 0; profile && i < PROFILES; i++) {
        if (profiles[i].id == profile->id)
            return profiles[i].suite;
    }
    return EDGE_SUITE_NONE;
}

static void finish(struct edge_dtls *dtls)
{
    if (suite_of(dtls->ssl) == EDGE_SUITE_NONE) {
        (void)SSL_shutdown(dtls->ssl);
        fail(dtls, EDGE_DTLS_PROFILE);
        return;
    }
    dtls->state = EDGE_DTLS_ESTABLISHED;
    dtls->result = EDGE_DTLS_OK;
    dtls->deadline_ns = 0;
}

static void set_deadline(struct edge_dtls *dtls, uint64_t now_ns)
{
    struct timeval left;

    if (dtls->state != EDGE_DTLS_HANDSHAKE_RUNS)
        return;
    dtls->deadline_ns = dtls->give_up_ns;
    if (DTLSv1_get_timeout(dtls->ssl, &left) == 1) {
        uint64_t then_ns =
            now_ns + (uint64_t)left.tv_sec * 1000000000u + (uint64_t)left.tv_usec * 1000u;

        if (then_ns < dtls->deadline_ns)
            dtls->deadline_ns = then_ns;
    }
}

/* Lets the library work on what there is, until it wants another datagram. */
static void pump(struct edge_dtls *dtls, uint64_t now_ns)
{
    uint8_t unwanted[256];
    int done;

    if (dtls->state == EDGE_DTLS_HANDSHAKE_RUNS) {
        done = SSL_do_handshake(dtls->ssl);
        if (done == 1)
            finish(dtls);
        else if (SSL_get_error(dtls->ssl, done) != SSL_ERROR_WANT_READ)
            fail(dtls, dtls->has_wrong_print ? EDGE_DTLS_FINGERPRINT : EDGE_DTLS_PROTOCOL);
        else if (dtls->bytes_out > EDGE_DTLS_OUT_MAX)
            fail(dtls, EDGE_DTLS_PROTOCOL);
    }
    if (dtls->state == EDGE_DTLS_ESTABLISHED) {
        /* Data means nothing here; a repeated Finished makes the library say its own again. */
        do {
            done = SSL_read(dtls->ssl, unwanted, sizeof(unwanted));
        } while (done > 0);
        if (SSL_get_error(dtls->ssl, done) != SSL_ERROR_WANT_READ)
            dtls->state = EDGE_DTLS_CLOSED;
        (void)SSL_free_buffers(dtls->ssl); /* for the length of a call; work() has them again */
    }
    ERR_clear_error();
    set_deadline(dtls, now_ns);
}

/* To be called before the library is given anything to do. */
static bool work(struct edge_dtls *dtls)
{
    ERR_clear_error();
    return SSL_alloc_buffers(dtls->ssl) == 1;
}

void edge_dtls_start(struct edge_dtls *dtls, uint64_t now_ns)
{
    ERR_clear_error();
    pump(dtls, now_ns);
}

static bool listen_first(struct edge_dtls *dtls)
{
    BIO_ADDR *nobody = BIO_ADDR_new();
    bool is_taken = nobody && DTLSv1_listen(dtls->ssl, nobody) == 1;

    BIO_ADDR_free(nobody);
    dtls->has_listened = true;
    return is_taken;
}

void edge_dtls_receive(struct edge_dtls *dtls, const uint8_t *bytes, size_t length, uint64_t now_ns)
{
    struct edge_dtls_record record;

    if (dtls->state == EDGE_DTLS_FAILED || dtls->state == EDGE_DTLS_CLOSED ||
        !edge_dtls_read_record(bytes, length, &record) ||
        (record.content == EDGE_DTLS_ALERT && record.epoch == 0))
        return;
    if (!work(dtls))
        return;
    dtls->datagram = bytes;
    dtls->datagram_length = length;
    if (dtls->role == EDGE_DTLS_PASSIVE && !dtls->has_listened && !listen_first(dtls)) {
        ERR_clear_error();
        fail(dtls, EDGE_DTLS_PROTOCOL);
    }
    pump(dtls, now_ns);
    dtls->datagram = NULL;
}

void edge_dtls_tick(struct edge_dtls *dtls, uint64_t now_ns)
{
    if (dtls->state != EDGE_DTLS_HANDSHAKE_RUNS)
        return;
    ERR_clear_error();
    if (now_ns >= dtls->give_up_ns || DTLSv1_handle_timeout(dtls->ssl) < 0)
        fail(dtls, EDGE_DTLS_TIMEOUT);
    ERR_clear_error();
    set_deadline(dtls, now_ns);
}

uint64_t edge_dtls_deadline_ns(const struct edge_dtls *dtls)
{
    return dtls->deadline_ns;
}

void edge_dtls_close(struct edge_dtls *dtls)
{
    if (dtls->state != EDGE_DTLS_ESTABLISHED)
        return;
    if (work(dtls))
        (void)SSL_shutdown(dtls->ssl);
    ERR_clear_error();
    dtls->state = EDGE_DTLS_CLOSED;
}

enum edge_dtls_state edge_dtls_get_state(const struct edge_dtls *dtls)
{
    return dtls->state;
}

enum edge_dtls_result edge_dtls_get_result(const struct edge_dtls *dtls)
{
    return dtls->result;
}

/* One direction's key and salt, as RFC 4568 has them in one text. */
static void join(struct edge_sdes_line *line, enum edge_srtp_suite suite, const uint8_t *key,
                 const uint8_t *salt)
{
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);

    memset(line, 0, sizeof(*line));
    line->tag = EDGE_SDES_NO_TAG;
    line->suite = suite;
    line->key_len = (uint8_t)(info->key_bytes + info->salt_bytes);
    memcpy(line->key, key, info->key_bytes);
    memcpy(line->key + info->key_bytes, salt, info->salt_bytes);
}

int edge_dtls_export(struct edge_dtls *dtls, struct edge_sdes_line *receive,
                     struct edge_sdes_line *send)
{
    uint8_t material[2 * EDGE_SDES_KEY_MAX];
    enum edge_srtp_suite suite = suite_of(dtls->ssl);
    const struct edge_srtp_suite_info *info = edge_srtp_suite_info(suite);
    size_t length = 2u * ((size_t)info->key_bytes + info->salt_bytes);
    const uint8_t *server_key = material + info->key_bytes;
    const uint8_t *client_salt = server_key + info->key_bytes;
    bool is_client = dtls->role == EDGE_DTLS_ACTIVE;

    if (dtls->state != EDGE_DTLS_ESTABLISHED || suite == EDGE_SUITE_NONE ||
        SSL_export_keying_material(dtls->ssl, material, length, LABEL, sizeof(LABEL) - 1, NULL, 0,
                                   0) != 1) {
        ERR_clear_error();
        return EDGE_EINVALID;
    }
    /* RFC 5764 4.2: the client's key, the server's, the client's salt, the server's. */
    join(is_client ? send : receive, suite, material, client_salt);
    join(is_client ? receive : send, suite, server_key, client_salt + info->salt_bytes);
    explicit_bzero(material, sizeof(material));
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "core/tcp_conn.h"
#include "fg/explain.h"
#include "fgm_crl.h"
#include "modules/tls/tls_server.h"

static struct fg_view asn1_view(const ASN1_STRING *text)
{
    int len = text ? ASN1_STRING_length(text) : 0;
    if (len <= 0)
        return (struct fg_view){0};
    return (struct fg_view){(const char *)ASN1_STRING_get0_data(text), (size_t)len};
}

// Remembers the name that identified, else the first one.
static void show_name(struct fg_tls_peer *peer, struct fg_view name, bool identified)
{
    if (identified || !peer->name[0])
        fg_text_escape(name, peer->name, sizeof peer->name);
}

static void walk_alternative_names(const X509 *certificate, struct fg_tls_peer *peer,
                                   struct fg_identity_walk *walk)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        // Any kind of SAN makes the common name count for nothing (RFC 5922 7.1).
        walk->any_san = true;
        if (name->type != GEN_URI && name->type != GEN_DNS)
            continue;
        struct fg_view text = asn1_view(name->d.ia5);
        bool identified = name->type == GEN_URI ? fg_identity_add_uri(walk, text)
                                                : fg_identity_add_dns(walk, text);
        show_name(peer, text, identified && !found);
        found |= identified;
    }
    GENERAL_NAMES_free(names);
}

static void walk_common_names(const X509 *certificate, struct fg_tls_peer *peer,
                              struct fg_identity_walk *walk)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
        const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
        int type = ASN1_STRING_type(text);
        if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING && type != V_ASN1_IA5STRING)
            continue;
        show_name(peer, asn1_view(text), fg_identity_add_common_name(walk, asn1_view(text)));
    }
}

static void read_key(const X509 *certificate, struct fg_tls_peer *peer)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (!key)
        return;
    int bits = EVP_PKEY_get_bits(key);
    peer->key_bits = bits > 0 && bits <= UINT16_MAX ? (uint16_t)bits : 0;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        peer->key_type = FG_KEY_RSA;
        break;
    case EVP_PKEY_EC:
        peer->key_type = FG_KEY_EC;
        break;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        peer->key_type = FG_KEY_EDDSA;
        break;
    default:
        peer->key_type = FG_KEY_UNKNOWN;
    }
}

static void read_certificate(const X509 *certificate, struct fg_tls_peer *peer)
{
    unsigned int len = sizeof peer->fingerprint;
    if (!X509_digest(certificate, EVP_sha256(), peer->fingerprint, &len))
        memset(peer->fingerprint, 0, sizeof peer->fingerprint);
    struct tm end;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end))
        peer->not_after_s = timegm(&end);
    read_key(certificate, peer);

    const X509_NAME *issuer = X509_get_issuer_name(certificate);
    int at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
    if (at >= 0)
        fg_text_escape(asn1_view(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at))),
                       peer->issuer, sizeof peer->issuer);
}

static void read_session(const SSL *ssl, struct fg_tls_peer *peer)
{
    switch (SSL_version(ssl)) {
    case TLS1_3_VERSION:
        peer->version = 0x13;
        break;
    case TLS1_2_VERSION:
        peer->version = 0x12;
        break;
    default:
        peer->version = 0;
    }
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    if (cipher)
        fg_text_escape(fg_view_of(SSL_CIPHER_get_name(cipher)), peer->cipher, sizeof peer->cipher);
}

// What cannot be looked up counts as revoked.
static bool is_revoked(const struct fgm_revoked *revoked, const X509 *certificate)
{
    struct fgm_revoked_key key;
    return revoked && (!fgm_crl_key(certificate, &key) || fgm_revoked_has(revoked, &key));
}

static void read_ssl(const SSL *ssl, const struct fgm_revoked *revoked, struct fg_tls_peer *peer,
                     struct fg_identity_walk *walk)
{
    read_session(ssl, peer);
    X509 *certificate = SSL_get1_peer_certificate(ssl);
    if (!certificate)
        return;
    peer->cert_present = true;
    // Without a certificate the result is X509_V_OK as well: hence only here.
    peer->cert_verified = SSL_get_verify_result(ssl) == X509_V_OK;
    peer->cert_revoked = is_revoked(revoked, certificate);
    read_certificate(certificate, peer);
    walk_alternative_names(certificate, peer, walk);
    walk_common_names(certificate, peer, walk);
    X509_free(certificate);
}

bool fgm_tls_read(struct sip_msg *msg, const struct fgm_revoked *revoked, struct fg_tls_peer *peer,
                  struct fg_identity_walk *walk)
{
    return fgm_tls_read_connection(msg->rcv.proto_reserved1, revoked, peer, walk);
}

bool fgm_tls_read_connection(int id, const struct fgm_revoked *revoked, struct fg_tls_peer *peer,
                             struct fg_identity_walk *walk)
{
    *peer = (struct fg_tls_peer){.tls = true};
    // With a negative id tcpconn_get() would look for an address instead.
    if (id <= 0)
        return false;
    struct tcp_connection *connection = tcpconn_get(id, 0, 0, 0, 0);
    if (!connection)
        return false;
    bool read = false;
    lock_get(&connection->write_lock);
    const struct tls_extra_data *extra = connection->extra_data;
    if (connection->type == PROTO_TLS && extra && extra->ssl) {
        // What OpenSSL could not read here must not look like an error of the next SSL_read().
        (void)ERR_set_mark();
        read_ssl(extra->ssl, revoked, peer, walk);
        (void)ERR_pop_to_mark();
        read = true;
    }
    lock_release(&connection->write_lock);
    tcpconn_put(connection);
    return read;
}

void fgm_tls_forget_thread(void)
{
    OPENSSL_thread_stop();
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_crl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define CODE_FILE "FG005"
#define CODE_CRL  "FG070"

struct reading {
    const char *file;
    struct fg_diags *diags;
    int64_t now_s;
    STACK_OF(X509) * authorities;
    STACK_OF(X509_CRL) * lists;
};

static int complain(struct fg_diags *diags, const char *file, const char *code, const char *what)
{
    struct fg_diag where = {.severity = FG_ERROR, .code = code, .file = file};
    fg_diags_add(diags, &where, "%s", what);
    return strcmp(code, CODE_FILE) == 0 ? FG_EIO : FG_ESYNTAX;
}

static bool hash_key(const uint8_t *issuer, size_t issuer_len, const ASN1_INTEGER *serial,
                     struct fgm_revoked_key *out)
{
    // The issuer's DER tells its own length, so that no two pairs run into one.
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool done =
        hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) &&
        EVP_DigestUpdate(hash, issuer, issuer_len) &&
        EVP_DigestUpdate(hash, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)) &&
        EVP_DigestFinal_ex(hash, out->bytes, NULL);
    EVP_MD_CTX_free(hash);
    return done;
}

bool fgm_crl_key(const X509 *certificate, struct fgm_revoked_key *out)
{
    const unsigned char *issuer = NULL;
    size_t len = 0;
    return X509_NAME_get0_der(X509_get_issuer_name(certificate), &issuer, &len) &&
           hash_key(issuer, len, X509_get0_serialNumber(certificate), out);
}

// --- files

static int open_file(const char *path, struct fg_diags *diags, BIO **out)
{
    *out = BIO_new_file(path, "rb");
    if (*out)
        return FG_OK;
    char why[160];
    snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
    return complain(diags, path, CODE_FILE, why);
}

static int read_authorities(struct reading *reading, const char *path)
{
    BIO *file = NULL;
    int error = open_file(path, reading->diags, &file);
    if (error < 0)
        return error;
    for (X509 *one; (one = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL;) {
        if (!sk_X509_push(reading->authorities, one))
            X509_free(one);
    }
    BIO_free(file);
    if (sk_X509_num(reading->authorities) > 0)
        return FG_OK;
    return complain(reading->diags, path, CODE_CRL, "holds no certificate of an authority in PEM");
}

static int read_lists(struct reading *reading)
{
    BIO *file = NULL;
    int error = open_file(reading->file, reading->diags, &file);
    if (error < 0)
        return error;
    for (X509_CRL *one; (one = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL)) != NULL;) {
        if (!sk_X509_CRL_push(reading->lists, one))
            X509_CRL_free(one);
    }
    X509_CRL *der = NULL;
    if (sk_X509_CRL_num(reading->lists) == 0 && BIO_reset(file) == 0)
        der = d2i_X509_CRL_bio(file, NULL);
    if (der && !sk_X509_CRL_push(reading->lists, der))
        X509_CRL_free(der);
    BIO_free(file);
    if (sk_X509_CRL_num(reading->lists) > 0)
        return FG_OK;
    return complain(reading->diags, reading->file, CODE_CRL,
                    "holds no revocation list that can be read");
}

// --- one list

static X509 *issuer_of(const struct reading *reading, X509_CRL *list)
{
    for (int i = 0; i < sk_X509_num(reading->authorities); i++) {
        X509 *authority = sk_X509_value(reading->authorities, i);
        if (X509_NAME_cmp(X509_get_subject_name(authority), X509_CRL_get_issuer(list)) == 0 &&
            X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1)
            return authority;
    }
    return NULL;
}

static bool is_complete(const X509_CRL *list)
{
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, NULL, NULL);
    bool indirect = point && point->indirectCRL > 0;
    ISSUING_DIST_POINT_free(point);
    return !indirect && X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0;
}

static int64_t unix_time(const ASN1_TIME *time)
{
    struct tm parts;
    return time && ASN1_TIME_to_tm(time, &parts) ? (int64_t)timegm(&parts) : 0;
}

static int check_list(const struct reading *reading, X509_CRL *list)
{
    if (!issuer_of(reading, list))
        return complain(reading->diags, reading->file, CODE_CRL,
                        "has a list that none of the authorities signed");
    if (!is_complete(list))
        return complain(reading->diags, reading->file, CODE_CRL,
                        "has a delta or indirect list; complete ones are needed");
    int64_t next_s = unix_time(X509_CRL_get0_nextUpdate(list));
    if (next_s != 0 && next_s < reading->now_s) {
        struct fg_diag where = {.severity = FG_WARNING, .code = CODE_CRL, .file = reading->file};
        fg_diags_add(reading->diags, &where,
                     "has a list that should have been replaced %lld hours ago; what it revokes "
                     "stays revoked",
                     (long long)((reading->now_s - next_s) / 3600));
    }
    return FG_OK;
}

static int add_entries(const struct reading *reading, X509_CRL *list, struct fgm_revoked *table)
{
    // By the name in the authority's own certificate: that is what the certificates it issued say.
    const X509 *authority = issuer_of(reading, list);
    const unsigned char *issuer = NULL;
    size_t len = 0;
    if (!authority || !X509_NAME_get0_der(X509_get_subject_name(authority), &issuer, &len))
        return FG_ENOMEM;
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        if (!hash_key(issuer, len, X509_REVOKED_get0_serialNumber(entry), &table->keys[table->n]))
            return FG_ENOMEM;
        table->n++;
    }
    int64_t next_s = unix_time(X509_CRL_get0_nextUpdate(list));
    if (next_s != 0 && (table->next_update_s == 0 || next_s < table->next_update_s))
        table->next_update_s = next_s;
    table->lists++;
    return FG_OK;
}

static int build(const struct reading *reading, const struct fg_heap *heap,
                 struct fgm_revoked **out)
{
    size_t room = 0;
    int error = FG_OK;
    for (int i = 0; i < sk_X509_CRL_num(reading->lists); i++) {
        X509_CRL *list = sk_X509_CRL_value(reading->lists, i);
        int checked = check_list(reading, list);
        error = checked < 0 ? checked : error;
        room += (size_t)(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)) > 0
                             ? sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list))
                             : 0);
    }
    if (error >= 0 && room > FGM_REVOKED_MAX) {
        (void)complain(reading->diags, reading->file, CODE_CRL,
                       "revokes more than a million certificates");
        error = FG_ELIMIT;
    }
    struct fgm_revoked *table = error < 0 ? NULL : fgm_revoked_new(heap, (uint32_t)room);
    if (error >= 0 && !table)
        error = FG_ENOMEM;
    for (int i = 0; error >= 0 && i < sk_X509_CRL_num(reading->lists); i++)
        error = add_entries(reading, sk_X509_CRL_value(reading->lists, i), table);
    if (error < 0) {
        fgm_revoked_free(heap, table);
        return error;
    }
    fgm_revoked_seal(table);
    *out = table;
    return FG_OK;
}

int fgm_crl_read(const char *file, const char *authorities, int64_t now_s,
                 const struct fg_heap *heap, struct fg_diags *diags, struct fgm_revoked **out)
{
    struct reading reading = {.file = file,
                              .diags = diags,
                              .now_s = now_s,
                              .authorities = sk_X509_new_null(),
                              .lists = sk_X509_CRL_new_null()};
    int error = FG_ENOMEM;
    // The end of a PEM file is an error to OpenSSL. Left in its queue, it would be taken for one of
    // the next SSL_read(), also in processes forked from this one.
    (void)ERR_set_mark();
    if (reading.authorities && reading.lists) {
        error = read_authorities(&reading, authorities);
        int lists = read_lists(&reading);
        error = error < 0 ? error : lists;
    }
    if (error >= 0)
        error = build(&reading, heap, out);
    (void)ERR_pop_to_mark();
    sk_X509_pop_free(reading.authorities, X509_free);
    sk_X509_CRL_pop_free(reading.lists, X509_CRL_free);
    return error;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "connection.h"

/* AES-128-GCM first: GnuTLS's ChaCha20-Poly1305 is many times slower than its AES. QUIC knows no other version of TLS
 * than 1.3 and no compatibility mode (RFC 9001, 8.4). */
static const char priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:"
    "%SERVER_PRECEDENCE:%DISABLE_TLS13_COMPAT_MODE";

static cquic_credentials *allocate(int *error) {
    cquic_credentials *credentials = calloc(1, sizeof *credentials);
    *error = GNUTLS_E_MEMORY_ERROR;
    if (credentials == NULL) return NULL;
    *error = gnutls_certificate_allocate_credentials(&credentials->raw);
    if (*error == 0) *error = gnutls_priority_init(&credentials->priority, priorities, NULL);
    if (*error == 0) return credentials;
    cquic_credentials_free(credentials);
    return NULL;
}

void cquic_credentials_free(cquic_credentials *credentials) {
    if (credentials == NULL) return;
    if (credentials->raw != NULL && !credentials->is_lent) gnutls_certificate_free_credentials(credentials->raw);
    if (credentials->priority != NULL) gnutls_priority_deinit(credentials->priority);
    free(credentials->protocol_bytes);
    free(credentials);
}

cquic_credentials *cquic_credentials_lent(void *raw, int *error) {
    cquic_credentials *credentials = calloc(1, sizeof *credentials);
    *error = GNUTLS_E_MEMORY_ERROR;
    if (credentials == NULL) return NULL;
    credentials->raw = raw;
    credentials->is_lent = 1;
    *error = gnutls_priority_init(&credentials->priority, priorities, NULL);
    if (*error == 0) return credentials;
    cquic_credentials_free(credentials);
    return NULL;
}

static int make(gnutls_x509_privkey_t key, gnutls_x509_crt_t certificate, const char *name) {
    uint8_t serial[16];
    char subject[300];
    time_t now = time(NULL);
    int error = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (error == 0) error = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 1);
    if (snprintf(subject, sizeof subject, "CN=%s", name) >= (int)sizeof subject) return GNUTLS_E_INVALID_REQUEST;
    if (error == 0) error = gnutls_x509_crt_set_version(certificate, 3);
    if (error == 0) error = gnutls_x509_crt_set_serial(certificate, serial, sizeof serial);
    if (error == 0) error = gnutls_x509_crt_set_activation_time(certificate, now - 86400);
    if (error == 0) error = gnutls_x509_crt_set_expiration_time(certificate, now + 3650L * 86400);
    if (error == 0) error = gnutls_x509_crt_set_dn(certificate, subject, NULL);
    if (error == 0)
        error = gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                                                     GNUTLS_FSAN_SET);
    if (error == 0) error = gnutls_x509_crt_set_key(certificate, key);
    if (error == 0) error = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
    return error;
}

cquic_credentials *cquic_credentials_self_made(const char *name, int *error) {
    cquic_credentials *credentials = allocate(error);
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t certificate = NULL;
    if (credentials == NULL) return NULL;
    *error = gnutls_x509_privkey_init(&key);
    if (*error == 0) *error = gnutls_x509_crt_init(&certificate);
    if (*error == 0) *error = make(key, certificate, name);
    if (*error == 0) *error = gnutls_certificate_set_x509_key(credentials->raw, &certificate, 1, key);
    if (certificate != NULL) gnutls_x509_crt_deinit(certificate);
    if (key != NULL) gnutls_x509_privkey_deinit(key);
    if (*error >= 0) return credentials;
    cquic_credentials_free(credentials);
    return NULL;
}

cquic_credentials *cquic_credentials_files(const char *certificate, const char *key, int *error) {
    cquic_credentials *credentials = allocate(error);
    if (credentials == NULL) return NULL;
    *error = gnutls_certificate_set_x509_key_file(credentials->raw, certificate, key, GNUTLS_X509_FMT_PEM);
    if (*error >= 0) return credentials;
    cquic_credentials_free(credentials);
    return NULL;
}

cquic_credentials *cquic_credentials_authorities(const char *authorities, int *error) {
    cquic_credentials *credentials = allocate(error);
    if (credentials == NULL) return NULL;
    if (authorities == NULL) {
        /* A machine without a store can still use pins. */
        (void)gnutls_certificate_set_x509_system_trust(credentials->raw);
        return credentials;
    }
    *error = gnutls_certificate_set_x509_trust_file(credentials->raw, authorities, GNUTLS_X509_FMT_PEM);
    if (*error >= 0) return credentials;
    cquic_credentials_free(credentials);
    return NULL;
}

int cquic_credentials_set_protocols(cquic_credentials *credentials, const uint8_t *list, uint32_t length) {
    uint32_t count = 0, offset = 0;
    uint8_t *bytes = malloc(length + 1);
    if (bytes == NULL) return GNUTLS_E_MEMORY_ERROR;
    memcpy(bytes, list, length);
    gnutls_datum_t protocols[32];
    while (offset < length) {
        uint32_t size = bytes[offset];
        if (size == 0 || size > length - offset - 1 || count == 32) {
            free(bytes);
            return GNUTLS_E_INVALID_REQUEST;
        }
        protocols[count].data = bytes + offset + 1;
        protocols[count++].size = size;
        offset += 1 + size;
    }
    free(credentials->protocol_bytes);
    credentials->protocol_bytes = bytes;
    credentials->protocol_count = count;
    memcpy(credentials->protocols, protocols, count * sizeof protocols[0]);
    return 0;
}

int cquic_credentials_pin(const cquic_credentials *credentials, uint8_t pin[CQUIC_PIN_LENGTH]) {
    gnutls_datum_t certificate;
    int error = gnutls_certificate_get_crt_raw(credentials->raw, 0, 0, &certificate);
    return error < 0 ? error : cquic_pin_of(&certificate, pin);
}

int cquic_pin_of(const gnutls_datum_t *certificate, uint8_t pin[CQUIC_PIN_LENGTH]) {
    gnutls_x509_crt_t parsed = NULL;
    gnutls_pubkey_t key = NULL;
    gnutls_datum_t information = {NULL, 0};
    int error = gnutls_x509_crt_init(&parsed);
    if (error == 0) error = gnutls_x509_crt_import(parsed, certificate, GNUTLS_X509_FMT_DER);
    if (error == 0) error = gnutls_pubkey_init(&key);
    if (error == 0) error = gnutls_pubkey_import_x509(key, parsed, 0);
    if (error == 0) error = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &information);
    if (error == 0) error = gnutls_hash_fast(GNUTLS_DIG_SHA256, information.data, information.size, pin);
    gnutls_free(information.data);
    if (key != NULL) gnutls_pubkey_deinit(key);
    if (parsed != NULL) gnutls_x509_crt_deinit(parsed);
    return error;
}

const char *cquic_credentials_sentence(int error) { return gnutls_strerror(error); }

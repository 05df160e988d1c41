/* SPDX-License-Identifier: Apache-2.0
 * The keys of 1-RTT packets. ngtcp2's glue would make them GnuTLS's; where the cipher is AES-GCM they are CAESGCM's.
 * ngtcp2 knows a key by a pointer and nothing else: that of ours is odd. */
#include <gnutls/crypto.h>
#include <string.h>

#include "CAESGCM.h"
#include "connection.h"

enum { KEY_MAXIMUM = 32, IV_MAXIMUM = 32, SECRET_MAXIMUM = 64 };

static caesgcm_key *of_context(const ngtcp2_crypto_aead_ctx *context) {
    uintptr_t word = (uintptr_t)context->native_handle;
    return word & 1 ? (caesgcm_key *)(word - 1) : NULL;
}

static int make(ngtcp2_crypto_aead_ctx *context, const uint8_t *bytes, size_t length) {
    caesgcm_key *key = caesgcm_new(bytes, length, CAESGCM_BEST);
    if (key == NULL) return -1;
    context->native_handle = (void *)((uintptr_t)key + 1);
    return 0;
}

static int is_ours(const ngtcp2_crypto_ctx *context, uint32_t version) {
    gnutls_cipher_algorithm_t cipher = (gnutls_cipher_algorithm_t)(intptr_t)context->aead.native_handle;
    return version == NGTCP2_PROTO_VER_V1 && (cipher == GNUTLS_CIPHER_AES_128_GCM || cipher == GNUTLS_CIPHER_AES_256_GCM);
}

/* HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) with an empty context. */
static int expand(uint8_t *target, size_t length, const ngtcp2_crypto_md *hash, const uint8_t *secret,
                  size_t secret_length, const char *label) {
    uint8_t info[32] = {(uint8_t)(length >> 8), (uint8_t)length, (uint8_t)(6 + strlen(label))};
    size_t used = 3;
    memcpy(info + used, "tls13 ", 6);
    memcpy(info + used + 6, label, strlen(label));
    used += 6 + strlen(label);
    info[used++] = 0;
    return ngtcp2_crypto_hkdf_expand(target, length, hash, secret, secret_length, info, used);
}

/* The key, IV and header protection of one direction (RFC 9001, 5.1). */
static int install(ngtcp2_conn *conn, const uint8_t *secret, size_t length, int is_receiving) {
    const ngtcp2_crypto_ctx *context = ngtcp2_conn_get_crypto_ctx(conn);
    size_t key_length = ngtcp2_crypto_aead_keylen(&context->aead);
    size_t iv_length = ngtcp2_crypto_packet_protection_ivlen(&context->aead);
    uint8_t key[KEY_MAXIMUM], iv[IV_MAXIMUM], protection[KEY_MAXIMUM];
    ngtcp2_crypto_aead_ctx aead = {0};
    ngtcp2_crypto_cipher_ctx header = {0};
    gnutls_cipher_hd_t mask = NULL;
    int status = -1;
    if (key_length > sizeof key || iv_length > sizeof iv) return -1;
    if (expand(key, key_length, &context->md, secret, length, "quic key") != 0 ||
        expand(iv, iv_length, &context->md, secret, length, "quic iv") != 0 ||
        expand(protection, key_length, &context->md, secret, length, "quic hp") != 0)
        goto done;
    /* As the glue's own: ngtcp2_crypto_hp_mask uses it. */
    gnutls_datum_t datum = {protection, (unsigned)key_length};
    if (gnutls_cipher_init(&mask, (gnutls_cipher_algorithm_t)(intptr_t)context->hp.native_handle, &datum, NULL) != 0)
        goto done;
    header.native_handle = mask;
    if (make(&aead, key, key_length) == 0)
        status = is_receiving ? ngtcp2_conn_install_rx_key(conn, secret, length, &aead, iv, iv_length, &header)
                              : ngtcp2_conn_install_tx_key(conn, secret, length, &aead, iv, iv_length, &header);
    if (status != 0) {
        gnutls_cipher_deinit(mask);
        caesgcm_free(of_context(&aead));
    }
done:
    gnutls_memset(key, 0, sizeof key);
    gnutls_memset(iv, 0, sizeof iv);
    gnutls_memset(protection, 0, sizeof protection);
    return status;
}

/* What GnuTLS calls when TLS has new secrets; `level` is that of the packets. */
static int on_secrets(gnutls_session_t session, gnutls_record_encryption_level_t level, const void *receiving,
                      const void *sending, size_t length) {
    ngtcp2_crypto_conn_ref *reference = gnutls_session_get_ptr(session);
    ngtcp2_conn *conn = reference->get_conn(reference);
    const ngtcp2_crypto_ctx *context = ngtcp2_conn_get_crypto_ctx(conn);
    if (level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION && is_ours(context, ngtcp2_conn_get_negotiated_version(conn))) {
        if (receiving != NULL && install(conn, receiving, length, 1) != 0) return -1;
        return sending != NULL ? install(conn, sending, length, 0) : 0;
    }
    compat_level packets = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);
    if (receiving != NULL &&
        ngtcp2_crypto_derive_and_install_rx_key(conn, NULL, NULL, NULL, packets, receiving, length) != 0)
        return -1;
    if (sending == NULL) return 0;
    return ngtcp2_crypto_derive_and_install_tx_key(conn, NULL, NULL, NULL, packets, sending, length) == 0 ? 0 : -1;
}

void cquic_cipher_start(cquic_connection *connection) {
    gnutls_handshake_set_secret_function(connection->tls, on_secrets);
}

static int on_encrypt(uint8_t *target, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
                      const uint8_t *bytes, size_t count, const uint8_t *nonce, size_t nonce_length,
                      const uint8_t *associated, size_t length) {
    caesgcm_key *key = of_context(context);
    if (key == NULL)
        return ngtcp2_crypto_encrypt_cb(target, aead, context, bytes, count, nonce, nonce_length, associated, length);
    return caesgcm_seal(key, nonce, associated, length, bytes, count, target) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static int on_decrypt(uint8_t *target, const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
                      const uint8_t *bytes, size_t count, const uint8_t *nonce, size_t nonce_length,
                      const uint8_t *associated, size_t length) {
    caesgcm_key *key = of_context(context);
    if (key == NULL)
        return ngtcp2_crypto_decrypt_cb(target, aead, context, bytes, count, nonce, nonce_length, associated, length);
    return caesgcm_open(key, nonce, associated, length, bytes, count, target) == 0 ? 0 : NGTCP2_ERR_DECRYPT;
}

static void on_delete(ngtcp2_conn *conn, ngtcp2_crypto_aead_ctx *context, void *user) {
    caesgcm_key *key = of_context(context);
    if (key == NULL) return ngtcp2_crypto_delete_crypto_aead_ctx_cb(conn, context, user);
    caesgcm_free(key);
    context->native_handle = NULL;
}

/* Exchanges a key of the glue's for one of ours. */
static int exchange(ngtcp2_crypto_aead_ctx *context, const uint8_t *bytes, size_t length) {
    ngtcp2_crypto_aead_ctx_free(context);
    context->native_handle = NULL;
    return make(context, bytes, length);
}

static int on_update(ngtcp2_conn *conn, uint8_t *rx_secret, uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx_context,
                     uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_context, uint8_t *tx_iv,
                     const uint8_t *present_rx_secret, const uint8_t *present_tx_secret, size_t length, void *user) {
    cquic_connection *connection = user;
    const ngtcp2_crypto_ctx *context = ngtcp2_conn_get_crypto_ctx(conn);
    uint8_t rx_key[KEY_MAXIMUM], tx_key[KEY_MAXIMUM];
    size_t key_length = ngtcp2_crypto_aead_keylen(&context->aead);
    connection->key_updates++;
    if (key_length > KEY_MAXIMUM || length > SECRET_MAXIMUM) return NGTCP2_ERR_CALLBACK_FAILURE;
    int status = ngtcp2_crypto_update_key(conn, rx_secret, tx_secret, rx_context, rx_key, rx_iv, tx_context, tx_key,
                                          tx_iv, present_rx_secret, present_tx_secret, length);
    if (status == 0 && is_ours(context, ngtcp2_conn_get_negotiated_version(conn)) &&
        (exchange(rx_context, rx_key, key_length) != 0 || exchange(tx_context, tx_key, key_length) != 0)) {
        on_delete(conn, rx_context, user);
        on_delete(conn, tx_context, user);
        status = -1;
    }
    gnutls_memset(rx_key, 0, sizeof rx_key);
    gnutls_memset(tx_key, 0, sizeof tx_key);
    return status == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

void cquic_cipher_fill(ngtcp2_callbacks *table) {
    table->encrypt = on_encrypt;
    table->decrypt = on_decrypt;
    table->update_key = on_update;
    table->delete_crypto_aead_ctx = on_delete;
}

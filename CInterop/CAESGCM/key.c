/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "key.h"

caesgcm_key *caesgcm_new(const uint8_t *bytes, size_t length, int implementation) {
    if (length != 16 && length != 32) return NULL;
    const struct ipsec_cipher *ipsec = implementation == CAESGCM_GNUTLS ? NULL : caesgcm_ipsec(length == 32);
    if (ipsec == NULL && implementation == CAESGCM_IPSEC) return NULL;
    caesgcm_key *key = aligned_alloc(_Alignof(caesgcm_key), sizeof *key);
    if (key == NULL) return NULL;
    memset(key, 0, sizeof *key);
    key->ipsec = ipsec;
    if (ipsec != NULL) {
        ipsec->prepare(bytes, key->prepared);
        return key;
    }
    gnutls_datum_t datum = {(unsigned char *)bytes, (unsigned)length};
    gnutls_cipher_algorithm_t algorithm = length == 32 ? GNUTLS_CIPHER_AES_256_GCM : GNUTLS_CIPHER_AES_128_GCM;
    if (gnutls_aead_cipher_init(&key->gnutls, algorithm, &datum) < 0) {
        free(key);
        return NULL;
    }
    return key;
}

void caesgcm_free(caesgcm_key *key) {
    if (key == NULL) return;
    if (key->gnutls != NULL) gnutls_aead_cipher_deinit(key->gnutls);
    gnutls_memset(key, 0, sizeof *key);
    free(key);
}

int caesgcm_implementation(const caesgcm_key *key) { return key->ipsec == NULL ? CAESGCM_GNUTLS : CAESGCM_IPSEC; }

int caesgcm_seal(caesgcm_key *key, const uint8_t nonce[CAESGCM_NONCE], const uint8_t *associated, size_t length,
                 const uint8_t *input, size_t count, uint8_t *output) {
    if (key->ipsec != NULL) {
        _Alignas(64) uint8_t context[IPSEC_CONTEXT_BYTES];
        key->ipsec->seal(key->prepared, context, output, input, count, nonce, associated, length, output + count,
                         CAESGCM_TAG);
        return 0;
    }
    size_t written = count + CAESGCM_TAG;
    return gnutls_aead_cipher_encrypt(key->gnutls, nonce, CAESGCM_NONCE, associated, length, CAESGCM_TAG, input, count,
                                      output, &written);
}

int caesgcm_open(caesgcm_key *key, const uint8_t nonce[CAESGCM_NONCE], const uint8_t *associated, size_t length,
                 const uint8_t *input, size_t count, uint8_t *output) {
    if (count < CAESGCM_TAG) return -1;
    size_t left = count - CAESGCM_TAG;
    int status;
    if (key->ipsec != NULL) {
        _Alignas(64) uint8_t context[IPSEC_CONTEXT_BYTES];
        uint8_t tag[CAESGCM_TAG];
        key->ipsec->open(key->prepared, context, output, input, left, nonce, associated, length, tag, CAESGCM_TAG);
        status = gnutls_memcmp(tag, input + left, CAESGCM_TAG) == 0 ? 0 : -1;
    } else {
        size_t written = left;
        status = gnutls_aead_cipher_decrypt(key->gnutls, nonce, CAESGCM_NONCE, associated, length, CAESGCM_TAG, input,
                                            count, output, &written);
    }
    if (status == 0) return 0;
    if (left > 0) gnutls_memset(output, 0, left);
    return -1;
}

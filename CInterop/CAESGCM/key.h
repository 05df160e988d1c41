/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAESGCM_KEY_H
#define CAESGCM_KEY_H

#include <gnutls/crypto.h>

#include "CAESGCM.h"

/* libipsec-mb's `gcm_key_data` of versions 1.0 to 1.3: 15 round keys and 48 powers of the hash key. */
enum { IPSEC_KEY_BYTES = 15 * 16 + 48 * 16, IPSEC_CONTEXT_BYTES = 128 };

typedef void ipsec_prepare(const void *key, void *prepared);
typedef void ipsec_crypt(const void *prepared, void *context, uint8_t *output, const uint8_t *input, uint64_t count,
                         const uint8_t *nonce, const uint8_t *associated, uint64_t length, uint8_t *tag,
                         uint64_t tag_length);

/* The functions of one length of key. */
struct ipsec_cipher {
    ipsec_prepare *prepare;
    ipsec_crypt *seal, *open;
};

struct caesgcm_key {
    _Alignas(64) uint8_t prepared[IPSEC_KEY_BYTES];
    const struct ipsec_cipher *ipsec; /* NULL: GnuTLS's handle is used */
    gnutls_aead_cipher_hd_t gnutls;
};

/* Those for keys of 16 and of 32 bytes; NULL where the library or the processor is missing. */
const struct ipsec_cipher *caesgcm_ipsec(int is_256);

#endif

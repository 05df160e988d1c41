/* SPDX-License-Identifier: Apache-2.0
 * AES-GCM with a key made ready once: by libipsec-mb where that library and a processor for it are here, else by GnuTLS.
 *
 * GnuTLS seals 1.4 KB in 320 ns, libipsec-mb's code for VAES and AVX-512 in 86 ns. The library is found when the first
 * key is made and used only after it gave GnuTLS's bytes for a few texts. Nothing allocates but caesgcm_new. */
#ifndef CAESGCM_H
#define CAESGCM_H

#include <stddef.h>
#include <stdint.h>

#define CAESGCM_NONCE 12
#define CAESGCM_TAG 16

/* Whose code a key uses. */
#define CAESGCM_BEST 0
#define CAESGCM_GNUTLS 1
#define CAESGCM_IPSEC 2

typedef struct caesgcm_key caesgcm_key;

/* A key of 16 or 32 bytes. NULL for another length, without memory, and when CAESGCM_IPSEC is asked for and not here. */
caesgcm_key *caesgcm_new(const uint8_t *bytes, size_t length, int implementation);
/* Forgets a key; NULL is ignored. */
void caesgcm_free(caesgcm_key *key);
/* CAESGCM_GNUTLS or CAESGCM_IPSEC. */
int caesgcm_implementation(const caesgcm_key *key);

/* Writes count + 16 bytes to output, which may be input or must not overlap it. 0, or negative: nothing was sealed. */
int caesgcm_seal(caesgcm_key *key, const uint8_t nonce[CAESGCM_NONCE], const uint8_t *associated, size_t length,
                 const uint8_t *input, size_t count, uint8_t *output);
/* Verifies count bytes, the last 16 of which are the tag, and writes count - 16 to output, which may be input or must not
 * overlap it. 0; negative when the bytes are not authentic: those of output are zero then. */
int caesgcm_open(caesgcm_key *key, const uint8_t nonce[CAESGCM_NONCE], const uint8_t *associated, size_t length,
                 const uint8_t *input, size_t count, uint8_t *output);

#endif

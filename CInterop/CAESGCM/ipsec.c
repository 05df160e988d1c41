/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "key.h"

static struct ipsec_cipher ciphers[2];
static int is_here;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)

enum { OLDEST = 0x010000, NEWEST = 0x0103ff, PROBE_MAXIMUM = 2048 };

static int has_instructions(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("vaes") && __builtin_cpu_supports("vpclmulqdq") &&
           __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

static int find(void *library, struct ipsec_cipher *cipher, const char *prepare, const char *seal, const char *open) {
    void *found[3] = {dlsym(library, prepare), dlsym(library, seal), dlsym(library, open)};
    for (int i = 0; i < 3; i++)
        if (found[i] == NULL) return 0;
    memcpy(&cipher->prepare, &found[0], sizeof found[0]);
    memcpy(&cipher->seal, &found[1], sizeof found[1]);
    memcpy(&cipher->open, &found[2], sizeof found[2]);
    return 1;
}

/* Whether the library gives GnuTLS's bytes, for one length of key and of text. */
static int agrees(const uint8_t *secret, int is_256, const uint8_t *text, size_t count) {
    uint8_t expected[PROBE_MAXIMUM + CAESGCM_TAG], sealed[sizeof expected], opened[sizeof expected];
    const uint8_t *nonce = secret, *associated = secret;
    caesgcm_key *reference = caesgcm_new(secret, is_256 ? 32 : 16, CAESGCM_GNUTLS);
    caesgcm_key key = {.ipsec = &ciphers[is_256]};
    if (reference == NULL) return 0;
    key.ipsec->prepare(secret, key.prepared);
    int same = caesgcm_seal(reference, nonce, associated, 20, text, count, expected) == 0 &&
               caesgcm_seal(&key, nonce, associated, 20, text, count, sealed) == 0 &&
               memcmp(expected, sealed, count + CAESGCM_TAG) == 0 &&
               caesgcm_open(&key, nonce, associated, 20, sealed, count + CAESGCM_TAG, opened) == 0 &&
               memcmp(text, opened, count) == 0;
    caesgcm_free(reference);
    gnutls_memset(&key, 0, sizeof key);
    return same;
}

static void look(void) {
    static const size_t counts[] = {0, 1, 40, 300, 1400, PROBE_MAXIMUM};
    uint8_t secret[32], text[PROBE_MAXIMUM];
    if (!has_instructions()) return;
    void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    unsigned (*version)(void) = NULL;
    void *found = dlsym(library, "imb_get_version");
    memcpy(&version, &found, sizeof found);
    /* Later versions may want more room for a key. */
    if (version == NULL || version() < OLDEST || version() > NEWEST) return;
    if (!find(library, &ciphers[0], "aes_gcm_pre_128_vaes_avx512", "aes_gcm_enc_128_vaes_avx512",
              "aes_gcm_dec_128_vaes_avx512") ||
        !find(library, &ciphers[1], "aes_gcm_pre_256_vaes_avx512", "aes_gcm_enc_256_vaes_avx512",
              "aes_gcm_dec_256_vaes_avx512"))
        return;
    for (size_t i = 0; i < sizeof secret; i++) secret[i] = (uint8_t)(i * 37 + 11);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 7 + (i >> 8));
    int all = 1;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (int is_256 = 0; is_256 < 2; is_256++) all &= agrees(secret, is_256, text, counts[i]);
    is_here = all;
}

#else

static void look(void) {}

#endif

const struct ipsec_cipher *caesgcm_ipsec(int is_256) {
    (void)pthread_once(&once, look);
    return is_here ? &ciphers[is_256] : NULL;
}

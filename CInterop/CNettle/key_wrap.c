// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "CNettle.h"

#include <nettle/aes.h>
#include <nettle/nist-keywrap.h>
#include <string.h>

static const uint8_t initial_value[8] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};

static int fits(size_t kek_length, size_t length) {
    return (kek_length == 16 || kek_length == 32) && length >= 16 && length <= 64 && length % 8 == 0;
}

int cnettle_key_wrap(const uint8_t *kek, size_t kek_length, const uint8_t *key, size_t length, uint8_t *wrapped) {
    if (!fits(kek_length, length)) return -1;
    if (kek_length == 16) {
        struct aes128_ctx context;
        aes128_set_encrypt_key(&context, kek);
        aes128_keywrap(&context, initial_value, length + 8, wrapped, key);
        explicit_bzero(&context, sizeof context);
    } else {
        struct aes256_ctx context;
        aes256_set_encrypt_key(&context, kek);
        aes256_keywrap(&context, initial_value, length + 8, wrapped, key);
        explicit_bzero(&context, sizeof context);
    }
    return 0;
}

int cnettle_key_unwrap(const uint8_t *kek, size_t kek_length, const uint8_t *wrapped, size_t length, uint8_t *key) {
    int fitted;
    if (!fits(kek_length, length)) return -1;
    if (kek_length == 16) {
        struct aes128_ctx context;
        aes128_set_decrypt_key(&context, kek);
        fitted = aes128_keyunwrap(&context, initial_value, length, key, wrapped);
        explicit_bzero(&context, sizeof context);
    } else {
        struct aes256_ctx context;
        aes256_set_decrypt_key(&context, kek);
        fitted = aes256_keyunwrap(&context, initial_value, length, key, wrapped);
        explicit_bzero(&context, sizeof context);
    }
    if (!fitted) explicit_bzero(key, length);
    return fitted ? 0 : -1;
}

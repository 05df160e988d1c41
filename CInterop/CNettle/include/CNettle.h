// SPDX-License-Identifier: Apache-2.0
// AES key wrap (RFC 3394), which GnuTLS does not offer. Lengths in bytes; 0 = done, -1 = refused.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Wraps `length` bytes of key, a multiple of 8 of at least 16, into length + 8 bytes. `kek_length` is 16 or 32.
int cnettle_key_wrap(const uint8_t *kek, size_t kek_length, const uint8_t *key, size_t length, uint8_t *wrapped);

// Unwraps into `length` bytes; refused when the integrity check fails.
int cnettle_key_unwrap(const uint8_t *kek, size_t kek_length, const uint8_t *wrapped, size_t length, uint8_t *key);

// The public point of a P-256 secret (big-endian, 32 bytes each), for which GnuTLS has no function. -1 when the secret is
// not between 1 and the order of the curve.
int cnettle_p256_public(const uint8_t *secret, uint8_t *x, uint8_t *y);

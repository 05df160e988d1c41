/* SPDX-License-Identifier: Apache-2.0 */
#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>

int cchecksum_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) uint32_t cchecksum_crc32c(uint32_t state, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint64_t value = state;
  for (; size >= 8; size -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    value = _mm_crc32_u64(value, word);
  }
  for (; size > 0; size--) value = _mm_crc32_u8((uint32_t)value, *at++);
  return (uint32_t)value;
}

#else

int cchecksum_has_crc32c(void) { return 0; }
uint32_t cchecksum_crc32c(uint32_t state, const void *bytes, size_t size) {
  (void)bytes;
  (void)size;
  return state;
}

#endif

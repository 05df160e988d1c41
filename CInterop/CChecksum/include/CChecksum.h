/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums by instructions of the processor, which Swift cannot name. */
#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Whether this processor has the instruction for CRC-32C. */
int cchecksum_has_crc32c(void);
/* `state` carried on over `size` bytes, without the inversions before and after; only where cchecksum_has_crc32c. */
uint32_t cchecksum_crc32c(uint32_t state, const void *bytes, size_t size);

#endif

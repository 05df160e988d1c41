// SPDX-License-Identifier: Apache-2.0
// Counts the allocations of the calling thread, for tests that want none.
#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

#include <stdint.h>

// Calls of malloc and its kin on this thread since it began; always 0 under a sanitizer, which has its own malloc.
uint64_t allocation_count(void);
// 1 when allocations are counted.
int allocation_count_works(void);

#endif

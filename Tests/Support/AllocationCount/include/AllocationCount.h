// SPDX-License-Identifier: Apache-2.0
/* How often a thread has allocated, for tests that say "no allocation per message". */
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stdint.h>

/* Calls of malloc, calloc, realloc and the aligned ones by this thread so far. */
uint64_t allocation_count(void);
/* Has the call behind the next `passed` ones of this thread find no memory, once; a negative number calls it off. Returns
 * 1 when the last one that was to fail has. */
int allocation_fail_after(int64_t passed);
/* 1 where calls are counted; 0 under sanitizers, which bring their own functions. */
int allocation_count_is_available(void);

#endif

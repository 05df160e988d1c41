// SPDX-License-Identifier: Apache-2.0
#include "AllocationCount.h"

#include <errno.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

static _Thread_local uint64_t count;

/* Calls that still pass; negative when none is to fail. */
static _Thread_local int64_t left = -1;

uint64_t allocation_count(void) { return count; }

int allocation_fail_after(int64_t passed) {
  int has_failed = left < 0;
  left = passed;
  return has_failed;
}

#ifdef IS_SANITIZED
int allocation_count_is_available(void) { return 0; }
#else
/* glibc's own functions under their second names; free needs no wrapper. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static int fails(void) {
  count++;
  if (left < 0 || left-- > 0) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) {
  if (fails()) return NULL;
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  if (fails()) return NULL;
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  if (fails()) return NULL;
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count++;
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void *memory = __libc_memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *result = memory;
  return 0;
}

int allocation_count_is_available(void) { return 1; }
#endif

// Caught by: a_turn_is_short
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

#include <time.h>

static uint64_t slow(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    struct timespec cpu;
    long end = 0;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
        if (!end) end = cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000 + 7;
    } while (cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000 < end);
    return unix_on_ready(ctx, ready, n, now);
}
MUTANT(out->on_ready = slow)

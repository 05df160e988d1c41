// Caught by: unknown_readiness_is_ignored
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static uint64_t acts(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    for (uint32_t i = 0; i < n; i++)
        if (ready[i].kind == 99) abort();
    return unix_on_ready(ctx, ready, n, now);
}
MUTANT(out->on_ready = acts)

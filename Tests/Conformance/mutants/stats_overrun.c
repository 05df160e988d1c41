// Caught by: stats_keep_to_their_room
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t all(void *ctx, mesh_stat *values, uint32_t cap) {
    (void)cap;
    return unix_stats(ctx, values, 2);
}
MUTANT(out->stats = all)

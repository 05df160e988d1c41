// Caught by: stale_ids_are_refused
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t fine(void *ctx, uint64_t id, uint32_t mode) {
    unix_disconnect(ctx, id, mode);
    return MESH_OK;
}
MUTANT(out->disconnect = fine)

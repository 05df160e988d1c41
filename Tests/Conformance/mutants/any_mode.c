// Caught by: an_unknown_mode_is_refused
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t any(void *ctx, uint64_t id, uint32_t mode) {
    return unix_disconnect(ctx, id, mode > MESH_DISCONNECT_ABORT ? MESH_DISCONNECT_ABORT : mode);
}
MUTANT(out->disconnect = any)

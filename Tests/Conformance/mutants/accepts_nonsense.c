// Caught by: nonsense_is_no_address
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t fine(void *ctx, uint64_t id, const char *address, size_t len, const mesh_connect_options *options) {
    const int32_t status = unix_connect(ctx, id, address, len, options);
    return status == MESH_E_ADDRESS ? MESH_OK : status;
}
MUTANT(out->connect = fine)

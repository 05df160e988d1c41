// Caught by: a_listener_that_is_handed_over_is_taken
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t ignores(void *ctx, uint64_t id, const char *address, size_t len, const mesh_listen_options *options) {
    mesh_listen_options none = *options;
    none.fd = -1;
    return unix_listen(ctx, id, address, len, &none);
}
MUTANT(out->listen = ignores)

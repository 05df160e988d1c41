// Caught by: create_opens_nothing_and_destroy_leaves_nothing
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t opens(mesh_host *host, const mesh_create_options *options, void **ctx) {
    return socket(AF_UNIX, SOCK_DGRAM, 0) < 0 ? MESH_E_IO : unix_create(host, options, ctx);
}
MUTANT(out->create = opens)

// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>

int32_t begin(void *ctx, uint64_t link, const char *address, size_t len, uint64_t deadline);

// Refuses what it does not know and starts the rest; the outcome is one event, UP or FAILED.
static int32_t dial(void *ctx, uint64_t link, const char *address, size_t len, const mesh_connect_options *options) {
    if (options->flags) return MESH_E_FLAG;
    return begin(ctx, link, address, len, options->deadline_ns);
}

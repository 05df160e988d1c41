// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>

struct lookup {
    char name[256];
    int32_t result;
};

// Runs on the host's pool: it may block, and calls nothing of the host but log and post.
static int32_t resolve(void *arg) {
    struct lookup *lookup = arg;
    return lookup->name[0] ? MESH_OK : MESH_E_ADDRESS;
}

static int32_t start_lookup(const mesh_host_api *api, mesh_host *host, struct lookup *lookup, uint64_t token) {
    return api->offload(host, resolve, lookup, token); // ends in on_ready with MESH_READY_OFFLOAD
}

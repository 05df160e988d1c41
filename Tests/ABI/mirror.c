// SPDX-License-Identifier: Apache-2.0
// Every type of the plugin ABI behind one function, so that abidw sees them all.
#include <mesh/mesh_plugin.h>

struct mesh_host {
    uint32_t opaque;
};

int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    return (int32_t)(host->size - out->size);
}

// Types that the tables reach only through void pointers.
uint32_t mesh_abi_mirror(const mesh_caps *caps, const mesh_secret *secret, const mesh_option *option,
                         const mesh_host *host);
uint32_t mesh_abi_mirror(const mesh_caps *caps, const mesh_secret *secret, const mesh_option *option,
                         const mesh_host *host) {
    return caps->size + secret->key[0] + option->type + host->opaque;
}

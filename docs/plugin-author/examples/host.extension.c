// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>

// Optional both ways: a host that offers nothing gets a plugin that works without.
static int has_carrier(const mesh_host_api *api, mesh_host *host) {
    return api->extension(host, "mesh.carrier/1") != NULL;
}

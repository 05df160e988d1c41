// Caught by: a_larger_host_is_accepted
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

__attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    (void)seen, (void)real;
    return host->size > sizeof *host ? MESH_E_VERSION : whole_entry(host, out);
}

// Caught by: a_host_without_needed_functions_is_refused
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

__attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    (void)seen, (void)real;
    mesh_host_api claimed = {.size = sizeof claimed};
    const int32_t status = whole_entry(&claimed, out);
    api = host;
    return status;
}

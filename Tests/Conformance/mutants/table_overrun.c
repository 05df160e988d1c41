// Caught by: a_smaller_plugin_table_is_not_overrun
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

__attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    (void)seen, (void)real;
    out->size = sizeof *out;
    return whole_entry(host, out);
}

// Caught by: what_describe_says_is_well_formed
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t tiny(mesh_plugin_info *info) {
    const int32_t status = mesh_plugin_describe(info);
    if (MESH_HAS(info, mesh_plugin_info, caps)) info->caps.mtu = 100;
    return status;
}
MUTANT(out->describe = tiny)

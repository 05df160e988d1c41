// Caught by: the_note_says_what_describe_says
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t other(mesh_plugin_info *info) {
    const int32_t status = mesh_plugin_describe(info);
    if (MESH_HAS(info, mesh_plugin_info, id)) info->id = "other";
    return status;
}
MUTANT(out->describe = other)

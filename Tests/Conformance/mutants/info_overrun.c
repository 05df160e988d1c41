// Caught by: a_smaller_info_is_not_overrun
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t whole(mesh_plugin_info *info) {
    info->size = sizeof *info;
    return mesh_plugin_describe(info);
}
MUTANT(out->describe = whole)

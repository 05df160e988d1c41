// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>
#include <string.h>

// A newer host knows more members, an older one fewer: write what fits in both.
static int32_t describe(mesh_plugin_info *info) {
    static const mesh_plugin_info all = {.size = sizeof all, .id = "example", .version = "1.0.0",
                                         .licence = "Apache-2.0", .summary = "An example.",
                                         .caps = {.size = sizeof(mesh_caps), .mtu = 1200}};
    const uint32_t size = info->size < sizeof all ? info->size : (uint32_t)sizeof all;
    memcpy(info, &all, size);
    info->size = size;
    return MESH_OK;
}

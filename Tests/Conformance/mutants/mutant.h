// SPDX-License-Identifier: Apache-2.0
// A mutant is mesh_unix with one rule broken. It overrides members of the plugin's table, or of the host's table as
// the plugin sees it. The first line of each mutant names the case that must catch it.
#define mesh_plugin_entry_v1 whole_entry
#include "../../../Plugins/Unix/unix.c"
#undef mesh_plugin_entry_v1

static mesh_host_api seen;           // what the mutated plugin calls
static const mesh_host_api *real;

#define MUTANT(...)                                                                                              \
    __attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host,              \
                                                                        mesh_plugin_api *out) {                 \
        const int32_t status = whole_entry(host, out);                                                          \
        if (status != MESH_OK || out->size < sizeof *out) return status;                                        \
        real = host;                                                                                            \
        memcpy(&seen, host, sizeof seen);                                                                       \
        api = &seen;                                                                                            \
        __VA_ARGS__;                                                                                            \
        return status;                                                                                          \
    }

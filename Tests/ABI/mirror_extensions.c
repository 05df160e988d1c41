// SPDX-License-Identifier: Apache-2.0
// Every type of the final extensions behind one function, so that abidw sees them all.
#include <mesh/mesh_carrier.h>
#include <mesh/mesh_command.h>
#include <mesh/mesh_session.h>
#include <mesh/mesh_stream.h>

struct mesh_host {
    uint32_t opaque;
};

uint32_t mesh_extensions(const mesh_carrier_host *carrier_host, const mesh_carrier_plugin *carrier_plugin,
                         const mesh_command_host *command_host, const mesh_command_plugin *command_plugin,
                         const mesh_session_host *session_host, const mesh_session_plugin *session_plugin,
                         const mesh_stream_host *stream_host, const mesh_stream_plugin *stream_plugin) {
    return carrier_host->size + carrier_plugin->size + command_host->size + command_plugin->size + session_host->size +
           session_plugin->size + stream_host->size + stream_plugin->size;
}

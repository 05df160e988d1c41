// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>
#include <unistd.h>

static void close_watched(const mesh_host_api *api, mesh_host *host, int fd) {
    api->unwatch(host, fd); // first: a closed number may be another's by the next turn
    close(fd);
}

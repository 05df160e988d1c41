// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>

// A packet has left: the buffer goes back, then the host may send as much again.
static void gone(const mesh_host_api *api, mesh_host *host, mesh_buf *buf) {
    const uint64_t link = buf->link;
    const uint32_t len = buf->len;
    buf->status = MESH_OK;
    api->transmit_done(host, buf, 1);
    api->credit(host, link, 1, len);
}

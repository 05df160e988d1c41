// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>
#include <sys/types.h>
#include <sys/socket.h>

// Receives into the pool's buffers and hands over at most 64 at a time.
static void receive(const mesh_host_api *api, mesh_host *host, int fd, uint64_t link) {
    mesh_buf bufs[64];
    const int32_t got = api->buffer_get(host, bufs, 64, 1500);
    int32_t n = 0;
    for (; n < got; n++) {
        const ssize_t len = recv(fd, bufs[n].data.ptr, bufs[n].cap, MSG_DONTWAIT);
        if (len <= 0) break;
        bufs[n].len = (uint32_t)len;
        bufs[n].link = link;
    }
    if (n > 0) api->deliver(host, bufs, (uint32_t)n);
    if (got > n) api->buffer_put(host, bufs + n, (uint32_t)(got - n));
}

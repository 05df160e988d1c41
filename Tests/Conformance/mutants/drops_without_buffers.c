// Caught by: an_empty_pool_only_delays
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t drops(mesh_host *host, mesh_buf *bufs, uint32_t n, uint32_t min_cap) {
    static char lost[1 << 16];
    const int32_t got = real->buffer_get(host, bufs, n, min_cap);
    for (int fd = 3; got == 0 && fd < 64; fd++) recv(fd, lost, sizeof lost, MSG_DONTWAIT);
    return got;
}
MUTANT(seen.buffer_get = drops)

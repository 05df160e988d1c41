// Caught by: small_packets_go_both_ways
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t changed(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) bufs[i].owner ^= 1ull << 50;
    return real->deliver(host, bufs, n);
}
MUTANT(seen.deliver = changed)

// Caught by: small_packets_go_both_ways
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t swapped(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    const mesh_buf first = bufs[0];
    bufs[0] = bufs[n - 1];
    bufs[n - 1] = first;
    return real->deliver(host, bufs, n);
}
MUTANT(seen.deliver = swapped)

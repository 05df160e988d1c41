// Caught by: packets_of_the_full_mtu_go_both_ways
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t past(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    bufs[0].data.ptr[bufs[0].cap] = 0;
    return real->deliver(host, bufs, n);
}
MUTANT(seen.deliver = past)

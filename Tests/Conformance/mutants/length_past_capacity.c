// Caught by: middle_packets_go_both_ways
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t longer(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    bufs[0].off = bufs[0].cap;
    return real->deliver(host, bufs, n);
}
MUTANT(seen.deliver = longer)

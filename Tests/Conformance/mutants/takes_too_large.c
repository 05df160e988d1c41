// Caught by: a_packet_over_the_mtu_completes_so
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t any(void *ctx, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (bufs[i].len > MTU) bufs[i].len = MTU;
    return unix_transmit(ctx, bufs, n);
}
MUTANT(out->transmit = any)

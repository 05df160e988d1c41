// Caught by: a_peer_that_reads_nothing_stops_the_sender
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    struct instance *me = ctx;
    const uint64_t link = bufs[0].link;
    unix_transmit(ctx, bufs, n);
    api->credit(me->host, link, 2 * n, 1u << 26);
    return MESH_OK;
}
MUTANT(out->transmit = transmit)

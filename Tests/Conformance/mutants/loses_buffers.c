// Caught by: middle_packets_go_both_ways
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t kept(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    return n > 1 ? real->buffer_put(host, bufs, n - 1) : MESH_OK;
}
MUTANT(seen.buffer_put = kept)

// Caught by: packets_for_stale_links_complete
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t never(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    (void)host, (void)bufs, (void)n;
    return MESH_OK;
}
MUTANT(seen.transmit_done = never)

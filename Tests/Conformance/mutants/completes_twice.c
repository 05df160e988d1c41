// Caught by: packets_for_stale_links_complete
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t twice(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    mesh_buf copy = bufs[0];
    real->transmit_done(host, bufs, n);
    return real->transmit_done(host, &copy, 1);
}
MUTANT(seen.transmit_done = twice)

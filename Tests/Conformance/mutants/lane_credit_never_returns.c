// Caught by: credit_of_a_lane_returns
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t no_grant(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct lane *lane = lane_of(host, bufs[i].link, bufs[i].stream);
        bufs[i].off += HEADER;
        bufs[i].len -= HEADER;
        real->transmit_done(host, &bufs[i], 1);
        if (lane) lane->waiting--;
    }
    return MESH_OK;
}
static void mutate(mesh_plugin_api *out) {
    (void)out;
    seen.transmit_done = no_grant;
}

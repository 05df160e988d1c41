// Caught by: a_lane_closes_after_what_it_took_and_nothing_comes_behind
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

// The first packet of a lane ends it, and the others are delivered all the same.
static int32_t careless(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t link = bufs[i].link;
        if (bufs[i].data.ptr[bufs[i].off] != DATA) {
            deliver(host, &bufs[i], 1);
            continue;
        }
        memcpy(&bufs[i].stream, bufs[i].data.ptr + bufs[i].off + 1, sizeof bufs[i].stream);
        bufs[i].off += HEADER;
        bufs[i].len -= HEADER;
        const uint32_t number = bufs[i].stream;
        real->deliver(host, &bufs[i], 1);
        heard(host, link, CLOSE, number, MESH_OK);
    }
    return MESH_OK;
}
static void mutate(mesh_plugin_api *out) {
    (void)out;
    seen.deliver = careless;
}

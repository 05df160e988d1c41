// Caught by: a_refused_connection_ends
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t kept(mesh_host *host, mesh_link_event *events, uint32_t n) {
    const int32_t status = real->link_event(host, events, n);
    // Another descriptor on the same connection: closing the first one no longer ends it.
    if (events[0].kind == MESH_EVENT_INCOMING && !events[0].link)
        for (int fd = 3; fd < 32; fd++) (void)!dup(fd);
    return status;
}
MUTANT(seen.link_event = kept)

// Caught by: a_graceful_end_loses_nothing
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t wordless(mesh_host *host, mesh_link_event *events, uint32_t n) {
    if (events[0].kind == MESH_EVENT_DOWN) events[0].data_len = 0;
    return real->link_event(host, events, n);
}
MUTANT(seen.link_event = wordless)

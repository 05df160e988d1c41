// Caught by: stop_is_answered_once_even_when_late
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t silent(mesh_host *host, mesh_link_event *events, uint32_t n) {
    return events[0].kind == MESH_EVENT_STOPPED ? MESH_OK : real->link_event(host, events, n);
}
MUTANT(seen.link_event = silent)

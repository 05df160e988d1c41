// Caught by: stop_is_answered_once_even_when_late
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t again(mesh_host *host, mesh_link_event *events, uint32_t n) {
    const uint32_t kind = events[0].kind;
    real->link_event(host, events, n);
    return kind == MESH_EVENT_STOPPED ? real->link_event(host, events, n) : MESH_OK;
}
MUTANT(seen.link_event = again)

// Caught by: a_dial_to_nobody_fails_once
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t silent(mesh_host *host, mesh_link_event *events, uint32_t n) {
    return events[0].kind == MESH_EVENT_FAILED ? MESH_OK : real->link_event(host, events, n);
}
MUTANT(seen.link_event = silent)

// Caught by: a_link_comes_up_once_with_credit
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t twice(mesh_host *host, mesh_link_event *events, uint32_t n) {
    if (events[0].kind == MESH_EVENT_UP) real->link_event(host, events, n);
    return real->link_event(host, events, n);
}
MUTANT(seen.link_event = twice)

// Caught by: a_graceful_end_loses_nothing
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t forgotten(mesh_host *host, int32_t fd) {
    (void)host, (void)fd;
    return MESH_OK;
}
MUTANT(seen.unwatch = forgotten)

// Caught by: stop_completes_what_waits
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t patient(void *ctx, uint64_t deadline) {
    (void)deadline;
    return unix_stop(ctx, MESH_DEADLINE_NONE);
}
MUTANT(out->stop = patient)

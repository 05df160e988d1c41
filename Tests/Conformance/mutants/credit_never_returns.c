// Caught by: credit_is_given_back
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t once(mesh_host *host, uint64_t link, uint32_t frames, uint64_t bytes) {
    return frames == CREDIT_FRAMES ? real->credit(host, link, frames, bytes) : MESH_OK;
}
MUTANT(seen.credit = once)

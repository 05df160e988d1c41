// Caught by: configure_is_answered
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t silent(void *ctx, const mesh_param *params, uint32_t n) {
    uint32_t wrong = 0;
    return apply(ctx, params, n, &wrong);
}
MUTANT(out->configure = silent)

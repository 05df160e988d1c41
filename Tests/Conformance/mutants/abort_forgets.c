// Caught by: an_abort_completes_what_waits
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t forgets(void *ctx, uint64_t id, uint32_t mode) {
    struct port *link = find(ctx, id, 0);
    if (link) link->count = 0;
    return unix_disconnect(ctx, id, mode);
}
MUTANT(out->disconnect = forgets)

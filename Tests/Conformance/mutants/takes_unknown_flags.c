// Caught by: unknown_flags_are_refused
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t any_flag(void *ctx, uint64_t id, const char *address, size_t len, const mesh_connect_options *options) {
    mesh_connect_options none = *options;
    none.flags = 0;
    return unix_connect(ctx, id, address, len, &none);
}
MUTANT(out->connect = any_flag)

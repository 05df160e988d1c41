// Caught by: the_entry_can_be_called_twice
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t other(void *ctx, mesh_stat *values, uint32_t cap) { return unix_stats(ctx, values, cap); }
static int calls;
MUTANT(if (calls++) out->stats = other)

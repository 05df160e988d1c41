// Caught by: instances_come_and_go_without_trace
// SPDX-License-Identifier: Apache-2.0
#include "mutant.h"

static int32_t leaks(void *ctx) { return socket(AF_UNIX, SOCK_DGRAM, 0) < 0 ? MESH_E_IO : unix_start(ctx); }
MUTANT(out->start = leaks)

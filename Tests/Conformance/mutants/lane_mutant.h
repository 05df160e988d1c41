// SPDX-License-Identifier: Apache-2.0
// A mutant of the example with lanes: `mutate` changes what it calls and what it offers. See mutant.h.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define MUTATE mutate(out)
#include <mesh/mesh_plugin.h>
static void mutate(mesh_plugin_api *out);
#include "../lanes/lanes.c"

static mesh_stream_plugin side = {sizeof side, 0, open_lane, close_lane};
__attribute__((unused)) static const void *mutated(const char *name) { return strcmp(name, MESH_STREAM_NAME) ? NULL : &side; }

// Caught by: wrong_flags_numbers_and_links_are_refused
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t again(void *ctx, uint64_t link, uint32_t number, const mesh_stream_options *options) {
    const int32_t status = open_lane(ctx, link, number, options);
    return status == MESH_E_EXISTS ? MESH_OK : status;
}
static void mutate(mesh_plugin_api *out) {
    side.open = again;
    out->extension = mutated;
}

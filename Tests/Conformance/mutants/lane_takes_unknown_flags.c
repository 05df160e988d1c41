// Caught by: wrong_flags_numbers_and_links_are_refused
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t any_flag(void *ctx, uint64_t link, uint32_t number, const mesh_stream_options *options) {
    mesh_stream_options changed = *options;
    changed.flags = 0;
    return open_lane(ctx, link, number, &changed);
}
static void mutate(mesh_plugin_api *out) {
    side.open = any_flag;
    out->extension = mutated;
}

// Caught by: an_open_is_answered_once_and_heard_at_the_other_end
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t other_hint(void *ctx, uint64_t link, uint32_t number, const mesh_stream_options *options) {
    mesh_stream_options changed = *options;
    changed.tclass = MESH_TCLASS_CONTROL;
    return open_lane(ctx, link, number, &changed);
}
static void mutate(mesh_plugin_api *out) {
    side.open = other_hint;
    out->extension = mutated;
}

// Caught by: an_open_is_answered_once_and_heard_at_the_other_end
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t twice(void *ctx, uint64_t link, uint32_t number, const mesh_stream_options *options) {
    const int32_t status = open_lane(ctx, link, number, options);
    report(((struct instance *)ctx)->host, link, number, MESH_STREAM_OPENED, MESH_OK, options->tclass);
    return status;
}
static void mutate(mesh_plugin_api *out) {
    side.open = twice;
    out->extension = mutated;
}

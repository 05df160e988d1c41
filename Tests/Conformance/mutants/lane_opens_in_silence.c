// Caught by: an_open_is_answered_once_and_heard_at_the_other_end
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t silent(void *ctx, uint64_t link, uint32_t number, const mesh_stream_options *options) {
    struct instance *me = ctx;
    add_lane(me->host, link, number);
    return report(me->host, link, number, MESH_STREAM_OPENED, MESH_OK, options->tclass);
}
static void mutate(mesh_plugin_api *out) {
    side.open = silent;
    out->extension = mutated;
}

// Caught by: a_lane_closes_after_what_it_took_and_nothing_comes_behind
// SPDX-License-Identifier: Apache-2.0
#include "lane_mutant.h"

static int32_t at_once(void *ctx, uint64_t link, uint32_t number, int32_t code) {
    struct lane *lane = lane_of(((struct instance *)ctx)->host, link, number);
    if (!lane) return MESH_E_NOTFOUND;
    closed(ctx, lane, code);
    return MESH_OK;
}
static void mutate(mesh_plugin_api *out) {
    side.close = at_once;
    out->extension = mutated;
}

// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/mesh_stream.h>

static int32_t report(void *ctx, uint64_t link, uint32_t stream, uint32_t kind, uint32_t tclass) {
    const mesh_stream_host *host = HOST_SIDE(mesh_stream_host, MESH_STREAM_NAME);
    const mesh_stream_event event = {
        .size = sizeof event, .kind = kind, .link = link, .stream = stream, .tclass = tclass};
    return host ? host->event(((struct instance *)ctx)->host, &event) : MESH_E_UNSUPPORTED;
}

static int32_t open_lane(void *ctx, uint64_t link, uint32_t stream, const mesh_stream_options *options) {
    const mesh_stream_host *host = HOST_SIDE(mesh_stream_host, MESH_STREAM_NAME);
    if (options->flags) return MESH_E_FLAG;
    if (!host) return MESH_E_UNSUPPORTED;
    report(ctx, link, stream, MESH_STREAM_OPENED, options->tclass);
    return host->credit(((struct instance *)ctx)->host, link, stream, 16, 1 << 16);
}
static int32_t close_lane(void *ctx, uint64_t link, uint32_t stream, int32_t code) {
    (void)code;
    return report(ctx, link, stream, MESH_STREAM_CLOSED, MESH_TCLASS_NORMAL);
}
static const mesh_stream_plugin side = {sizeof side, 0, open_lane, close_lane};
DRAFT_PLUGIN(MESH_STREAM_NAME, side)

// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/draft/mesh_stream.h>

static int32_t open_lane(void *ctx, uint64_t link, uint32_t stream, const mesh_stream_options *options) {
    const mesh_stream_host *host = HOST_SIDE(mesh_stream_host, MESH_STREAM_NAME);
    if (options->flags) return MESH_E_FLAG;
    if (!host) return MESH_E_UNSUPPORTED;
    host->event(((struct instance *)ctx)->host, link, stream, MESH_STREAM_OPENED, MESH_OK);
    return host->credit(((struct instance *)ctx)->host, link, stream, 16, 1 << 16);
}
static int32_t close_lane(void *ctx, uint64_t link, uint32_t stream, int32_t code) {
    const mesh_stream_host *host = HOST_SIDE(mesh_stream_host, MESH_STREAM_NAME);
    return host ? host->event(((struct instance *)ctx)->host, link, stream, MESH_STREAM_CLOSED, code) : MESH_E_STALE;
}
static const mesh_stream_plugin side = {sizeof side, 0, open_lane, close_lane};
DRAFT_PLUGIN(MESH_STREAM_NAME, side)

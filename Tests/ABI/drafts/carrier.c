// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/draft/mesh_carrier.h>

// Hands the envelope straight back as one that arrived, as the recipient's node would.
static int32_t submit(void *ctx, const uint8_t *recipient, mesh_buf *bufs, uint32_t n, uint64_t token,
                      const mesh_carrier_options *options) {
    struct instance *me = ctx;
    const mesh_carrier_host *host = HOST_SIDE(mesh_carrier_host, MESH_CARRIER_NAME);
    mesh_buf copy;
    if (options->flags) return MESH_E_FLAG;
    if (!host || !options->lifetime_ms || n != 1) return MESH_E_INVALID;
    if (api->buffer_get(me->host, &copy, 1, bufs->len) != 1) return MESH_E_NOMEM;
    memcpy(copy.data.ptr, bufs->data.ptr + bufs->off, bufs->len);
    copy.len = bufs->len;
    api->transmit_done(me->host, bufs, 1);
    host->report(me->host, token, MESH_CARRIER_STORED, MESH_OK);
    return host->arrived(me->host, recipient, &copy, 1);
}
static int32_t cancel(void *ctx, uint64_t token) {
    const mesh_carrier_host *host = HOST_SIDE(mesh_carrier_host, MESH_CARRIER_NAME);
    return host ? host->report(((struct instance *)ctx)->host, token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED)
                : MESH_E_STALE;
}
static const mesh_carrier_plugin side = {sizeof side, 0, submit, cancel};
DRAFT_PLUGIN(MESH_CARRIER_NAME, side)

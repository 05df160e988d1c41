// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/draft/mesh_broadcast.h>

static int32_t send_all(void *ctx, const uint8_t *bytes, uint32_t len, uint32_t repeat) {
    const mesh_broadcast_host *host = HOST_SIDE(mesh_broadcast_host, MESH_BROADCAST_NAME);
    if (repeat > 8) return MESH_E_INVALID;
    if (len > 31) return MESH_E_MTU;
    return host ? host->heard(((struct instance *)ctx)->host, "ble://echo", 10, bytes, len) : MESH_OK;
}
static uint32_t limit(void *ctx) {
    (void)ctx;
    return 31;
}
static const mesh_broadcast_plugin side = {sizeof side, 0, send_all, limit};
DRAFT_PLUGIN(MESH_BROADCAST_NAME, side)

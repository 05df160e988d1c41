// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/draft/mesh_discovery.h>

static uint8_t record[MESH_DISCOVERY_RECORD_MAX];
static uint32_t record_len;

static int32_t publish(void *ctx, const uint8_t *bytes, uint32_t len) {
    (void)ctx;
    if (len > sizeof record) return MESH_E_INVALID;
    memcpy(record, bytes, len);
    record_len = len;
    return MESH_OK;
}
static int32_t search(void *ctx, const uint8_t *node, uint64_t token) {
    const mesh_discovery_host *host = HOST_SIDE(mesh_discovery_host, MESH_DISCOVERY_NAME);
    (void)node;
    return host ? host->found(((struct instance *)ctx)->host, token, record, record_len) : MESH_OK;
}
static int32_t cancel(void *ctx, uint64_t token) {
    (void)ctx, (void)token;
    return MESH_E_STALE;
}
static const mesh_discovery_plugin side = {sizeof side, 0, publish, search, cancel};
DRAFT_PLUGIN(MESH_DISCOVERY_NAME, side)

// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/mesh_carrier.h>

// Hands the envelope straight back as one that arrived, as the recipient's node would.
static int32_t submit(void *ctx, const uint8_t *recipient, const void *envelope, uint32_t len, uint64_t token,
                      const mesh_carrier_options *options) {
    struct instance *me = ctx;
    const mesh_carrier_host *host = HOST_SIDE(mesh_carrier_host, MESH_CARRIER_NAME);
    if (options->flags) return MESH_E_FLAG;
    if (!host || !options->lifetime_ms || !len) return MESH_E_INVALID;
    host->report(me->host, token, MESH_CARRIER_STORED, MESH_OK);
    return host->arrived(me->host, recipient, envelope, len);
}
static int32_t cancel(void *ctx, uint64_t token) {
    const mesh_carrier_host *host = HOST_SIDE(mesh_carrier_host, MESH_CARRIER_NAME);
    return host ? host->report(((struct instance *)ctx)->host, token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED)
                : MESH_E_STALE;
}
static int32_t settle(void *ctx, const uint8_t *id, int32_t status) { return (void)ctx, (void)id, status; }
static int32_t retry(void *ctx) { return (void)ctx, MESH_OK; }
static const mesh_carrier_plugin side = {sizeof side, 0, submit, cancel, settle, retry};
DRAFT_PLUGIN(MESH_CARRIER_NAME, side)

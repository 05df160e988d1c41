/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_broadcast.h: draft "mesh.broadcast/1". One small datagram to every neighbour at once, without a link, such as
 * a Bluetooth LE advertisement. Nothing is promised: it may reach nobody, or the same node twice.
 */
#ifndef MESH_DRAFT_BROADCAST_H
#define MESH_DRAFT_BROADCAST_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_BROADCAST_NAME "mesh.broadcast/1"

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_broadcast_plugin {
    uint32_t size;
    uint32_t reserved;

    /* Sends bytes to all neighbours, `repeat` times more within the plugin's own pace (at most 8).
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no.
     * Errors: AGAIN (`ready` will say when), MTU, INVALID (repeat). */
    int32_t (*send)(void *ctx, const uint8_t *bytes, uint32_t len, uint32_t repeat);

    /* The most bytes that send takes now.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: none. */
    uint32_t (*limit)(void *ctx);
} mesh_broadcast_plugin;

/* Offered by the host. */
typedef struct mesh_broadcast_host {
    uint32_t size;
    uint32_t reserved;

    /* Bytes of some neighbour; `source` is an address that connect takes, or NULL when it cannot be told.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: INVALID, LIMIT (too many: back off). */
    int32_t (*heard)(mesh_host *host, const char *source, uint32_t source_len, const uint8_t *bytes, uint32_t len);

    /* There is room again after AGAIN.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: none. */
    int32_t (*ready)(mesh_host *host);
} mesh_broadcast_host;

#ifdef __cplusplus
}
#endif

#endif

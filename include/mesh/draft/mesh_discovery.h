/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_discovery.h: draft "mesh.discovery/1". Finds addresses of nodes and says those of this one: mDNS, a
 * rendezvous, a directory. What is found is a hint; peer records are signed and checked by the core.
 */
#ifndef MESH_DRAFT_DISCOVERY_H
#define MESH_DRAFT_DISCOVERY_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_DISCOVERY_NAME "mesh.discovery/1"
#define MESH_DISCOVERY_RECORD_MAX 4096u

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_discovery_plugin {
    uint32_t size;
    uint32_t reserved;

    /* Makes this node's signed record known from now on; a new one replaces the old, len 0 withdraws it.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: INVALID (over 4,096 bytes). */
    int32_t (*publish)(void *ctx, const uint8_t *record, uint32_t len);

    /* Looks for a node by its 32-byte public key until `cancel`; NULL = whoever is there.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: LIMIT. */
    int32_t (*search)(void *ctx, const uint8_t *node, uint64_t token);

    /* Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE. */
    int32_t (*cancel)(void *ctx, uint64_t token);
} mesh_discovery_plugin;

/* Offered by the host. */
typedef struct mesh_discovery_host {
    uint32_t size;
    uint32_t reserved;

    /* A record was found, for a search or (token 0) unasked. The host checks its signature.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: INVALID, AUTH, EXPIRED. */
    int32_t (*found)(mesh_host *host, uint64_t token, const uint8_t *record, uint32_t len);
} mesh_discovery_host;

#ifdef __cplusplus
}
#endif

#endif

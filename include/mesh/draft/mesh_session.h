/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_session.h: draft "mesh.session/1". A plugin that talks to the same plugin on other nodes over the node's own
 * sessions, whatever path they take: bundle exchange with neighbours, mix packets to the next hop. It names peers by
 * public key and sees the bytes of its own protocol only.
 */
#ifndef MESH_DRAFT_SESSION_H
#define MESH_DRAFT_SESSION_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_SESSION_NAME "mesh.session/1"
#define MESH_SESSION_NODE_SIZE 32u
#define MESH_SESSION_PROTOCOL_MAX 64u

#define MESH_SESSION_PEER_COMES 1u
#define MESH_SESSION_PEER_GOES 2u

/* Offered by the host. */
typedef struct mesh_session_host {
    uint32_t size;
    uint32_t reserved;

    /* Serves a protocol: messages to it and comings and goings of peers that serve it too are reported from now on.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: BUSY, PERMISSION, INVALID. */
    int32_t (*serve)(mesh_host *host, const char *protocol, uint32_t len);

    /* Sends one message to a peer's side of the protocol; answered by the plugin's `sent` with `token`.
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no.
     * Errors: AGAIN (a `sent` frees room), UNREACHABLE, PERMISSION, MTU (over 1 MiB). */
    int32_t (*send)(mesh_host *host, const uint8_t *node, const char *protocol, uint32_t protocol_len,
                    const void *bytes, uint32_t len, uint64_t token);
} mesh_session_host;

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_session_plugin {
    uint32_t size;
    uint32_t reserved;

    /* A message arrived, whole.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: AGAIN (offered again later). */
    int32_t (*message)(void *ctx, const uint8_t *node, const void *bytes, uint32_t len);

    /* MESH_SESSION_PEER_COMES or MESH_SESSION_PEER_GOES; others are ignored.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: none. */
    int32_t (*peer)(void *ctx, const uint8_t *node, uint32_t kind);

    /* The last word on a send: OK when the peer's side has taken it, or why not.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: none. */
    int32_t (*sent)(void *ctx, uint64_t token, int32_t status);
} mesh_session_plugin;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_session.h: the extension "mesh.session/1". A plugin that talks to the same plugin on other nodes over the node's
 * own sessions, whatever path they take: bundles to a neighbour, mix packets to the next hop. It names nodes by public
 * key and sees the bytes of its own protocols only.
 *
 * The numbered requirements (MSN-nn) go beyond those of mesh_plugin.h.
 */
#ifndef MESH_SESSION_H
#define MESH_SESSION_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_SESSION_NAME "mesh.session/1"
#define MESH_SESSION_NODE_SIZE 32u
#define MESH_SESSION_PROTOCOL_MAX 64u
#define MESH_SESSION_MESSAGE_MAX 16777216u /* bytes */

#define MESH_SESSION_PEER_COMES 1u /* it has a session with a link; whether it serves the protocol, a send tells */
#define MESH_SESSION_PEER_GOES 2u  /* its last link is gone */

/* Offered by the host. */
typedef struct mesh_session_host {
    uint32_t size;
    uint32_t reserved;

    /* Writes the public key of this node, MESH_SESSION_NODE_SIZE bytes.
     * Thread: loop. State: {created, running}. Owns: lent. Blocks: no. Errors: UNSUPPORTED. */
    int32_t (*node)(mesh_host *host, uint8_t *key);

    /* Serves a protocol: messages to it are handed over from now on. Its name starts with "/mesh/", the plugin's id
     * and "/". The peers that are there already are told as PEER_COMES, once a plugin (MSN-01). The protocol ends with
     * the instance.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: BUSY, PERMISSION, INVALID. */
    int32_t (*serve)(mesh_host *host, const char *protocol, uint32_t len);

    /* Sends one message to a peer's side of the protocol, in order of sending; answered once by `sent` with `token`
     * (MSN-02). It waits for a link as any other message does, and not for ever. Sessions outlive links: what was sent
     * before a peer went may arrive after it has come again.
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no.
     * Errors: AGAIN (too much is unanswered: a `sent` frees room), PERMISSION, INVALID, MTU. */
    int32_t (*send)(mesh_host *host, const uint8_t *node, const char *protocol, uint32_t protocol_len,
                    const void *bytes, uint32_t len, uint64_t token);

    /* Messages of a node that were answered with AGAIN are offered again.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: none. */
    int32_t (*resume)(mesh_host *host, const uint8_t *node);
} mesh_session_host;

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_session_plugin {
    uint32_t size;
    uint32_t reserved;

    /* A message arrived, whole. With AGAIN it and those behind it stay, and use the sender's credit, until `resume`.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: AGAIN. */
    int32_t (*message)(void *ctx, const uint8_t *node, const void *bytes, uint32_t len);

    /* MESH_SESSION_PEER_COMES or MESH_SESSION_PEER_GOES; others are ignored.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: none. */
    int32_t (*peer)(void *ctx, const uint8_t *node, uint32_t kind);

    /* The last word on a send: OK when the peer's side has taken it; NOTFOUND when nobody serves the protocol there;
     * UNREACHABLE when no link took it in time.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: none. */
    int32_t (*sent)(void *ctx, uint64_t token, int32_t status);
} mesh_session_plugin;

#ifdef __cplusplus
}
#endif

#endif

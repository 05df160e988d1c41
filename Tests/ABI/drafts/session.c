// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/mesh_session.h>

// Answers each message with the same bytes.
static int32_t message(void *ctx, const uint8_t *node, const void *bytes, uint32_t len) {
    const mesh_session_host *host = HOST_SIDE(mesh_session_host, MESH_SESSION_NAME);
    return host ? host->send(((struct instance *)ctx)->host, node, "/mesh/draft/echo", 16, bytes, len, 7) : MESH_E_UNSUPPORTED;
}
static int32_t peer(void *ctx, const uint8_t *node, uint32_t kind) {
    const mesh_session_host *host = HOST_SIDE(mesh_session_host, MESH_SESSION_NAME);
    (void)node;
    return host && kind == MESH_SESSION_PEER_COMES ? host->serve(((struct instance *)ctx)->host, "/mesh/draft/echo", 16) : MESH_OK;
}
static int32_t sent(void *ctx, uint64_t token, int32_t status) {
    (void)ctx;
    return token == 7 ? status : MESH_E_STALE;
}
static const mesh_session_plugin side = {sizeof side, 0, message, peer, sent};
DRAFT_PLUGIN(MESH_SESSION_NAME, side)

// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>

// Takes all n. What cannot leave now waits in a queue that the credit bounds; an unknown link completes at once.
struct queue;
struct queue *find(void *ctx, uint64_t link);
void push(struct queue *queue, const mesh_buf *buf);
int32_t complete(void *ctx, mesh_buf *buf);

static int32_t transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct queue *queue = find(ctx, bufs[i].link);
        if (queue) {
            push(queue, &bufs[i]);
        } else {
            bufs[i].status = MESH_E_STALE;
            complete(ctx, &bufs[i]);
        }
    }
    return MESH_OK;
}

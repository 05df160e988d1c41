/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_stream.h: draft "mesh.stream/1". Lanes: streams of a transport that has its own, such as QUIC, so that one
 * lost packet holds up one lane and not the link. mesh_buf.stream names the lane; lane 0 always exists.
 */
#ifndef MESH_DRAFT_STREAM_H
#define MESH_DRAFT_STREAM_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_STREAM_NAME "mesh.stream/1"

#define MESH_STREAM_OPENED 1u  /* answer to open, or the other side opened it */
#define MESH_STREAM_FAILED 2u  /* answer to open */
#define MESH_STREAM_CLOSED 3u  /* everything arrived, nothing more comes */
#define MESH_STREAM_RESET 4u   /* ended early; `code` of the other side */

typedef struct mesh_stream_options {
    uint32_t size;
    uint32_t flags;      /* none defined: 0 */
    uint32_t tclass;     /* MESH_TCLASS_* of what will go there, a hint for the order of sending */
    uint32_t reserved;
} mesh_stream_options;

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_stream_plugin {
    uint32_t size;
    uint32_t reserved;

    /* Asks for a lane with a number of the host's choice; answered by OPENED or FAILED.
     * Thread: loop. State: {running, link up}. Owns: options lent. Blocks: no.
     * Errors: STALE, EXISTS, LIMIT (no more lanes now), FLAG. */
    int32_t (*open)(void *ctx, uint64_t link, uint32_t stream, const mesh_stream_options *options);

    /* Ends a lane: code 0 after what was accepted, otherwise now. The lane's buffers complete.
     * Thread: loop. State: {running, link up}. Owns: nothing. Blocks: no. Errors: STALE, NOTFOUND. */
    int32_t (*close)(void *ctx, uint64_t link, uint32_t stream, int32_t code);
} mesh_stream_plugin;

/* Offered by the host. */
typedef struct mesh_stream_host {
    uint32_t size;
    uint32_t reserved;

    /* Reports MESH_STREAM_*. After OPENED the lane has a credit of its own.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE, INVALID. */
    int32_t (*event)(mesh_host *host, uint64_t link, uint32_t stream, uint32_t kind, int32_t code);

    /* As the base table's credit, for one lane other than 0.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE, NOTFOUND. */
    int32_t (*credit)(mesh_host *host, uint64_t link, uint32_t stream, uint32_t frames, uint64_t bytes);
} mesh_stream_host;

#ifdef __cplusplus
}
#endif

#endif

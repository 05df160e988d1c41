/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_stream.h: the extension "mesh.stream/1". Lanes with flow control of their own: streams of a transport that has
 * them, such as QUIC or HTTP/2, so that one lost packet, or one end that does not read, holds up a lane and not the
 * link. mesh_buf.stream names the lane; lane 0 is there as long as the link is, and is never opened or ended.
 *
 * Credit. A lane that was reported as OPENED has credit of its own, none at first. What is transmitted on it spends
 * both, the lane's and the link's, as streams and connections do in QUIC; whatever has no credit of its own spends the
 * link's alone. A plugin that wants its lanes to be independent gives a link as much as all its lanes together.
 *
 * Numbers. A lane has the same number at both ends, and one that has ended is not used again on its link. The side
 * that dialled opens numbers below MESH_STREAM_ACCEPTED, the side that accepted opens those from there on, so that two
 * who open at the same time never mean the same one. Lanes that links of a plugin have from the start,
 * mesh_caps.lanes of them, are numbered from 0 and reported as OPENED at both ends, right after UP, without being asked
 * for. Without this extension they share the link's credit.
 *
 * Lanes end with their link and with nothing else of their own: the link's DOWN is the only report. A link that outlives
 * the replacement of its plugin keeps its lanes, at the load that has them.
 *
 * The numbered requirements (MST-nn) go beyond those of mesh_plugin.h.
 */
#ifndef MESH_STREAM_H
#define MESH_STREAM_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_STREAM_NAME "mesh.stream/1"
#define MESH_STREAM_ACCEPTED 0x80000000u /* first number that the side that accepted the link opens */
#define MESH_STREAM_LANES_MAX 16u        /* lanes of a link that a host has to be able to keep, lane 0 included */

#define MESH_STREAM_OPENED 1u /* answer to open, or the other side opened it; `tclass` is its hint */
#define MESH_STREAM_FAILED 2u /* answer to open: the number is spent, `code` says why */
#define MESH_STREAM_CLOSED 3u /* answer to close, or the other side closed it and all that it sent was delivered */
#define MESH_STREAM_RESET 4u  /* it ended early: packets may be lost. `code` of the other side, or why */

/* Something that happened to one lane. */
typedef struct mesh_stream_event {
    uint32_t size;
    uint32_t kind;     /* MESH_STREAM_*; others are ignored */
    uint64_t link;
    uint32_t stream;   /* the lane's number, never 0 */
    int32_t code;      /* MESH_OK or MESH_E_* */
    uint32_t tclass;   /* with OPENED: MESH_TCLASS_* that the other side asked with, NORMAL where nothing tells */
    uint32_t reserved; /* zero */
} mesh_stream_event;

typedef struct mesh_stream_options {
    uint32_t size;
    uint32_t flags;    /* none defined: 0 */
    uint32_t tclass;   /* MESH_TCLASS_* of what will go there, a hint for the order of sending */
    uint32_t reserved; /* zero */
} mesh_stream_options;

/* Offered by the plugin. `ctx` is what create returned. Both functions are optional: links of a plugin without them
 * have the lanes that they have from the start. */
typedef struct mesh_stream_plugin {
    uint32_t size;
    uint32_t reserved; /* zero */

    /* Asks for a lane, whose number the host has chosen from its side's; answered by OPENED or FAILED, one of them, once
     * (MST-01), also from within the call, unless the link ends first. After an error there is no answer, and the
     * number is not spent.
     * Thread: loop. State: {running, link up}. Owns: options lent. Blocks: no.
     * Errors: STALE, EXISTS, FLAG, LIMIT (no more lanes), UNSUPPORTED (not from this side of a link). */
    int32_t (*open)(void *ctx, uint64_t link, uint32_t stream, const mesh_stream_options *options);

    /* Ends a lane: with code 0 after what was accepted has been sent, otherwise now. The lane's buffers complete, then
     * CLOSED is reported (MST-02); nothing is delivered on it afterwards (MST-03). The other side hears CLOSED, or RESET
     * with the code where the transport carries one.
     * Thread: loop. State: {running, draining, link up}. Owns: nothing. Blocks: no. Errors: STALE, NOTFOUND. */
    int32_t (*close)(void *ctx, uint64_t link, uint32_t stream, int32_t code);
} mesh_stream_plugin;

/* Offered by the host. */
typedef struct mesh_stream_host {
    uint32_t size;
    uint32_t reserved; /* zero */

    /* Reports what happened to a lane. A lane that the host has no room for is LIMIT: the plugin resets it.
     * Thread: loop. State: {running, draining, link up}. Owns: lent. Blocks: no.
     * Errors: STALE, INVALID (number 0, or of the wrong side), EXISTS, NOTFOUND (no such lane, or not asked for), LIMIT. */
    int32_t (*event)(mesh_host *host, const mesh_stream_event *event);

    /* As the base table's credit, for one lane that was reported as OPENED; totals saturate in the same way.
     * Thread: loop. State: {running, draining}. Owns: nothing. Blocks: no. Errors: STALE, NOTFOUND. */
    int32_t (*credit)(mesh_host *host, uint64_t link, uint32_t stream, uint32_t frames, uint64_t bytes);
} mesh_stream_host;

#ifdef __cplusplus
}
#endif

#endif

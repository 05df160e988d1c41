/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_carrier.h: draft "mesh.carrier/1". Takes one sealed envelope for one recipient, with a lifetime, and keeps it
 * until it can hand it on. A carrier reports what is confirmed and nothing else.
 */
#ifndef MESH_DRAFT_CARRIER_H
#define MESH_DRAFT_CARRIER_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_CARRIER_NAME "mesh.carrier/1"
#define MESH_CARRIER_ID_SIZE 32u

#define MESH_CARRIER_STORED 1u     /* on disk here */
#define MESH_CARRIER_FORWARDED 2u  /* a neighbour has taken it over */
#define MESH_CARRIER_DELIVERED 3u  /* the recipient's node says that it has it; last word */
#define MESH_CARRIER_EXPIRED 4u    /* the lifetime has passed; last word */
#define MESH_CARRIER_REFUSED 5u    /* not taken, or given up; `code` says why; last word */

typedef struct mesh_carrier_options {
    uint32_t size;
    uint32_t flags;        /* none defined: 0 */
    uint64_t lifetime_ms;  /* from now; 0 is refused */
    uint32_t tclass;       /* MESH_TCLASS_* */
    uint32_t reserved;
} mesh_carrier_options;

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_carrier_plugin {
    uint32_t size;
    uint32_t reserved;

    /* Takes one envelope of bufs[0..n), in order, for the node with that public key. The buffers complete with
     * transmit_done once they are copied or stored; reports carry `token`.
     * Thread: loop. State: {running}. Owns: moves buffers to the plugin unless an error is returned; the rest lent.
     * Blocks: no. Errors: FLAG, INVALID, LIMIT (quota), MTU. */
    int32_t (*submit)(void *ctx, const uint8_t *recipient, mesh_buf *bufs, uint32_t n, uint64_t token,
                      const mesh_carrier_options *options);

    /* Stops trying; answered by REFUSED with CANCELLED, unless another last word is on its way.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE. */
    int32_t (*cancel)(void *ctx, uint64_t token);
} mesh_carrier_plugin;

/* Offered by the host. */
typedef struct mesh_carrier_host {
    uint32_t size;
    uint32_t reserved;

    /* Reports MESH_CARRIER_* for a token of submit.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE, INVALID. */
    int32_t (*report)(mesh_host *host, uint64_t token, uint32_t kind, int32_t code);

    /* An envelope for this node arrived, whole, in bufs[0..n). Same `id`: seen before, which the host tells apart.
     * Thread: loop. State: {running}. Owns: moves buffers to the host, all n, whatever is returned; id lent.
     * Blocks: no. Errors: INVALID, AGAIN (keep a copy and offer it later). */
    int32_t (*arrived)(mesh_host *host, const uint8_t *id, mesh_buf *bufs, uint32_t n);
} mesh_carrier_host;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_carrier.h: the extension "mesh.carrier/1". A carrier takes one sealed envelope for one recipient, with a
 * lifetime, and keeps it until it can hand it on, over restarts and days. It reports what is confirmed and nothing
 * else. It sees neither the contents of an envelope nor who sent it.
 *
 * An envelope of this node is named by the host's token, which the carrier keeps with it; one for this node by an id
 * that the carrier chooses. Envelopes are lent as one piece of memory; whoever wants to keep one copies it.
 *
 * The numbered requirements (MCA-nn) go beyond those of mesh_plugin.h.
 */
#ifndef MESH_CARRIER_H
#define MESH_CARRIER_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_CARRIER_NAME "mesh.carrier/1"
#define MESH_CARRIER_NODE_SIZE 32u
#define MESH_CARRIER_ID_SIZE 32u
#define MESH_CARRIER_ENVELOPE_MAX 16908288u /* bytes: the largest message and what sealing adds */

/* Reports. The last three are last words: exactly one of them ends a token, also over restarts (MCA-01). */
#define MESH_CARRIER_STORED 1u    /* kept: synced to disk, unless the instance was configured to keep it in memory */
#define MESH_CARRIER_FORWARDED 2u /* a neighbour has taken it over; may come more than once */
#define MESH_CARRIER_DELIVERED 3u /* the recipient's node has it on its disk; last word */
#define MESH_CARRIER_EXPIRED 4u   /* the lifetime has passed; last word */
#define MESH_CARRIER_REFUSED 5u   /* given up; `code` says why; last word */

typedef struct mesh_carrier_options {
    uint32_t size;
    uint32_t flags;       /* none defined: 0 */
    uint64_t lifetime_ms; /* from now; 0 is refused */
    uint32_t tclass;      /* MESH_TCLASS_*: how urgent */
    uint32_t reserved;
} mesh_carrier_options;

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_carrier_plugin {
    uint32_t size;
    uint32_t reserved;

    /* Takes an envelope for the node with that public key. MESH_OK means that it was copied and that room for all of
     * it is reserved (MCA-02); STORED follows once it is kept, REFUSED when that failed. A token that is known already
     * is EXISTS.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no.
     * Errors: FLAG, INVALID, EXISTS, LIMIT (a quota is full: nothing was dropped for it), MTU (over the carrier's
     * largest), IO (the store has failed). */
    int32_t (*submit)(void *ctx, const uint8_t *recipient, const void *envelope, uint32_t len, uint64_t token,
                      const mesh_carrier_options *options);

    /* Stops trying; answered by REFUSED with CANCELLED, unless another last word is on its way.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE. */
    int32_t (*cancel)(void *ctx, uint64_t token);

    /* The host's word on an envelope that arrived: OK = taken for good, let go of it; AGAIN = nobody takes it now,
     * keep it and offer it again after `retry`; any other = not wanted, let go of it. Until then the carrier keeps it
     * (MCA-03) and offers it again after a restart.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: STALE. */
    int32_t (*settle)(void *ctx, const uint8_t *id, int32_t status);

    /* Offer again what was not taken with AGAIN.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: none. */
    int32_t (*retry)(void *ctx);
} mesh_carrier_plugin;

/* Offered by the host. */
typedef struct mesh_carrier_host {
    uint32_t size;
    uint32_t reserved;

    /* Reports MESH_CARRIER_* for a token of submit; `code` is MESH_OK, or with REFUSED the reason. Between start and
     * MESH_EVENT_STARTED each envelope of this node that an earlier life has left is reported STORED once more
     * (MCA-04): the host takes every other token for lost.
     * Thread: loop. State: {created, running, draining}. Owns: nothing. Blocks: no. Errors: INVALID. */
    int32_t (*report)(mesh_host *host, uint64_t token, uint32_t kind, int32_t code);

    /* An envelope for this node arrived and is kept; `settle` answers. The same envelope has the same id (MCA-05);
     * repetitions are told apart by the host.
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no.
     * Errors: INVALID, AGAIN (too many wait to be settled: offer it after `retry`). */
    int32_t (*arrived)(mesh_host *host, const uint8_t *id, const void *envelope, uint32_t len);
} mesh_carrier_host;

#ifdef __cplusplus
}
#endif

#endif

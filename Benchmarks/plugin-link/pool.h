/* SPDX-License-Identifier: Apache-2.0 */
/* A host's pool for blocking work, of one thread, as meshd has two. It does not share the loop's processor. */
#ifndef PLUGIN_LINK_POOL_H
#define PLUGIN_LINK_POOL_H

#include "host_state.h"

/* The function for the host's table. */
int32_t pool_offload(host *host, int32_t (*run)(void *), void *argument, uint64_t token);

/* Has the pool wake `host`; its thread has the processor `cpu`. Before anything is offloaded, once in a process. */
void pool_open(host *host, int cpu);

/* Hands the host what has returned since; before each turn, on the loop's thread. */
void pool_collect(host *host);

#endif

// SPDX-License-Identifier: Apache-2.0
// A plugin in C that only counts what it is given, and a host in C as the reference.
#ifndef C_PLUGIN_H
#define C_PLUGIN_H

#include <mesh/mesh_plugin.h>

int32_t c_plugin_entry(const mesh_host_api *host, mesh_plugin_api *out);

// Transmits `rounds` batches of `n` through the table, as a host in C would. Returns the nanoseconds it took.
uint64_t c_host_transmit(const mesh_plugin_api *plugin, void *ctx, mesh_buf *bufs, uint32_t n, uint64_t rounds);

// What every plugin of this benchmark keeps.
typedef struct counted {
    mesh_host *host;
    uint64_t frames;
    uint64_t bytes;
    mesh_buf *given[16]; // the last batches, to be completed when the benchmark asks for figures
    uint32_t sizes[16];
    uint32_t given_count;
    uint32_t reserved;
} counted;

// Completes what was given and forgets it.
void c_complete(const mesh_host_api *host, counted *c);

#endif

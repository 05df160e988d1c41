// SPDX-License-Identifier: Apache-2.0
// A plugin that misbehaves on request: at load by macros, at run time by its `mode` and by the address to connect to.
#ifndef HOSTILE_H
#define HOSTILE_H

#include <mesh/mesh_plugin.h>
#include <stdio.h>
#include <string.h>

#define HELD_MAX 512

typedef struct hostile {
    mesh_host *host;
    char mode[32];
    uint64_t link;
    mesh_buf held[HELD_MAX];
    uint32_t held_count;
    int fds[2];
    uint64_t ready_calls;
    int keep_ready, has_lanes;
    const void *streams;
} hostile;

extern const mesh_host_api *api;

int is_mode(const hostile *h, const char *mode);
void say(hostile *h, const char *what, int64_t value);
int32_t event(hostile *h, uint32_t kind, uint64_t link, int32_t code, const char *text);
int32_t act_lanes(hostile *h, const char *address, uint64_t link);
void lane_returned(hostile *h, const mesh_buf *buf);
const void *lanes_extension(const char *name);
int32_t act(hostile *h, const char *address, uint64_t link);

#endif

// SPDX-License-Identifier: Apache-2.0
// What the test host remembers; shared by host.c and host_table.c only.
#ifndef MESH_TEST_HOST_STATE_H
#define MESH_TEST_HOST_STATE_H

#include "host.h"

#include <pthread.h>

#define FAULTS 32u
#define GUARD_BYTE 0xa5
#define POISON_BYTE 0xdd

enum owner { OWNER_POOL, OWNER_HOST, OWNER_PLUGIN, OWNER_TRANSMIT };

struct buffer {
    uint8_t *memory;   // guard, storage, guard
    enum owner owner;
    mesh_buf lent;     // as it was given with transmit
};

struct job {
    int32_t (*run)(void *argument);
    void *argument;
    uint64_t token;
    int32_t status;
};

struct mesh_host {
    const host_plugin *plugin;
    void *ctx;
    int epoll;
    uint64_t deadline, turn_now, next_id, longest, spins;
    pthread_t thread;
    pthread_mutex_t lock;
    const void *(*extension)(const char *name);
    uint64_t incoming;
    int32_t last_status;
    bool stopped, paused, refuse, spoil_credit;
    struct buffer buffers[HOST_BUFFERS];
    uint32_t free_list[HOST_BUFFERS], free_count, buffer_limit, batch_max;
    struct { int fd; bool used; uint32_t mask; uint64_t token; } watches[HOST_WATCHES];
    unsigned watch_count, wake_count, job_count, answer_count, event_count, fault_count, store_count;
    uint64_t wakes[64];
    struct job jobs[16];
    mesh_ready answers[16];
    struct { char key[MESH_STORE_KEY_MAX]; uint32_t key_len, len; void *value; } store[32];
    host_link links[HOST_LINKS];
    host_event events[HOST_EVENTS];
    host_lane lanes[HOST_LANES];
    unsigned lane_count;
    char faults[FAULTS][256];
};

uint64_t host_clock(void);
uint64_t host_thread_clock(void);
host_link *host_add(host *host);
bool host_take(host *host, mesh_buf *buf, enum owner owner);
void host_lend(host *host, mesh_buf *buf);
void host_check_guards(host *host, unsigned index);
void host_release(host *host);
void host_lane_received(host *host, const mesh_buf *buf);
void host_lane_completed(host *host, const mesh_buf *lent);

#endif

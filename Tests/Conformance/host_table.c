// SPDX-License-Identifier: Apache-2.0
// The functions that plugins call, each of which checks its caller.
#define _GNU_SOURCE
#include "host_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

uint64_t host_thread_clock(void) {
    struct timespec now = {0};
#ifndef HOST_UNTIMED // a call of the kernel, twice a turn: benchmarks do without
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
#endif
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void check_caller(host *host, const char *function) {
    if (!pthread_equal(host->thread, pthread_self())) host_fault(host, "thread", "%s off the loop", function);
    if (host->stopped) host_fault(host, "MPA-08", "%s after STOPPED", function);
}

// ---- buffers

bool host_take(host *host, mesh_buf *buf, enum owner owner) {
    if (!host->free_count) return false;
    const uint32_t index = host->free_list[--host->free_count];
    host->buffers[index].owner = owner;
    memset(host->buffers[index].memory + HOST_GUARD, POISON_BYTE, 64);
    *buf = (mesh_buf){.data = {host->buffers[index].memory + HOST_GUARD}, .owner = 0xb0f000000000ull + index,
                      .cap = HOST_BUFFER};
    return true;
}

void host_lend(host *host, mesh_buf *buf) {
    struct buffer *buffer = &host->buffers[buf->owner & 0xffff];
    buffer->owner = OWNER_TRANSMIT;
    buffer->lent = *buf;
}

void host_check_guards(host *host, unsigned index) {
    const uint8_t *memory = host->buffers[index].memory;
    for (unsigned i = 0; i < HOST_GUARD; i++) {
        if (memory[i] == GUARD_BYTE && memory[HOST_GUARD + HOST_BUFFER + i] == GUARD_BYTE) continue;
        host_fault(host, "MPA-02", "bytes outside buffer %u were written", index);
        return;
    }
}

// The buffer behind a descriptor if it is the plugin's in that way; otherwise a fault, and NULL.
static struct buffer *identify(host *host, const mesh_buf *buf, enum owner expected, const char *function) {
    const uint64_t index = buf->owner - 0xb0f000000000ull;
    if (index >= HOST_BUFFERS) {
        host_fault(host, "MPA-03", "%s: the owner word came back changed", function);
        return NULL;
    }
    struct buffer *buffer = &host->buffers[index];
    if (buffer->owner != expected) {
        host_fault(host, "MPA-05", "%s: buffer %u is not the plugin's to give (owner %d)", function, (unsigned)index,
                   (int)buffer->owner);
        return NULL;
    }
    if (buf->data.ptr != buffer->memory + HOST_GUARD || buf->cap != HOST_BUFFER)
        host_fault(host, "MPA-03", "%s: storage or capacity came back changed", function);
    if (buf->off > buf->cap || buf->len > buf->cap - buf->off)
        host_fault(host, "MPA-02", "%s: off %u + len %u exceed cap %u", function, buf->off, buf->len, buf->cap);
    if (buf->reserved) host_fault(host, "reserved", "%s: a reserved member is not zero", function);
    host_check_guards(host, (unsigned)index);
    return buffer;
}

static void give_back(host *host, struct buffer *buffer) {
    buffer->owner = OWNER_POOL;
    host->free_list[host->free_count++] = (uint32_t)(buffer - host->buffers);
}

unsigned host_buffers_out(const host *host) {
    unsigned out = 0;
    for (unsigned i = 0; i < HOST_BUFFERS; i++) out += host->buffers[i].owner > OWNER_HOST;
    return out;
}

static int32_t table_buffer_get(host *host, mesh_buf *bufs, uint32_t n, uint32_t min_cap) {
    check_caller(host, "buffer_get");
    if (min_cap > 65536) return MESH_E_INVALID;
    uint32_t got = 0;
    while (got < n && host_buffers_out(host) < host->buffer_limit && host_take(host, &bufs[got], OWNER_PLUGIN)) got++;
    return (int32_t)got;
}

static int32_t table_buffer_put(host *host, mesh_buf *bufs, uint32_t n) {
    check_caller(host, "buffer_put");
    for (uint32_t i = 0; i < n; i++) {
        struct buffer *buffer = identify(host, &bufs[i], OWNER_PLUGIN, "buffer_put");
        if (buffer) give_back(host, buffer);
    }
    return MESH_OK;
}

static int32_t table_deliver(host *host, mesh_buf *bufs, uint32_t n) {
    check_caller(host, "deliver");
    if (n > host->batch_max) host->batch_max = n;
    for (uint32_t i = 0; i < n; i++) {
        struct buffer *buffer = identify(host, &bufs[i], OWNER_PLUGIN, "deliver");
        host_link *link = host_find(host, bufs[i].link);
        if (!buffer) continue;
        if (!bufs[i].len) host_fault(host, "deliver", "an empty packet");
        if (link && link->state == HOST_LINK_DIALING) host_fault(host, "MPA-10", "a packet before UP");
        if (link) {
            const uint8_t *bytes = bufs[i].data.ptr + bufs[i].off;
            uint64_t sequence = 0;
            if (bufs[i].len >= 8) memcpy(&sequence, bytes, 8);
            if (bufs[i].len >= 8 && sequence != link->received)
                host_fault(host, "order", "packet %llu where %llu was due", (unsigned long long)sequence,
                           (unsigned long long)link->received);
            for (uint32_t b = 8; b < bufs[i].len; b++)
                if (bytes[b] != (uint8_t)sequence) {
                    host_fault(host, "bytes", "byte %u of packet %llu is wrong", b, (unsigned long long)sequence);
                    break;
                }
            link->received++;
            host_lane_received(host, &bufs[i]);
            link->received_bytes += bufs[i].len;
        }
        give_back(host, buffer);
    }
    return MESH_OK;
}

static int32_t table_transmit_done(host *host, mesh_buf *bufs, uint32_t n) {
    check_caller(host, "transmit_done");
    for (uint32_t i = 0; i < n; i++) {
        struct buffer *buffer = identify(host, &bufs[i], OWNER_TRANSMIT, "transmit_done");
        if (!buffer) continue;
        host_link *link = host_find(host, buffer->lent.link);
        if (bufs[i].cookie != buffer->lent.cookie) host_fault(host, "MPA-03", "the cookie came back changed");
        if (link) {
            host_lane_completed(host, &buffer->lent);
            if (buffer->lent.cookie < link->done_order && !buffer->lent.stream) host_fault(host, "MPA-05", "completions out of order");
            link->done_order = buffer->lent.cookie;
            link->completed += bufs[i].status == MESH_OK;
            link->failed += bufs[i].status != MESH_OK;
            link->last_status = bufs[i].status;
        }
        host->last_status = bufs[i].status;
        if (bufs[i].status > 0) host_fault(host, "status", "a positive status");
        give_back(host, buffer);
    }
    return MESH_OK;
}

static int32_t table_credit(host *host, uint64_t id, uint32_t frames, uint64_t bytes) {
    check_caller(host, "credit");
    host_link *link = host_find(host, id);
    if (!link || link->state == HOST_LINK_GONE) return MESH_E_STALE;
    if (link->state != HOST_LINK_UP) host_fault(host, "MPA-10", "credit before UP");
    link->frames += frames;
    link->bytes += bytes;
    return MESH_OK;
}

// ---- loop

static int32_t table_log(host *host, uint32_t level, const char *text, size_t len) {
    (void)host;
    return level < MESH_LOG_ERROR || level > MESH_LOG_DEBUG || (len && !text) ? MESH_E_INVALID : MESH_OK;
}

static int32_t table_post(host *host, uint64_t token) {
    int32_t status = MESH_OK;
    pthread_mutex_lock(&host->lock);
    unsigned i = 0;
    while (i < host->wake_count && host->wakes[i] != token) i++;
    if (i == 64) status = MESH_E_AGAIN;
    else if (i == host->wake_count) host->wakes[host->wake_count++] = token;
    pthread_mutex_unlock(&host->lock);
    return status;
}

static uint64_t table_now(host *host) {
    check_caller(host, "now");
    return host->turn_now;
}

static int32_t table_watch(host *host, int32_t fd, uint32_t mask, uint64_t token) {
    check_caller(host, "watch");
    if (mask & ~(MESH_WATCH_READ | MESH_WATCH_WRITE)) host_fault(host, "watch", "asked for mask %x", mask);
    unsigned slot = HOST_WATCHES, unused = HOST_WATCHES;
    for (unsigned i = 0; i < HOST_WATCHES; i++) {
        if (host->watches[i].used && host->watches[i].fd == fd) slot = i;
        if (!host->watches[i].used) unused = i;
    }
    const bool known = slot < HOST_WATCHES;
    if (!known) slot = unused;
    if (slot == HOST_WATCHES) return MESH_E_LIMIT;
    struct epoll_event event = {.events = (mask & MESH_WATCH_READ ? EPOLLIN : 0) |
                                          (mask & MESH_WATCH_WRITE ? EPOLLOUT : 0), .data = {.fd = fd}};
    if (epoll_ctl(host->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event)) {
        // A number that is known here and not to epoll was closed while watched.
        if (known) host_fault(host, "MPA-04", "descriptor %d was closed before unwatch", fd);
        return MESH_E_IO;
    }
    host->watches[slot].fd = fd;
    host->watches[slot].mask = mask;
    host->watches[slot].token = token;
    if (!host->watches[slot].used) host->watch_count++;
    host->watches[slot].used = true;
    return MESH_OK;
}

static int32_t table_unwatch(host *host, int32_t fd) {
    check_caller(host, "unwatch");
    for (unsigned i = 0; i < HOST_WATCHES; i++) {
        if (!host->watches[i].used || host->watches[i].fd != fd) continue;
        host->watches[i].used = false;
        host->watch_count--;
        if (epoll_ctl(host->epoll, EPOLL_CTL_DEL, fd, NULL))
            host_fault(host, "MPA-04", "descriptor %d was closed before unwatch", fd);
        return MESH_OK;
    }
    return MESH_E_NOTFOUND;
}

static int32_t table_deadline(host *host, uint64_t at_ns) {
    check_caller(host, "deadline");
    host->deadline = at_ns;
    return MESH_OK;
}

static int32_t table_offload(host *host, int32_t (*run)(void *), void *argument, uint64_t token) {
    check_caller(host, "offload");
    if (host->job_count == 16) return MESH_E_LIMIT;
    host->jobs[host->job_count++] = (struct job){.run = run, .argument = argument, .token = token};
    return MESH_OK;
}

// ---- store: in memory, for one run

static unsigned store_find(host *host, const char *key, uint32_t len) {
    unsigned i = 0;
    while (i < host->store_count && (host->store[i].key_len != len || memcmp(host->store[i].key, key, len))) i++;
    return i;
}

static int32_t store_answer(host *host, uint64_t token, int32_t status, const void *data, uint32_t len) {
    if (host->answer_count == 16) return MESH_E_LIMIT;
    host->answers[host->answer_count++] = (mesh_ready){.kind = MESH_READY_STORE, .token = token, .fd = -1,
                                                       .status = status, .data = {data}, .data_len = len};
    return MESH_OK;
}

static int32_t table_store_get(host *host, const char *key, uint32_t key_len, uint64_t token) {
    check_caller(host, "store_get");
    if (!key_len || key_len > MESH_STORE_KEY_MAX) return MESH_E_INVALID;
    const unsigned i = store_find(host, key, key_len);
    if (i == host->store_count) return store_answer(host, token, MESH_E_NOTFOUND, NULL, 0);
    return store_answer(host, token, MESH_OK, host->store[i].value, host->store[i].len);
}

static int32_t table_store_put(host *host, const char *key, uint32_t key_len, const void *value, uint32_t len,
                               uint64_t token) {
    check_caller(host, "store_put");
    if (!key_len || key_len > MESH_STORE_KEY_MAX || len > MESH_STORE_VALUE_MAX) return MESH_E_INVALID;
    const unsigned i = store_find(host, key, key_len);
    if (i == 32) return MESH_E_LIMIT;
    if (i == host->store_count) host->store_count++;
    memcpy(host->store[i].key, key, key_len);
    host->store[i].key_len = key_len;
    host->store[i].value = realloc(host->store[i].value, len + 1);
    memcpy(host->store[i].value, value, len);
    host->store[i].len = len;
    return store_answer(host, token, MESH_OK, NULL, 0);
}

static int32_t table_store_delete(host *host, const char *key, uint32_t key_len, uint64_t token) {
    check_caller(host, "store_delete");
    const unsigned i = store_find(host, key, key_len);
    if (i < host->store_count) {
        free(host->store[i].value);
        host->store[i] = host->store[--host->store_count];
        host->store[host->store_count].value = NULL;
    }
    return store_answer(host, token, MESH_OK, NULL, 0);
}

static const void *table_extension(host *host, const char *name) {
    return host->extension ? host->extension(name) : NULL;
}

extern int32_t host_link_event(host *host, mesh_link_event *events, uint32_t n);

mesh_host_api host_table = {
    .size = sizeof host_table, .abi_minor = MESH_PLUGIN_ABI_MINOR, .log = table_log, .post = table_post,
    .now = table_now, .watch = table_watch, .unwatch = table_unwatch, .deadline = table_deadline,
    .buffer_get = table_buffer_get, .buffer_put = table_buffer_put, .deliver = table_deliver,
    .transmit_done = table_transmit_done, .credit = table_credit, .link_event = host_link_event,
    .offload = table_offload, .store_get = table_store_get, .store_put = table_store_put,
    .store_delete = table_store_delete, .extension = table_extension,
};

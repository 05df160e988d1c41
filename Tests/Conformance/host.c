// SPDX-License-Identifier: Apache-2.0
// The host's side of the loop and of the tests; what plugins call is in host_table.c.
#define _GNU_SOURCE
#include "host_state.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

uint64_t host_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void host_fault(host *host, const char *rule, const char *format, ...) {
    if (host->fault_count >= FAULTS) return;
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(host->faults[host->fault_count++], sizeof host->faults[0], "%s: %s", rule, text);
}

bool host_load(host_plugin *plugin, const char *path) {
    memset(plugin, 0, sizeof *plugin);
    plugin->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!plugin->handle) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    void *symbol = dlsym(plugin->handle, "mesh_plugin_entry_v1");
    memcpy(&plugin->entry, &symbol, sizeof symbol);
    plugin->api.size = sizeof plugin->api;
    plugin->info.size = sizeof plugin->info;
    plugin->info.caps.size = sizeof plugin->info.caps;
    if (!symbol || plugin->entry(&host_table, &plugin->api) != MESH_OK || !plugin->api.describe ||
        plugin->api.describe(&plugin->info) != MESH_OK) {
        fprintf(stderr, "%s: no entry, or it refuses this host\n", path);
        return false;
    }
    return true;
}

host *host_create(const host_plugin *plugin, const mesh_param *params, uint32_t n) {
    host *host = calloc(1, sizeof *host);
    host->plugin = plugin;
    host->epoll = epoll_create1(EPOLL_CLOEXEC);
    host->deadline = MESH_DEADLINE_NONE;
    host->thread = pthread_self();
    host->buffer_limit = HOST_BUFFERS;
    host->next_id = 0x100000001ull;
    host->extension = host_streams;
    for (unsigned i = 0; i < HOST_BUFFERS; i++) {
        host->buffers[i].memory = malloc(HOST_BUFFER + 2 * HOST_GUARD);
        memset(host->buffers[i].memory, GUARD_BYTE, HOST_BUFFER + 2 * HOST_GUARD);
        host->free_list[host->free_count++] = HOST_BUFFERS - 1 - i;
    }
    // As from an identity: the same for every instance.
    mesh_secret secrets[8] = {0};
    uint32_t secret_count = plugin->info.secret_count < 8 ? plugin->info.secret_count : 8;
    for (uint32_t i = 0; i < secret_count; i++) {
        secrets[i].purpose = plugin->info.secrets[i];
        memset(secrets[i].key, 0x11 * (int)(i + 1), sizeof secrets[i].key);
    }
    mesh_create_options options = {.size = sizeof options, .name = "test", .params = params, .param_count = n,
                                   .secrets = secrets, .secret_count = secret_count};
    host->turn_now = host_clock();
    if (plugin->api.create(host, &options, &host->ctx) == MESH_OK) return host;
    if (host->ctx) host_fault(host, "create", "failed and left a context");
    host->ctx = NULL;
    host_release(host);
    return NULL;
}

host *host_start(const host_plugin *plugin, const mesh_param *params, uint32_t n) {
    host *host = host_create(plugin, params, n);
    if (!host) return NULL;
    if (plugin->api.start(host->ctx) != MESH_OK) host_fault(host, "start", "was refused");
    host_turn(host, 0);
    return host;
}

void host_release(host *host) {
    for (unsigned i = 0; i < HOST_BUFFERS; i++) free(host->buffers[i].memory);
    for (unsigned i = 0; i < host->store_count; i++) free(host->store[i].value);
    close(host->epoll);
    free(host);
}

static bool stopped(void *context) { return ((host *)context)->stopped; }

unsigned host_finish(host *host, uint64_t limit_ms) {
    host->turn_now = host_clock();
    host->paused = false;
    if (!host->stopped && host_count(host, MESH_EVENT_STARTED, 0)) {
        const int32_t status = host->plugin->api.stop(host->ctx, host->turn_now + limit_ms * 1000000ull);
        if (status != MESH_OK) host_fault(host, "MPA-08", "stop answered %d", status);
        struct mesh_host *all[] = {host};
        if (!host_run(all, 1, stopped, host, limit_ms + 500)) host_fault(host, "MPA-08", "no STOPPED by the deadline");
        host_turn(host, 0);
    }
    if (host->watch_count) host_fault(host, "MPA-08", "%u descriptors still watched", host->watch_count);
    if (host_buffers_out(host)) host_fault(host, "MPA-08", "%u buffers still held", host_buffers_out(host));
    for (unsigned i = 0; i < HOST_LINKS; i++)
        if (host->links[i].state == HOST_LINK_UP || host->links[i].state == HOST_LINK_DIALING)
            host_fault(host, "MPA-08", "link %llx has no last word", (unsigned long long)host->links[i].id);
    host->plugin->api.destroy(host->ctx);
    host->ctx = NULL;
    for (unsigned i = 0; i < HOST_BUFFERS; i++) host_check_guards(host, i);
    for (unsigned i = 0; i < host->fault_count; i++) fprintf(stderr, "  %s\n", host->faults[i]);
    const unsigned faults = host->fault_count;
    host_release(host);
    return faults;
}

// Jobs run one after the other on a thread of their own, which is joined at once: a plugin only sees another thread.
static void *run_job(void *argument) {
    struct job *job = argument;
    job->status = job->run(job->argument);
    return NULL;
}

static unsigned collect(host *host, mesh_ready *ready, unsigned room, uint64_t nanoseconds) {
    struct epoll_event events[64];
    struct timespec limit = {0, 0};
    unsigned n = 0;
    while (host->job_count && n < room) {
        struct job job = host->jobs[--host->job_count];
        pthread_t thread;
        pthread_create(&thread, NULL, run_job, &job);
        pthread_join(thread, NULL);
        ready[n++] = (mesh_ready){.kind = MESH_READY_OFFLOAD, .token = job.token, .fd = -1, .status = job.status};
    }
    while (host->answer_count && n < room) ready[n++] = host->answers[--host->answer_count];
    if (n == 0 && host->wake_count == 0) {
        limit.tv_sec = (time_t)(nanoseconds / 1000000000u);
        limit.tv_nsec = (long)(nanoseconds % 1000000000u);
    }
    const int got = epoll_pwait2(host->epoll, events, 64, &limit, NULL);
    for (int i = 0; i < got && n < room; i++) {
        const int fd = events[i].data.fd;
        for (unsigned w = 0; w < HOST_WATCHES; w++) {
            if (!host->watches[w].used || host->watches[w].fd != fd) continue;
            uint32_t mask = (events[i].events & EPOLLIN ? MESH_WATCH_READ : 0) |
                            (events[i].events & EPOLLOUT ? MESH_WATCH_WRITE : 0) |
                            (events[i].events & (EPOLLERR | EPOLLHUP) ? MESH_WATCH_ERROR : 0);
            ready[n++] = (mesh_ready){.kind = MESH_READY_FD, .mask = mask, .token = host->watches[w].token, .fd = fd};
        }
    }
    pthread_mutex_lock(&host->lock);
    while (host->wake_count && n < room)
        ready[n++] = (mesh_ready){.kind = MESH_READY_WAKE, .token = host->wakes[--host->wake_count], .fd = -1};
    pthread_mutex_unlock(&host->lock);
    return n;
}

void host_turn(host *host, int timeout_ms) {
    uint64_t limit = (uint64_t)timeout_ms * 1000000u, now = host_clock();
    if (host->deadline != MESH_DEADLINE_NONE) {
        const uint64_t wait = host->deadline > now ? (host->deadline - now + 999999) / 1000000 * 1000000 : 0;
        if (wait < limit) limit = wait;
    }
    host_turn_within(host, limit);
}

void host_turn_within(host *host, uint64_t nanoseconds) {
    mesh_ready ready[192];
    if (host->paused || host->stopped || !host->ctx) return;
    unsigned n = collect(host, ready, 160, nanoseconds);
    const uint64_t now = host->turn_now = host_clock();
    const bool expired = host->deadline <= now;
    if (expired) ready[n++] = (mesh_ready){.kind = MESH_READY_TIMER, .fd = -1};
    if (!n) return;
    ready[n++] = (mesh_ready){.kind = 4711, .fd = -1}; // an open set: what is unknown is ignored
    const uint64_t cpu_before = host_thread_clock();
    const uint64_t next = host->plugin->api.on_ready(host->ctx, ready, n, now);
    const uint64_t took = host_thread_clock() - cpu_before;
    if (took > host->longest) host->longest = took;
    host->deadline = next;
    if (next <= now && expired && ++host->spins > 100000) host_fault(host, "MPA-11", "the deadline never moves on");
}

bool host_run(host **hosts, unsigned n, bool (*done)(void *context), void *context, uint64_t limit_ms) {
    // A round waits five milliseconds at most: more than ten are the machine's, and cost the plugin no more than that.
    const uint64_t most = 10000000ull;
    uint64_t left = limit_ms * 1000000ull, before = host_clock();
    while (!done(context)) {
        if (left == 0) return false;
        for (unsigned i = 0; i < n; i++) host_turn(hosts[i], n == 1 ? 5 : 1);
        const uint64_t now = host_clock(), took = now - before < most ? now - before : most;
        left -= took < left ? took : left;
        before = now;
    }
    return true;
}

uint64_t host_listen(host *host, const char *address, int fd, uint32_t flags, int32_t *status) {
    mesh_listen_options options = {.size = sizeof options, .flags = flags, .fd = fd};
    const uint64_t id = host->next_id++;
    host->turn_now = host_clock();
    *status = host->plugin->api.listen(host->ctx, id, address, strlen(address), &options);
    return id;
}

host_link *host_add(host *host) {
    for (unsigned i = 0; i < HOST_LINKS; i++) {
        host_link *link = &host->links[i];
        if (link->state != HOST_LINK_FREE) continue;
        *link = (host_link){.id = host->next_id++, .state = HOST_LINK_DIALING};
        return link;
    }
    return NULL;
}

uint64_t host_connect(host *host, const char *address, uint64_t deadline_ns, uint32_t flags, int32_t *status) {
    mesh_connect_options options = {.size = sizeof options, .flags = flags, .deadline_ns = deadline_ns};
    host_link *link = host_add(host);
    host->turn_now = host_clock();
    *status = host->plugin->api.connect(host->ctx, link->id, address, strlen(address), &options);
    const uint64_t id = link->id;
    if (*status != MESH_OK) link->state = HOST_LINK_FREE;
    return id;
}

uint32_t host_send(host *host, uint64_t id, uint32_t n, uint32_t len, uint32_t batch) {
    mesh_buf bufs[256];
    host_link *link = host_find(host, id);
    uint32_t sent = 0, ready = 0;
    host->turn_now = host_clock();
    while (link && sent + ready < n && (host->spoil_credit || (link->frames && link->bytes >= len))) {
        if (!host_take(host, &bufs[ready], OWNER_HOST)) break;
        mesh_buf *buf = &bufs[ready++];
        buf->link = id;
        buf->off = HOST_ROOM;
        buf->len = len;
        buf->cookie = link->sent;
        memset(buf->data.ptr + buf->off, (int)(link->sent & 0xff), len);
        if (len >= 8) memcpy(buf->data.ptr + buf->off, &link->sent, 8);
        host_lend(host, buf);
        link->sent++;
        if (!host->spoil_credit) link->frames--, link->bytes -= len;
        if (ready < batch && ready < 256 && sent + ready < n) continue;
        host->plugin->api.transmit(host->ctx, bufs, ready);
        sent += ready;
        ready = 0;
    }
    if (ready) host->plugin->api.transmit(host->ctx, bufs, ready);
    return sent + ready;
}

bool host_take_for_transmit(host *host, mesh_buf *buf, const void *bytes, uint32_t len) {
    if (!host_take(host, buf, OWNER_HOST)) return false;
    buf->off = HOST_ROOM;
    buf->len = len;
    memcpy(buf->data.ptr + buf->off, bytes, len);
    host_lend(host, buf);
    return true;
}

void host_send_raw(host *host, uint64_t id, const void *bytes, uint32_t len, uint16_t flags) {
    mesh_buf buf;
    host_link *link = host_find(host, id);
    host->turn_now = host_clock();
    if (!host_take(host, &buf, OWNER_HOST)) return;
    buf.link = id;
    buf.off = HOST_ROOM;
    buf.len = len;
    buf.flags = flags;
    buf.cookie = link ? link->sent++ : 1ull << 40;
    memcpy(buf.data.ptr + buf.off, bytes, len);
    host_lend(host, &buf);
    host->plugin->api.transmit(host->ctx, &buf, 1);
}

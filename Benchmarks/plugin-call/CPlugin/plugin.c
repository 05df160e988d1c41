// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CPlugin.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const mesh_host_api *api;

static int32_t describe(mesh_plugin_info *info) {
    info->id = "counting-c";
    info->version = "1";
    info->caps.size = sizeof(mesh_caps);
    info->caps.mtu = 1500;
    return MESH_OK;
}

static int32_t create(mesh_host *host, const mesh_create_options *options, void **ctx) {
    (void)options;
    counted *c = calloc(1, sizeof *c);
    c->host = host;
    *ctx = c;
    return c ? MESH_OK : MESH_E_NOMEM;
}

static int32_t emit(counted *c, uint32_t kind, uint64_t link) {
    mesh_link_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    e.link = link;
    return api->link_event(c->host, &e, 1);
}

static int32_t start(void *ctx) { return emit(ctx, MESH_EVENT_STARTED, 0); }

static int32_t stop(void *ctx, uint64_t deadline) {
    (void)deadline;
    return emit(ctx, MESH_EVENT_STOPPED, 0);
}

static void destroy(void *ctx) { free(ctx); }

static int32_t start_link(void *ctx, uint64_t link, const char *address, size_t len,
                          const mesh_connect_options *options) {
    (void)address;
    (void)len;
    (void)options;
    counted *c = ctx;
    emit(c, MESH_EVENT_UP, link);
    return api->credit(c->host, link, 1u << 31, 1ull << 40);
}

static int32_t end_link(void *ctx, uint64_t link, uint32_t mode) {
    (void)mode;
    return emit(ctx, MESH_EVENT_DOWN, link);
}

static uint64_t on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    (void)ctx;
    (void)ready;
    (void)n;
    (void)now;
    return MESH_DEADLINE_NONE;
}

static int32_t transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    counted *c = ctx;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) bytes += bufs[i].len;
    c->frames += n;
    c->bytes += bytes;
    uint32_t slot = c->given_count++ & 15;
    c->given[slot] = bufs;
    c->sizes[slot] = n;
    return MESH_OK;
}

void c_complete(const mesh_host_api *host, counted *c) {
    for (uint32_t i = 0; i < c->given_count && i < 16; i++) host->transmit_done(c->host, c->given[i], c->sizes[i]);
    c->given_count = 0;
}

static int32_t stats(void *ctx, mesh_stat *values, uint32_t cap) {
    (void)values;
    (void)cap;
    c_complete(api, ctx);
    return 0;
}

int32_t c_plugin_entry(const mesh_host_api *host, mesh_plugin_api *out) {
    api = host;
    mesh_plugin_api mine = {.size = sizeof mine,
                            .describe = describe,
                            .create = create,
                            .start = start,
                            .stop = stop,
                            .destroy = destroy,
                            .connect = start_link,
                            .disconnect = end_link,
                            .on_ready = on_ready,
                            .transmit = transmit,
                            .stats = stats};
    mine.size = out->size < sizeof mine ? out->size : (uint32_t)sizeof mine;
    memcpy(out, &mine, mine.size);
    return MESH_OK;
}

__attribute__((noinline)) uint64_t c_host_transmit(const mesh_plugin_api *plugin, void *ctx, mesh_buf *bufs, uint32_t n,
                                                   uint64_t rounds) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (uint64_t i = 0; i < rounds; i++) plugin->transmit(ctx, bufs, n);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (uint64_t)(b.tv_sec - a.tv_sec) * 1000000000u + (uint64_t)b.tv_nsec - (uint64_t)a.tv_nsec;
}

// SPDX-License-Identifier: Apache-2.0
// A plugin with no transport, around one extension: what it takes of 1.0 is all in this file. One that does more defines
// its name, what else an instance has, and OWN_TURNS for a start and an on_ready of its own.
#include <mesh/mesh_plugin.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_ID
#define PLUGIN_ID "draft"
#define PLUGIN_SUMMARY "Proves a draft extension."
#define INSTANCE_FIELDS
#endif

struct instance {
    mesh_host *host;
    INSTANCE_FIELDS
};

static const mesh_host_api *api;

static int32_t answer(void *ctx, uint32_t kind) {
    mesh_link_event event = {.kind = kind};
    return api->link_event(((struct instance *)ctx)->host, &event, 1);
}
static int32_t describe(mesh_plugin_info *info) {
    static const mesh_plugin_info all = {.size = sizeof all, .id = PLUGIN_ID, .version = "1", .licence = "Apache-2.0",
                                         .summary = PLUGIN_SUMMARY,
                                         .caps = {.size = sizeof(mesh_caps), .mtu = 256}};
    const uint32_t size = info->size < sizeof all ? info->size : (uint32_t)sizeof all;
    memcpy(info, &all, size);
    info->size = size;
    return MESH_OK;
}
static int32_t create(mesh_host *host, const mesh_create_options *options, void **ctx) {
    struct instance *me = calloc(1, sizeof *me);
    (void)options;
    *ctx = me;
    if (!me) return MESH_E_NOMEM;
    me->host = host;
    return MESH_OK;
}
#ifdef OWN_TURNS
static int32_t start(void *ctx);
static uint64_t on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now);
#else
static int32_t start(void *ctx) { return answer(ctx, MESH_EVENT_STARTED); }
static uint64_t on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    (void)ctx, (void)ready, (void)n, (void)now;
    return MESH_DEADLINE_NONE;
}
#endif
static int32_t stop(void *ctx, uint64_t deadline) {
    (void)deadline;
    return answer(ctx, MESH_EVENT_STOPPED);
}
static void destroy(void *ctx) { free(ctx); }
static int32_t dial(void *ctx, uint64_t link, const char *address, size_t len, const mesh_connect_options *options) {
    (void)ctx, (void)link, (void)address, (void)len;
    return options->flags ? MESH_E_FLAG : MESH_E_ADDRESS;
}
static int32_t hang_up(void *ctx, uint64_t link, uint32_t mode) {
    (void)ctx, (void)link, (void)mode;
    return MESH_E_STALE;
}
static int32_t transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) bufs[i].status = MESH_E_STALE;
    return api->transmit_done(((struct instance *)ctx)->host, bufs, n);
}

// The host's side of the extension, or NULL: then the plugin works without.
#define HOST_SIDE(type, name) ((const type *)api->extension(((struct instance *)ctx)->host, name))

#define DRAFT_PLUGIN(name, side)                                                                                  \
    static const void *extension(const char *asked) { return strcmp(asked, name) ? NULL : &side; }                \
    __attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host,               \
                                                                        mesh_plugin_api *out) {                  \
        static const mesh_plugin_api table = {                                                                   \
            .size = sizeof table, .describe = describe, .create = create, .start = start, .stop = stop,          \
            .destroy = destroy, .connect = dial, .disconnect = hang_up, .on_ready = on_ready,                    \
            .transmit = transmit, .extension = extension};                                                       \
        if (!MESH_HAS(host, mesh_host_api, extension)) return MESH_E_VERSION;                                    \
        api = host;                                                                                              \
        const uint32_t size = out->size < sizeof table ? out->size : (uint32_t)sizeof table;                     \
        memcpy(out, &table, size);                                                                               \
        out->size = size;                                                                                        \
        return MESH_OK;                                                                                          \
    }

// SPDX-License-Identifier: Apache-2.0
#include "hostile.h"

#include <stdlib.h>
#include <unistd.h>

#ifndef PLUGIN_ID
#define PLUGIN_ID "hostile"
#endif
#ifndef NOTE_ID
#define NOTE_ID PLUGIN_ID
#endif
#ifndef NOTE_ABI
#define NOTE_ABI "1.0"
#endif

#ifdef LOAD_CRASHES
__attribute__((constructor)) static void at_load(void) { abort(); }
#endif

#ifndef NO_NOTE
#define NOTE_TEXT "id=" NOTE_ID "\nversion=1.2.3\nabi=" NOTE_ABI "\nschemes=hostile,evil\n"
__attribute__((section(".note.mesh"), used, aligned(4))) static const struct {
    uint32_t name_size, text_size, type;
    char name[8];
    char text[sizeof NOTE_TEXT];
} note = {5, sizeof NOTE_TEXT, 1, "mesh", NOTE_TEXT};
#endif

const mesh_host_api *api;

int is_mode(const hostile *h, const char *mode) { return strcmp(h->mode, mode) == 0; }

void say(hostile *h, const char *what, int64_t value) {
    char line[128];
    int n = snprintf(line, sizeof line, "%s %lld", what, (long long)value);
    api->log(h->host, MESH_LOG_DEBUG, line, (size_t)n);
}

int32_t event(hostile *h, uint32_t kind, uint64_t link, int32_t code, const char *text) {
    mesh_link_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    e.link = link;
    e.code = code;
    e.fclass = code ? MESH_CLASS_PEER : MESH_CLASS_NONE;
    e.data.ptr = text;
    e.data_len = text ? (uint32_t)strlen(text) : 0;
    return api->link_event(h->host, &e, 1);
}

#ifdef UNDEFINED
void nobody_has_this_function(void);
#endif

static int32_t describe(mesh_plugin_info *info) {
    static const char *const schemes[] = {"hostile", "evil"};
    static const char *const secrets[] = {"cookies"};
#ifdef DESCRIBE_RESULT
    return DESCRIBE_RESULT;
#endif
    info->id = PLUGIN_ID;
    info->version = "1.2.3";
    info->licence = "Apache-2.0";
    info->summary = "Misbehaves.";
    info->schemes = schemes;
    info->scheme_count = 2;
    info->secrets = secrets;
    info->secret_count = 1;
    info->caps.size = sizeof(mesh_caps);
    info->caps.mtu = 1500;
    info->caps.max_segments = 4;
#ifdef UNDEFINED
    nobody_has_this_function();
#endif
#ifdef MTU
    info->caps.mtu = MTU;
#endif
#ifdef HEADROOM
    info->caps.headroom = HEADROOM;
#endif
#ifdef NULL_ID
    info->id = 0;
#endif
#ifdef OTHER_ID
    info->id = "other";
#endif
#ifdef MANY_SCHEMES
    info->scheme_count = 4000000;
#endif
#ifdef DESCRIBE_BEYOND
    ((char *)info)[info->size + 3] = 7;
#endif
#ifdef INFO_SIZE
    info->size = INFO_SIZE;
#endif
    return MESH_OK;
}

static int32_t create(mesh_host *host, const mesh_create_options *options, void **ctx) {
#ifdef CREATE_CRASHES
    abort();
#endif
    hostile *h = calloc(1, sizeof *h);
    h->host = host;
    h->fds[0] = h->fds[1] = -1;
    for (uint32_t i = 0; i < options->param_count; i++)
        if (strcmp(options->params[i].name, "mode") == 0)
            snprintf(h->mode, sizeof h->mode, "%s", options->params[i].value.text);
    if (options->secret_count == 1) say(h, "secret", options->secrets[0].key[31]);
    say(h, "fault in create", event(h, MESH_EVENT_FAULT, 0, MESH_E_IO, "too early"));
    if (is_mode(h, "create-buffers")) api->buffer_get(host, h->held, 5, 100);
    if (is_mode(h, "create-fails") || is_mode(h, "create-buffers")) { free(h); return MESH_E_CONFIG; }
    if (is_mode(h, "create-garbage")) { free(h); return 12345; }
    if (is_mode(h, "create-null")) { free(h); return MESH_OK; }
    *ctx = h;
    return MESH_OK;
}

static int32_t configure(void *ctx, const mesh_param *params, uint32_t n) {
    hostile *h = ctx;
    mesh_link_event e;
    memset(&e, 0, sizeof e);
    e.kind = MESH_EVENT_CONFIGURED;
    e.code = n > 1 ? MESH_E_RESTART : MESH_OK;
    e.token = n > 1 ? 1 : 0;
    (void)params;
    return api->link_event(h->host, &e, 1);
}

static int32_t start(void *ctx) {
    hostile *h = ctx;
#ifdef START_CRASHES
    abort();
#endif
#ifdef BROKEN_START
    return event(h, MESH_EVENT_FAULT, 0, MESH_E_IO, "cannot start");
#endif
    if (is_mode(h, "start-error")) return MESH_E_INVALID;
    if (is_mode(h, "start-garbage")) return -123456;
    if (is_mode(h, "start-fault")) { event(h, MESH_EVENT_FAULT, 0, MESH_E_IO, "no luck"); return MESH_OK; }
    if (is_mode(h, "start-silent")) return MESH_OK;
    if (is_mode(h, "start-says")) say(h, "starting", 1);
    event(h, MESH_EVENT_STARTED, 0, MESH_OK, 0);
    return MESH_OK;
}

static int32_t stop(void *ctx, uint64_t deadline) {
    hostile *h = ctx;
    (void)deadline;
    say(h, "stop", 1);
    if (is_mode(h, "stop-silent")) return MESH_OK;
    if (is_mode(h, "stop-garbage")) return -4711;
    if (h->link && !is_mode(h, "stop-keeps")) {
        if (h->held_count) api->transmit_done(h->host, h->held, h->held_count);
        h->held_count = 0;
        event(h, MESH_EVENT_DOWN, h->link, MESH_E_CLOSED, "stopped");
    }
    event(h, MESH_EVENT_STOPPED, 0, MESH_OK, 0);
    say(h, "call after stopped", api->watch(h->host, 0, MESH_WATCH_READ, 1));
    return MESH_OK;
}

static void destroy(void *ctx) {
    hostile *h = ctx;
    say(h, "destroyed", 1);
    if (h->fds[0] >= 0) close(h->fds[0]);
    if (h->fds[1] >= 0) close(h->fds[1]);
    free(h);
}

static int32_t listener_event(hostile *h, uint32_t kind, uint64_t listener, const char *text, uint64_t *link) {
    mesh_link_event e;
    memset(&e, 0, sizeof e);
    e.kind = kind;
    e.listener = listener;
    e.token = 99;
    e.data.ptr = text;
    e.data_len = (uint32_t)strlen(text);
    int32_t result = api->link_event(h->host, &e, 1);
    if (link) *link = e.link;
    return result;
}

static int32_t hostile_listen(void *ctx, uint64_t listener, const char *address, size_t length,
                              const mesh_listen_options *options) {
    hostile *h = ctx;
    uint64_t link = 0;
    (void)length;
    (void)options;
    if (strcmp(address, "refuse") == 0) return MESH_E_ADDRESS;
    if (strcmp(address, "fail") == 0) return listener_event(h, MESH_EVENT_LISTEN_FAILED, listener, "taken", 0);
    listener_event(h, MESH_EVENT_LISTENING, listener, PLUGIN_ID "://bound", 0);
    say(h, "listening twice", listener_event(h, MESH_EVENT_LISTENING, listener, "again", 0));
    say(h, "incoming unknown", listener_event(h, MESH_EVENT_INCOMING, listener + 1, "nobody", 0));
    if (strncmp(address, "incoming", 8) == 0) {
        listener_event(h, MESH_EVENT_INCOMING, listener, address + 8, &link);
        say(h, "incoming", link != 0);
        h->link = link;
        if (link) event(h, MESH_EVENT_UP, link, MESH_OK, "binding");
    }
    return MESH_OK;
}

static int32_t unlisten(void *ctx, uint64_t listener) {
    say(ctx, "unlisten", listener != 0);
    return MESH_OK;
}

static int32_t hostile_connect(void *ctx, uint64_t link, const char *address, size_t length,
                               const mesh_connect_options *options) {
    hostile *h = ctx;
    (void)length;
    (void)options;
    return act(h, address, link);
}

static int32_t disconnect(void *ctx, uint64_t link, uint32_t mode) {
    hostile *h = ctx;
    (void)mode;
    if (is_mode(h, "disconnect-silent")) return MESH_OK;
    if (is_mode(h, "disconnect-stale")) return MESH_E_STALE;
    return event(h, MESH_EVENT_DOWN, link, MESH_E_CLOSED, "bye");
}

static uint64_t on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    hostile *h = ctx;
    h->ready_calls++;
    uint32_t wakes = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (ready[i].kind == MESH_READY_WAKE) wakes++;
        if (ready[i].kind == MESH_READY_OFFLOAD) say(h, "offload", ready[i].status);
        if (ready[i].kind == MESH_READY_TIMER) say(h, "timer", now >= ready[i].token);
        if (ready[i].kind == MESH_READY_STORE) {
            say(h, "store token", (int64_t)ready[i].token);
            say(h, "store status", ready[i].status);
            say(h, "store length", ready[i].data_len);
        }
    }
    if (wakes) say(h, "wakes", wakes);
    if (is_mode(h, "timer-storm")) return now;
    return MESH_DEADLINE_NONE;
}

static int32_t transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    hostile *h = ctx;
    if (is_mode(h, "hold") || is_mode(h, "stop-keeps") || is_mode(h, "stop-silent")) {
        for (uint32_t i = 0; i < n && h->held_count < HELD_MAX; i++) h->held[h->held_count++] = bufs[i];
        return MESH_OK;
    }
    if (is_mode(h, "scribble"))
        for (uint32_t i = 0; i < n; i++) { bufs[i].cookie ^= 1; bufs[i].len = 0xffffffff; bufs[i].status = 77; }
    if (is_mode(h, "echo")) {
        mesh_buf out[64];
        uint32_t got = (uint32_t)api->buffer_get(h->host, out, n > 64 ? 64 : n, 1500);
        for (uint32_t i = 0; i < got; i++) {
            memcpy(out[i].data.ptr, bufs[i].data.ptr + bufs[i].off, bufs[i].len);
            out[i].len = bufs[i].len;
            out[i].link = bufs[i].link;
        }
        api->deliver(h->host, out, got);
        for (uint32_t i = 0; i < n; i++) lane_returned(h, &bufs[i]);
        api->credit(h->host, bufs[0].link, n, 65536);
    }
    mesh_buf copy = bufs[0];
    int32_t first = api->transmit_done(h->host, bufs, n);
    if (is_mode(h, "echo")) return MESH_OK;
    say(h, "done", first);
    say(h, "done twice", api->transmit_done(h->host, &copy, 1));
    return is_mode(h, "scribble") ? -9999 : MESH_OK;
}

static int32_t stats(void *ctx, mesh_stat *values, uint32_t cap) {
    hostile *h = ctx;
    values[0].name = "ready_calls";
    values[0].help = "Calls of on_ready.";
    values[0].value = h->ready_calls;
    values[0].kind = MESH_STAT_COUNTER;
    values[1].name = "Not A Name";
    values[2].name = 0;
    return (int32_t)(cap + 1000);
}

static const void *extension(const char *name) { return strcmp(name, "test.hostile/1") == 0 ? "here" : lanes_extension(name); }

#ifndef NO_ENTRY
int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    api = host;
#ifdef ENTRY_RESULT
    return ENTRY_RESULT;
#endif
    uint32_t room = out->size;
    mesh_plugin_api mine = {
        sizeof mine, MESH_PLUGIN_ABI_MINOR, describe, create, configure, start, stop, destroy, hostile_listen, unlisten,
        hostile_connect, disconnect, on_ready, transmit, stats, extension};
#ifdef MISSING
    mine.MISSING = 0;
#endif
    uint32_t size = room < sizeof mine ? room : (uint32_t)sizeof mine;
#ifdef OLDER
    size = offsetof(mesh_plugin_api, stats);
#endif
    mine.size = size;
#ifdef TABLE_SIZE
    mine.size = TABLE_SIZE;
#endif
    memcpy(out, &mine, size);
#ifdef WRITE_BEYOND
    ((char *)out)[room + 1] = 1;
#endif
    return MESH_OK;
}
#endif

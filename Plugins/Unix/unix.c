// SPDX-License-Identifier: Apache-2.0
// mesh_unix: packets between processes of one machine over Unix sockets (SOCK_SEQPACKET: one packet, one message).
// Also the template for a plugin in C: read it from the bottom up, the tables first.
#define _GNU_SOURCE
#include "link.h"

#include <fcntl.h>

#define ID "unix"
#define VERSION "1.0.0"

// ---- listeners

static void listener_end(struct instance *me, struct listener *listener) {
    struct listener **at = &me->listeners;
    while (*at != listener) at = &(*at)->next;
    *at = listener->next;
    api->unwatch(me->host, listener->fd);
    close(listener->fd);
    endpoint_remove(&listener->at, &listener->file);
    free(listener);
}

static void listener_accept(struct instance *me, struct listener *listener) {
    for (uint32_t i = 0; i < BATCH; i++) {
        const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return;
            // Out of descriptors: the listener stays readable, and watching it would spin.
            listener->paused = 1;
            api->watch(me->host, listener->fd, 0, listener->id);
            retry_in(me, RETRY_NS);
            return;
        }
        struct ucred peer = {0};
        socklen_t size = sizeof peer;
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
        char from[64];
        const int len = snprintf(from, sizeof from, "unix:uid=%u,pid=%d", (unsigned)peer.uid, (int)peer.pid);
        mesh_event event = {.kind = MESH_EVENT_INCOMING, .listener = listener->id, .token = peer.uid,
                            .data = {from}, .data_len = (uint32_t)len};
        const int welcome = me->link_count < me->max_links &&
                            api->link_event(me->host, &event, 1) == MESH_OK && event.link && event.code == MESH_OK;
        struct link *link = welcome ? link_add(me, event.link) : NULL;
        if (link) {
            link_up(me, link, fd);
            continue;
        }
        me->refused++;
        close(fd);
        if (!welcome) continue;
        mesh_event failed = {.kind = MESH_EVENT_FAILED, .link = event.link};
        report(me, failed, MESH_E_NOMEM, MESH_CLASS_RESOURCE, "out of memory for a link");
    }
}

// A listening socket handed over by the host, as from socket activation. Its file is not ours to remove.
static int adopt(int fd, struct endpoint *at) {
    int kind = 0, listening = 0;
    socklen_t size = sizeof kind;
    at->len = sizeof at->name;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) || kind != SOCK_SEQPACKET ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) || !listening ||
        getsockname(fd, (struct sockaddr *)&at->name, &at->len) || at->name.sun_family != AF_UNIX ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static int32_t unix_listen(void *ctx, uint64_t id, const char *address, size_t len,
                           const mesh_listen_options *options) {
    struct instance *me = ctx;
    if (me->state != RUNNING) return MESH_E_STATE;
    if (options->flags) return MESH_E_FLAG;
    struct endpoint at;
    if (endpoint_parse(&at, address, len) != MESH_OK) return MESH_E_ADDRESS;
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) return MESH_E_NOMEM;
    listener->id = id;
    listener->at = at;
    listener->fd = options->fd >= 0 ? adopt(options->fd, &listener->at)
                                    : endpoint_listen(&at, me->mode, &listener->file);
    if (listener->fd < 0) {
        uint32_t fclass;
        const int32_t code = endpoint_code(errno, &fclass);
        const mesh_event failed = {.kind = MESH_EVENT_LISTEN_FAILED, .listener = id};
        report(me, failed, code, fclass, "cannot listen on %s: %s", at.text, strerrordesc_np(errno));
        free(listener);
        return MESH_OK;
    }
    listener->next = me->listeners;
    me->listeners = listener;
    if (api->watch(me->host, listener->fd, MESH_WATCH_READ, id) != MESH_OK) {
        const mesh_event failed = {.kind = MESH_EVENT_LISTEN_FAILED, .listener = id};
        listener_end(me, listener);
        report(me, failed, MESH_E_LIMIT, MESH_CLASS_RESOURCE, "%s: the host watches no more descriptors", at.text);
        return MESH_OK;
    }
    const mesh_event listening = {.kind = MESH_EVENT_LISTENING, .listener = id};
    report(me, listening, MESH_OK, MESH_CLASS_NONE, "%s", at.text);
    return MESH_OK;
}

static int32_t unix_unlisten(void *ctx, uint64_t id) {
    struct instance *me = ctx;
    for (struct listener *listener = me->listeners; listener; listener = listener->next) {
        if (listener->id != id) continue;
        listener_end(me, listener);
        return MESH_OK;
    }
    return MESH_E_STALE;
}

// ---- the plugin table: links

static int32_t unix_connect(void *ctx, uint64_t id, const char *address, size_t len,
                            const mesh_connect_options *options) {
    struct instance *me = ctx;
    struct endpoint peer;
    if (me->state != RUNNING) return MESH_E_STATE;
    if (options->flags) return MESH_E_FLAG;
    if (endpoint_parse(&peer, address, len) != MESH_OK) return MESH_E_ADDRESS;
    if (me->link_count >= me->max_links) return MESH_E_LIMIT;
    struct link *link = link_add(me, id);
    if (!link) return MESH_E_NOMEM;
    link->peer = peer;
    link->deadline = options->deadline_ns;
    link_dial(me, link);
    return MESH_OK;
}

static int32_t unix_disconnect(void *ctx, uint64_t id, uint32_t mode) {
    struct instance *me = ctx;
    struct link *link = link_find(me, id);
    if (mode > MESH_DISCONNECT_ABORT) return MESH_E_INVALID;
    if (!link) return MESH_E_STALE;
    if (link->state == DIALING || mode == MESH_DISCONNECT_ABORT)
        link_end(me, link, MESH_E_CANCELLED, MESH_CLASS_NONE, "given up on request");
    else if (link->count) link->state = CLOSING; // link_write ends it once the queue is empty
    else link_end(me, link, MESH_E_CLOSED, MESH_CLASS_NONE, "closed");
    finish_turn(me);
    return MESH_OK;
}

static int32_t unix_transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    struct instance *me = ctx;
    for (uint32_t i = 0; i < n; i++) {
        struct link *link = link_find(me, bufs[i].link);
        int32_t status = MESH_E_AGAIN;
        if (!link || link->state != UP) status = MESH_E_STALE;
        else if (!link->count) status = link_send(me, link, &bufs[i]);
        if (status == MESH_E_AGAIN && !link->queue) {
            link->queue = malloc(CREDIT_FRAMES * sizeof *link->queue);
            if (!link->queue) status = MESH_E_NOMEM;
        }
        if (status == MESH_E_AGAIN && link->count < CREDIT_FRAMES) {
            me->stalls += !link->count;
            link->queue[(link->head + link->count++) % CREDIT_FRAMES] = bufs[i];
            link_watch(me, link);
        } else {
            complete(me, &bufs[i], status);
        }
    }
    settle(me);
    return MESH_OK;
}

static void retry(struct instance *me) {
    for (struct listener *listener = me->listeners; listener; listener = listener->next)
        if (listener->paused) {
            listener->paused = 0;
            api->watch(me->host, listener->fd, MESH_WATCH_READ, listener->id);
        }
    for (struct link *link = me->links, *next; link; link = next) {
        next = link->next;
        if (link->state == DIALING) link_dial(me, link);
        else if (link->paused || link->broken) link_read(me, link);
    }
}

static uint64_t unix_on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    struct instance *me = ctx;
    me->budget = TURN_BUDGET;
    for (uint32_t i = 0; i < n; i++) {
        if (ready[i].kind != MESH_READY_FD) continue;
        struct listener *listener = me->listeners;
        while (listener && (listener->fd != ready[i].fd || listener->id != ready[i].token)) listener = listener->next;
        // Looked up each time: an earlier entry of this turn may have ended the link.
        struct link *link = listener ? NULL : link_find(me, ready[i].token);
        if (listener) listener_accept(me, listener);
        if (link && link->fd == ready[i].fd && (ready[i].mask & ~MESH_WATCH_WRITE)) link_read(me, link);
        link = listener ? NULL : link_find(me, ready[i].token);
        if (link && link->fd == ready[i].fd && (ready[i].mask & MESH_WATCH_WRITE)) link_write(me, link);
    }
    if (now >= me->retry_at) {
        me->retry_at = MESH_DEADLINE_NONE;
        retry(me);
    }
    while (now >= me->stop_at && me->links)
        link_end(me, me->links, MESH_E_CANCELLED, MESH_CLASS_NONE, "the time to stop has come");
    finish_turn(me);
    return next_deadline(me);
}

// ---- the plugin table: the instance

// Checks all values before it changes one. Returns OK, or CONFIG with the index of the value that is wrong.
static int32_t apply(struct instance *me, const mesh_param *params, uint32_t n, uint32_t *wrong) {
    uint32_t mode = me->mode, max_links = me->max_links, send_buffer = me->send_buffer;
    for (uint32_t i = 0; i < n; *wrong = ++i) {
        const mesh_param *param = &params[i];
        char *end = NULL;
        if (!strcmp(param->name, "mode")) {
            const unsigned long value = strtoul(param->value.text, &end, 8);
            if (!*param->value.text || *end || value > 0777) return MESH_E_CONFIG;
            mode = (uint32_t)value;
        } else if (!strcmp(param->name, "max_links")) {
            if (param->value.integer < 1 || param->value.integer > 4096) return MESH_E_CONFIG;
            max_links = (uint32_t)param->value.integer;
        } else if (!strcmp(param->name, "send_buffer")) {
            if (param->value.integer < 1 << 17 || param->value.integer > 1 << 26) return MESH_E_CONFIG;
            send_buffer = (uint32_t)param->value.integer;
        }
    }
    me->mode = mode;
    me->max_links = max_links;
    me->send_buffer = send_buffer;
    return MESH_OK;
}

static int32_t unix_create(mesh_host *host, const mesh_create_options *options, void **ctx) {
    struct instance *me = calloc(1, sizeof *me);
    *ctx = NULL;
    if (!me) return MESH_E_NOMEM;
    me->host = host;
    me->mode = 0660;
    me->max_links = 256;
    me->send_buffer = 1 << 20;
    me->retry_at = me->stop_at = MESH_DEADLINE_NONE;
    uint32_t wrong = 0;
    const int32_t status = apply(me, options->params, options->param_count, &wrong);
    if (status != MESH_OK) free(me);
    else *ctx = me;
    return status;
}

static int32_t unix_configure(void *ctx, const mesh_param *params, uint32_t n) {
    uint32_t wrong = 0;
    const int32_t status = apply(ctx, params, n, &wrong);
    answer(ctx, MESH_EVENT_CONFIGURED, status, status == MESH_OK ? 0 : wrong);
    return MESH_OK;
}

static int32_t unix_start(void *ctx) {
    struct instance *me = ctx;
    if (me->state != CREATED) return MESH_E_STATE;
    me->state = RUNNING;
    answer(me, MESH_EVENT_STARTED, MESH_OK, 0);
    return MESH_OK;
}

static int32_t unix_stop(void *ctx, uint64_t deadline) {
    struct instance *me = ctx;
    if (me->state != RUNNING && me->state != STOPPING) return MESH_E_STATE;
    me->state = STOPPING;
    me->stop_at = deadline;
    while (me->listeners) listener_end(me, me->listeners);
    for (struct link *link = me->links, *next; link; link = next) {
        next = link->next;
        if (link->state == DIALING) link_end(me, link, MESH_E_CANCELLED, MESH_CLASS_NONE, "stopped");
        else if (link->count) link->state = CLOSING;
        else link_end(me, link, MESH_E_CLOSED, MESH_CLASS_NONE, "stopped");
    }
    api->deadline(me->host, next_deadline(me));
    finish_turn(me);
    return MESH_OK;
}

static void unix_destroy(void *ctx) { free(ctx); }

static int32_t unix_stats(void *ctx, mesh_stat *values, uint32_t cap) {
    const struct instance *me = ctx;
    const mesh_stat all[] = {
        {"links", "Links in any state.", me->link_count, MESH_STAT_GAUGE, 0, {0}},
        {"packets_in", "Packets received.", me->packets_in, MESH_STAT_COUNTER, 0, {0}},
        {"bytes_in", "Bytes received.", me->bytes_in, MESH_STAT_COUNTER, 0, {0}},
        {"packets_out", "Packets the kernel took.", me->packets_out, MESH_STAT_COUNTER, 0, {0}},
        {"bytes_out", "Bytes the kernel took.", me->bytes_out, MESH_STAT_COUNTER, 0, {0}},
        {"stalls", "Times a link's socket was full.", me->stalls, MESH_STAT_COUNTER, 0, {0}},
        {"refused", "Connections turned away.", me->refused, MESH_STAT_COUNTER, 0, {0}},
    };
    const uint32_t count = sizeof all / sizeof *all < cap ? sizeof all / sizeof *all : cap;
    memcpy(values, all, count * sizeof *all);
    return (int32_t)count;
}

// ---- what the plugin is

static const char *const schemes[] = {"unix"};

static const mesh_option config[] = {
    {"mode", "File mode of listening sockets, octal.", "0660", NULL, 0, 0, MESH_TYPE_STRING, MESH_OPTION_LIVE, 0},
    {"max_links", "Most links at a time.", "256", NULL, 1, 4096, MESH_TYPE_INT, MESH_OPTION_LIVE, 0},
    {"send_buffer", "Kernel buffer of a link; more than the system's maximum is cut to it.", "1MiB", NULL, 1 << 17,
     1 << 26, MESH_TYPE_SIZE, MESH_OPTION_LIVE, 0},
};

static int32_t unix_describe(mesh_plugin_info *info) {
    static const mesh_plugin_info all = {
        .size = sizeof all, .id = ID, .version = VERSION, .licence = "Apache-2.0",
        .summary = "Packets between processes of one machine over Unix sockets.",
        .schemes = schemes, .scheme_count = 1, .options = config, .option_count = sizeof config / sizeof *config,
        .caps = {.size = sizeof(mesh_caps), .flags = MESH_CAP_RELIABLE | MESH_CAP_ORDERED, .mtu = MTU, .lanes = 1,
                 .rtt_us = 50, .energy = MESH_ENERGY_LOW},
    };
    const uint32_t size = info->size < sizeof all ? info->size : (uint32_t)sizeof all;
    memcpy(info, &all, size); // a newer host knows more members, an older one fewer
    info->size = size;
    return MESH_OK;
}

static const mesh_plugin_api table = {
    .size = sizeof table, .abi_minor = MESH_PLUGIN_ABI_MINOR, .describe = unix_describe, .create = unix_create,
    .configure = unix_configure, .start = unix_start, .stop = unix_stop, .destroy = unix_destroy,
    .listen = unix_listen, .unlisten = unix_unlisten, .connect = unix_connect, .disconnect = unix_disconnect,
    .on_ready = unix_on_ready, .transmit = unix_transmit, .stats = unix_stats, .extension = NULL,
};

// The one symbol this file exports.
__attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    if (!MESH_HAS(host, mesh_host_api, extension)) return MESH_E_VERSION;
    api = host;
    const uint32_t size = out->size < sizeof table ? out->size : (uint32_t)sizeof table;
    memcpy(out, &table, size);
    out->size = size;
    return MESH_OK;
}

#define NOTE "id=" ID "\nversion=" VERSION "\nabi=1.0\nschemes=unix\n"

// Lets a listing tell what this file is without running any of it.
__attribute__((section(MESH_NOTE_SECTION), aligned(4), used)) static const struct {
    uint32_t owner_len, text_len, type;
    char owner[8], text[(sizeof NOTE + 3) & ~(size_t)3];
} note = {sizeof MESH_NOTE_OWNER, sizeof NOTE - 1, MESH_NOTE_TYPE, MESH_NOTE_OWNER, NOTE};

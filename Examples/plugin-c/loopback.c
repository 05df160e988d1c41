// SPDX-License-Identifier: Apache-2.0
// mesh_loopback: links between nodes of one machine, by a name: `loopback:NAME`. The smallest transport that is honest
// about everything a host relies on. docs/plugin-author/tutorial-c.md builds it step by step.
#define _GNU_SOURCE
#include <mesh/mesh_plugin_c.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#define MTU 16384u
#define BATCH 16             // packets received in one turn of a link
#define CREDIT_FRAMES 64u    // what a link's queue can hold
#define CREDIT_BYTES (CREDIT_FRAMES * MTU)
#define RETRY_NS 2000000u

#define api mesh_host_table

// A listener or a link, named by the host's id.
struct port {
    struct port *next;
    uint64_t id, deadline;   // when to give up dialing
    int fd;                  // -1 while dialing
    enum { LISTENING, DIALING, UP, CLOSING } state;
    int paused;              // not watched for reading until retry_at
    uint32_t mask, count;    // what is watched; packets in the queue
    char address[64];
    mesh_buf queue[CREDIT_FRAMES];
};

struct instance {
    mesh_host *host;
    struct port *ports;
    uint64_t retry_at, stop_at;
    int stopping;
};

// ---- sockets

// `loopback:NAME` is the abstract Unix socket `mesh-loopback/NAME`: no file, no port, gone with its last descriptor,
// and one packet sent is one packet received.
static int32_t parse(struct sockaddr_un *name, socklen_t *size, const char *address, size_t len) {
    const size_t scheme = strlen("loopback:");
    if (len <= scheme || len >= 64 || memcmp(address, "loopback:", scheme) || memchr(address, 0, len))
        return MESH_E_ADDRESS;
    memset(name, 0, sizeof *name);
    name->sun_family = AF_UNIX;
    const int written = snprintf(name->sun_path + 1, sizeof name->sun_path - 1, "mesh-loopback/%.*s",
                                 (int)(len - scheme), address + scheme);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)written);
    return MESH_OK;
}

static int open_socket(const char *address, int listening) {
    struct sockaddr_un name;
    socklen_t size;
    if (parse(&name, &size, address, strlen(address)) != MESH_OK) return -1;
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (!listening && !connect(fd, (struct sockaddr *)&name, size)) return fd;
    if (listening && !bind(fd, (struct sockaddr *)&name, size) && !listen(fd, 64)) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// ---- ports

static struct port *find(struct instance *me, uint64_t id, int is_listener) {
    struct port *port = me->ports;
    while (port && (port->id != id || (port->state == LISTENING) != is_listener)) port = port->next;
    return port;
}

static struct port *add(struct instance *me, uint64_t id, int state, const char *address, size_t len) {
    struct port *port = calloc(1, sizeof *port);
    if (!port) return NULL;
    *port = (struct port){.next = me->ports, .id = id, .fd = -1, .state = state, .mask = ~0u};
    memcpy(port->address, address, len);
    return me->ports = port;
}

// The only way out of any state: what waits goes back to the host, then comes the last word, if there is one.
static void end(struct instance *me, struct port *port, int32_t code, const char *why) {
    static const uint32_t kinds[] = {MESH_EVENT_LISTEN_FAILED, MESH_EVENT_FAILED, MESH_EVENT_DOWN, MESH_EVENT_DOWN};
    char text[200];
    for (uint32_t i = 0; i < port->count; i++) port->queue[i].status = code;
    mesh_give_back(me->host, port->queue, port->count);
    if (port->fd >= 0) api->unwatch(me->host, port->fd);
    if (port->fd >= 0) close(port->fd);
    snprintf(text, sizeof text, "%s: %s", port->address, why);
    if (why[0]) mesh_tell(me->host, kinds[port->state], port->id, code, text);
    struct port **at = &me->ports;
    while (*at != port) at = &(*at)->next;
    *at = port->next;
    free(port);
}

static void fail(struct instance *me, struct port *port, int error) {
    end(me, port, mesh_code_of(error), strerrordesc_np(error));
}

static int32_t watch(struct instance *me, struct port *port) {
    const uint32_t mask = (port->paused ? 0 : MESH_WATCH_READ) | (port->count ? MESH_WATCH_WRITE : 0);
    if (mask == port->mask) return MESH_OK;
    port->mask = mask;
    return api->watch(me->host, port->fd, mask, port->id);
}

// ---- turns

// The end of every call that may have ended something. Returns the next deadline; STOPPED is the last word of all.
static uint64_t finish(struct instance *me) {
    const uint64_t at = me->retry_at < me->stop_at ? me->retry_at : me->stop_at;
    api->deadline(me->host, at);
    if (!me->stopping || me->ports) return at;
    me->stopping = 0;
    mesh_tell(me->host, MESH_EVENT_STOPPED, 0, MESH_OK, NULL);
    return MESH_DEADLINE_NONE;
}

static void try_later(struct instance *me, struct port *port) {
    const uint64_t at = api->now(me->host) + RETRY_NS;
    if (at < me->retry_at) me->retry_at = at;
    port->paused = 1;
    if (port->fd >= 0) watch(me, port);
    finish(me);
}

// ---- links

static void come_up(struct instance *me, struct port *link, int fd) {
    link->fd = fd;
    if (watch(me, link) != MESH_OK) {
        fail(me, link, EMFILE);
        return;
    }
    link->state = UP;
    mesh_tell(me->host, MESH_EVENT_UP, link->id, MESH_OK, NULL);
    api->credit(me->host, link->id, CREDIT_FRAMES, CREDIT_BYTES);
}

static void dial(struct instance *me, struct port *link) {
    const int fd = open_socket(link->address, 0);
    if (fd >= 0) come_up(me, link, fd);
    else if (errno != EAGAIN) fail(me, link, errno);
    else if (api->now(me->host) >= link->deadline) fail(me, link, ETIMEDOUT);
    else try_later(me, link); // the listener's queue is full, and nothing will say when it is not
}

static void accept_link(struct instance *me, struct port *listener) {
    const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != ECONNABORTED) try_later(me, listener);
        return;
    }
    const uint64_t id = mesh_incoming(me->host, listener->id, 0, listener->address);
    struct port *link = id ? add(me, id, DIALING, listener->address, strlen(listener->address)) : NULL;
    if (link) come_up(me, link, fd);
    else close(fd);
    if (id && !link) mesh_tell(me->host, MESH_EVENT_FAILED, id, MESH_E_NOMEM, "no memory for a link");
}

// ---- packets

static void write_packets(struct instance *me, struct port *link) {
    uint32_t done = 0;
    for (; done < link->count; done++) {
        mesh_buf *buf = &link->queue[done];
        buf->status = mesh_sendable(buf, MTU);
        if (buf->status != MESH_OK) continue;
        if (send(link->fd, buf->data.ptr + buf->off, buf->len, MSG_NOSIGNAL) >= 0) continue;
        if (errno == EAGAIN) break;
        buf->status = MESH_E_RESET; // read_packets will see the end as well, and say so
    }
    mesh_give_back(me->host, link->queue, done);
    link->count -= done;
    memmove(link->queue, link->queue + done, link->count * sizeof *link->queue);
    watch(me, link);
}

static void read_packets(struct instance *me, struct port *link) {
    mesh_buf bufs[BATCH];
    const int32_t taken = api->buffer_get(me->host, bufs, BATCH, MTU);
    int32_t n = 0;
    ssize_t got = 0;
    for (; n < taken; n++) {
        got = recv(link->fd, bufs[n].data.ptr, bufs[n].cap, MSG_TRUNC);
        if (got <= 0 || got > (ssize_t)bufs[n].cap) break;
        bufs[n].link = link->id;
        bufs[n].len = (uint32_t)got;
    }
    const int error = errno;
    if (n > 0) api->deliver(me->host, bufs, (uint32_t)n);
    if (n < taken) api->buffer_put(me->host, bufs + n, (uint32_t)(taken - n));
    if (taken <= 0) try_later(me, link); // the pool is empty: the kernel keeps the packets meanwhile
    else if (n == taken) return;         // the rest is still readable in the next turn
    else if (got > 0) end(me, link, MESH_E_PROTOCOL, "a packet that is too large arrived");
    else if (got == 0) end(me, link, MESH_E_CLOSED, "the other side is gone");
    else if (error != EAGAIN && error != ECONNRESET) fail(me, link, error);
}

// ---- the plugin table

static int32_t loopback_create(mesh_host *host, const mesh_create_options *options, void **ctx) {
    (void)options;
    struct instance *me = *ctx = calloc(1, sizeof *me);
    if (!me) return MESH_E_NOMEM;
    *me = (struct instance){.host = host, .retry_at = MESH_DEADLINE_NONE, .stop_at = MESH_DEADLINE_NONE};
    return MESH_OK;
}

static int32_t loopback_start(void *ctx) {
    struct instance *me = ctx;
    return mesh_tell(me->host, MESH_EVENT_STARTED, 0, MESH_OK, NULL);
}

static int32_t loopback_listen(void *ctx, uint64_t id, const char *address, size_t len,
                               const mesh_listen_options *options) {
    struct instance *me = ctx;
    struct sockaddr_un name;
    socklen_t size;
    if (options->flags) return MESH_E_FLAG;
    if (parse(&name, &size, address, len) != MESH_OK) return MESH_E_ADDRESS;
    struct port *listener = add(me, id, LISTENING, address, len);
    if (!listener) return MESH_E_NOMEM;
    listener->fd = options->fd >= 0 ? mesh_adopt(options->fd, SOCK_SEQPACKET) : open_socket(listener->address, 1);
    if (listener->fd < 0) fail(me, listener, errno);
    else if (watch(me, listener) != MESH_OK) fail(me, listener, EMFILE);
    else mesh_tell(me->host, MESH_EVENT_LISTENING, id, MESH_OK, listener->address);
    return MESH_OK;
}

static int32_t loopback_unlisten(void *ctx, uint64_t id) {
    struct port *listener = find(ctx, id, 1);
    if (listener) end(ctx, listener, MESH_OK, "");
    return listener ? MESH_OK : MESH_E_STALE;
}

static int32_t loopback_connect(void *ctx, uint64_t id, const char *address, size_t len,
                                const mesh_connect_options *options) {
    struct sockaddr_un name;
    socklen_t size;
    if (options->flags) return MESH_E_FLAG;
    if (parse(&name, &size, address, len) != MESH_OK) return MESH_E_ADDRESS;
    struct port *link = add(ctx, id, DIALING, address, len);
    if (!link) return MESH_E_LIMIT;
    link->deadline = options->deadline_ns;
    dial(ctx, link);
    return MESH_OK;
}

static int32_t loopback_disconnect(void *ctx, uint64_t id, uint32_t mode) {
    struct port *link = find(ctx, id, 0);
    if (mode > MESH_DISCONNECT_ABORT) return MESH_E_INVALID;
    if (!link) return MESH_E_STALE;
    if (link->state == DIALING || mode == MESH_DISCONNECT_ABORT) end(ctx, link, MESH_E_CANCELLED, "given up");
    else if (link->count) link->state = CLOSING; // on_ready ends it once the queue is empty
    else end(ctx, link, MESH_E_CLOSED, "closed");
    finish(ctx);
    return MESH_OK;
}

static int32_t loopback_transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    struct instance *me = ctx;
    for (uint32_t i = 0; i < n; i++) {
        struct port *link = find(me, bufs[i].link, 0);
        if (link && link->state == UP && link->count < CREDIT_FRAMES) {
            link->queue[link->count++] = bufs[i];
            if (!(link->mask & MESH_WATCH_WRITE)) write_packets(me, link);
        } else {
            bufs[i].status = MESH_E_STALE;
            mesh_give_back(me->host, &bufs[i], 1);
        }
    }
    return MESH_OK;
}

static uint64_t loopback_on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    struct instance *me = ctx;
    for (uint32_t i = 0; i < n; i++) {
        if (ready[i].kind != MESH_READY_FD) continue;
        // Looked up each time: an earlier entry of this turn may have ended the port.
        struct port *port = me->ports;
        while (port && port->fd != ready[i].fd) port = port->next;
        if (port && (ready[i].mask & MESH_WATCH_WRITE)) write_packets(me, port);
        if (port && port->state == LISTENING) accept_link(me, port);
        else if (port && (ready[i].mask & ~MESH_WATCH_WRITE)) read_packets(me, port);
    }
    const int is_retry = now >= me->retry_at;
    if (is_retry) me->retry_at = MESH_DEADLINE_NONE;
    for (struct port *port = me->ports, *next; port; port = next) {
        next = port->next;
        if (now >= me->stop_at) end(me, port, MESH_E_CANCELLED, "the time to stop has come");
        else if (port->state == CLOSING && !port->count) end(me, port, MESH_E_CLOSED, "closed");
        else if (is_retry && port->state == DIALING) dial(me, port);
        else if (is_retry) port->paused = 0, watch(me, port);
    }
    return finish(me);
}

static int32_t loopback_stop(void *ctx, uint64_t deadline) {
    struct instance *me = ctx;
    for (struct port *port = me->ports, *next; port; port = next) {
        next = port->next;
        if (port->state == LISTENING) end(me, port, MESH_OK, "");
        else loopback_disconnect(me, port->id, MESH_DISCONNECT_GRACEFUL);
    }
    me->stopping = 1;
    me->stop_at = deadline;
    finish(me);
    return MESH_OK;
}

static const mesh_plugin_info info = {
    .size = sizeof info, .licence = "Apache-2.0", .summary = "Links between nodes of one machine, by a name.",
    .schemes = (const char *const[]){"loopback"}, .scheme_count = 1,
    .caps = {.size = sizeof info.caps, .flags = MESH_CAP_RELIABLE | MESH_CAP_ORDERED, .mtu = MTU, .rtt_us = 50},
};

static const mesh_plugin_api table = {
    .size = sizeof table, .abi_minor = MESH_PLUGIN_ABI_MINOR, .create = loopback_create, .start = loopback_start,
    .stop = loopback_stop, .destroy = free, .listen = loopback_listen, .unlisten = loopback_unlisten,
    .connect = loopback_connect, .disconnect = loopback_disconnect, .on_ready = loopback_on_ready,
    .transmit = loopback_transmit,
};

MESH_PLUGIN("loopback", "1.0.0", "loopback", info, table);

// SPDX-License-Identifier: Apache-2.0
// mesh_unix: packets between processes of one machine over Unix sockets (SOCK_SEQPACKET: one packet, one message).
// Also the template for a plugin in C: read it from the bottom up, the tables first.
#define _GNU_SOURCE
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#define MTU 65535u            // what mesh_caps allows at most; a Unix socket would take more
#define BATCH 32              // packets received and delivered in one call
#define TURN_PACKETS 128      // most packets received in one on_ready: about 2 ms of the largest ones
#define CREDIT_FRAMES 256u    // granted with UP, so that this is the most a link's queue can hold
#define CREDIT_BYTES (4u << 20)
#define RETRY_NS 2000000u     // for what the kernel will not announce: a full backlog, an empty pool
#define api mesh_host_table

// A listener or a link: a socket that the host knows by an id.
struct port {
    struct port *next;
    uint64_t id, deadline;    // when to give up dialing
    int fd;                   // -1 while dialing
    enum { LISTENING, DIALING, UP, CLOSING } state;
    int paused, broken;       // waits for buffers or descriptors; the peer is gone, but not yet read to its end
    uint32_t mask, count, burst, lone; // what is watched; queued packets; how many came last time; single reads
    struct endpoint at;       // where it listens or whom it dials
    mesh_buf queue[CREDIT_FRAMES]; // untouched, and so without memory, while the link is idle
};

struct instance {
    mesh_host *host;
    struct port *ports;
    int stopping;
    uint32_t links; int32_t budget;
    struct settings { uint32_t mode, max_links; } settings;
    uint64_t retry_at, stop_at, stalls;
};

// The end of every call that may have ended something. Returns the next deadline; STOPPED is the last word of all.
static uint64_t finish(struct instance *me) {
    const uint64_t at = me->retry_at < me->stop_at ? me->retry_at : me->stop_at;
    api->deadline(me->host, at);
    if (!me->stopping || me->ports) return at;
    me->stopping = 0;
    mesh_tell(me->host, MESH_EVENT_STOPPED, 0, MESH_OK, NULL);
    return MESH_DEADLINE_NONE;
}

static struct port *find(struct instance *me, uint64_t id, int is_listener) {
    struct port *port = me->ports;
    while (port && (port->id != id || (port->state == LISTENING) != is_listener)) port = port->next;
    return port;
}

static struct port *add(struct instance *me, uint64_t id, int state, const struct endpoint *at) {
    struct port *port = state == LISTENING || me->links < me->settings.max_links ? calloc(1, sizeof *port) : NULL;
    if (!port) return NULL;
    port->next = me->ports, port->id = id, port->fd = -1, port->state = state, port->mask = ~0u, port->at = *at;
    me->links += state != LISTENING;
    return me->ports = port;
}

// The only way out of any state: gives back what could not leave, then says the last word, if there is one.
static void end(struct instance *me, struct port *port, int32_t code, const char *why) {
    static const uint32_t kinds[] = {MESH_EVENT_LISTEN_FAILED, MESH_EVENT_FAILED, MESH_EVENT_DOWN, MESH_EVENT_DOWN};
    char text[256];
    for (uint32_t i = 0; i < port->count; i++) port->queue[i].status = code;
    mesh_give_back(me->host, port->queue, port->count);
    if (port->fd >= 0) {
        api->unwatch(me->host, port->fd);
        close(port->fd);
        if (port->state == LISTENING) endpoint_remove(&port->at);
    }
    snprintf(text, sizeof text, "%s: %s", port->at.text, why);
    if (why[0]) mesh_tell(me->host, kinds[port->state], port->id, code, text);
    struct port **at = &me->ports;
    while (*at != port) at = &(*at)->next;
    *at = port->next;
    me->links -= port->state != LISTENING;
    free(port);
}

static void fail(struct instance *me, struct port *port, int error) {
    end(me, port, mesh_code_of(error), strerrordesc_np(error));
}

static int32_t watch(struct instance *me, struct port *port) {
    const uint32_t mask = (port->paused ? 0 : MESH_WATCH_READ) | (port->count ? MESH_WATCH_WRITE : 0);
    const int32_t status = mask == port->mask ? MESH_OK : api->watch(me->host, port->fd, mask, port->id);
    port->mask = mask;
    return status;
}

// Comes back to a port in a moment; until then it is not watched, for what cannot be read now stays readable.
static void try_later(struct instance *me, struct port *port) {
    const uint64_t at = api->now(me->host) + RETRY_NS;
    if (at < me->retry_at) me->retry_at = at;
    port->paused = 1;
    if (port->fd >= 0) watch(me, port);
    finish(me);
}

static void come_up(struct instance *me, struct port *link, int fd) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){1 << 20}, sizeof(int)); // what waits is charged to its sender
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
    const int fd = endpoint_open(&link->at, 0, 0);
    if (fd >= 0) come_up(me, link, fd);
    else if (errno != EAGAIN) fail(me, link, errno);
    else if (api->now(me->host) >= link->deadline) fail(me, link, ETIMEDOUT);
    else try_later(me, link);
}

// One link a turn: the listener stays readable while more are waiting.
static void accept_link(struct instance *me, struct port *listener) {
    const int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) try_later(me, listener);
        return;
    }
    struct ucred peer = {0};
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){sizeof peer}); // its user, for limits by source
    struct port *link = add(me, 0, DIALING, &listener->at);
    if (link) link->id = mesh_incoming(me->host, listener->id, peer.uid, listener->at.text);
    if (!link || !link->id) close(fd);
    if (link && link->id) come_up(me, link, fd);
    else if (link) end(me, link, MESH_OK, "");
}

// Sends until the socket is full; the kernel says when it is not.
static void write_packets(struct instance *me, struct port *link) {
    uint32_t done = 0;
    for (; done < link->count; done++) {
        mesh_buf *buf = &link->queue[done];
        buf->status = link->broken ? MESH_E_RESET : mesh_sendable(buf, MTU);
        if (buf->status != MESH_OK) continue;
        if (send(link->fd, buf->data.ptr + buf->off, buf->len, MSG_NOSIGNAL) >= 0) continue;
        if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) break;
        buf->status = errno == EMSGSIZE ? MESH_E_MTU : MESH_E_RESET;
        link->broken |= errno != EMSGSIZE; // read_packets says so after what the peer sent before
    }
    mesh_give_back(me->host, link->queue, done);
    link->count -= done;
    memmove(link->queue, link->queue + done, link->count * sizeof *link->queue);
    me->stalls += link->count && !(link->mask & MESH_WATCH_WRITE);
    watch(me, link);
}

// Receives straight into the host's buffers, one call a packet: recvmmsg was measured and saved 7 %.
static void read_packets(struct instance *me, struct port *link) {
    while (me->budget > 0) {
        mesh_buf bufs[BATCH];
        const int32_t wanted = link->burst ? (int32_t)link->burst : 1;
        const int32_t taken = api->buffer_get(me->host, bufs, (uint32_t)wanted, MTU);
        int32_t n = 0;
        ssize_t got = 0;
        for (; n < taken; n++) {
            got = recv(link->fd, bufs[n].data.ptr, bufs[n].cap, MSG_TRUNC);
            if (got <= 0 || got > (ssize_t)bufs[n].cap) break;
            bufs[n].link = link->id;
            bufs[n].len = (uint32_t)got;
        }
        const int error = errno;
        me->budget -= n;
        if (n) api->deliver(me->host, bufs, (uint32_t)n);
        if (n == 1 && wanted == 1 && ++link->lone % 8) return; // without a recv in vain: the loop says if there is more
        link->burst = n < wanted ? (uint32_t)n : wanted < BATCH / 2 ? 2 * (uint32_t)wanted : BATCH;
        if (n < taken) api->buffer_put(me->host, bufs + n, (uint32_t)(taken - n));
        else if (taken > 0) continue;
        if (taken <= 0) try_later(me, link);
        else if (got > 0) end(me, link, MESH_E_PROTOCOL, "a packet larger than 65,535 bytes arrived");
        else if (got == 0) end(me, link, link->broken ? MESH_E_RESET : MESH_E_CLOSED, "the other side is gone");
        else if (error == ECONNRESET) link->broken = 1; // said once, before the packets that are still to be read
        else if (error != EAGAIN && error != EINTR) fail(me, link, error);
        return;
    }
}

static int32_t unix_listen(void *ctx, uint64_t id, const char *address, size_t len, const mesh_listen_options *how) {
    struct instance *me = ctx;
    struct endpoint at;
    if (how->flags) return MESH_E_FLAG;
    if (!endpoint_parse(&at, address, len)) {
        static const char rule[] = "a listener of unix is unix:///ABSOLUTE/PATH or unix:@NAME, of 107 bytes at most";
        api->log(me->host, MESH_LOG_ERROR, rule, sizeof rule - 1);
        return MESH_E_ADDRESS;
    }
    struct port *listener = add(me, id, LISTENING, &at);
    if (!listener) return MESH_E_NOMEM;
    if (how->fd < 0) endpoint_remove(&at);
    listener->fd = how->fd >= 0 ? mesh_adopt(how->fd, SOCK_SEQPACKET) : endpoint_open(&at, 1, me->settings.mode);
    if (listener->fd < 0) fail(me, listener, errno);
    else if (watch(me, listener) != MESH_OK) fail(me, listener, EMFILE);
    else mesh_tell(me->host, MESH_EVENT_LISTENING, id, MESH_OK, at.text);
    return MESH_OK;
}

static int32_t unix_unlisten(void *ctx, uint64_t id) {
    struct port *listener = find(ctx, id, 1);
    if (listener) end(ctx, listener, MESH_OK, "");
    return listener ? MESH_OK : MESH_E_STALE;
}

static int32_t unix_connect(void *ctx, uint64_t id, const char *address, size_t len, const mesh_connect_options *how) {
    struct endpoint at;
    if (how->flags) return MESH_E_FLAG;
    if (!endpoint_parse(&at, address, len)) return MESH_E_ADDRESS;
    struct port *link = add(ctx, id, DIALING, &at);
    if (!link) return MESH_E_LIMIT;
    link->deadline = how->deadline_ns;
    dial(ctx, link);
    return MESH_OK;
}

static int32_t unix_disconnect(void *ctx, uint64_t id, uint32_t mode) {
    struct port *link = find(ctx, id, 0);
    if (mode > MESH_DISCONNECT_ABORT) return MESH_E_INVALID;
    if (!link) return MESH_E_STALE;
    if (link->state == DIALING || mode == MESH_DISCONNECT_ABORT) end(ctx, link, MESH_E_CANCELLED, "given up");
    else if (link->count) link->state = CLOSING; // on_ready ends it once the queue is empty
    else end(ctx, link, MESH_E_CLOSED, "closed");
    finish(ctx);
    return MESH_OK;
}

static int32_t unix_transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    struct instance *me = ctx;
    for (uint32_t i = 0; i < n; i++) {
        struct port *link = find(me, bufs[i].link, 0);
        if (link && link->state == UP && link->count < CREDIT_FRAMES) {
            link->queue[link->count++] = bufs[i];
            const int is_last = i + 1 == n || bufs[i + 1].link != bufs[i].link;
            if (is_last && !(link->mask & MESH_WATCH_WRITE)) write_packets(me, link);
        } else {
            bufs[i].status = MESH_E_STALE;
            mesh_give_back(me->host, &bufs[i], 1);
        }
    }
    return MESH_OK;
}

static uint64_t unix_on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    struct instance *me = ctx;
    me->budget = TURN_PACKETS;
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

// Checks all values before it changes one; `wrong` is the first that cannot be. What has bounds the host has checked.
static int32_t apply(struct instance *me, const mesh_param *params, uint32_t n, uint32_t *wrong) {
    struct settings next = me->settings;
    for (*wrong = 0; *wrong < n; ++*wrong) {
        const mesh_param *param = &params[*wrong];
        char *rest = "";
        if (!strcmp(param->name, "max_links")) next.max_links = (uint32_t)param->value.integer;
        if (!strcmp(param->name, "mode")) next.mode = (uint32_t)strtoul(param->value.text, &rest, 8);
        if (*rest || next.mode > 0777) return MESH_E_CONFIG;
    }
    me->settings = next;
    return MESH_OK;
}

static int32_t unix_create(mesh_host *host, const mesh_create_options *options, void **ctx) {
    struct instance *me = *ctx = calloc(1, sizeof *me);
    uint32_t wrong;
    if (!me) return MESH_E_NOMEM;
    *me = (struct instance){.host = host, .retry_at = MESH_DEADLINE_NONE, .stop_at = MESH_DEADLINE_NONE,
                            .settings = {.mode = 0660, .max_links = 256}};
    if (apply(me, options->params, options->param_count, &wrong) == MESH_OK) return MESH_OK;
    free(me);
    *ctx = NULL;
    return MESH_E_CONFIG;
}

static int32_t unix_configure(void *ctx, const mesh_param *params, uint32_t n) {
    uint32_t wrong;
    const int32_t status = apply(ctx, params, n, &wrong);
    return mesh_tell(((struct instance *)ctx)->host, MESH_EVENT_CONFIGURED, wrong, status, NULL);
}

static int32_t unix_start(void *ctx) {
    return mesh_tell(((struct instance *)ctx)->host, MESH_EVENT_STARTED, 0, MESH_OK, NULL);
}

static int32_t unix_stop(void *ctx, uint64_t deadline) {
    struct instance *me = ctx;
    for (struct port *port = me->ports, *next; port; port = next) {
        next = port->next;
        if (port->state == LISTENING) end(me, port, MESH_OK, "");
        else unix_disconnect(me, port->id, MESH_DISCONNECT_GRACEFUL);
    }
    me->stopping = 1;
    me->stop_at = deadline;
    finish(me);
    return MESH_OK;
}

static int32_t unix_stats(void *ctx, mesh_stat *values, uint32_t cap) {
    const struct instance *me = ctx;
    if (cap > 0) values[0] = (mesh_stat){"links", "Links in any state.", me->links, MESH_STAT_GAUGE, 0, {0}};
    if (cap > 1) values[1] = (mesh_stat){"stalls", "Times a socket was full.", me->stalls, MESH_STAT_COUNTER, 0, {0}};
    return cap < 2 ? (int32_t)cap : 2;
}

static const mesh_option options[] = {
    {"mode", "File mode of listening sockets, octal.", "0660", NULL, 0, 0, MESH_TYPE_STRING, MESH_OPTION_LIVE, 0},
    {"max_links", "Most links at a time.", "256", NULL, 1, 4096, MESH_TYPE_INT, MESH_OPTION_LIVE, 0},
};

static const mesh_plugin_info info = {
    .size = sizeof info, .licence = "Apache-2.0",
    .summary = "Packets between processes of one machine over Unix sockets.",
    .schemes = (const char *const[]){"unix"}, .scheme_count = 1, .options = options, .option_count = 2,
    .caps = {.size = sizeof info.caps, .flags = MESH_CAP_RELIABLE | MESH_CAP_ORDERED, .mtu = MTU, .rtt_us = 50,
             .energy = MESH_ENERGY_LOW},
};

static const mesh_plugin_api table = {
    .size = sizeof table, .abi_minor = MESH_PLUGIN_ABI_MINOR, .create = unix_create, .configure = unix_configure,
    .start = unix_start, .stop = unix_stop, .destroy = free, .listen = unix_listen, .unlisten = unix_unlisten,
    .connect = unix_connect, .disconnect = unix_disconnect, .on_ready = unix_on_ready, .transmit = unix_transmit,
    .stats = unix_stats,
};
MESH_PLUGIN("unix", "1.0.0", "unix", info, table);

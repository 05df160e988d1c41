// SPDX-License-Identifier: Apache-2.0
// The instance and its links: queues, batches, and the ways in which a link begins and ends. Included by unix.c only.
#ifndef MESH_UNIX_LINK_H
#define MESH_UNIX_LINK_H

#include "endpoint.h"

#include <stdarg.h>
#include <stdlib.h>

#define MTU 65535u                // what mesh_caps allows at most; a Unix socket would take more
#define BATCH 64u                 // buffers handed over in one call
#define CREDIT_FRAMES 256u        // granted with UP, so that this is the most a link's queue can hold
#define CREDIT_BYTES (4u << 20)
#define TURN_BUDGET (1u << 20)    // bytes moved in one on_ready, each packet counting PACKET_COST more: under 1 ms
#define PACKET_COST 4096u
#define RETRY_NS 2000000ull       // for what the kernel will not announce: a full backlog, an empty pool

enum state { DIALING, UP, CLOSING };

struct link {
    struct link *next;
    uint64_t id, deadline;        // the host's id; when to give up dialing
    int fd;                       // -1 while dialing
    enum state state;
    int paused, broken;           // reading waits for buffers; a send or receive said that the peer is gone
    uint32_t mask, head, count;   // what is watched; the queue's first packet and length
    uint32_t lone;                // reads in a row that found one packet
    struct endpoint peer;         // whom it dials
    mesh_buf *queue;              // CREDIT_FRAMES of them once the socket was full; an idle link is small
};

struct listener {
    struct listener *next;
    uint64_t id;
    int fd, paused;
    struct stat file;             // the file it made; st_ino 0 = none
    struct endpoint at;
};

struct instance {
    mesh_host *host;
    struct link *links, *recent;  // a run of packets is for one link: `recent` finds it without a search
    struct listener *listeners;
    uint64_t retry_at, stop_at;
    enum { CREATED, RUNNING, STOPPING, STOPPED } state;
    uint32_t link_count, max_links, send_buffer, mode;
    int64_t budget;
    uint32_t spare_count, arrived_count, done_count;
    mesh_buf spare[BATCH / 4], arrived[BATCH], done[BATCH];
    uint64_t packets_in, bytes_in, packets_out, bytes_out, stalls, refused;
};

// The one thing kept outside an instance: create gets no table, so the entry remembers the host's, which is static.
static const mesh_host_api *api;

// ---- events

__attribute__((format(printf, 5, 6))) static int32_t report(struct instance *me, mesh_event event, int32_t code,
                                                            uint32_t fclass, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    event.code = code;
    event.fclass = fclass;
    event.data.ptr = text;
    event.data_len = len < 0 ? 0 : len < (int)sizeof text ? (uint32_t)len : (uint32_t)sizeof text - 1;
    return api->link_event(me->host, &event, 1);
}

// Answers start, stop and configure.
static void answer(struct instance *me, uint32_t kind, int32_t code, uint64_t token) {
    mesh_event event = {.kind = kind, .code = code, .token = token};
    api->link_event(me->host, &event, 1);
}

// ---- what a turn collects: buffers go over in batches, and always before an event that ends their link

static void deliver_arrived(struct instance *me) {
    if (me->arrived_count) api->deliver(me->host, me->arrived, me->arrived_count);
    me->arrived_count = 0;
}

// Hands transmitted buffers back and grants what they used again: one call for each run of packets of a link.
static void settle(struct instance *me) {
    struct { uint64_t link, bytes; uint32_t frames; } runs[BATCH];
    uint32_t count = 0;
    for (uint32_t i = 0; i < me->done_count; i++) {
        if (!count || runs[count - 1].link != me->done[i].link) {
            runs[count].link = me->done[i].link;
            runs[count].bytes = runs[count].frames = 0;
            count++;
        }
        runs[count - 1].frames++;
        runs[count - 1].bytes += me->done[i].len;
    }
    if (me->done_count) api->transmit_done(me->host, me->done, me->done_count);
    me->done_count = 0;
    for (uint32_t i = 0; i < count; i++) api->credit(me->host, runs[i].link, runs[i].frames, runs[i].bytes);
}

static void complete(struct instance *me, const mesh_buf *buf, int32_t status) {
    if (status == MESH_OK) me->packets_out++, me->bytes_out += buf->len;
    me->done[me->done_count] = *buf;
    me->done[me->done_count++].status = status;
    if (me->done_count == BATCH) settle(me);
}

static void finish_turn(struct instance *me) {
    deliver_arrived(me);
    settle(me);
    if (me->spare_count) api->buffer_put(me->host, me->spare, me->spare_count);
    me->spare_count = 0;
    if (me->state != STOPPING || me->links || me->listeners) return;
    me->state = STOPPED;
    me->retry_at = me->stop_at = MESH_DEADLINE_NONE;
    answer(me, MESH_EVENT_STOPPED, MESH_OK, 0);
}

static uint64_t next_deadline(const struct instance *me) {
    return me->retry_at < me->stop_at ? me->retry_at : me->stop_at;
}

static void retry_in(struct instance *me, uint64_t delay) {
    const uint64_t at = api->now(me->host) + delay;
    if (at < me->retry_at) me->retry_at = at;
    api->deadline(me->host, next_deadline(me));
}

// ---- links

static struct link *link_find(struct instance *me, uint64_t id) {
    if (me->recent && me->recent->id == id) return me->recent;
    struct link *link = me->links;
    while (link && link->id != id) link = link->next;
    if (link) me->recent = link;
    return link;
}

static struct link *link_add(struct instance *me, uint64_t id) {
    struct link *link = calloc(1, sizeof *link);
    if (!link) return NULL;
    link->id = id;
    link->fd = -1;
    link->next = me->links;
    me->links = link;
    me->link_count++;
    return link;
}

// Ends a link in any state: packets that arrived, then those that could not leave, then the last word.
static void link_end(struct instance *me, struct link *link, int32_t code, uint32_t fclass, const char *why) {
    const uint32_t kind = link->state == DIALING ? MESH_EVENT_FAILED : MESH_EVENT_DOWN;
    const mesh_event event = {.kind = kind, .link = link->id};
    for (; link->count; link->count--, link->head++) complete(me, &link->queue[link->head % CREDIT_FRAMES], code);
    deliver_arrived(me);
    settle(me);
    if (link->fd >= 0) api->unwatch(me->host, link->fd);
    if (link->fd >= 0) close(link->fd);
    struct link **at = &me->links;
    while (*at != link) at = &(*at)->next;
    *at = link->next;
    if (me->recent == link) me->recent = NULL;
    me->link_count--;
    free(link->queue);
    report(me, event, code, fclass, "%s%s%s", link->peer.text, link->peer.text[0] ? ": " : "", why);
    free(link);
}

static void link_watch(struct instance *me, struct link *link) {
    const uint32_t mask = (link->paused ? 0 : MESH_WATCH_READ) | (link->count ? MESH_WATCH_WRITE : 0);
    if (mask != link->mask) api->watch(me->host, link->fd, mask, link->id);
    link->mask = mask;
}

static void link_up(struct instance *me, struct link *link, int fd) {
    const int size = (int)me->send_buffer;
    // A Unix socket charges what waits to its sender, so the send buffer alone sets how much a link holds.
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (api->watch(me->host, fd, MESH_WATCH_READ, link->id) != MESH_OK) {
        close(fd);
        link_end(me, link, MESH_E_LIMIT, MESH_CLASS_RESOURCE, "the host watches no more descriptors");
        return;
    }
    link->fd = fd;
    link->state = UP;
    link->mask = MESH_WATCH_READ;
    mesh_event event = {.kind = MESH_EVENT_UP, .link = link->id};
    api->link_event(me->host, &event, 1);
    api->credit(me->host, link->id, CREDIT_FRAMES, CREDIT_BYTES);
}

static void link_dial(struct instance *me, struct link *link) {
    const int fd = endpoint_dial(&link->peer), error = errno;
    const int expired = api->now(me->host) >= link->deadline;
    if (fd >= 0) {
        link_up(me, link, fd);
    } else if (error == EAGAIN && !expired) {
        retry_in(me, RETRY_NS);
    } else {
        uint32_t fclass;
        const int32_t code = endpoint_code(error == EAGAIN ? ETIMEDOUT : error, &fclass);
        link_end(me, link, code, fclass, strerrordesc_np(error == EAGAIN ? ETIMEDOUT : error));
    }
}

// Sends one packet: OK, AGAIN, or why it will never leave.
static int32_t link_send(struct instance *me, struct link *link, const mesh_buf *buf) {
    if (link->broken) return MESH_E_RESET;
    // The receiver could not tell an empty packet from the end of the connection.
    if (!buf->len || (buf->flags & MESH_BUF_SEGMENTED)) return MESH_E_INVALID;
    if (buf->len > MTU) return MESH_E_MTU;
    if (send(link->fd, buf->data.ptr + buf->off, buf->len, MSG_NOSIGNAL) >= 0) return MESH_OK;
    if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) return MESH_E_AGAIN;
    if (errno == EMSGSIZE) return MESH_E_MTU;
    // What the peer sent before it went is still to be read: the end is reported after that.
    link->broken = 1;
    retry_in(me, 0);
    return MESH_E_RESET;
}

static void link_write(struct instance *me, struct link *link) {
    for (; link->count && me->budget > 0; link->count--, link->head++) {
        const mesh_buf *buf = &link->queue[link->head % CREDIT_FRAMES];
        const int32_t status = link_send(me, link, buf);
        if (status == MESH_E_AGAIN) break;
        me->budget -= buf->len + PACKET_COST;
        complete(me, buf, status);
    }
    link_watch(me, link);
    if (!link->count && link->state == CLOSING) link_end(me, link, MESH_E_CLOSED, MESH_CLASS_NONE, "closed");
}

// Receives straight into the host's buffers, one call a packet: batches of 64 by sendmmsg were measured and saved 7 %.
// On a link where packets come one at a time, the call that finds nothing more is saved: the loop says so if there is
// more. Each eighth read looks, so that a flood is noticed.
static void link_read(struct instance *me, struct link *link) {
    const uint32_t most = link->lone % 8 && !link->broken ? 1 : BATCH;
    for (uint32_t i = 0; i < most && me->budget > 0; i++) {
        if (!me->spare_count) {
            const int32_t got = api->buffer_get(me->host, me->spare, BATCH / 4, MTU);
            me->spare_count = got > 0 ? (uint32_t)got : 0;
        }
        link->paused = !me->spare_count;
        link_watch(me, link);
        if (link->paused) {
            retry_in(me, RETRY_NS);
            return;
        }
        mesh_buf *buf = &me->spare[me->spare_count - 1];
        const ssize_t got = recv(link->fd, buf->data.ptr, buf->cap, MSG_TRUNC);
        if (got < 0 && errno == ECONNRESET) {
            link->broken = 1; // said once, before the packets that are still to be read
        } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            link->lone = i == 1 ? link->lone + 1 : 0;
            if (link->broken) link_end(me, link, MESH_E_RESET, MESH_CLASS_PEER, "the other side is gone");
            return;
        } else if (got < 0) {
            link_end(me, link, MESH_E_IO, MESH_CLASS_TRANSIENT, strerrordesc_np(errno));
            return;
        } else if (got == 0) {
            const int32_t code = link->broken ? MESH_E_RESET : MESH_E_CLOSED;
            link_end(me, link, code, MESH_CLASS_PEER, "the other side closed the connection");
            return;
        } else if (got > (ssize_t)buf->cap) {
            link_end(me, link, MESH_E_PROTOCOL, MESH_CLASS_PEER, "a packet larger than 65,535 bytes arrived");
            return;
        } else {
            buf->link = link->id;
            buf->len = (uint32_t)got;
            me->packets_in++;
            me->bytes_in += buf->len;
            me->budget -= buf->len + PACKET_COST;
            me->arrived[me->arrived_count++] = *buf;
            me->spare_count--;
            if (most == 1) link->lone++;
            if (me->arrived_count == BATCH) deliver_arrived(me);
        }
    }
    if (link->broken) retry_in(me, 0); // the rest in the next turn, which nothing else may bring about
}

#endif

// SPDX-License-Identifier: Apache-2.0
// What the plugin does when it is asked to connect: the address names the act, the log carries what the host answered.
#include "hostile.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int32_t up(hostile *h, uint64_t link) {
    h->link = link;
    int32_t result = event(h, MESH_EVENT_UP, link, MESH_OK, "binding");
    api->credit(h->host, link, 128, 1 << 20);
    return result;
}

static void act_events(hostile *h, uint64_t link) {
    mesh_link_event e;
    memset(&e, 0, sizeof e);
    e.kind = 9999;
    say(h, "unknown event", api->link_event(h->host, &e, 1));
    say(h, "caps before up", event(h, MESH_EVENT_CAPS, link, 0, 0));
    say(h, "down before up", event(h, MESH_EVENT_DOWN, link, 0, 0));
    say(h, "up unknown", event(h, MESH_EVENT_UP, link + 12345, 0, 0));
    say(h, "up stale", event(h, MESH_EVENT_UP, link + (7ull << 32), 0, 0));
    say(h, "up none", event(h, MESH_EVENT_UP, 0, 0, 0));
    say(h, "stopped unasked", event(h, MESH_EVENT_STOPPED, 0, 0, 0));
    say(h, "started again", event(h, MESH_EVENT_STARTED, 0, 0, 0));
    say(h, "configured unasked", event(h, MESH_EVENT_CONFIGURED, 0, 0, 0));
    e.kind = MESH_EVENT_UP;
    e.link = link;
    e.data.ptr = h;
    e.data_len = 4097;
    say(h, "long payload", api->link_event(h->host, &e, 1));
    e.data.ptr = 0;
    e.data_len = 4;
    say(h, "null payload", api->link_event(h->host, &e, 1));
    e.data_len = 0;
    mesh_caps caps;
    memset(&caps, 0, sizeof caps);
    caps.size = sizeof caps;
    caps.mtu = 10;
    e.extra.ptr = &caps;
    e.extra_len = sizeof caps;
    say(h, "small mtu", api->link_event(h->host, &e, 1));
    caps.mtu = 1000;
    caps.headroom = 0xffffffff;
    say(h, "huge headroom", api->link_event(h->host, &e, 1));
    e.extra_len = 12; /* an older plugin's, shorter capabilities: what lies behind is not read */
    say(h, "short caps", api->link_event(h->host, &e, 1));
    say(h, "up twice", event(h, MESH_EVENT_UP, link, 0, 0));
    say(h, "failed after up", event(h, MESH_EVENT_FAILED, link, MESH_E_RESET, 0));
    say(h, "null events", api->link_event(h->host, 0, 3));
    h->link = link;
}

static void act_buffers(hostile *h, uint64_t link) {
    mesh_buf b[8];
    memset(b, 0, sizeof b);
    say(h, "put foreign", api->buffer_put(h->host, b, 1));
    say(h, "deliver foreign", api->deliver(h->host, b, 1));
    say(h, "done foreign", api->transmit_done(h->host, b, 1));
    say(h, "get too large", api->buffer_get(h->host, b, 1, 65537));
    say(h, "get", api->buffer_get(h->host, b, 8, 1000));
    for (int i = 0; i < 8; i++) b[i].link = link;
    say(h, "deliver early", api->deliver(h->host, &b[0], 1));
    up(h, link);
    b[1].off = b[1].cap;
    b[1].len = 1;
    say(h, "deliver outside", api->deliver(h->host, &b[1], 1));
    b[2].link += 5ull << 32;
    say(h, "deliver stale", api->deliver(h->host, &b[2], 1));
    say(h, "put", api->buffer_put(h->host, &b[3], 1));
    say(h, "put twice", api->buffer_put(h->host, &b[3], 1));
    b[4].owner ^= 1ull << 40;
    say(h, "put wrong generation", api->buffer_put(h->host, &b[4], 1));
    b[4].owner ^= 1ull << 40;
    b[4].data.ptr += 64;
    b[4].len = 10;
    say(h, "deliver moved storage", api->deliver(h->host, &b[4], 1));
    b[5].off = 0xffffffff;
    b[5].len = 0xffffffff;
    say(h, "deliver overflow", api->deliver(h->host, &b[5], 1));
    say(h, "done not transmitted", api->transmit_done(h->host, &b[6], 1));
    b[6].len = 5;
    say(h, "deliver good", api->deliver(h->host, &b[6], 1));
    say(h, "deliver good twice", api->deliver(h->host, &b[6], 1));
    say(h, "put last", api->buffer_put(h->host, &b[7], 1));
}

static void act_watch(hostile *h) {
    int fd = eventfd(0, EFD_NONBLOCK);
    say(h, "watch negative", api->watch(h->host, -1, MESH_WATCH_READ, 1));
    say(h, "watch closed", api->watch(h->host, 1 << 20, MESH_WATCH_READ, 1));
    say(h, "watch mask", api->watch(h->host, fd, 0x10, 1));
    say(h, "watch", api->watch(h->host, fd, MESH_WATCH_READ, 1));
    say(h, "watch again", api->watch(h->host, fd, 0, 2));
    int other = eventfd(0, EFD_NONBLOCK);
    dup2(other, fd); /* the watched descriptor is closed and its number used again, in one step */
    close(other);
    say(h, "watch reused number", api->watch(h->host, fd, MESH_WATCH_READ, 3));
    say(h, "unwatch", api->unwatch(h->host, fd));
    say(h, "unwatch again", api->unwatch(h->host, fd));
    close(fd);
    static int fds[4200];
    int n = 0, result = MESH_OK;
    for (; n < 4200 && result == MESH_OK; n++) {
        fds[n] = eventfd(0, EFD_NONBLOCK);
        if (fds[n] < 0) break;
        result = api->watch(h->host, fds[n], MESH_WATCH_READ, 9);
    }
    say(h, "watched", n);
    say(h, "watch too many", result);
    for (int i = 0; i < n; i++) if (fds[i] >= 0) { api->unwatch(h->host, fds[i]); close(fds[i]); }
}

static void *other_thread(void *arg) {
    hostile *h = arg;
    mesh_buf b;
    say(h, "get off loop", api->buffer_get(h->host, &b, 1, 100));
    say(h, "event off loop", event(h, MESH_EVENT_STOPPED, 0, 0, 0));
    say(h, "post off loop", api->post(h->host, 5));
    return 0;
}

static int32_t offloaded(void *arg) { return *(int *)arg; }

static void act_services(hostile *h) {
    static int answer = 42;
    say(h, "offload null", api->offload(h->host, 0, 0, 1));
    int32_t last = 0;
    for (int i = 0; i < 65; i++) last = api->offload(h->host, offloaded, &answer, 1);
    say(h, "offload limit", last);
    char key[129];
    memset(key, 0xfe, sizeof key);
    say(h, "store key long", api->store_get(h->host, key, 129, 1));
    say(h, "store key empty", api->store_get(h->host, key, 0, 1));
    say(h, "store value long", api->store_put(h->host, key, 128, h, 65537, 1));
    api->store_get(h->host, key, 128, 1);
    api->store_put(h->host, key, 128, "value", 5, 2);
    api->store_get(h->host, key, 128, 3);
    api->store_delete(h->host, key, 128, 4);
    api->store_delete(h->host, key, 128, 5);
}

static void act_misc(hostile *h) {
    say(h, "log level", api->log(h->host, 17, "x", 1));
    say(h, "log null", api->log(h->host, MESH_LOG_INFO, 0, 10));
    api->log(h->host, MESH_LOG_INFO, "a\nb\033[31mc\xff", 11);
    static char huge[5000];
    memset(huge, 'h', sizeof huge);
    api->log(h->host, MESH_LOG_INFO, huge, sizeof huge);
    say(h, "extension", api->extension(h->host, "test.unknown/1") == 0);
    say(h, "null host", api->post(0, 1));
    for (uint64_t token = 0; token < 64; token++) api->post(h->host, token);
    say(h, "post same", api->post(h->host, 3));
    say(h, "post 65th", api->post(h->host, 1000));
}

int32_t act(hostile *h, const char *address, uint64_t link) {
    if (strcmp(address, "up") == 0) return up(h, link);
    if (strcmp(address, "fail") == 0) return event(h, MESH_EVENT_FAILED, link, MESH_E_REFUSED, "no thanks");
    if (strcmp(address, "silent") == 0) return MESH_OK;
    if (strcmp(address, "refuse") == 0) return MESH_E_ADDRESS;
    if (strcmp(address, "garbage") == 0) return -77777;
    if (strcmp(address, "fault") == 0) { up(h, link); return event(h, MESH_EVENT_FAULT, 0, MESH_E_IO, "broken"); }
    if (strcmp(address, "slow") == 0) { usleep(70000); return up(h, link); }
    if (strcmp(address, "events") == 0) { act_events(h, link); return MESH_OK; }
    if (strcmp(address, "buffers") == 0) { act_buffers(h, link); return MESH_OK; }
    if (strcmp(address, "watch") == 0) { act_watch(h); return up(h, link); }
    if (strcmp(address, "services") == 0) { act_services(h); return up(h, link); }
    if (strcmp(address, "misc") == 0) { act_misc(h); return up(h, link); }
    if (strcmp(address, "thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, 0, other_thread, h);
        pthread_join(thread, 0);
        return up(h, link);
    }
    if (strcmp(address, "credit") == 0) {
        up(h, link);
        for (int i = 0; i < 3; i++) api->credit(h->host, link, 0xffffffff, 0xffffffffffffffff);
        say(h, "credit stale", api->credit(h->host, link + (1ull << 33), 1, 1));
        return MESH_OK;
    }
    if (strcmp(address, "storm") == 0) {
        int fd = eventfd(1, EFD_NONBLOCK);
        h->fds[0] = fd;
        api->watch(h->host, fd, MESH_WATCH_READ | MESH_WATCH_WRITE, 1);
        return up(h, link);
    }
    if (strcmp(address, "peers") == 0) {
        int32_t last = 0;
        for (int i = 0; i < 5000; i++) last = event(h, MESH_EVENT_PEER_SEEN, 0, 0, "hostile://near");
        say(h, "peers", last);
        return up(h, link);
    }
    return act_lanes(h, address, link);
}

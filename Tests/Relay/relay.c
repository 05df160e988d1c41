// SPDX-License-Identifier: Apache-2.0
// mesh-relay: stands between two programs and makes the path slow, lossy, narrow or dead. One epoll loop.
//
//   mesh-relay [-c CONTROL] [-s SEED] LISTEN TARGET
//
// LISTEN and TARGET: tcp:HOST:PORT, udp:HOST:PORT (numeric hosts, IPv6 in brackets) or seqpacket:PATH, both of one
// kind. The bound address is printed as one line. Commands, one a line, come on stdin or on CONTROL (a Unix stream
// socket); each is answered by one line, "ok …" or "error …"; the end of stdin ends the relay:
//   delay 20ms | jitter 5ms | loss 5 (percent; udp and seqpacket) | bandwidth 1000000 (bytes/s, 0 = no limit)
//   blackhole on|off | reset (RST all now) | close (orderly) | stats | quit
// Delay, jitter and bandwidth hold for each direction. Memory is bounded by QUEUE_MAX bytes a direction.
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 256, READ_MAX = 65536, CONTROLS_MAX = 8 };

struct side;
struct pair {
    struct side *sides[2];
    int used;
    struct sockaddr_storage client; // udp: who this pair belongs to
    socklen_t client_length;
};
struct side {
    int fd, finished, shut, connecting; // finished: no more to read; shut: end passed on
    uint32_t watched; // what epoll knows of it
    struct pair *pair;
    struct relay_queue out; // what this side still has to write
};

static struct relay_settings settings;
static struct pair pairs[PAIRS_MAX];
static struct { int fd; char line[128]; size_t length; } controls[CONTROLS_MAX];
static struct relay_address listen_at, target;
static int epoll, listener = -1, control_listener = -1;
static uint64_t accepted_total, forwarded_bytes, dropped, refused;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void watch(int fd, uint32_t events, void *tag) {
    struct epoll_event event = {.events = events, .data.ptr = tag};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) < 0) epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void end_pair(struct pair *pair, int hard) {
    for (int i = 0; i < 2; i++) {
        struct side *side = pair->sides[i];
        if (!side) continue;
        if (side->fd >= 0 && !(target.kind == RELAY_UDP && i == 0)) {
            struct linger now = {.l_onoff = 1, .l_linger = 0};
            if (hard && target.kind == RELAY_TCP) setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
            close(side->fd);
        }
        relay_queue_clear(&side->out);
        free(side);
        pair->sides[i] = NULL;
    }
    pair->used = 0;
}

static void end_all(int hard) {
    for (int i = 0; i < PAIRS_MAX; i++)
        if (pairs[i].used) end_pair(&pairs[i], hard);
}

// udp: when the table is full the oldest speaker is forgotten, so a flood of sources cannot lock others out.
static struct pair *new_pair(int client, const struct sockaddr_storage *from, socklen_t from_length) {
    static unsigned next_victim;
    struct pair *pair = NULL;
    for (int i = 0; i < PAIRS_MAX && !pair; i++)
        if (!pairs[i].used) pair = &pairs[i];
    if (!pair && target.kind == RELAY_UDP) end_pair(pair = &pairs[next_victim++ % PAIRS_MAX], 0);
    int out = pair ? socket(target.storage.ss_family, target.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    if (out < 0 || (connect(out, (struct sockaddr *)&target.storage, target.length) < 0 && errno != EINPROGRESS)) {
        if (out >= 0) close(out);
        refused++;
        return NULL;
    }
    int fds[2] = {client, out}, one = 1;
    pair->used = 1;
    accepted_total++;
    if (from) memcpy(&pair->client, from, pair->client_length = from_length);
    for (int i = 0; i < 2; i++) {
        struct side *side = pair->sides[i] = calloc(1, sizeof *side);
        if (!side) abort();
        *side = (struct side){.fd = fds[i], .pair = pair, .connecting = i == 1 && target.kind == RELAY_TCP};
        if (target.kind == RELAY_TCP) setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return pair;
}

static struct side *other(struct side *side) { return side->pair->sides[side->pair->sides[0] == side]; }

// Takes in one piece for `to`: refuses none; datagram kinds lose what settings say, or what does not fit.
static void take(struct side *to, const uint8_t *bytes, size_t length) {
    if (target.kind != RELAY_TCP && (settings.blackhole || relay_lost(&settings))) { dropped++; return; }
    if (!relay_queue_push(&to->out, &settings, bytes, length, now_ns())) dropped++;
}

static int want_read(struct side *side) {
    if (side->finished || side->connecting) return 0;
    if (target.kind == RELAY_UDP) return 1;
    if (settings.blackhole) return target.kind == RELAY_SEQPACKET;
    return relay_queue_room(&other(side)->out);
}

static void read_side(struct side *side) {
    static uint8_t bytes[READ_MAX];
    for (int turn = 0; turn < 16 && want_read(side); turn++) {
        ssize_t n = recv(side->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR || target.kind == RELAY_UDP)) return;
        if (n < 0) { end_pair(side->pair, 1); return; }
        if (n == 0 && target.kind != RELAY_UDP) { side->finished = 1; return; }
        take(other(side), bytes, (size_t)n);
    }
}

static void read_udp_listener(void) {
    static uint8_t bytes[READ_MAX];
    for (int turn = 0; turn < 64; turn++) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(listener, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (n < 0) return;
        struct pair *pair = NULL;
        for (int i = 0; i < PAIRS_MAX && !pair; i++)
            if (pairs[i].used && pairs[i].client_length == length && !memcmp(&pairs[i].client, &from, length))
                pair = &pairs[i];
        if (!pair) pair = new_pair(listener, &from, length);
        if (pair) take(pair->sides[1], bytes, (size_t)n);
    }
}

// Writes what is due. Returns 0 when the pair has ended.
static int write_side(struct side *side, uint64_t now) {
    if (side->connecting) return 1;
    int to_client = side == side->pair->sides[0];
    struct relay_piece *piece;
    while (!(settings.blackhole && target.kind == RELAY_TCP) && (piece = relay_queue_due(&side->out, now))) {
        ssize_t n = target.kind == RELAY_UDP && to_client
            ? sendto(side->fd, piece->bytes + piece->sent, piece->length - piece->sent, MSG_DONTWAIT,
                     (struct sockaddr *)&side->pair->client, side->pair->client_length)
            : send(side->fd, piece->bytes + piece->sent, piece->length - piece->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) return 1;
        if (n < 0 && target.kind != RELAY_UDP) { end_pair(side->pair, 1); return 0; }
        if (n > 0) forwarded_bytes += (uint64_t)n;
        relay_queue_sent(&side->out, n < 0 || target.kind != RELAY_TCP ? piece->length : (size_t)n);
    }
    if (other(side)->finished && !side->out.head && !side->shut && !settings.blackhole) {
        side->shut = 1;
        shutdown(side->fd, SHUT_WR);
        if (other(side)->shut || target.kind == RELAY_SEQPACKET) { end_pair(side->pair, 0); return 0; }
    }
    return 1;
}

static void accept_pairs(void) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        if (!new_pair(client, NULL, 0)) close(client);
}

static void command(int fd, char *line) {
    char answer[256] = "ok\n", word[32] = "", rest[64] = "";
    sscanf(line, "%31s %63s", word, rest);
    if (relay_settings_apply(&settings, word, rest)) {
    } else if (!strcmp(word, "reset")) end_all(1);
    else if (!strcmp(word, "close")) end_all(0);
    else if (!strcmp(word, "quit")) exit(0);
    else if (!strcmp(word, "stats")) {
        int open_pairs = 0;
        size_t queued = 0;
        for (int i = 0; i < PAIRS_MAX; i++)
            if (pairs[i].used) open_pairs++, queued += pairs[i].sides[0]->out.bytes + pairs[i].sides[1]->out.bytes;
        snprintf(answer, sizeof answer, "ok open=%d total=%llu bytes=%llu queued=%zu dropped=%llu refused=%llu\n",
                 open_pairs, (unsigned long long)accepted_total, (unsigned long long)forwarded_bytes, queued,
                 (unsigned long long)dropped, (unsigned long long)refused);
    } else snprintf(answer, sizeof answer, "error unknown command or value: %s\n", word);
    if (write(fd, answer, strlen(answer)) < 0) return;
}

static void read_control(int slot, int answer_fd) {
    char bytes[256];
    ssize_t n = read(controls[slot].fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        if (answer_fd == 1) exit(0); // whoever gave commands on stdin has ended
        epoll_ctl(epoll, EPOLL_CTL_DEL, controls[slot].fd, NULL);
        close(controls[slot].fd);
        controls[slot].fd = -1;
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] != '\n') {
            if (controls[slot].length < sizeof controls[slot].line - 1)
                controls[slot].line[controls[slot].length++] = bytes[i];
            continue;
        }
        controls[slot].line[controls[slot].length] = 0;
        controls[slot].length = 0;
        command(answer_fd, controls[slot].line);
    }
}

static void add_control(int fd) {
    for (int i = 0; i < CONTROLS_MAX; i++)
        if (controls[i].fd < 0) {
            controls[i].fd = fd;
            controls[i].length = 0;
            watch(fd, EPOLLIN, &controls[i]);
            return;
        }
    close(fd);
}

static void handle(struct epoll_event *event) {
    void *tag = event->data.ptr;
    if (tag == &listener) {
        if (target.kind == RELAY_UDP) read_udp_listener(); else accept_pairs();
        return;
    }
    if (tag == &control_listener) {
        int fd = accept4(control_listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) add_control(fd);
        return;
    }
    if (tag >= (void *)&controls[0] && tag < (void *)&controls[CONTROLS_MAX]) {
        int slot = (int)(((char *)tag - (char *)controls) / (long)sizeof controls[0]);
        if (controls[slot].fd >= 0) read_control(slot, controls[slot].fd ? controls[slot].fd : 1);
        return;
    }
    for (int i = 0; i < PAIRS_MAX; i++) // an event of this turn may name a side that an earlier one has ended
        for (int k = 0; pairs[i].used && k < 2; k++) {
            struct side *side = pairs[i].sides[k];
            if (side != tag) continue;
            int problem = 0;
            socklen_t length = sizeof problem;
            if (side->connecting && event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
                getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &problem, &length);
                side->connecting = 0;
            }
            if (problem || (event->events & EPOLLERR && target.kind == RELAY_TCP)) end_pair(side->pair, 1);
            else if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_side(side);
            return;
        }
}

// Moves what is due, renews each side's interest, and returns the nanoseconds until more is due, UINT64_MAX for never.
// Both sides write before either's interest is settled: what one drains may be the room that the other waits for.
static uint64_t turn(void) {
    uint64_t now = now_ns(), next = UINT64_MAX;
    for (int i = 0; i < PAIRS_MAX; i++) {
        if (pairs[i].used && write_side(pairs[i].sides[0], now)) write_side(pairs[i].sides[1], now);
        for (int k = 0; pairs[i].used && k < 2; k++) {
            struct side *side = pairs[i].sides[k];
            uint64_t due = relay_queue_next(&side->out);
            int stuck = side->connecting || (due <= now && !settings.blackhole);
            if (due > now && due < next) next = due;
            if (target.kind == RELAY_UDP && k == 0) {
                if (due <= now && next > now + 1000000) next = now + 1000000;
                continue;
            }
            uint32_t events = (want_read(side) ? EPOLLIN : 0u) | (stuck ? EPOLLOUT : 0u);
            if (events == side->watched) continue;
            // A peer that is gone is always reported; a finished or held side is left out so as not to spin.
            if (events) watch(side->fd, events, side);
            else epoll_ctl(epoll, EPOLL_CTL_DEL, side->fd, NULL);
            side->watched = events;
        }
    }
    return next == UINT64_MAX ? next : next - now;
}

int main(int argc, char **argv) {
    const char *control = NULL;
    int option;
    settings.random = 1;
    while ((option = getopt(argc, argv, "c:s:")) != -1) {
        if (option == 'c') control = optarg;
        else if (option == 's') settings.random = strtoull(optarg, NULL, 10) | 1;
        else return 2;
    }
    if (argc - optind != 2 || !relay_address_parse(argv[optind], &listen_at) ||
        !relay_address_parse(argv[optind + 1], &target) || listen_at.kind != target.kind) {
        fprintf(stderr, "usage: mesh-relay [-c CONTROL] [-s SEED] LISTEN TARGET (both tcp:, udp: or seqpacket:)\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < CONTROLS_MAX; i++) controls[i].fd = -1;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listener = relay_listen(&listen_at);
    if (listener < 0) { perror(argv[optind]); return 1; }
    watch(listener, EPOLLIN, &listener);
    struct relay_address at = {.kind = RELAY_CONTROL, .type = SOCK_STREAM};
    if (control && (!relay_address_path(control, &at) || (control_listener = relay_listen(&at)) < 0)) {
        perror(control);
        return 1;
    }
    if (control) watch(control_listener, EPOLLIN, &control_listener);
    else add_control(0);
    relay_address_print(listener, &listen_at);
    for (;;) {
        struct epoll_event events[64];
        uint64_t wait = turn();
        // Milliseconds would be too coarse: a delay of 5 would be one of 6.
        struct timespec limit = {(time_t)(wait / 1000000000u), (long)(wait % 1000000000u)};
        int n = epoll_pwait2(epoll, events, 64, wait == UINT64_MAX ? NULL : &limit, NULL);
        for (int i = 0; i < n; i++) handle(&events[i]);
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind { ONE_WAY, ECHO, END };
enum { SAMPLES_MAX = 1 << 20, FLIGHT = 64 };

static const struct workload {
    const char *name, *unit;
    size_t size;
    enum { STREAMING, PING_PONG, IN_FLIGHT, CONNECT, CONNECT_MANY } shape;
} workloads[] = {
    {"small-64", "messages/s", 64, STREAMING},     {"medium-1k", "messages/s", 1024, STREAMING},
    {"large-64k", "messages/s", 65536, STREAMING}, {"bulk-1m", "MB/s", MESSAGE_MAX, STREAMING},
    {"round-trip", "us", 64, PING_PONG},           {"in-flight-64", "requests/s", 64, IN_FLIGHT},
    {"apart", "us", 64, PING_PONG},                {"connect", "connections/s", 64, CONNECT},
    {"connect-8", "connections/s", 64, CONNECT_MANY},
};

uint64_t (*bench_connect_many)(void *, int, double, double *);
static double seconds = 1;
static int cpus[2] = {0, 1}, port, ping_pong, together, connects;

_Noreturn void bench_die(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

int bench_port(void) { return port; }
int bench_ping_pong(void) { return ping_pong; }
int bench_connects(void) { return connects; }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void bench_pin(int server) {
    int cpu = cpus[!server && !together];
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) bench_die("sched_setaffinity", strerror(errno));
}

static uint64_t sum(const uint64_t *words, size_t count) {
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) total += words[i];
    return total;
}

// Word 0: number and kind; word 1: sum of all others; the rest changes with the number.
static void fill(uint64_t *words, size_t size, uint64_t number, enum kind kind) {
    size_t count = size / 8;
    uint64_t base = number * 0x9e3779b97f4a7c15u;
    words[0] = number << 2 | kind;
    for (size_t i = 2; i < count; i++) words[i] = base + i;
    words[1] = words[0] + sum(words + 2, count - 2);
}

static enum kind check(const void *bytes, size_t length, size_t size, uint64_t number) {
    const uint64_t *words = bytes;
    uint64_t copy[8];
    if (length != size) bench_die("receiver", "a message of a wrong length");
    if ((uintptr_t)bytes % 8 && size == 64) words = memcpy(copy, bytes, 64);
    if (words[0] >> 2 != number) bench_die("receiver", "a message out of sequence");
    if (words[1] != words[0] + sum(words + 2, size / 8 - 2)) bench_die("receiver", "a wrong checksum");
    return (enum kind)(words[0] & 3);
}

static enum kind receive(const struct peer *peer, void *channel, size_t size, uint64_t number) {
    size_t length;
    const void *bytes = peer->receive(channel, &length);
    return check(bytes, length, size, number);
}

static void serve(const struct peer *peer, const struct workload *workload) {
    void *channel = peer->open(1, workload->size);
    for (uint64_t number = 0;; number++) {
        size_t length;
        const void *bytes = peer->receive(channel, &length);
        enum kind kind = check(bytes, length, workload->size, number);
        if (kind != ONE_WAY) peer->send(channel, bytes, length);
        if (kind == END || (kind == ECHO && !peer->ready(channel))) peer->flush(channel);
        if (kind == END) break;
    }
    pause(); // the client ends this process, so that nothing in flight is cut off
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const struct peer *peer, const char *name, const char *suffix, double value, const char *unit) {
    printf("{\"peer\":\"%s\",\"workload\":\"%s%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", peer->name, name, suffix, value,
           unit);
    fflush(stdout);
}

static void dial(const struct peer *peer, const struct workload *workload) {
    static uint64_t words[MESSAGE_MAX / 8];
    static double samples[SAMPLES_MAX];
    void *channel = peer->open(0, workload->size);
    size_t size = workload->size, taken = 0;
    uint64_t sent = 0, answered = 0;
    double started = now(), clock = started, elapsed = 0;
    if (workload->shape == CONNECT_MANY) {
        uint64_t count = bench_connect_many(channel, connects, seconds, &elapsed);
        return print(peer, workload->name, "", (double)count / elapsed, workload->unit);
    }
    while (clock - started < seconds) {
        if (workload->shape == STREAMING) {
            // The clock is read once in a while: it would cost as much as a small message.
            for (size_t k = 0; k < (size < 65536 ? 256u : 1u); k++) {
                fill(words, size, sent++, ONE_WAY);
                peer->send(channel, words, size);
            }
            clock = now();
            continue;
        }
        uint64_t room = workload->shape == IN_FLIGHT ? FLIGHT : 1;
        while (sent - answered < room) {
            fill(words, size, sent++, ECHO);
            peer->send(channel, words, size);
        }
        peer->flush(channel);
        do receive(peer, channel, size, answered++);
        while (answered < sent && peer->ready(channel));
        double before = clock;
        clock = now();
        if (workload->shape == CONNECT) peer->reconnect(channel);
        if (workload->shape == PING_PONG && taken < SAMPLES_MAX) samples[taken++] = (clock - before) * 1e6;
    }
    uint64_t counted = workload->shape == STREAMING ? sent : answered;
    if (workload->shape != STREAMING) elapsed = clock - started;
    fill(words, size, sent++, END);
    peer->send(channel, words, size);
    peer->flush(channel);
    if (workload->shape == STREAMING) answered = sent - 1;
    while (answered < sent) receive(peer, channel, size, answered++);
    if (workload->shape == STREAMING) elapsed = now() - started; // the end has come back: everything had arrived
    if (workload->shape == PING_PONG) {
        if (!taken) bench_die(peer->name, "no round trip");
        qsort(samples, taken, sizeof samples[0], by_value);
        print(peer, workload->name, "-p50", samples[taken / 2], workload->unit);
        print(peer, workload->name, "-p99", samples[taken * 99 / 100], workload->unit);
    } else {
        double factor = strcmp(workload->unit, "MB/s") ? 1 : (double)size / 1e6;
        print(peer, workload->name, "", (double)counted * factor / elapsed, workload->unit);
    }
}

// Below the range that clients are given: a client that dials early there may connect to itself.
static void draw_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static unsigned offset;
    for (int tries = 0; tries < 1000; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), code;
        port = (int)(20000 + ((unsigned)getpid() + 7 * offset++) % 12000);
        address.sin_port = htons((uint16_t)port);
        code = bind(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
        if (code == 0) return;
    }
    bench_die("bind", "no free port");
}

// Both sides are children of a parent that only waits: no library's threads outlive a workload.
static int run(const struct peer *peer, const struct workload *workload) {
    pid_t pids[2];
    int state = 0;
    if (workload->shape == CONNECT && !peer->reconnect) return 0;
    if (workload->shape == CONNECT_MANY && !bench_connect_many) return 0;
    ping_pong = workload->shape == PING_PONG;
    together = ping_pong && strcmp(workload->name, "apart") != 0;
    connects = workload->shape == CONNECT ? 1 : workload->shape == CONNECT_MANY ? 8 : 0;
    draw_port();
    if (peer->prepare) peer->prepare();
    fflush(stdout);
    for (int client = 0; client < 2; client++) {
        if ((pids[client] = fork()) != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        alarm((unsigned)(seconds * 10) + 30);
        bench_pin(!client);
        if (client) dial(peer, workload);
        else serve(peer, workload);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pids[1], &state, 0);
    kill(pids[0], SIGKILL);
    waitpid(pids[0], NULL, 0);
    if (peer->finish) peer->finish();
    if (state) fprintf(stderr, "%s: %s did not finish\n", peer->name, workload->name);
    return state != 0;
}

int bench_main(int argc, char **argv, const struct peer *const *peers, size_t count) {
    static const struct option options[] = {
        {"json", no_argument, 0, 'j'},
        {"seconds", required_argument, 0, 's'},
        {"cpus", required_argument, 0, 'c'},
        {"workloads", required_argument, 0, 'w'},
        {0, 0, 0, 0}};
    const char *wanted = NULL;
    int option, failed = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's') seconds = atof(optarg);
        else if (option == 'c' && sscanf(optarg, "%d,%d", &cpus[0], &cpus[1]) == 2) continue;
        else if (option == 'w') wanted = optarg;
        else if (option != 'j') bench_die("usage", "[--json] [--seconds S] [--cpus A,B] [--workloads a,b]");
    }
    for (size_t p = 0; p < count; p++)
        for (size_t w = 0; w < sizeof workloads / sizeof workloads[0]; w++)
            if (!wanted || strstr(wanted, workloads[w].name)) failed |= run(peers[p], &workloads[w]);
    return failed;
}

/* SPDX-License-Identifier: Apache-2.0
 * Mixed traffic between three nodes of this process: `soak FOLDER PLUGINS SECONDS`. FOLDER is empty and short. Nothing
 * may fail, grow or stay behind, and no signal disposition may change. */
#define _GNU_SOURCE
#include "soak.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

atomic_bool soak_ends;
atomic_ulong soak_messages, soak_requests, soak_streams, soak_datagrams, soak_visits;

_Noreturn void soak_fail(const char *file, int line, const char *text) {
    printf("%s:%d: %s (%s)\n", file, line, text, mesh_last_error());
    fflush(stdout);
    _exit(1);
}

int32_t soak_works(const char *file, int line, const char *text, int32_t code) {
    if (code < 0) {
        printf("%s: ", mesh_error_name(code));
        soak_fail(file, line, text);
    }
    return code;
}

int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int count, char **words) {
    if (count < 4) return 2;
    int64_t length = strtoll(words[3], NULL, 10), start = milliseconds(), sampled = -1;
    watch_sample(-1);
    nodes_prepare(words[1], words[2]);
    /* What is made once for the process, such as by the libraries of the plugins, is there after the first node. */
    WORKS(mesh_close(node_open('a'), 0));
    int descriptors = watch_count("fd"), threads = watch_count("task");
    long in_use = watch_in_use();
    mesh_handle *a = node_open('a');
    WORKS(mesh_serve(a, PROTOCOL, NULL));
    uint64_t b = peer_of(a, "b");
    pthread_t server, visitor;
    CHECK(pthread_create(&server, NULL, serve, NULL) == 0 && pthread_create(&visitor, NULL, visit, NULL) == 0);
    for (uint32_t number = 0; milliseconds() - start < length * 1000; number++) {
        round_of_traffic(a, b, number);
        int64_t second = (milliseconds() - start) / 1000;
        if (second == sampled) continue;
        sampled = second;
        watch_sample(second);
    }
    /* The visitor waits for what it has sent, so that "a" goes on until it has left; "b" is the last one. */
    int64_t end = milliseconds() + 30000;
    atomic_store(&soak_ends, true);
    while (pthread_tryjoin_np(visitor, NULL) != 0) {
        mesh_event events[64];
        CHECK(milliseconds() < end);
        WORKS(mesh_wait(a, 10));
        WORKS(mesh_events(a, events, 64));
    }
    CHECK(pthread_join(server, NULL) == 0);
    WORKS(mesh_close(a, 2000));
    watch_sample(length);
    printf("%ld KiB in use before, %ld after\n", in_use, watch_in_use());
    CHECK(watch_in_use() <= in_use + 1024);
    printf("%d descriptors and %d threads before, %d and %d after\n", descriptors, threads, watch_count("fd"),
           watch_count("task"));
    CHECK(watch_count("fd") == descriptors && watch_count("task") == threads);
    printf("%lu messages, %lu requests, %lu streams of 1 MiB, %lu datagrams, %lu nodes opened and closed in %lld s\n",
           soak_messages, soak_requests, soak_streams, soak_datagrams, soak_visits, (long long)length);
    watch_verdict(length);
    return 0;
}

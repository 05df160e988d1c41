// SPDX-License-Identifier: Apache-2.0
// What calls of libmesh cost without a peer: trivial ones, mesh_send of 1 KiB against the same copy through a ring of plain
// C with an atomic head, and how long until a program that opens a node listens. One JSON line each; see README.md.
#include <mesh/mesh.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BODY = 1024, RECORD = 64 + BODY, RING = 4 << 20, ROUNDS = 3000 };
static char folder[64];
static uint8_t ring[RING], body[BODY];
static _Atomic size_t head;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void demand(int32_t code) {
    if (code >= 0) return;
    fprintf(stderr, "%s\n", mesh_last_error());
    exit(1);
}

static void print(const char *workload, double value, const char *unit) {
    printf("{\"peer\":\"libmesh\",\"workload\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", workload, value, unit);
}

static mesh_handle *open_node(const char *name, const char *extra) {
    char text[4096];
    const char *plugins = getenv("MESH_PLUGINS");
    snprintf(text, sizeof text,
             "node: { identity: %s/%s.key, state: %s/%s }\nplugins: { directories: [%s], trust: any }\n"
             "transport_priority: [unix]\ntransports: { unix: { listen: ['unix://%s/%s.link'] } }\n%s",
             folder, name, folder, name, plugins ? plugins : "build/plugins", folder, name, extra);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_PROCESS;
    options.config_text = text;
    mesh_handle *handle;
    demand(mesh_open(&options, &handle));
    return handle;
}

// The least of many short rounds: what a call costs when nothing interrupts it.
static double least(double value, double best) { return best == 0 || value < best ? value : best; }

int main(void) {
    char path[128], name[MESH_NAME_SIZE], peers[256];
    uint8_t id[MESH_ID_SIZE];
    double trivial = 0, send = 0, copy = 0, wake = 0;
    strcpy(folder, "/tmp/bench-calls.XXXXXX");
    if (!mkdtemp(folder)) return 1;
    for (const char *const *key = (const char *const[]){"a", "b", NULL}; *key; key++) {
        snprintf(path, sizeof path, "%s/%s.key", folder, *key);
        demand(mesh_identity_generate(path, id));
    }
    demand(mesh_name_encode(id, name, sizeof name));
    double started = now();
    mesh_handle *handle = open_node("a", "");
    print("open", (now() - started) * 1e3, "ms");
    demand(mesh_close(handle, 0));
    // The peer is never there: what is sent stays in the node, up to the window of its flow.
    snprintf(peers, sizeof peers, "peers: [{ id: %s, name: b, addresses: ['unix://%s/b.link'] }]\n", name, folder);
    uint64_t peer, sum = 0;
    mesh_slice slice = {body, sizeof body};
    for (int round = 0; round < ROUNDS; round++) {
        started = now();
        for (int i = 0; i < 1000; i++) sum += mesh_version();
        trivial = least((now() - started) * 1e9 / 1000, trivial);
    }
    for (int round = 0; round < 40; round++) {
        handle = open_node("a", peers);
        demand(mesh_peer_find(handle, "b", &peer));
        demand(mesh_send(handle, peer, "/bench/1", &slice, 1, NULL, NULL));
        usleep(2000);
        // As many as fit before this thread would do the node's work itself.
        for (int part = 0; part < 10; part++) {
            started = now();
            demand(mesh_send(handle, peer, "/bench/1", &slice, 1, NULL, NULL));
            wake = least((now() - started) * 1e9, wake);
            started = now();
            for (int i = 0; i < 100; i++) demand(mesh_send(handle, peer, "/bench/1", &slice, 1, NULL, NULL));
            send = least((now() - started) * 1e9 / 100, send);
            usleep(2000);
        }
        (void)mesh_close(handle, 0);
        for (int part = 0; part < 10; part++) {
            started = now();
            for (int i = 0; i < 100; i++) {
                size_t at = atomic_load_explicit(&head, memory_order_relaxed);
                if (at + RECORD > RING) at = 0;
                memset(ring + at, i, 64);
                memcpy(ring + at + 64, body, BODY);
                atomic_store_explicit(&head, at + RECORD, memory_order_release);
            }
            copy = least((now() - started) * 1e9 / 100, copy);
        }
    }
    print("trivial-call", trivial, "ns");
    print("send-1k", send, "ns");
    print("send-first-1k", wake, "ns"); // the node slept: it is woken
    print("ring-1k", copy, "ns");
    snprintf(path, sizeof path, "rm -rf '%s'", folder);
    return system(path) != 0 || sum == 1;
}

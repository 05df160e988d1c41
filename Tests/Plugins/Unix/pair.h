// SPDX-License-Identifier: Apache-2.0
// Two hosts with one link between them, and what a test waits for. Included by unix_test.c only.
#ifndef MESH_UNIX_PAIR_H
#define MESH_UNIX_PAIR_H

#include "../../Conformance/host.h"

#include <stdio.h>

static host_plugin plugin;
static unsigned failures;
static char folder[64], address[128];

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            failures++;                                                                   \
            fprintf(stderr, "  line %d: %s does not hold\n", __LINE__, #condition);       \
        }                                                                                 \
    } while (0)

struct pair {
    host *a, *b, *both[2];
    uint64_t listener, from_a, at_b;
};

static bool linked(void *context) {
    struct pair *pair = context;
    pair->at_b = host_last_incoming(pair->b);
    return pair->at_b && host_count(pair->a, MESH_EVENT_UP, pair->from_a) &&
           host_count(pair->b, MESH_EVENT_UP, pair->at_b);
}

static struct pair pair_open(const mesh_param *params, uint32_t n) {
    struct pair pair = {.a = host_start(&plugin, params, n), .b = host_start(&plugin, params, n)};
    int32_t status;
    pair.both[0] = pair.a;
    pair.both[1] = pair.b;
    pair.listener = host_listen(pair.b, address, -1, 0, &status);
    CHECK(status == MESH_OK);
    pair.from_a = host_connect(pair.a, address, MESH_DEADLINE_NONE, 0, &status);
    CHECK(status == MESH_OK);
    CHECK(host_run(pair.both, 2, linked, &pair, 2000));
    return pair;
}

static void pair_close(struct pair *pair) {
    failures += host_finish(pair->a, 1000);
    failures += host_finish(pair->b, 1000);
}

struct wanted { host *host; uint64_t link, count; uint32_t kind; };
static bool received(void *context) {
    struct wanted *wanted = context;
    return host_find(wanted->host, wanted->link)->received >= wanted->count;
}
static bool happened(void *context) {
    struct wanted *wanted = context;
    return host_count(wanted->host, wanted->kind, wanted->link) > 0;
}

#endif

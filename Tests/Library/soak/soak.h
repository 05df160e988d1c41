/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the soak share: nodes "a", "b" and "c" of one process, and what is watched meanwhile. */
#ifndef SOAK_H
#define SOAK_H

#include <mesh/mesh.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PROTOCOL "/soak/1"

/* A check that fails ends the soak. */
#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) soak_fail(__FILE__, __LINE__, #condition);        \
    } while (0)
#define WORKS(call) soak_works(__FILE__, __LINE__, #call, (call))

_Noreturn void soak_fail(const char *file, int line, const char *text);
int32_t soak_works(const char *file, int line, const char *text, int32_t code);
int64_t milliseconds(void);

extern atomic_bool soak_ends;                    /* the threads are to close their nodes */
extern atomic_ulong soak_messages, soak_requests, soak_streams, soak_datagrams, soak_visits;

/* Makes the keys of all nodes in `folder`; plugins are taken from `plugins`. */
void nodes_prepare(const char *folder, const char *plugins);
mesh_handle *node_open(char name);
uint64_t peer_of(mesh_handle *handle, const char *name);

/* The threads of "b", which serves, and of "c", which comes and goes. */
void *serve(void *nothing);
void *visit(void *nothing);
/* One round of "a": messages, datagrams, requests and a stream to "b", all of them answered when it returns. */
void round_of_traffic(mesh_handle *a, uint64_t b, uint32_t number);

/* Takes a sample; fails when a signal's disposition or the mask has changed since the first one. */
void watch_sample(int64_t second);
/* Prints the second and the last third of the run, and fails when something grew. */
void watch_verdict(int64_t length);
/* Memory that was allocated and not yet freed, KiB. */
long watch_in_use(void);
/* What is counted below /proc/self, such as "fd" or "task". */
int watch_count(const char *what);

#endif

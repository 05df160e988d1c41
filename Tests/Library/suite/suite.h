/* SPDX-License-Identifier: Apache-2.0
 * What the tests of libmesh share: checks, and two nodes that know each other, in this process or as two daemons. */
#ifndef SUITE_H
#define SUITE_H

#include <mesh/mesh.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A check that fails ends the test it is in, not the others. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) suite_fail(__FILE__, __LINE__, #condition);                                        \
    } while (0)
#define EQUAL(left, right)                                                                                   \
    do {                                                                                                     \
        long long left_ = (long long)(left), right_ = (long long)(right);                                    \
        if (left_ != right_) suite_differ(__FILE__, __LINE__, #left, left_, #right, right_);                 \
    } while (0)
/* A call that must work; otherwise the sentence is shown. */
#define WORKS(call) suite_works(__FILE__, __LINE__, #call, (call))

_Noreturn void suite_fail(const char *file, int line, const char *text);
_Noreturn void suite_differ(const char *file, int line, const char *left, long long a, const char *right, long long b);
int64_t suite_works(const char *file, int line, const char *text, int64_t code);

typedef struct test {
    const char *name; /* a sentence */
    void (*body)(void);
} test;
extern const test message_tests[], stream_tests[], request_tests[], hostile_tests[], call_tests[],
    home_tests[];

/* Two nodes that know each other by the names "a" and "b". */
typedef struct pair {
    mesh_handle *a, *b;
    uint64_t to_b, to_a; /* the number of b at a, and of a at b */
} pair;
extern bool suite_daemons; /* the handles are attached to two daemons */
extern char suite_folder[512];
pair pair_open(void);
void pair_open_with(pair *pair, uint32_t event_bytes);
void pair_close(pair *pair);
/* Opens a handle on node "a" or "b" as pair_open does. */
mesh_handle *node_open(const char *name, uint32_t event_bytes);
/* The options that node_open uses, valid until the next call. */
mesh_open_options node_options(const char *name);

/* Waits for the next event of this kind at `handle`, while `other` (may be NULL) is served too; other kinds are passed
 * over. The event lends until the next call. Ends the test after 45 seconds. */
mesh_event await(mesh_handle *handle, mesh_handle *other, uint32_t kind);
/* Lets both nodes work for so long. */
void settle(mesh_handle *a, mesh_handle *b, int milliseconds);
int64_t milliseconds(void);
/* mesh_send of one piece, with options or NULL. */
int32_t send_bytes(mesh_handle *handle, uint64_t peer, const char *protocol, const void *data, size_t len,
                   const mesh_send_options *options, uint64_t *message);
/* A pattern that depends on the position and `seed`, and whether memory still has it. */
void pattern(uint8_t *data, size_t len, uint32_t seed);
bool has_pattern(const uint8_t *data, size_t len, uint32_t seed);
/* Entries of a folder of /proc/self, such as "fd" or "task". */
int count_of(const char *what);

#endif

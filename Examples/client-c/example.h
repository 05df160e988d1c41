/* SPDX-License-Identifier: Apache-2.0
 * What the five examples share: opening a node by the word on the command line, and giving up with a sentence. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <mesh/mesh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program when a call has failed, with the library's sentence. Answers what the call answered. */
static inline int32_t must(int32_t answer, const char *what) {
    if (answer < 0) {
        fprintf(stderr, "%s: %s (%s)\n", what, mesh_last_error(), mesh_error_name(answer));
        exit(1);
    }
    return answer;
}

/* A YAML file is a node in this process; anything else is the client socket of a running meshd. */
static inline mesh_handle *open_home(const char *home, const char *application) {
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.application = application;
    size_t length = strlen(home);
    if (length > 5 && strcmp(home + length - 5, ".yaml") == 0) {
        options.home = MESH_HOME_PROCESS;
        options.config_file = home;
    } else {
        options.home = MESH_HOME_DAEMON;
        options.socket = home;
    }
    mesh_handle *node = NULL;
    must(mesh_open(&options, &node), "opening the node");
    return node;
}

/* Serves a protocol and says so, for whoever waits to begin. */
static inline void serve(mesh_handle *node, const char *protocol, uint32_t kinds) {
    mesh_serve_options options;
    mesh_serve_options_default(&options);
    options.flags = kinds;
    must(mesh_serve(node, protocol, &options), "serving");
    printf("serving %s\n", protocol);
    fflush(stdout);
}

/* Takes events; when there are none, waits for some: 0 when `timeout_ms` is over (negative = for ever).
 * Taking comes first, for it gives back what the last call lent: a message is delivered by it, and must not wait for the
 * next one. */
static inline uint32_t next_events(mesh_handle *node, mesh_event *events, uint32_t n, int32_t timeout_ms) {
    int32_t count = must(mesh_events(node, events, n), "taking events");
    if (count == 0 && must(mesh_wait(node, timeout_ms), "waiting") > 0) {
        count = must(mesh_events(node, events, n), "taking events");
    }
    return (uint32_t)count;
}

static inline mesh_slice slice_of(const void *data, size_t len) {
    mesh_slice slice = {data, len};
    return slice;
}

#endif

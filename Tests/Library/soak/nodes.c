/* SPDX-License-Identifier: Apache-2.0
 * The three nodes: "a" and "b" talk over WebSocket, in Swift, "a" and "c" over Unix sockets, in C. */
#define _GNU_SOURCE
#include "soak.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char place[256], plugin_folder[512], names[3][MESH_NAME_SIZE];
static int ports[2];

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, length) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

void nodes_prepare(const char *folder, const char *plugins) {
    CHECK(snprintf(place, sizeof place, "%s", folder) < (int)sizeof place);
    CHECK(snprintf(plugin_folder, sizeof plugin_folder, "%s", plugins) < (int)sizeof plugin_folder);
    for (int i = 0; i < 3; i++) {
        char path[300];
        uint8_t id[MESH_ID_SIZE];
        snprintf(path, sizeof path, "%s/%c.key", place, "abc"[i]);
        WORKS(mesh_identity_generate(path, id));
        WORKS(mesh_name_encode(id, names[i], sizeof names[i]));
        if (i < 2) ports[i] = free_port();
    }
}

mesh_handle *node_open(char name) {
    char text[4096], peers[1024];
    int used = snprintf(text, sizeof text,
                        "node: { identity: %s/%c.key, state: %s/%c.state, stop_timeout: 1s }\n"
                        "plugins: { directories: [%s], trust: any }\n"
                        "transport_priority: [%s]\n"
                        "transports:\n  unix: { listen: ['unix://%s/%c.link'] }\n",
                        place, name, place, name, plugin_folder, name == 'c' ? "unix" : "websocket, unix", place, name);
    if (name == 'a') {
        snprintf(peers, sizeof peers, "{ id: %s, name: b, addresses: ['ws://127.0.0.1:%d/mesh'] }, { id: %s, name: c }",
                 names[1], ports[1], names[2]);
    } else {
        snprintf(peers, sizeof peers, "{ id: %s, name: a, addresses: ['unix://%s/a.link'] }", names[0], place);
    }
    if (name != 'c')
        used += snprintf(text + used, sizeof text - (size_t)used, "  websocket: { listen: ['ws://127.0.0.1:%d/mesh'] }\n",
                         ports[name - 'a']);
    used += snprintf(text + used, sizeof text - (size_t)used, "peers: [%s]\n", peers);
    CHECK(used < (int)sizeof text);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_PROCESS;
    options.application = "soak";
    options.config_text = text;
    mesh_handle *handle;
    WORKS(mesh_open(&options, &handle));
    return handle;
}

uint64_t peer_of(mesh_handle *handle, const char *name) {
    uint64_t peer;
    WORKS(mesh_peer_find(handle, name, &peer));
    return peer;
}

// SPDX-License-Identifier: Apache-2.0
// Two handles in one program: a node of its own sends messages to the daemon's node, where the other handle, attached
// to the daemon, serves them. Arguments: folder for the own node, count. The peers are introduced by both lines.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mesh/mesh.h>

static const char protocol[] = "/install/1";

static void stop_if(int32_t code, const char *what) {
    if (code >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", what, mesh_error_name(code), mesh_last_error());
    exit(1);
}

static mesh_handle *open_node(const char *folder) {
    char text[1024];
    snprintf(text, sizeof text,
             "node: { state: %s/state }\ntransports:\n  unix: { listen: [\"unix://%s/client.link\"] }\n"
             "control: { socket: %s/client.sock, admin_socket: %s/admin.sock }\n",
             folder, folder, folder, folder);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_PROCESS;
    options.config_text = text;
    mesh_handle *handle;
    stop_if(mesh_open(&options, &handle), "opening a node");
    return handle;
}

static mesh_handle *attach(void) {
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_DAEMON;
    options.application = "install test";
    mesh_handle *handle;
    stop_if(mesh_open(&options, &handle), "attaching to the daemon");
    return handle;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    long wanted = strtol(words[2], NULL, 10);
    mesh_handle *own = open_node(words[1]), *daemon = attach();
    char line[2048], command[2400];
    uint64_t peer;
    stop_if(mesh_invite(own, line, sizeof line, NULL), "an invitation of the node");
    snprintf(command, sizeof command, "meshctl peers add '%s' >/dev/null", line);
    if (system(command) != 0) return 1;
    stop_if(mesh_invite(daemon, line, sizeof line, NULL), "an invitation of the daemon");
    stop_if(mesh_peer_add(own, line, "daemon", &peer), "adding the daemon");
    stop_if(mesh_serve(daemon, protocol, NULL), "serving");

    long sent = 0, received = 0;
    while (received < wanted) {
        while (sent < wanted) {
            char body[32];
            mesh_slice slice = {body, (size_t)snprintf(body, sizeof body, "message %ld", sent)};
            int32_t code = mesh_send(own, peer, protocol, &slice, 1, NULL, NULL);
            if (code == MESH_E_AGAIN) break;
            stop_if(code, "sending");
            sent++;
        }
        mesh_event events[64];
        stop_if(mesh_wait(daemon, 20), "waiting");
        int32_t n = mesh_events(daemon, events, 64);
        stop_if(n, "events of the daemon");
        for (int32_t i = 0; i < n; i++) {
            char body[32];
            if (events[i].kind != MESH_ON_MESSAGE) continue;
            size_t length = (size_t)snprintf(body, sizeof body, "message %ld", received);
            if (events[i].len != length || memcmp(events[i].data, body, length) != 0) {
                fprintf(stderr, "expected '%s', got '%.*s'\n", body, (int)events[i].len, (const char *)events[i].data);
                return 1;
            }
            received++;
        }
        n = mesh_events(own, events, 64);
        stop_if(n, "events of the node");
    }
    /* The receiver first: what it was lent last is delivered when it gives it back. */
    stop_if(mesh_close(daemon, 2000), "detaching");
    stop_if(mesh_close(own, 2000), "closing the node");
    printf("%ld messages\n", received);
    return 0;
}

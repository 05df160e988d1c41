/* SPDX-License-Identifier: Apache-2.0
 * Messages there and back. Usage: echo HOME serve | echo HOME PEER TEXT… */
#include "example.h"

static const char *const protocol = "/example/echo/1";

/* Sends every message back to where it came from. */
static void answer(mesh_handle *node) {
    mesh_event events[16];
    for (;;) {
        uint32_t count = next_events(node, events, 16, -1);
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].kind != MESH_ON_MESSAGE) continue;
            mesh_slice body = slice_of(events[i].data, events[i].len);
            must(mesh_send(node, events[i].peer, protocol, &body, 1, NULL, NULL), "sending back");
        }
    }
}

/* Sends each text and waits for all of them to come back. */
static int ask(mesh_handle *node, const char *name, char **texts, int n) {
    uint64_t peer = 0;
    must(mesh_peer_find(node, name, &peer), "finding the peer");
    for (int i = 0; i < n; i++) {
        mesh_slice body = slice_of(texts[i], strlen(texts[i]));
        must(mesh_send(node, peer, protocol, &body, 1, NULL, NULL), "sending");
    }
    mesh_event events[16];
    for (int back = 0; back < n;) {
        uint32_t count = next_events(node, events, 16, 10000);
        if (count == 0) {
            fprintf(stderr, "no echo within ten seconds\n");
            return 1;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].kind == MESH_ON_MESSAGE) {
                printf("echo: %.*s\n", (int)events[i].len, (const char *)events[i].data);
                back++;
            } else if (events[i].kind == MESH_ON_SETTLED) {
                /* It comes unasked when a message was not delivered. */
                fprintf(stderr, "not delivered: %s\n", mesh_error_text(events[i].code));
                return 1;
            }
        }
    }
    must(mesh_close(node, 1000), "closing");
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: echo HOME serve | echo HOME PEER TEXT...\n");
        return 2;
    }
    mesh_handle *node = open_home(argv[1], "echo");
    serve(node, protocol, MESH_SERVE_MESSAGES);
    if (strcmp(argv[2], "serve") == 0) answer(node);
    return ask(node, argv[2], argv + 3, argc - 3);
}

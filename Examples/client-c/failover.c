/* SPDX-License-Identifier: Apache-2.0
 * A path dies while messages are under way; the events tell, and no message is lost.
 * Usage: failover HOME serve | failover HOME PEER COUNT */
#include "example.h"

static const char *const protocol = "/example/count/1";

/* Expects the numbers from 0 in order; a body of "end" ends a count. */
static void count_messages(mesh_handle *node) {
    unsigned long next = 0, wrong = 0;
    mesh_event events[16];
    for (;;) {
        uint32_t count = next_events(node, events, 16, -1);
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].kind != MESH_ON_MESSAGE) continue;
            char text[32];
            snprintf(text, sizeof text, "%.*s", (int)events[i].len, (const char *)events[i].data);
            if (strcmp(text, "end") == 0) {
                printf("%lu messages in order, %lu out of order\n", next, wrong);
                fflush(stdout);
                next = wrong = 0;
            } else if (strtoul(text, NULL, 10) == next) {
                next++;
            } else {
                wrong++;
            }
        }
    }
}

static const char *state_of(const mesh_event *event) {
    switch (event->value) {
    case MESH_LINK_CONFIRMED: return "works";
    case MESH_LINK_SUSPECT: return "is silent";
    case MESH_LINK_RECOVERED: return "works again";
    case MESH_LINK_CLOSED: return "was closed";
    case MESH_LINK_FAILED: return "has died";
    default: return "has changed";
    }
}

/* Takes what waits; answers how many messages were delivered. */
static unsigned long watch(mesh_handle *node, int32_t timeout_ms) {
    unsigned long delivered = 0;
    mesh_event events[64];
    uint32_t count = next_events(node, events, 64, timeout_ms);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].kind == MESH_ON_SETTLED) {
            must(events[i].code, "a message was lost");
            delivered++;
        } else if (events[i].kind == MESH_ON_LINK) {
            printf("%.*s %s: %.*s\n", (int)events[i].meta_len, (const char *)events[i].meta, state_of(&events[i]),
                   (int)events[i].len, (const char *)events[i].data);
            fflush(stdout);
        }
    }
    return delivered;
}

static int send_messages(mesh_handle *node, const char *name, unsigned long n) {
    uint64_t peer = 0;
    unsigned long delivered = 0;
    must(mesh_peer_find(node, name, &peer), "finding the peer");
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.flags = MESH_SEND_TELL_SETTLED;
    for (unsigned long i = 0; i <= n;) {
        char text[32] = "end";
        if (i < n) snprintf(text, sizeof text, "%lu", i);
        mesh_slice body = slice_of(text, strlen(text));
        int32_t answer = mesh_send(node, peer, protocol, &body, 1, &options, NULL);
        if (answer != MESH_E_AGAIN) {
            must(answer, "sending");
            i++;
        }
        /* A message a millisecond, or when there is no room: until there is. */
        delivered += watch(node, answer == MESH_E_AGAIN ? -1 : 1);
    }
    while (delivered <= n) delivered += watch(node, -1);
    printf("%lu sent, %lu delivered\n", n, delivered - 1);
    must(mesh_close(node, 1000), "closing");
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: failover HOME serve | failover HOME PEER COUNT\n");
        return 2;
    }
    mesh_handle *node = open_home(argv[1], "failover");
    if (strcmp(argv[2], "serve") != 0) {
        return send_messages(node, argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 2000);
    }
    serve(node, protocol, MESH_SERVE_MESSAGES);
    count_messages(node);
    return 0;
}

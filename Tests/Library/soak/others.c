/* SPDX-License-Identifier: Apache-2.0
 * The node "b" answers everything; the node "c" is opened, sends, is closed, and begins again. */
#include "soak.h"

#include <stdio.h>

void *serve(void *nothing) {
    mesh_handle *b = node_open('b');
    mesh_event events[64];
    uint64_t total = 0;
    WORKS(mesh_serve(b, PROTOCOL, NULL));
    while (!atomic_load(&soak_ends)) {
        WORKS(mesh_wait(b, 100));
        int32_t n = WORKS(mesh_events(b, events, 64));
        for (int32_t i = 0; i < n; i++) {
            mesh_event *event = &events[i];
            mesh_slice body = {event->data, event->len};
            switch (event->kind) {
            case MESH_ON_TRANSPORT: CHECK(event->code == MESH_OK); break;
            case MESH_ON_REQUEST:
                if (event->len % 7 == 0)
                    WORKS(mesh_refuse(b, event->id, 7, "seven"));
                else
                    WORKS(mesh_reply(b, event->id, &body, 1, 0));
                break;
            case MESH_ON_STREAM: total = 0; break;
            case MESH_ON_DATA: total += event->len; break;
            case MESH_ON_STREAM_END:
                CHECK(event->code == MESH_OK);
                body = (mesh_slice){&total, sizeof total};
                CHECK(WORKS(mesh_stream_write(b, event->id, &body, 1)) == sizeof total);
                WORKS(mesh_stream_finish(b, event->id));
                break;
            default: break;
            }
        }
    }
    WORKS(mesh_close(b, 2000));
    return nothing;
}

void *visit(void *nothing) {
    while (!atomic_load(&soak_ends)) {
        enum { EACH = 50 };
        mesh_handle *c = node_open('c');
        uint64_t a = peer_of(c, "a");
        mesh_send_options options;
        mesh_send_options_default(&options);
        options.flags = MESH_SEND_TELL_SETTLED;
        int64_t end = milliseconds() + 30000;
        for (uint32_t sent = 0, settled = 0; settled < EACH;) {
            mesh_slice body = {&sent, sizeof sent};
            for (; sent < EACH; sent++) WORKS(mesh_send(c, a, PROTOCOL, &body, 1, &options, NULL));
            mesh_event events[16];
            CHECK(milliseconds() < end);
            WORKS(mesh_wait(c, 100));
            int32_t n = WORKS(mesh_events(c, events, 16));
            for (int32_t i = 0; i < n; i++) {
                if (events[i].kind != MESH_ON_SETTLED) continue;
                CHECK(events[i].code == MESH_OK);
                settled++;
            }
        }
        WORKS(mesh_close(c, 2000));
        atomic_fetch_add(&soak_visits, 1);
    }
    return nothing;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

static void echo(void) {
    pair pair = pair_open();
    mesh_serve_options serving;
    mesh_serve_options_default(&serving);
    serving.token = 77;
    WORKS(mesh_serve(pair.b, "/test/echo/1", &serving));
    WORKS(mesh_serve(pair.a, "/test/echo/1", NULL));
    uint64_t message;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/echo/1", "hello", 5, NULL, &message));
    CHECK(message != 0);
    mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
    EQUAL(event.len, 5);
    CHECK(memcmp(event.data, "hello", 5) == 0);
    EQUAL(event.token, 77);
    EQUAL(event.peer, pair.to_a);
    CHECK(event.id != 0);
    WORKS(send_bytes(pair.b, event.peer, "/test/echo/1", event.data, event.len, NULL, NULL));
    event = await(pair.a, pair.b, MESH_ON_MESSAGE);
    EQUAL(event.len, 5);
    CHECK(memcmp(event.data, "hello", 5) == 0);
    pair_close(&pair);
}

const test message_tests[] = {{"a message comes back", echo}, {NULL, NULL}};
const test handle_tests[] = {{NULL, NULL}};
const test stream_tests[] = {{NULL, NULL}};
const test request_tests[] = {{NULL, NULL}};
const test hostile_tests[] = {{NULL, NULL}};
const test call_tests[] = {{NULL, NULL}};
const test manner_tests[] = {{NULL, NULL}};
const test home_tests[] = {{NULL, NULL}};

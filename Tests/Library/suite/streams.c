/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

static void both_ways(void) {
    pair pair = pair_open();
    mesh_serve_options serving;
    mesh_serve_options_default(&serving);
    serving.token = 5;
    WORKS(mesh_serve(pair.b, "/test/stream/1", &serving));
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.token = 9;
    options.metadata = "name=x";
    options.metadata_len = 6;
    uint64_t stream;
    WORKS(mesh_stream_open(pair.a, pair.to_b, "/test/stream/1", &options, &stream));
    mesh_slice slice = {"ping", 4};
    EQUAL(mesh_stream_write(pair.a, stream, &slice, 1), 4);
    mesh_event event = await(pair.b, pair.a, MESH_ON_STREAM);
    EQUAL(event.token, 5);
    EQUAL(event.peer, pair.to_a);
    CHECK(event.meta_len == 6 && memcmp(event.meta, "name=x", 6) == 0);
    uint64_t theirs = event.id;
    event = await(pair.b, pair.a, MESH_ON_DATA);
    EQUAL(event.id, theirs);
    CHECK(event.len == 4 && memcmp(event.data, "ping", 4) == 0);
    slice = (mesh_slice){"pong!", 5};
    EQUAL(mesh_stream_write(pair.b, theirs, &slice, 1), 5);
    WORKS(mesh_stream_finish(pair.b, theirs));
    EQUAL(mesh_stream_write(pair.b, theirs, &slice, 1), MESH_E_CLOSED);
    EQUAL(mesh_stream_finish(pair.b, theirs), MESH_E_CLOSED);
    event = await(pair.a, pair.b, MESH_ON_DATA);
    CHECK(event.id == stream && event.token == 9 && event.len == 5 && memcmp(event.data, "pong!", 5) == 0);
    event = await(pair.a, pair.b, MESH_ON_STREAM_END);
    CHECK(event.id == stream && event.token == 9);
    EQUAL(event.code, MESH_OK);
    WORKS(mesh_stream_finish(pair.a, stream));
    EQUAL(mesh_stream_finish(pair.a, stream), MESH_E_STALE);
    event = await(pair.b, pair.a, MESH_ON_STREAM_END);
    CHECK(event.id == theirs && event.code == MESH_OK);
    EQUAL(mesh_stream_reset(pair.b, theirs, 1), MESH_E_STALE);
    pair_close(&pair);
}

/* 20 MB through a window of 4 MiB, with a reader that starts late. */
static void many_bytes(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/bulk/1", NULL));
    uint64_t stream;
    WORKS(mesh_stream_open(pair.a, pair.to_b, "/test/bulk/1", NULL, &stream));
    enum { TOTAL = 20000000, PIECE = 50000 };
    uint8_t *body = malloc(TOTAL);
    pattern(body, TOTAL, 11);
    size_t written = 0, read = 0;
    bool full = false, ended = false, room = false;
    int64_t end = milliseconds() + 60000;
    while (!ended && milliseconds() < end) {
        while (written < TOTAL) {
            size_t left = TOTAL - written;
            mesh_slice slices[2] = {{body + written, left < PIECE ? left : PIECE}, {NULL, 0}};
            int32_t code = mesh_stream_write(pair.a, stream, slices, 2);
            if (code == MESH_E_AGAIN) {
                full = true;
                break;
            }
            written += (size_t)WORKS(code);
            if (written == TOTAL) WORKS(mesh_stream_finish(pair.a, stream));
        }
        mesh_event events[32];
        if (full || written == TOTAL) (void)!mesh_wait(pair.b, 5);
        int32_t n = (int32_t)WORKS(mesh_events(pair.b, events, 32));
        for (int32_t i = 0; i < n; i++) {
            if (events[i].kind == MESH_ON_DATA) {
                CHECK(memcmp(events[i].data, body + read, events[i].len) == 0);
                read += events[i].len;
            }
            if (events[i].kind == MESH_ON_STREAM_END) ended = true;
        }
        while (mesh_events(pair.a, events, 1) == 1) room |= events[0].kind == MESH_ON_ROOM && events[0].id == stream;
    }
    EQUAL(read, TOTAL);
    CHECK(full && room && ended);
    free(body);
    pair_close(&pair);
}

static void resets(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/reset/1", NULL));
    uint64_t stream;
    WORKS(mesh_stream_open(pair.a, pair.to_b, "/test/reset/1", NULL, &stream));
    mesh_event event = await(pair.b, pair.a, MESH_ON_STREAM);
    EQUAL(mesh_stream_reset(pair.b, event.id, 1ull << 60), MESH_E_INVALID);
    WORKS(mesh_stream_reset(pair.b, event.id, 1234));
    event = await(pair.a, pair.b, MESH_ON_STREAM_END);
    EQUAL(event.id, stream);
    EQUAL(event.code, MESH_E_RESET);
    EQUAL(event.value, 1234);
    mesh_slice slice = {"x", 1};
    EQUAL(mesh_stream_write(pair.a, stream, &slice, 1), MESH_E_STALE);
    WORKS(mesh_stream_open(pair.a, pair.to_b, "/test/nobody/1", NULL, &stream));
    event = await(pair.a, pair.b, MESH_ON_STREAM_END);
    EQUAL(event.id, stream);
    EQUAL(event.code, MESH_E_NOTFOUND);
    pair_close(&pair);
}

const test stream_tests[] = {{"a stream carries bytes both ways and ends twice", both_ways},
                             {"twenty megabytes pass a window of four", many_bytes},
                             {"a reset carries its number, an unserved protocol is not found", resets},
                             {NULL, NULL}};

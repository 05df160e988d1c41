/* SPDX-License-Identifier: Apache-2.0
 * Every function with handles that are NULL, closed or made up, and with hostile values beside a good one. */
#include "suite.h"

static void ignore(void *context, mesh_handle *handle, const mesh_event *event) {
    (void)context, (void)handle, (void)event;
}

/* Calls every function that takes a handle; each must answer `code`, and write what it points to. */
static void every_call(mesh_handle *handle, int32_t code) {
    mesh_event event = {0}, events[2];
    mesh_buffer buffer = {1, (uint8_t *)1, 1, 1};
    mesh_peer_info info = {.size = sizeof info};
    uint8_t id[32], signature[64];
    uint64_t number = 7;
    uint32_t total = 7;
    size_t needed = 7;
    char text[64];
    mesh_slice slice = {"x", 1};
    EQUAL(mesh_fd(handle), code);
    EQUAL(mesh_events(handle, events, 2), code);
    EQUAL(mesh_wait(handle, 0), code);
    EQUAL(mesh_wake(handle), code);
    EQUAL(mesh_dispatch(handle, 1, ignore, NULL), code);
    EQUAL(mesh_keep(handle, &event, &number), code);
    EQUAL(number, 0);
    EQUAL(mesh_release(handle, 1), code);
    memset(id, 7, sizeof id);
    EQUAL(mesh_id(handle, id), code);
    EQUAL(id[31], 0);
    memset(signature, 7, sizeof signature);
    EQUAL(mesh_sign(handle, "x", 1, signature), code);
    EQUAL(signature[63], 0);
    EQUAL(mesh_invite(handle, text, sizeof text, &needed), code);
    EQUAL(needed, 0);
    number = 7;
    EQUAL(mesh_peer_find(handle, "b", &number), code);
    EQUAL(number, 0);
    number = 7;
    EQUAL(mesh_peer_add(handle, "mesh1", NULL, &number), code);
    EQUAL(number, 0);
    EQUAL(mesh_peer_remove(handle, 1), code);
    info.connected = 7;
    EQUAL(mesh_peer_info_get(handle, 1, &info), code);
    CHECK(info.connected == 0 && info.size == sizeof info);
    EQUAL(mesh_peers(handle, &number, 1, &total), code);
    EQUAL(total, 0);
    EQUAL(mesh_connect(handle, 1), code);
    EQUAL(mesh_why(handle, 1, text, sizeof text, &needed), code);
    EQUAL(mesh_serve(handle, "/x", NULL), code);
    EQUAL(mesh_unserve(handle, "/x"), code);
    number = 7;
    EQUAL(mesh_send(handle, 1, "/x", &slice, 1, NULL, &number), code);
    EQUAL(number, 0);
    EQUAL(mesh_buffer_get(handle, 1, &buffer), code);
    CHECK(buffer.id == 0 && buffer.data == NULL && buffer.capacity == 0);
    EQUAL(mesh_buffer_release(handle, 1), code);
    number = 7;
    EQUAL(mesh_send_buffer(handle, 1, "/x", 1, 1, NULL, &number), code);
    EQUAL(number, 0);
    EQUAL(mesh_cancel(handle, 1), code);
    EQUAL(mesh_broadcast(handle, "/x", &slice, 1, NULL), code);
    number = 7;
    EQUAL(mesh_stream_open(handle, 1, "/x", NULL, &number), code);
    EQUAL(number, 0);
    EQUAL(mesh_stream_write(handle, 1, &slice, 1), code);
    EQUAL(mesh_stream_finish(handle, 1), code);
    EQUAL(mesh_stream_reset(handle, 1, 1), code);
    number = 7;
    EQUAL(mesh_request(handle, 1, "/x", &slice, 1, NULL, &number), code);
    EQUAL(number, 0);
    EQUAL(mesh_reply(handle, 1, &slice, 1, 0), code);
    EQUAL(mesh_refuse(handle, 1, 1, NULL), code);
    EQUAL(mesh_hint(handle, 1, 1), code);
    EQUAL(mesh_metrics(handle, text, sizeof text, &needed), code);
    EQUAL(mesh_status(handle, text, sizeof text, &needed), code);
    EQUAL(mesh_close(handle, 0), code);
}

static void no_good_handle(void) {
    every_call(NULL, MESH_E_INVALID);
    mesh_handle *handle = node_open("a", 0);
    WORKS(mesh_close(handle, 0));
    every_call(handle, MESH_E_STALE);
    int local;
    uint64_t seed = 88172645463325252ull;
    every_call((mesh_handle *)&local, MESH_E_STALE);
    every_call((mesh_handle *)(uintptr_t)-1, MESH_E_STALE);
    mesh_handle *good = node_open("a", 0);
    for (int i = 0; i < 2000; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        EQUAL(mesh_cancel((mesh_handle *)(uintptr_t)(seed | 1), 1), MESH_E_STALE);
        EQUAL(mesh_cancel((mesh_handle *)((uintptr_t)good ^ ((uintptr_t)1 << (i % 64))), 1), MESH_E_STALE);
    }
    WORKS(mesh_close(good, 0));
}

static void hostile_values(void) {
    pair pair = pair_open();
    /* What the node would take for a fault of the library must not get that far. */
    static const char *const no_protocols[] = {"", "/", "x", "name", "fog/jobs/1", "/\x7f", "/a\xff", "/a\nb"};
    for (size_t i = 0; i < sizeof no_protocols / sizeof *no_protocols; i++) {
        mesh_slice body = {"x", 1};
        EQUAL(mesh_serve(pair.a, no_protocols[i], NULL), MESH_E_INVALID);
        EQUAL(mesh_send(pair.a, pair.to_b, no_protocols[i], &body, 1, NULL, NULL), MESH_E_INVALID);
        EQUAL(mesh_request(pair.a, pair.to_b, no_protocols[i], &body, 1, NULL, NULL), MESH_E_INVALID);
    }
    mesh_handle *a = pair.a;
    uint64_t number;
    mesh_slice slice = {"x", 1};
    /* peers, messages, streams and requests that are none */
    EQUAL(mesh_send(a, 0, "/x", &slice, 1, NULL, NULL), MESH_E_INVALID);
    EQUAL(mesh_send(a, 987654321, "/x", &slice, 1, NULL, NULL), MESH_E_STALE);
    EQUAL(mesh_connect(a, UINT64_MAX), MESH_E_STALE);
    EQUAL(mesh_request(a, 987654321, "/x", &slice, 1, NULL, &number), MESH_E_STALE);
    EQUAL(mesh_stream_open(a, 987654321, "/x", NULL, &number), MESH_E_STALE);
    EQUAL(mesh_stream_write(a, 12345, &slice, 1), MESH_E_STALE);
    EQUAL(mesh_stream_finish(a, 0), MESH_E_INVALID);
    EQUAL(mesh_reply(a, UINT64_MAX, &slice, 1, 0), MESH_E_STALE);
    EQUAL(mesh_cancel(a, 0), MESH_E_INVALID);
    EQUAL(mesh_cancel(a, UINT64_MAX), MESH_E_STALE);
    EQUAL(mesh_release(a, UINT64_MAX), MESH_E_STALE);
    EQUAL(mesh_buffer_release(a, UINT64_MAX), MESH_E_STALE);
    /* names */
    static char long_name[200];
    memset(long_name, 'n', sizeof long_name - 1);
    EQUAL(mesh_send(a, pair.to_b, NULL, &slice, 1, NULL, NULL), MESH_E_INVALID);
    EQUAL(mesh_send(a, pair.to_b, "", &slice, 1, NULL, NULL), MESH_E_INVALID);
    EQUAL(mesh_send(a, pair.to_b, long_name, &slice, 1, NULL, NULL), MESH_E_INVALID);
    EQUAL(mesh_serve(a, "/x\n", NULL), MESH_E_INVALID);
    EQUAL(mesh_serve(a, "/\xff\xfe", NULL), MESH_E_INVALID);
    EQUAL(mesh_peer_find(a, NULL, &number), MESH_E_INVALID);
    EQUAL(mesh_peer_find(a, "nobody", &number), MESH_E_NOTFOUND);
    EQUAL(mesh_peer_find(a, "b", NULL), MESH_E_INVALID);
    /* slices */
    mesh_slice bad[2] = {{NULL, 5}, {"x", 1}};
    EQUAL(mesh_send(a, pair.to_b, "/x", bad, 2, NULL, NULL), MESH_E_INVALID);
    EQUAL(mesh_send(a, pair.to_b, "/x", NULL, 1, NULL, NULL), MESH_E_INVALID);
    bad[0] = (mesh_slice){"x", SIZE_MAX};
    EQUAL(mesh_send(a, pair.to_b, "/x", bad, 2, NULL, NULL), MESH_E_LIMIT);
    bad[0] = (mesh_slice){"x", 1};
    bad[1] = (mesh_slice){"x", SIZE_MAX};
    EQUAL(mesh_send(a, pair.to_b, "/x", bad, 2, NULL, NULL), MESH_E_LIMIT);
    /* options */
    struct {
        mesh_send_options known;
        uint64_t future[2];
    } options;
    memset(&options, 0, sizeof options);
    EQUAL(send_bytes(a, pair.to_b, "/x", "x", 1, &options.known, NULL), MESH_E_INVALID); /* size 0 */
    options.known.size = UINT32_MAX;
    EQUAL(send_bytes(a, pair.to_b, "/x", "x", 1, &options.known, NULL), MESH_E_INVALID);
    options.known.size = sizeof options;
    WORKS(send_bytes(a, pair.to_b, "/x", "x", 1, &options.known, NULL));
    options.future[1] = 1;
    EQUAL(send_bytes(a, pair.to_b, "/x", "x", 1, &options.known, NULL), MESH_E_FLAG);
    options.known.size = sizeof options.known;
    options.known.flags = 1u << 31;
    EQUAL(send_bytes(a, pair.to_b, "/x", "x", 1, &options.known, NULL), MESH_E_FLAG);
    options.known.flags = 0;
    options.known.tclass = 6;
    EQUAL(send_bytes(a, pair.to_b, "/x", "x", 1, &options.known, NULL), MESH_E_INVALID);
    options.known.tclass = 0;
    options.known.metadata = long_name;
    options.known.metadata_len = MESH_METADATA_MAX + 1;
    EQUAL(mesh_request(a, pair.to_b, "/x", &slice, 1, &options.known, &number), MESH_E_LIMIT);
    mesh_serve_options serving;
    mesh_serve_options_default(&serving);
    serving.flags = 0;
    EQUAL(mesh_serve(a, "/x", &serving), MESH_E_INVALID);
    serving.flags = 8;
    EQUAL(mesh_serve(a, "/x", &serving), MESH_E_FLAG);
    serving.size = 3;
    EQUAL(mesh_serve(a, "/x", &serving), MESH_E_INVALID);
    EQUAL(mesh_reply(a, 1, &slice, 1, 2), MESH_E_FLAG);
    /* events */
    EQUAL(mesh_events(a, NULL, 1), MESH_E_INVALID);
    EQUAL(mesh_events(a, NULL, 0), 0);
    EQUAL(mesh_dispatch(a, 1, NULL, NULL), MESH_E_INVALID);
    EQUAL(mesh_keep(a, NULL, &number), MESH_E_INVALID);
    mesh_event made_up = {.kind = MESH_ON_MESSAGE, .data = (const uint8_t *)&options, .len = 5};
    EQUAL(mesh_keep(a, &made_up, &number), MESH_E_INVALID);
    /* hints */
    EQUAL(mesh_hint(a, MESH_HINT_BATTERY, 102), MESH_E_INVALID);
    EQUAL(mesh_hint(a, MESH_HINT_METERED, 2), MESH_E_INVALID);
    EQUAL(mesh_hint(a, 4711, 1), MESH_OK);
    pair_close(&pair);
}

/* One slice and several go different ways; a length above SIZE_MAX / 2 is negative in Swift. */
static void hostile_lengths(void) {
    static const size_t lengths[] = {SIZE_MAX, SIZE_MAX / 2 + 1, (size_t)-1000, (size_t)-64, SIZE_MAX / 2};
    pair pair = pair_open();
    uint64_t stream, number, peer = pair.to_b;
    WORKS(mesh_stream_open(pair.a, peer, "/x", NULL, &stream));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (uint32_t n = 1; n <= 2; n++) {
            mesh_slice slices[2] = {{"x", lengths[i]}, {"x", 1}};
            EQUAL(mesh_send(pair.a, peer, "/x", slices, n, NULL, &number), MESH_E_LIMIT);
            EQUAL(mesh_request(pair.a, peer, "/x", slices, n, NULL, &number), MESH_E_LIMIT);
            EQUAL(mesh_broadcast(pair.a, "/x", slices, n, NULL), MESH_E_LIMIT);
            EQUAL(mesh_stream_write(pair.a, stream, slices, n), MESH_E_LIMIT);
            EQUAL(mesh_reply(pair.a, 1, slices, n, 0), MESH_E_LIMIT);
        }
        uint8_t id[32] = {0}, signature[64];
        EQUAL(mesh_sign(pair.a, "x", lengths[i], signature), MESH_E_LIMIT);
        if (lengths[i] > SIZE_MAX / 2) EQUAL(mesh_verify(id, "x", lengths[i], signature), MESH_E_INVALID);
    }
    /* Room without end is room. */
    char text[4096];
    uint8_t id[32];
    WORKS(mesh_id(pair.a, id));
    WORKS(mesh_name_encode(id, text, SIZE_MAX));
    WORKS(mesh_invite(pair.a, text, SIZE_MAX, NULL));
    pair_close(&pair);
}

static void hostile_openings(void) {
    mesh_handle *handle = (mesh_handle *)1;
    EQUAL(mesh_open(NULL, &handle), MESH_E_INVALID);
    CHECK(handle == NULL);
    mesh_open_options options = node_options("a");
    EQUAL(mesh_open(&options, NULL), MESH_E_INVALID);
    options.size = 4;
    EQUAL(mesh_open(&options, &handle), MESH_E_INVALID);
    options = node_options("a");
    options.flags = 1;
    EQUAL(mesh_open(&options, &handle), MESH_E_FLAG);
    options = node_options("a");
    options.reserved[3] = 1;
    EQUAL(mesh_open(&options, &handle), MESH_E_FLAG);
    options = node_options("a");
    options.home = 9;
    EQUAL(mesh_open(&options, &handle), MESH_E_INVALID);
    mesh_open_options_default(&options);
    EQUAL(mesh_open(&options, &handle), MESH_E_INVALID);
    options.config_file = "/nonexistent/mesh.yaml";
    EQUAL(mesh_open(&options, &handle), MESH_E_NOTFOUND);
    options.config_file = NULL;
    options.config_text = "node: { max_peer: 3 }\n";
    EQUAL(mesh_open(&options, &handle), MESH_E_CONFIG);
    CHECK(strstr(mesh_last_error(), "config_text:1:"));
    mesh_open_options_default(&options);
    options.home = MESH_HOME_DAEMON;
    options.socket = "/nonexistent/mesh.sock";
    EQUAL(mesh_open(&options, &handle), MESH_E_NOTFOUND);
    CHECK(handle == NULL);
}

const test hostile_tests[] = {{"every call answers a handle that is none", no_good_handle},
                              {"hostile values are answered with their code", hostile_values},
                              {"lengths beyond all memory are refused", hostile_lengths},
                              {"hostile options open nothing", hostile_openings},
                              {NULL, NULL}};

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


static void order_and_content(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/order/1", NULL));
    static uint8_t body[100000];
    const size_t sizes[] = {0, 1, 7, 8, 9, 63, 64, 1024, 16319, 16320, 16321, 65535, 100000};
    size_t n = sizeof sizes / sizeof *sizes;
    for (size_t i = 0; i < n; i++) {
        pattern(body, sizes[i], (uint32_t)i);
        WORKS(send_bytes(pair.a, pair.to_b, "/test/order/1", body, sizes[i], NULL, NULL));
    }
    for (size_t i = 0; i < n; i++) {
        mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
        EQUAL(event.len, sizes[i]);
        CHECK(has_pattern(event.data, event.len, (uint32_t)i));
        CHECK(event.data && event.meta);
    }
    pair_close(&pair);
}

static void slices_are_put_together(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/slices/1", NULL));
    mesh_slice slices[] = {{"one ", 4}, {NULL, 0}, {"two ", 4}, {"three", 5}};
    WORKS(mesh_send(pair.a, pair.to_b, "/test/slices/1", slices, 4, NULL, NULL));
    mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
    CHECK(event.len == 13 && memcmp(event.data, "one two three", 13) == 0);
    WORKS(mesh_send(pair.a, pair.to_b, "/test/slices/1", NULL, 0, NULL, NULL));
    event = await(pair.b, pair.a, MESH_ON_MESSAGE);
    EQUAL(event.len, 0);
    CHECK(event.data[0] == 0);
    pair_close(&pair);
}

static void keys_and_lifetimes(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/key/1", NULL));
    mesh_send_options options;
    mesh_send_options_default(&options);
    const uint8_t key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    options.key = key;
    options.lifetime_ms = 60000;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/key/1", "k", 1, &options, NULL));
    mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
    EQUAL(event.meta_len, 16);
    CHECK(memcmp(event.meta, key, 16) == 0);
    CHECK(event.value > 50000 && event.value <= 60000);
    pair_close(&pair);
}

static void settled_after_release(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/settle/1", NULL));
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.flags = MESH_SEND_TELL_SENT | MESH_SEND_TELL_SETTLED;
    options.token = 4242;
    uint64_t message;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/settle/1", "x", 1, &options, &message));
    mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
    event = await(pair.a, pair.b, MESH_ON_SENT);
    CHECK(event.id == message && event.token == 4242);
    EQUAL(mesh_cancel(pair.a, message), MESH_E_STATE);
    mesh_event more[4];
    /* On a busy machine there may be word of links. */
    while (WORKS(mesh_events(pair.a, more, 1)) == 1) CHECK(more[0].kind != MESH_ON_SETTLED);
    WORKS(mesh_events(pair.b, more, 4)); /* gives the message back: it counts as released */
    event = await(pair.a, pair.b, MESH_ON_SETTLED);
    CHECK(event.id == message && event.token == 4242);
    EQUAL(event.code, MESH_OK);
    EQUAL(mesh_cancel(pair.a, message), MESH_E_STALE);
    pair_close(&pair);
}

static void followed_only_when_told(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/settle/1", NULL));
    mesh_send_options options;
    mesh_send_options_default(&options);
    uint64_t message;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/settle/1", "x", 1, NULL, &message));
    EQUAL(mesh_cancel(pair.a, message), MESH_E_STALE);
    options.flags = MESH_SEND_TELL_SENT;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/settle/1", "x", 1, &options, &message));
    EQUAL(await(pair.a, pair.b, MESH_ON_SENT).id, message);
    EQUAL(mesh_cancel(pair.a, message), MESH_E_STALE);
    pair_close(&pair);
}

static void released_before_the_wait(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/settle/1", NULL));
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.flags = MESH_SEND_TELL_SETTLED;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/settle/1", "x", 1, &options, NULL));
    mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE), more;
    WORKS(mesh_wait(pair.b, 50)); /* still lent */
    EQUAL(event.data[0], 'x');
    EQUAL(mesh_events(pair.a, &more, 1) == 1 && more.kind == MESH_ON_SETTLED, 0);
    while (WORKS(mesh_events(pair.b, &more, 1)) == 1) {}
    WORKS(mesh_wait(pair.b, 50));
    EQUAL(await(pair.a, pair.b, MESH_ON_SETTLED).code, MESH_OK);
    pair_close(&pair);
}

static void nobody_serves(void) {
    pair pair = pair_open();
    uint64_t message;
    WORKS(send_bytes(pair.a, pair.to_b, "/test/nobody/1", "x", 1, NULL, &message));
    mesh_event event = await(pair.a, pair.b, MESH_ON_SETTLED);
    EQUAL(event.id, message);
    EQUAL(event.code, MESH_E_NOTFOUND);
    pair_close(&pair);
}

static void kept_until_released(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/keep/1", NULL));
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.flags = MESH_SEND_TELL_SETTLED;
    enum { MANY = 200 };
    uint8_t body[1500];
    for (uint32_t i = 0; i < MANY; i++) {
        pattern(body, sizeof body, i);
        WORKS(send_bytes(pair.a, pair.to_b, "/test/keep/1", body, sizeof body, &options, NULL));
    }
    static uint64_t kept[MANY];
    static mesh_event events[MANY];
    for (int i = 0; i < MANY; i++) {
        events[i] = await(pair.b, pair.a, MESH_ON_MESSAGE);
        WORKS(mesh_keep(pair.b, &events[i], &kept[i]));
        uint64_t again;
        EQUAL(mesh_keep(pair.b, &events[i], &again), MESH_E_INVALID);
        EQUAL(again, 0);
    }
    settle(pair.a, pair.b, 20);
    mesh_event event;
    int32_t taken;
    while ((taken = mesh_events(pair.a, &event, 1)) > 0) CHECK(event.kind != MESH_ON_SETTLED);
    for (uint32_t i = 0; i < MANY; i++) CHECK(has_pattern(events[i].data, events[i].len, i));
    for (int i = MANY - 1; i >= 0; i--) {
        WORKS(mesh_release(pair.b, kept[i]));
        EQUAL(mesh_release(pair.b, kept[i]), MESH_E_STALE);
    }
    for (int i = 0; i < MANY; i++) EQUAL(await(pair.a, pair.b, MESH_ON_SETTLED).code, MESH_OK);
    pair_close(&pair);
}

static void buffers(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/buffer/1", NULL));
    mesh_buffer buffer;
    static const uint32_t sizes[] = {0, 1, 100, 16384, 65536, 1u << 20};
    for (uint32_t i = 0; i < 6; i++) {
        WORKS(mesh_buffer_get(pair.a, sizes[i], &buffer));
        EQUAL(buffer.capacity, sizes[i]);
        pattern(buffer.data, sizes[i], i);
        EQUAL(mesh_send_buffer(pair.a, pair.to_b, "/test/buffer/1", buffer.id, sizes[i] + 1, NULL, NULL),
              MESH_E_INVALID);
        WORKS(mesh_send_buffer(pair.a, pair.to_b, "/test/buffer/1", buffer.id, sizes[i], NULL, NULL));
        EQUAL(mesh_send_buffer(pair.a, pair.to_b, "/test/buffer/1", buffer.id, 0, NULL, NULL), MESH_E_STALE);
        EQUAL(mesh_buffer_release(pair.a, buffer.id), MESH_E_STALE);
        mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
        EQUAL(event.len, sizes[i]);
        CHECK(has_pattern(event.data, event.len, i));
    }
    static uint64_t out[256];
    for (int i = 0; i < 256; i++) {
        WORKS(mesh_buffer_get(pair.a, 10, &buffer));
        out[i] = buffer.id;
    }
    EQUAL(mesh_buffer_get(pair.a, 10, &buffer), MESH_E_AGAIN);
    CHECK(buffer.data == NULL && buffer.id == 0);
    for (int i = 0; i < 256; i++) WORKS(mesh_buffer_release(pair.a, out[i]));
    EQUAL(mesh_buffer_release(pair.a, out[7]), MESH_E_STALE);
    EQUAL(mesh_buffer_get(pair.a, MESH_MESSAGE_MAX + 1, &buffer), MESH_E_LIMIT);
    pair_close(&pair);
}

static void the_largest_message(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/large/1", NULL));
    uint8_t *body = malloc(MESH_MESSAGE_MAX + 1u);
    pattern(body, MESH_MESSAGE_MAX, 3);
    EQUAL(send_bytes(pair.a, pair.to_b, "/test/large/1", body, MESH_MESSAGE_MAX + 1u, NULL, NULL), MESH_E_LIMIT);
    WORKS(send_bytes(pair.a, pair.to_b, "/test/large/1", body, MESH_MESSAGE_MAX, NULL, NULL));
    mesh_event event = await(pair.b, pair.a, MESH_ON_MESSAGE);
    EQUAL(event.len, MESH_MESSAGE_MAX);
    CHECK(has_pattern(event.data, event.len, 3));
    free(body);
    pair_close(&pair);
}

/* Whoever does not read holds up the sender, whose memory does not grow, and nothing is lost. */
static void again_and_room(void) {
    pair pair;
    pair_open_with(&pair, 65536);
    WORKS(mesh_serve(pair.b, "/test/room/1", NULL));
    static uint8_t body[8192];
    uint32_t sent = 0;
    int32_t code;
    for (; sent < 100000; sent++) {
        pattern(body, sizeof body, sent);
        code = send_bytes(pair.a, pair.to_b, "/test/room/1", body, sizeof body, NULL, NULL);
        if (code != MESH_OK) break;
    }
    EQUAL(code, MESH_E_AGAIN);
    CHECK(sent > 300 && sent < 3000);
    settle(pair.a, pair.b, 100);
    EQUAL(send_bytes(pair.a, pair.to_b, "/test/room/1", body, sizeof body, NULL, NULL), MESH_E_AGAIN);
    bool room = false;
    uint32_t received = 0;
    int64_t end = milliseconds() + 45000;
    while (received < sent && milliseconds() < end) {
        mesh_event events[8];
        int32_t n = mesh_wait(pair.b, 5) == 1 ? mesh_events(pair.b, events, 8) : 0;
        for (int32_t i = 0; i < n; i++) {
            if (events[i].kind != MESH_ON_MESSAGE) continue;
            CHECK(has_pattern(events[i].data, events[i].len, received));
            received++;
        }
        while (mesh_events(pair.a, events, 1) == 1)
            if (events[0].kind == MESH_ON_ROOM) {
                EQUAL(events[0].peer, pair.to_b);
                room = true;
            }
    }
    EQUAL(received, sent);
    mesh_event event;
    (void)!mesh_events(pair.b, &event, 1); /* gives the last ones back */
    if (!room) room = await(pair.a, pair.b, MESH_ON_ROOM).peer == pair.to_b;
    CHECK(room);
    WORKS(send_bytes(pair.a, pair.to_b, "/test/room/1", body, sizeof body, NULL, NULL));
    pair_close(&pair);
}

static void unreliable_and_broadcast(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/datagram/1", NULL));
    WORKS(send_bytes(pair.a, pair.to_b, "/test/datagram/1", "first", 5, NULL, NULL));
    (void)await(pair.b, pair.a, MESH_ON_MESSAGE);
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.flags = MESH_SEND_UNRELIABLE;
    static uint8_t body[MESH_DATAGRAM_MAX + 1];
    EQUAL(send_bytes(pair.a, pair.to_b, "/test/datagram/1", body, sizeof body, &options, NULL), MESH_E_LIMIT);
    bool came = false;
    int64_t end = milliseconds() + 30000;
    while (!came && milliseconds() < end) {
        WORKS(send_bytes(pair.a, pair.to_b, "/test/datagram/1", "maybe", 5, &options, NULL));
        settle(pair.a, pair.b, 10);
        mesh_event event;
        while (mesh_events(pair.b, &event, 1) == 1) came |= event.kind == MESH_ON_MESSAGE && event.len == 5;
    }
    CHECK(came);
    mesh_slice slice = {"all", 3};
    int32_t peers = 0;
    came = false;
    end = milliseconds() + 30000;
    while (!came && milliseconds() < end) {
        mesh_event event;
        while (mesh_events(pair.a, &event, 1) == 1) {}
        peers = (int32_t)WORKS(mesh_broadcast(pair.a, "/test/datagram/1", &slice, 1, NULL));
        settle(pair.a, pair.b, 10);
        while (mesh_events(pair.b, &event, 1) == 1) came |= event.kind == MESH_ON_MESSAGE && event.len == 3;
    }
    EQUAL(peers, 1);
    CHECK(came);
    pair_close(&pair);
}

const test message_tests[] = {
    {"a message comes back", echo},
    {"messages of every size arrive whole and in order", order_and_content},
    {"slices are put together", slices_are_put_together},
    {"keys and lifetimes arrive", keys_and_lifetimes},
    {"a message is settled after its release and not before", settled_after_release},
    {"a message is followed only when its fate is told", followed_only_when_told},
    {"a wait gives nothing back, a read before it does", released_before_the_wait},
    {"a message that nobody serves is settled so", nobody_serves},
    {"what is kept stays, is not delivered, and goes back in any order", kept_until_released},
    {"buffers are sent without a copy, once", buffers},
    {"the largest message arrives", the_largest_message},
    {"who does not read holds up the sender, and room is told", again_and_room},
    {"unreliable messages and broadcasts arrive", unreliable_and_broadcast},
    {NULL, NULL}};

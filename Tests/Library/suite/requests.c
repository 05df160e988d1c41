/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

static mesh_event ask(pair *pair, const char *protocol, mesh_send_options *options, uint64_t *request) {
    mesh_slice slice = {"question", 8};
    WORKS(mesh_request(pair->a, pair->to_b, protocol, &slice, 1, options, request));
    return await(pair->b, pair->a, MESH_ON_REQUEST);
}

static void one_reply(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.token = 31;
    options.metadata = "m";
    options.metadata_len = 1;
    uint64_t request;
    mesh_event event = ask(&pair, "/test/ask/1", &options, &request);
    CHECK(event.len == 8 && memcmp(event.data, "question", 8) == 0);
    CHECK(event.meta_len == 1 && event.meta[0] == 'm');
    EQUAL(event.peer, pair.to_a);
    CHECK(event.value > 20000 && event.value <= 30000);
    mesh_slice slice = {"answer", 6};
    WORKS(mesh_reply(pair.b, event.id, &slice, 1, 0));
    EQUAL(mesh_reply(pair.b, event.id, &slice, 1, 0), MESH_E_STALE);
    event = await(pair.a, pair.b, MESH_ON_REPLY);
    CHECK(event.id == request && event.token == 31 && event.len == 6 && memcmp(event.data, "answer", 6) == 0);
    CHECK(event.flags & MESH_EVENT_LAST);
    event = await(pair.a, pair.b, MESH_ON_REQUEST_END);
    CHECK(event.id == request && event.token == 31);
    EQUAL(event.code, MESH_OK);
    EQUAL(mesh_cancel(pair.a, request), MESH_E_STALE);
    pair_close(&pair);
}

static void many_replies(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    uint64_t request;
    mesh_event event = ask(&pair, "/test/ask/1", NULL, &request);
    uint64_t theirs = event.id;
    static uint8_t body[2000];
    for (uint32_t i = 0; i < 100; i++) {
        pattern(body, sizeof body, i);
        mesh_slice slice = {body, sizeof body};
        WORKS(mesh_reply(pair.b, theirs, &slice, 1, i < 99 ? MESH_REPLY_MORE : 0));
    }
    for (uint32_t i = 0; i < 100; i++) {
        event = await(pair.a, pair.b, MESH_ON_REPLY);
        CHECK(has_pattern(event.data, event.len, i));
        EQUAL(event.flags & MESH_EVENT_LAST, i == 99 ? MESH_EVENT_LAST : 0);
    }
    EQUAL(await(pair.a, pair.b, MESH_ON_REQUEST_END).code, MESH_OK);
    pair_close(&pair);
}

static void refused_cancelled_late(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    uint64_t request;
    mesh_event event = ask(&pair, "/test/ask/1", NULL, &request);
    WORKS(mesh_refuse(pair.b, event.id, 99, "not today"));
    EQUAL(mesh_refuse(pair.b, event.id, 99, NULL), MESH_E_STALE);
    event = await(pair.a, pair.b, MESH_ON_REQUEST_END);
    EQUAL(event.code, MESH_E_REFUSED);
    EQUAL(event.value, 99);
    CHECK(event.len == 9 && memcmp(event.data, "not today", 9) == 0);

    event = ask(&pair, "/test/ask/1", NULL, &request);
    uint64_t theirs = event.id;
    WORKS(mesh_cancel(pair.a, request));
    event = await(pair.a, pair.b, MESH_ON_REQUEST_END);
    CHECK(event.id == request);
    EQUAL(event.code, MESH_E_CANCELLED);
    event = await(pair.b, pair.a, MESH_ON_REQUEST_GONE);
    EQUAL(event.id, theirs);
    EQUAL(mesh_reply(pair.b, theirs, NULL, 0, 0), MESH_E_STALE);

    mesh_send_options options;
    mesh_send_options_default(&options);
    options.lifetime_ms = 3000; /* long enough that it arrives at b before it is over, also on a busy machine */
    event = ask(&pair, "/test/ask/1", &options, &request);
    event = await(pair.a, pair.b, MESH_ON_REQUEST_END);
    EQUAL(event.code, MESH_E_TIMEOUT);
    event = await(pair.b, pair.a, MESH_ON_REQUEST_GONE);

    mesh_slice slice = {"x", 1};
    WORKS(mesh_request(pair.a, pair.to_b, "/test/nobody/1", &slice, 1, NULL, &request));
    event = await(pair.a, pair.b, MESH_ON_REQUEST_END);
    EQUAL(event.id, request);
    EQUAL(event.code, MESH_E_NOTFOUND);
    pair_close(&pair);
}

static void many_at_once(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    enum { MANY = 2000 };
    static uint8_t seen[MANY];
    memset(seen, 0, sizeof seen);
    mesh_send_options options;
    mesh_send_options_default(&options);
    for (uint32_t i = 0; i < MANY; i++) {
        options.token = i;
        mesh_slice slice = {&i, sizeof i};
        WORKS(mesh_request(pair.a, pair.to_b, "/test/ask/1", &slice, 1, &options, NULL));
    }
    int ends = 0;
    int64_t end = milliseconds() + 45000;
    while (ends < MANY && milliseconds() < end) {
        mesh_event events[64];
        int32_t n = mesh_wait(pair.b, 2) == 1 ? (int32_t)WORKS(mesh_events(pair.b, events, 64)) : 0;
        for (int32_t i = 0; i < n; i++) {
            if (events[i].kind != MESH_ON_REQUEST) continue;
            mesh_slice slice = {events[i].data, events[i].len};
            WORKS(mesh_reply(pair.b, events[i].id, &slice, 1, 0));
        }
        n = (int32_t)WORKS(mesh_events(pair.a, events, 64));
        for (int32_t i = 0; i < n; i++) {
            if (events[i].kind == MESH_ON_REPLY) {
                uint32_t number;
                memcpy(&number, events[i].data, sizeof number);
                EQUAL(number, events[i].token);
                seen[number]++;
            }
            if (events[i].kind == MESH_ON_REQUEST_END) {
                EQUAL(events[i].code, MESH_OK);
                ends++;
            }
        }
    }
    EQUAL(ends, MANY);
    for (int i = 0; i < MANY; i++) EQUAL(seen[i], 1);
    pair_close(&pair);
}

/* 400 replies of 100 kB are more than a session may have unreleased. */
static void replies_give_credit_back(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    static uint8_t body[100000];
    mesh_slice slice = {body, sizeof body};
    for (int i = 0; i < 400; i++) {
        WORKS(mesh_reply(pair.b, ask(&pair, "/test/ask/1", NULL, NULL).id, &slice, 1, 0));
        EQUAL(await(pair.a, pair.b, MESH_ON_REPLY).len, sizeof body);
        EQUAL(await(pair.a, pair.b, MESH_ON_REQUEST_END).code, MESH_OK);
    }
    pair_close(&pair);
}

static void as_many_as_may_be(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    mesh_slice slice = {"q", 1};
    int asked = 0, ends = 0, rooms = 0;
    int32_t code;
    uint64_t last = 0, request;
    while ((code = mesh_request(pair.a, pair.to_b, "/test/ask/1", &slice, 1, NULL, &request)) == MESH_OK && asked < 5000) {
        last = request;
        asked++;
    }
    EQUAL(code, MESH_E_AGAIN);
    EQUAL(asked, 4096);
    WORKS(mesh_cancel(pair.a, last));
    int cancelled = 0;
    int64_t end = milliseconds() + 45000;
    while (ends < asked && milliseconds() < end) {
        mesh_event events[64];
        int32_t n = (int32_t)WORKS(mesh_events(pair.b, events, 64));
        for (int32_t i = 0; i < n; i++)
            if (events[i].kind == MESH_ON_REQUEST) WORKS(mesh_reply(pair.b, events[i].id, &slice, 1, 0));
        int32_t m = (int32_t)WORKS(mesh_events(pair.a, events, 64));
        for (int32_t i = 0; i < m; i++) {
            rooms += events[i].kind == MESH_ON_ROOM;
            if (events[i].kind != MESH_ON_REQUEST_END) continue;
            ends++;
            if (events[i].id == last) cancelled = events[i].code == MESH_E_CANCELLED;
            else EQUAL(events[i].code, MESH_OK);
        }
        if (n + m == 0) WORKS(mesh_wait(pair.a, 1) >= 0 ? 0 : -1);
    }
    EQUAL(ends, asked);
    EQUAL(rooms, 1);
    CHECK(cancelled);
    pair_close(&pair);
}

static void many_after_another(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/ask/1", NULL));
    mesh_slice slice = {"q", 1};
    enum { ALL = 17000, ROUND = 200 }; /* a node has 16,384 places: each must come back */
    for (int round = 0; round < ALL / ROUND; round++) {
        for (int i = 0; i < ROUND; i++)
            WORKS(mesh_request(pair.a, pair.to_b, "/test/ask/1", &slice, 1, NULL, NULL));
        int ends = 0;
        int64_t end = milliseconds() + 30000;
        while (ends < ROUND && milliseconds() < end) {
            mesh_event events[64];
            int32_t n = (int32_t)WORKS(mesh_events(pair.b, events, 64));
            for (int32_t i = 0; i < n; i++)
                if (events[i].kind == MESH_ON_REQUEST) WORKS(mesh_reply(pair.b, events[i].id, &slice, 1, 0));
            n = (int32_t)WORKS(mesh_events(pair.a, events, 64));
            for (int32_t i = 0; i < n; i++) {
                if (events[i].kind != MESH_ON_REQUEST_END) continue;
                EQUAL(events[i].code, MESH_OK);
                ends++;
            }
        }
        EQUAL(ends, ROUND);
    }
    pair_close(&pair);
}

const test request_tests[] = {{"a request has one reply and one end", one_reply},
                              {"a request has a hundred replies in order", many_replies},
                              {"a request is refused, cancelled, too late, or for nobody", refused_cancelled_late},
                              {"two thousand requests under way each have their reply", many_at_once},
                              {"replies that were read give their credit back", replies_give_credit_back},
                              {"the 4097th request finds no room, and hears of it", as_many_as_may_be},
                              {"seventeen thousand requests in turn leave nothing behind", many_after_another},
                              {NULL, NULL}};

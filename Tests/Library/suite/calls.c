/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "suite.h"

#include <poll.h>
#include <pthread.h>
#include <time.h>

static void texts_and_defaults(void) {
    EQUAL(mesh_version(), 1u << 16);
    CHECK(strcmp(mesh_version_text(), "1.0.0") == 0);
    CHECK(strcmp(mesh_error_name(MESH_E_TIMEOUT), "MESH_E_TIMEOUT") == 0);
    CHECK(strcmp(mesh_error_name(MESH_E_FORKED), "MESH_E_FORKED") == 0);
    CHECK(strcmp(mesh_error_name(-4711), "MESH_E_?") == 0);
    CHECK(strcmp(mesh_error_name(4711), "MESH_E_?") == 0);
    CHECK(strcmp(mesh_error_name(INT32_MIN), "MESH_E_?") == 0);
    for (int32_t code = 0; code >= MESH_E_FORKED; code--) CHECK(strlen(mesh_error_text(code)) > 10);
    CHECK(mesh_error_flags(MESH_E_AGAIN) & MESH_ERROR_RETRYABLE);
    CHECK(mesh_error_flags(MESH_E_AUTH) & MESH_ERROR_AUTH);
    EQUAL(mesh_error_flags(MESH_OK), 0);
    mesh_open_options_default(NULL);
    mesh_serve_options_default(NULL);
    mesh_send_options_default(NULL);
    const mesh_api_1 *api = mesh_api(1);
    CHECK(api && api->size == sizeof *api && api->send == mesh_send && api->status == mesh_status);
    for (size_t i = 1; i < sizeof *api / sizeof(void *); i++) CHECK(((void *const *)(const void *)api)[i]);
    CHECK(mesh_api(0) == NULL && mesh_api(2) == NULL);
}

static void identities(void) {
    char path[600], text[MESH_NAME_SIZE];
    uint8_t id[32], other[32], signature[64];
    snprintf(path, sizeof path, "%s/new.key", suite_folder);
    remove(path);
    EQUAL(mesh_identity_load(path, id), MESH_E_NOTFOUND);
    WORKS(mesh_identity_generate(path, id));
    EQUAL(mesh_identity_generate(path, other), MESH_E_EXISTS);
    WORKS(mesh_identity_load(path, other));
    CHECK(memcmp(id, other, 32) == 0);
    remove(path);
    WORKS(mesh_name_encode(id, text, sizeof text));
    EQUAL(mesh_name_encode(id, text, 10), MESH_E_INVALID);
    WORKS(mesh_name_encode(id, text, sizeof text));
    WORKS(mesh_name_decode(text, other));
    CHECK(memcmp(id, other, 32) == 0);
    text[20] = text[20] == 'q' ? 'p' : 'q';
    EQUAL(mesh_name_decode(text, other), MESH_E_INVALID);
    EQUAL(other[0], 0);
    mesh_handle *handle = node_open("a", 0);
    WORKS(mesh_id(handle, id));
    WORKS(mesh_sign(handle, "text", 4, signature));
    WORKS(mesh_verify(id, "text", 4, signature));
    EQUAL(mesh_verify(id, "texT", 4, signature), MESH_E_AUTH);
    signature[5] ^= 1;
    EQUAL(mesh_verify(id, "text", 4, signature), MESH_E_AUTH);
    EQUAL(mesh_sign(handle, signature, 1000001, signature), MESH_E_LIMIT);
    WORKS(mesh_close(handle, 0));
}

static void peers_and_reports(void) {
    pair pair = pair_open();
    uint64_t numbers[4], found;
    uint32_t total;
    EQUAL(mesh_peers(pair.a, numbers, 4, &total), 1);
    EQUAL(total, 1);
    EQUAL(numbers[0], pair.to_b);
    EQUAL(mesh_peers(pair.a, NULL, 0, &total), 0);
    WORKS(mesh_connect(pair.a, pair.to_b));
    while (await(pair.a, pair.b, MESH_ON_PEER).code != MESH_OK) {}
    mesh_peer_info info = {.size = sizeof info};
    WORKS(mesh_peer_info_get(pair.a, pair.to_b, &info));
    EQUAL(info.connected, 1);
    CHECK(strcmp(info.alias, "b") == 0 && strncmp(info.name, "mesh1", 5) == 0);
    CHECK(strcmp(info.transport, "unix") == 0);
    WORKS(mesh_peer_find(pair.a, info.name, &found));
    EQUAL(found, pair.to_b);
    info.size = 5;
    EQUAL(mesh_peer_info_get(pair.a, pair.to_b, &info), MESH_E_INVALID);
    static char text[100000];
    size_t needed;
    EQUAL(mesh_why(pair.a, pair.to_b, text, 1, &needed), MESH_E_LIMIT);
    CHECK(needed > 10);
    WORKS(mesh_why(pair.a, pair.to_b, text, needed, NULL));
    EQUAL(strlen(text) + 1, needed);
    CHECK(text[0] == '{' && strstr(text, "\"chosen\":\"unix\""));
    WORKS(mesh_status(pair.a, text, sizeof text, &needed));
    CHECK(strstr(text, "\"transports\":["));
    WORKS(mesh_metrics(pair.a, text, sizeof text, NULL));
    CHECK(strstr(text, "# TYPE"));
    WORKS(mesh_invite(pair.a, text, sizeof text, &needed));
    CHECK(needed > 60);
    WORKS(mesh_hint(pair.a, MESH_HINT_BATTERY, 50));
    WORKS(mesh_hint(pair.a, MESH_HINT_NETWORK, 0));
    pair_close(&pair);
}

/* Its number stays good for the handle; what is asked of it says that nobody has it. */
static void a_forgotten_peer(void) {
    if (suite_daemons) return; /* a client socket may not change the peers */
    mesh_handle *handle = node_open("a", 0);
    char path[600], line[200];
    uint8_t id[32];
    uint64_t peer;
    snprintf(path, sizeof path, "%s/forgotten.key", suite_folder);
    remove(path);
    WORKS(mesh_identity_generate(path, id));
    WORKS(mesh_name_encode(id, line, sizeof line));
    remove(path);
    WORKS(mesh_peer_add(handle, line, "gone", &peer));
    WORKS(mesh_peer_remove(handle, peer));
    mesh_peer_info info = {.size = sizeof info};
    EQUAL(mesh_peer_find(handle, "gone", &peer), MESH_E_NOTFOUND);
    EQUAL(peer, 0);
    uint64_t numbers[4];
    WORKS(mesh_peer_add(handle, line, NULL, &peer));
    int32_t n = (int32_t)WORKS(mesh_peers(handle, numbers, 4, NULL));
    WORKS(mesh_peer_remove(handle, peer));
    EQUAL(mesh_peers(handle, numbers, 4, NULL), n - 1);
    EQUAL(mesh_peer_remove(handle, peer), MESH_E_NOTFOUND);
    EQUAL(mesh_peer_info_get(handle, peer, &info), MESH_E_NOTFOUND);
    CHECK(info.connected == 0 && info.name[0] == 0);
    static char text[4096];
    EQUAL(mesh_why(handle, peer, text, sizeof text, NULL), MESH_E_NOTFOUND);
    uint64_t message;
    WORKS(send_bytes(handle, peer, "/x", "x", 1, NULL, &message));
    mesh_event event = await(handle, NULL, MESH_ON_SETTLED);
    CHECK(event.id == message && event.code == MESH_E_NOTFOUND);
    WORKS(mesh_close(handle, 0));
}

/* "b" has "a" in its file; this "a" learns of "b" by an invitation only, and forgets it while they are connected. */
static void a_connected_peer_is_forgotten(void) {
    if (suite_daemons) return;
    mesh_open_options options = node_options("a");
    char text[4096], line[1024];
    CHECK(snprintf(text, sizeof text, "%s", options.config_text) < (int)sizeof text);
    char *own = strstr(text, "peers:"), *end = strstr(text, "control:");
    CHECK(own && end);
    memmove(own, end, strlen(end) + 1);
    options.config_text = text;
    mesh_handle *a, *b = node_open("b", 0);
    WORKS(mesh_open(&options, &a));
    uint64_t peer;
    WORKS(mesh_invite(b, line, sizeof line, NULL));
    WORKS(mesh_peer_add(a, line, NULL, &peer));
    WORKS(mesh_connect(a, peer));
    while (await(a, b, MESH_ON_PEER).code != MESH_OK) {}
    EQUAL(mesh_broadcast(a, "/x", NULL, 0, NULL), 1);
    WORKS(mesh_peer_remove(a, peer));
    mesh_event event = await(a, b, MESH_ON_PEER);
    CHECK(event.peer == peer && event.code == MESH_E_CLOSED);
    EQUAL(mesh_broadcast(a, "/x", NULL, 0, NULL), 0);
    WORKS(mesh_close(a, 0));
    WORKS(mesh_close(b, 0));
}

/* A name for each handle and no more: who makes names up as it goes is told. */
static void names_of_protocols(void) {
    mesh_handle *handle = node_open("a", 0);
    char name[32];
    for (int i = 0; i < 1023; i++) {
        snprintf(name, sizeof name, "/test/name/%d", i);
        EQUAL(mesh_broadcast(handle, name, NULL, 0, NULL), 0);
    }
    EQUAL(mesh_broadcast(handle, "/test/one/more", NULL, 0, NULL), MESH_E_LIMIT);
    EQUAL(mesh_serve(handle, "/test/one/more", NULL), MESH_E_LIMIT);
    WORKS(mesh_serve(handle, "/test/name/7", NULL));
    WORKS(mesh_close(handle, 0));
}

static void one_server_for_a_name(void) {
    mesh_handle *handle = node_open("a", 0);
    WORKS(mesh_serve(handle, "/test/one/1", NULL));
    EQUAL(mesh_serve(handle, "/test/one/1", NULL), MESH_E_BUSY);
    WORKS(mesh_unserve(handle, "/test/one/1"));
    EQUAL(mesh_unserve(handle, "/test/one/1"), MESH_E_NOTFOUND);
    WORKS(mesh_serve(handle, "/test/one/1", NULL));
    WORKS(mesh_close(handle, 0));
}

static bool is_readable(int fd) {
    struct pollfd entry = {fd, POLLIN, 0};
    return poll(&entry, 1, 0) == 1;
}

/* A loop of one's own: no thread of ours waits in the library. */
static void a_descriptor_to_poll(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/fd/1", NULL));
    int fd = mesh_fd(pair.b);
    CHECK(fd >= 0);
    EQUAL(mesh_fd(pair.b), fd);
    mesh_event event;
    for (int round = 0; round < 20; round++) {
        /* Word of a link may come between the last look and the next. */
        bool quiet = false;
        for (int64_t end = milliseconds() + 30000; !quiet && milliseconds() < end;) {
            while (WORKS(mesh_events(pair.b, &event, 1))) {}
            quiet = !is_readable(fd);
        }
        CHECK(quiet);
        WORKS(send_bytes(pair.a, pair.to_b, "/test/fd/1", &round, sizeof round, NULL, NULL));
        bool came = false;
        while (!came) {
            struct pollfd entry = {fd, POLLIN, 0};
            EQUAL(poll(&entry, 1, 45000), 1);
            while (WORKS(mesh_events(pair.b, &event, 1))) came |= event.kind == MESH_ON_MESSAGE;
        }
    }
    pair_close(&pair);
}

static void *wake_later(void *handle) {
    struct timespec pause = {0, 30000000};
    nanosleep(&pause, NULL);
    (void)mesh_wake(handle);
    return NULL;
}

static void waking(void) {
    mesh_handle *handle = node_open("a", 0);
    mesh_event event;
    while (WORKS(mesh_events(handle, &event, 1))) {}
    settle(handle, handle, 50);
    /* An event that comes meanwhile ends the wait as well. */
    int32_t code = 1;
    for (int i = 0; i < 20 && code == 1; i++) {
        while (WORKS(mesh_events(handle, &event, 1))) {}
        WORKS(mesh_wake(handle));
        code = mesh_wait(handle, -1);
    }
    EQUAL(code, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, wake_later, handle);
    code = mesh_wait(handle, -1);
    CHECK(code == 0 || code == 1);
    pthread_join(thread, NULL);
    WORKS(mesh_close(handle, 0));
}

static void *wait_long(void *handle) {
    mesh_event event;
    int32_t code;
    while ((code = mesh_wait(handle, 20000)) == 1) (void)!mesh_events(handle, &event, 1);
    return (void *)(intptr_t)code;
}

/* Three threads wait, of which one does the node's work and two stand in line. */
static void closing_ends_waits(void) {
    mesh_handle *handle = node_open("a", 0);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, wait_long, handle);
    struct timespec pause = {0, 200000000};
    nanosleep(&pause, NULL);
    WORKS(mesh_close(handle, 0));
    for (int i = 0; i < 3; i++) {
        void *code;
        pthread_join(threads[i], &code);
        EQUAL((intptr_t)code, MESH_E_STALE);
    }
}

static int called;
static void on_event(void *context, mesh_handle *handle, const mesh_event *event) {
    mesh_event other;
    EQUAL(mesh_events(handle, &other, 1), MESH_E_STATE);
    EQUAL(mesh_wait(handle, 0), MESH_E_STATE);
    EQUAL(mesh_dispatch(handle, 1, on_event, context), MESH_E_STATE);
    EQUAL(mesh_close(handle, 0), MESH_E_STATE);
    if (event->kind == MESH_ON_MESSAGE) {
        WORKS(send_bytes(handle, event->peer, "/test/dispatch/1", event->data, event->len, NULL, NULL));
        called++;
    }
}

static void dispatching(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.a, "/test/dispatch/1", NULL));
    WORKS(mesh_serve(pair.b, "/test/dispatch/1", NULL));
    WORKS(send_bytes(pair.a, pair.to_b, "/test/dispatch/1", "ping", 4, NULL, NULL));
    called = 0;
    for (int i = 0; i < 900 && !called; i++) {
        WORKS(mesh_wait(pair.b, 50));
        WORKS(mesh_dispatch(pair.b, 10, on_event, NULL));
    }
    EQUAL(called, 1);
    EQUAL(await(pair.a, pair.b, MESH_ON_MESSAGE).len, 4);
    pair_close(&pair);
}

static void *send_many(void *argument) {
    pair *both = argument;
    for (int i = 0; i < 500; i++)
        while (send_bytes(both->a, both->to_b, "/test/threads/1", "x", 1, NULL, NULL) == MESH_E_AGAIN) {}
    return NULL;
}

static void threads_on_one_handle(void) {
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/threads/1", NULL));
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, send_many, &pair);
    for (int i = 0; i < 2000; i++) (void)await(pair.b, pair.a, MESH_ON_MESSAGE);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    pair_close(&pair);
}

const test call_tests[] = {{"texts, defaults and the table are complete", texts_and_defaults},
                           {"identities are made, read and sign", identities},
                           {"peers, reports and metrics are told", peers_and_reports},
                           {"a peer that was forgotten is nobody", a_forgotten_peer},
                           {"a peer that is forgotten while connected is told as closed", a_connected_peer_is_forgotten},
                           {"a handle uses 1023 names of protocols", names_of_protocols},
                           {"a name has one server", one_server_for_a_name},
                           {"the descriptor is readable while events wait", a_descriptor_to_poll},
                           {"a wait is woken, before and while it waits", waking},
                           {"a close ends the waits of other threads", closing_ends_waits},
                           {"events are dispatched, and the calls that would break it are refused", dispatching},
                           {"four threads send over one handle", threads_on_one_handle},
                           {NULL, NULL}};

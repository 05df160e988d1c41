/* SPDX-License-Identifier: Apache-2.0
 * What the node "a" sends in a round, and what it expects back. */
#include "soak.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGES = 200, DATAGRAMS = 20, REQUESTS = 64, STREAM_BYTES = 1 << 20, LARGEST = 65536 };

/* What is still awaited, and whether there may be room to send again. */
typedef struct awaited {
    uint32_t settled, ended;
    bool stream_ended, room;
    uint64_t told;
    size_t told_bytes;
} awaited;

static uint8_t body[LARGEST];

static void take(mesh_handle *a, awaited *awaited) {
    mesh_event events[64];
    WORKS(mesh_wait(a, 100));
    int32_t n = WORKS(mesh_events(a, events, 64));
    for (int32_t i = 0; i < n; i++) {
        const mesh_event *event = &events[i];
        switch (event->kind) {
        case MESH_ON_TRANSPORT: CHECK(event->code == MESH_OK); break;
        case MESH_ON_ROOM: awaited->room = true; break;
        case MESH_ON_SETTLED:
            CHECK(event->code == MESH_OK);
            awaited->settled++;
            break;
        case MESH_ON_REPLY: CHECK(event->len == event->token && memcmp(event->data, body, event->len) == 0); break;
        case MESH_ON_REQUEST_END:
            if (event->code != (event->token % 7 == 0 ? MESH_E_REFUSED : MESH_OK)) {
                printf("a request of %u bytes ended with %s\n", (unsigned)event->token, mesh_error_name(event->code));
                CHECK(!"the end of a request");
            }
            awaited->ended++;
            break;
        case MESH_ON_DATA:
            CHECK(awaited->told_bytes + event->len <= sizeof awaited->told);
            memcpy((uint8_t *)&awaited->told + awaited->told_bytes, event->data, event->len);
            awaited->told_bytes += event->len;
            break;
        case MESH_ON_STREAM_END:
            CHECK(event->code == MESH_OK);
            awaited->stream_ended = true;
            break;
        default: break;
        }
    }
}

/* True when the call was taken; without room events are taken until there is some. */
static bool taken(mesh_handle *a, int32_t code, awaited *awaited) {
    if (code != MESH_E_AGAIN) return WORKS(code) >= 0;
    awaited->room = false;
    take(a, awaited);
    return false;
}

static uint32_t size_of(uint32_t round, uint32_t number) {
    return 1 + (round * 2654435761u + number * 40503u) % (number % 16 == 0 ? LARGEST : 1024);
}

void round_of_traffic(mesh_handle *a, uint64_t b, uint32_t number) {
    awaited awaited = {0};
    int64_t end = milliseconds() + 60000;
    mesh_send_options options;
    mesh_send_options_default(&options);
    for (uint32_t i = 0; i < LARGEST; i++) body[i] = (uint8_t)(i + number);

    options.flags = MESH_SEND_TELL_SETTLED;
    for (uint32_t i = 0; i < MESSAGES;) {
        options.tclass = 1 + i % 5;
        mesh_slice slice = {body, size_of(number, i)};
        i += taken(a, mesh_send(a, b, PROTOCOL, &slice, 1, &options, NULL), &awaited);
        CHECK(milliseconds() < end);
    }
    mesh_send_options_default(&options);
    options.flags = MESH_SEND_UNRELIABLE;
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        mesh_slice slice = {body, 100 + i};
        int32_t code = mesh_send(a, b, PROTOCOL, &slice, 1, &options, NULL);
        if (code != MESH_E_AGAIN) WORKS(code);
    }
    mesh_send_options_default(&options);
    for (uint32_t i = 0; i < REQUESTS;) {
        uint64_t request;
        options.token = size_of(number, i);
        mesh_slice slice = {body, options.token};
        i += taken(a, mesh_request(a, b, PROTOCOL, &slice, 1, &options, &request), &awaited);
        CHECK(milliseconds() < end);
    }
    uint64_t stream, written = 0;
    mesh_send_options_default(&options);
    while (!taken(a, mesh_stream_open(a, b, PROTOCOL, &options, &stream), &awaited)) CHECK(milliseconds() < end);
    while (written < STREAM_BYTES) {
        uint64_t left = STREAM_BYTES - written;
        mesh_slice slice = {body, left < LARGEST ? left : LARGEST};
        int32_t code = mesh_stream_write(a, stream, &slice, 1);
        if (taken(a, code, &awaited)) written += (uint64_t)code;
        CHECK(milliseconds() < end);
    }
    WORKS(mesh_stream_finish(a, stream));
    while (awaited.settled < MESSAGES || awaited.ended < REQUESTS || !awaited.stream_ended) {
        CHECK(milliseconds() < end);
        take(a, &awaited);
    }
    CHECK(awaited.told_bytes == sizeof awaited.told && awaited.told == STREAM_BYTES);
    atomic_fetch_add(&soak_messages, MESSAGES);
    atomic_fetch_add(&soak_datagrams, DATAGRAMS);
    atomic_fetch_add(&soak_requests, REQUESTS);
    atomic_fetch_add(&soak_streams, 1);
}

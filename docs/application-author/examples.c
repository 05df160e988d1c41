// SPDX-License-Identifier: Apache-2.0
// One example for each function of mesh.h. docs/application-author/generate.py puts the body of `example_NAME` on the
// page of `NAME`; `make check` compiles this file.
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mesh/mesh.h>

extern mesh_handle *node;
extern uint64_t peer;
extern uint64_t number_of_a_stream, number_of_a_request;
extern const uint8_t id[MESH_ID_SIZE];

void example_mesh_version(void) {
    if (mesh_version() < (1u << 16)) fprintf(stderr, "libmesh is older than 1.0\n");
}

void example_mesh_version_text(void) { printf("libmesh %s\n", mesh_version_text()); }

void example_mesh_open_options_default(void) {
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_DAEMON;
    options.application = "thermostat";
}

int example_mesh_open(void) {
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_PROCESS;
    options.config_text = "transport_priority: [unix, websocket]\n";
    mesh_handle *handle;
    int32_t code = mesh_open(&options, &handle);
    if (code < 0) {
        fprintf(stderr, "%s: %s\n", mesh_error_name(code), mesh_last_error());
        return 1;
    }
    return mesh_close(handle, 1000) < 0;
}

void example_mesh_close(void) {
    if (mesh_close(node, 2000) == MESH_E_EXPIRED) fprintf(stderr, "a message was not confirmed in two seconds\n");
    node = NULL;
}

void example_mesh_error_name(void) { printf("%s\n", mesh_error_name(MESH_E_TIMEOUT)); }

void example_mesh_error_text(void) { printf("%s\n", mesh_error_text(MESH_E_TIMEOUT)); }

int example_mesh_error_flags(int32_t code) { return (mesh_error_flags(code) & MESH_ERROR_RETRYABLE) != 0; }

void example_mesh_last_error(void) {
    uint64_t found;
    if (mesh_peer_find(node, "alice", &found) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_fd(void) {
    struct pollfd watched = {.fd = mesh_fd(node), .events = POLLIN};
    if (poll(&watched, 1, 1000) > 0) {
        mesh_event events[64];
        int32_t n = mesh_events(node, events, 64);
        printf("%d events\n", n);
    }
}

void example_mesh_events(void) {
    mesh_event events[64];
    int32_t n;
    while ((n = mesh_events(node, events, 64)) > 0)
        for (int32_t i = 0; i < n; i++)
            if (events[i].kind == MESH_ON_MESSAGE) printf("%.*s\n", (int)events[i].len, (const char *)events[i].data);
}

void example_mesh_wait(void) {
    mesh_event events[64];
    while (mesh_wait(node, -1) >= 0) {
        int32_t n = mesh_events(node, events, 64);
        if (n < 0) break;
    }
}

static void on_interrupt(int number) {
    (void)number;
    mesh_wake(node);
}

void example_mesh_wake(void) { signal(SIGINT, on_interrupt); }

static void print_event(void *context, mesh_handle *handle, const mesh_event *event) {
    (void)handle;
    fprintf(context, "event %" PRIu32 " of %" PRIu64 "\n", event->kind, event->id);
}

void example_mesh_dispatch(void) {
    while (mesh_wait(node, -1) >= 0)
        if (mesh_dispatch(node, 64, print_event, stdout) < 0) break;
}

uint64_t example_mesh_keep(const mesh_event *event) {
    uint64_t kept;
    if (mesh_keep(node, event, &kept) < 0) return 0;
    return kept; /* event->data stays valid, in the queue of a worker for example */
}

void example_mesh_release(uint64_t kept) { mesh_release(node, kept); }

void example_mesh_id(void) {
    uint8_t own[MESH_ID_SIZE];
    char text[MESH_NAME_SIZE];
    if (mesh_id(node, own) == MESH_OK && mesh_name_encode(own, text, sizeof text) == MESH_OK) printf("I am %s\n", text);
}

void example_mesh_name_encode(void) {
    char text[MESH_NAME_SIZE];
    if (mesh_name_encode(id, text, sizeof text) == MESH_OK) printf("%s\n", text);
}

void example_mesh_name_decode(const char *typed) {
    uint8_t decoded[MESH_ID_SIZE];
    if (mesh_name_decode(typed, decoded) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_identity_generate(void) {
    uint8_t made[MESH_ID_SIZE];
    int32_t code = mesh_identity_generate("identity.key", made);
    if (code < 0 && code != MESH_E_EXISTS) fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_identity_load(void) {
    uint8_t own[MESH_ID_SIZE];
    if (mesh_identity_load("identity.key", own) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_sign(void) {
    const char *text = "the pump may start";
    uint8_t signature[MESH_SIGNATURE_SIZE];
    if (mesh_sign(node, text, strlen(text), signature) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

int example_mesh_verify(const char *text, const uint8_t *signature) {
    return mesh_verify(id, text, strlen(text), signature) == MESH_OK;
}

void example_mesh_invite(void) {
    char line[1024];
    if (mesh_invite(node, line, sizeof line, NULL) == MESH_OK) printf("on the other node: meshctl peers add '%s'\n", line);
}

void example_mesh_peer_find(void) {
    uint64_t alice;
    if (mesh_peer_find(node, "alice", &alice) == MESH_OK) (void)mesh_connect(node, alice);
}

void example_mesh_peer_add(const char *line) {
    uint64_t alice;
    if (mesh_peer_add(node, line, "alice", &alice) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_peer_remove(void) { mesh_peer_remove(node, peer); }

void example_mesh_peer_info_get(void) {
    mesh_peer_info info = {.size = sizeof info};
    if (mesh_peer_info_get(node, peer, &info) == MESH_OK)
        printf("%s over %s, %" PRIu64 " us\n", info.name, info.transport, info.rtt_us);
}

void example_mesh_peers(void) {
    uint64_t peers[256];
    uint32_t total;
    int32_t n = mesh_peers(node, peers, 256, &total);
    if (n >= 0) printf("%d of %" PRIu32 " peers\n", n, total);
}

void example_mesh_connect(void) { mesh_connect(node, peer); }

void example_mesh_why(void) {
    size_t needed;
    if (mesh_why(node, peer, NULL, 0, &needed) != MESH_E_LIMIT) return;
    char *text = malloc(needed);
    if (text && mesh_why(node, peer, text, needed, NULL) == MESH_OK) puts(text);
    free(text);
}

void example_mesh_serve_options_default(void) {
    mesh_serve_options options;
    mesh_serve_options_default(&options);
    options.flags = MESH_SERVE_REQUESTS;
    options.window = 64;
}

void example_mesh_serve(void) {
    if (mesh_serve(node, "/weather/1", NULL) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_unserve(void) { mesh_unserve(node, "/weather/1"); }

void example_mesh_send_options_default(void) {
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.tclass = MESH_TCLASS_BULK;
    options.lifetime_ms = 60000;
    options.flags = MESH_SEND_TELL_SETTLED;
}

int example_mesh_send(const void *body, size_t len) {
    mesh_slice slice = {body, len};
    int32_t code = mesh_send(node, peer, "/weather/1", &slice, 1, NULL, NULL);
    return code == MESH_E_AGAIN ? 1 : code; /* again after MESH_ON_ROOM */
}

void example_mesh_buffer_get(void) {
    mesh_buffer buffer;
    if (mesh_buffer_get(node, 1024, &buffer) < 0) return;
    memset(buffer.data, 0x20, buffer.capacity);
    if (mesh_send_buffer(node, peer, "/weather/1", buffer.id, buffer.capacity, NULL, NULL) < 0)
        mesh_buffer_release(node, buffer.id);
}

void example_mesh_buffer_release(const mesh_buffer *buffer) { mesh_buffer_release(node, buffer->id); }

void example_mesh_send_buffer(const mesh_buffer *buffer, uint32_t len) {
    if (mesh_send_buffer(node, peer, "/weather/1", buffer->id, len, NULL, NULL) < 0)
        mesh_buffer_release(node, buffer->id);
}

void example_mesh_cancel(void) { mesh_cancel(node, number_of_a_request); }

void example_mesh_broadcast(void) {
    mesh_slice slice = {"hello", 5};
    int32_t n = mesh_broadcast(node, "/greeting/1", &slice, 1, NULL);
    if (n >= 0) printf("sent to %d peers\n", n);
}

void example_mesh_stream_open(void) {
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.metadata = "track.flac";
    options.metadata_len = 10;
    options.tclass = MESH_TCLASS_BULK;
    uint64_t stream;
    if (mesh_stream_open(node, peer, "/music/1", &options, &stream) < 0) fprintf(stderr, "%s\n", mesh_last_error());
}

size_t example_mesh_stream_write(const uint8_t *bytes, size_t len) {
    mesh_slice slice = {bytes, len};
    int32_t taken = mesh_stream_write(node, number_of_a_stream, &slice, 1);
    return taken < 0 ? 0 : (size_t)taken; /* the rest after MESH_ON_ROOM */
}

void example_mesh_stream_finish(void) { mesh_stream_finish(node, number_of_a_stream); }

void example_mesh_stream_reset(void) { mesh_stream_reset(node, number_of_a_stream, 7); }

void example_mesh_request(void) {
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.lifetime_ms = 2000;
    mesh_slice slice = {"Oslo", 4};
    uint64_t request;
    if (mesh_request(node, peer, "/weather/1", &slice, 1, &options, &request) < 0)
        fprintf(stderr, "%s\n", mesh_last_error());
}

void example_mesh_reply(const mesh_event *event) {
    mesh_slice slice = {"rain", 4};
    if (mesh_reply(node, event->id, &slice, 1, 0) == MESH_E_STALE) puts("the asker has given up");
}

void example_mesh_refuse(const mesh_event *event) { mesh_refuse(node, event->id, 404, "no such city"); }

void example_mesh_hint(void) { mesh_hint(node, MESH_HINT_METERED, 1); }

void example_mesh_metrics(void) {
    static char text[1 << 16];
    if (mesh_metrics(node, text, sizeof text, NULL) == MESH_OK) fputs(text, stdout);
}

void example_mesh_status(void) {
    static char text[1 << 16];
    if (mesh_status(node, text, sizeof text, NULL) == MESH_OK) puts(text);
}

void example_mesh_api(void *(*symbol)(const char *name)) {
    const mesh_api_1 *(*api)(uint32_t);
    *(void **)&api = symbol("mesh_api");
    const mesh_api_1 *mesh = api ? api(1) : NULL;
    if (mesh) printf("libmesh %s\n", mesh->version_text());
}

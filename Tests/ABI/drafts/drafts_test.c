// SPDX-License-Identifier: Apache-2.0
// Loads one plugin per extension and makes one call through each side of it. Argument: the plugins' folder.
#include "../../Conformance/host.h"

#include <mesh/draft/mesh_broadcast.h>
#include <mesh/draft/mesh_discovery.h>
#include <mesh/mesh_carrier.h>
#include <mesh/mesh_command.h>
#include <mesh/mesh_session.h>
#include <mesh/mesh_stream.h>
#include <stdio.h>
#include <string.h>

static unsigned calls; // of the host's side, by the plugin

static int32_t stream_event(mesh_host *h, const mesh_stream_event *e) {
    (void)h;
    calls += e->size == sizeof *e && e->link == 5 && e->stream == 3 && e->code == MESH_OK &&
             (e->kind == MESH_STREAM_OPENED ? e->tclass == MESH_TCLASS_BULK : e->kind == MESH_STREAM_CLOSED);
    return MESH_OK;
}
static int32_t stream_credit(mesh_host *h, uint64_t link, uint32_t stream, uint32_t frames, uint64_t bytes) {
    (void)h, (void)link, (void)bytes;
    calls += stream == 3 && frames == 16;
    return MESH_OK;
}
static int32_t carrier_report(mesh_host *h, uint64_t token, uint32_t kind, int32_t code) {
    (void)h;
    calls += token == 9 && (kind == MESH_CARRIER_STORED || (kind == MESH_CARRIER_REFUSED && code == MESH_E_CANCELLED));
    return MESH_OK;
}
static int32_t carrier_arrived(mesh_host *h, const uint8_t *id, const void *envelope, uint32_t len) {
    (void)h;
    calls += id[0] == 1 && len == 6 && !memcmp(envelope, "sealed", 6);
    return MESH_OK;
}
static int32_t discovery_found(mesh_host *h, uint64_t token, const uint8_t *record, uint32_t len) {
    (void)h;
    calls += token == 9 && len == 6 && !memcmp(record, "record", 6);
    return MESH_OK;
}
static int32_t broadcast_heard(mesh_host *h, const char *source, uint32_t source_len, const uint8_t *bytes,
                               uint32_t len) {
    (void)h;
    calls += source_len == 10 && !memcmp(source, "ble://echo", 10) && len == 5 && !memcmp(bytes, "hello", 5);
    return MESH_OK;
}
static int32_t broadcast_ready(mesh_host *h) { return (void)h, MESH_OK; }
static int32_t session_serve(mesh_host *h, const char *protocol, uint32_t len) {
    (void)h;
    calls += len == 16 && !memcmp(protocol, "/mesh/draft/echo", 16);
    return MESH_OK;
}
static int32_t session_node(mesh_host *h, uint8_t *key) { return (void)h, memset(key, 2, 32), MESH_OK; }
static int32_t session_resume(mesh_host *h, const uint8_t *node) { return (void)h, (void)node, MESH_OK; }
static int32_t session_send(mesh_host *h, const uint8_t *node, const char *protocol, uint32_t protocol_len,
                            const void *bytes, uint32_t len, uint64_t token) {
    (void)h, (void)protocol, (void)protocol_len;
    calls += node[0] == 1 && len == 5 && !memcmp(bytes, "hello", 5) && token == 7;
    return MESH_OK;
}
static int32_t command_write(mesh_host *h, uint64_t token, const void *bytes, uint32_t len) {
    (void)h;
    calls += token == 9 && len == 5 && !memcmp(bytes, "hello", 5);
    return MESH_OK;
}
static int32_t command_done(mesh_host *h, uint64_t token, int32_t status, const char *sentence, uint32_t len) {
    (void)h, (void)sentence;
    calls += token == 9 && status == MESH_OK && len == 0;
    return MESH_OK;
}

static const void *offer(const char *name) {
    static const mesh_stream_host stream = {sizeof stream, 0, stream_event, stream_credit};
    static const mesh_carrier_host carrier = {sizeof carrier, 0, carrier_report, carrier_arrived};
    static const mesh_discovery_host discovery = {sizeof discovery, 0, discovery_found};
    static const mesh_broadcast_host broadcast = {sizeof broadcast, 0, broadcast_heard, broadcast_ready};
    static const mesh_session_host session = {sizeof session, 0, session_node, session_serve, session_send,
                                              session_resume};
    static const mesh_command_host command = {sizeof command, 0, command_write, command_done};
    if (!strcmp(name, MESH_STREAM_NAME)) return &stream;
    if (!strcmp(name, MESH_CARRIER_NAME)) return &carrier;
    if (!strcmp(name, MESH_DISCOVERY_NAME)) return &discovery;
    if (!strcmp(name, MESH_BROADCAST_NAME)) return &broadcast;
    if (!strcmp(name, MESH_SESSION_NAME)) return &session;
    return strcmp(name, MESH_COMMAND_NAME) ? NULL : &command;
}

static const uint8_t node[32] = {1};

static unsigned call_stream(const mesh_stream_plugin *side, host *h) {
    const mesh_stream_options options = {.size = sizeof options, .tclass = MESH_TCLASS_BULK};
    side->open(host_context(h), 5, 3, &options);
    side->close(host_context(h), 5, 3, MESH_OK);
    return 3;
}
static unsigned call_carrier(const mesh_carrier_plugin *side, host *h) {
    const mesh_carrier_options options = {.size = sizeof options, .lifetime_ms = 1000};
    side->submit(host_context(h), node, "sealed", 6, 9, &options);
    side->cancel(host_context(h), 9);
    return side->settle(host_context(h), node, MESH_OK) == MESH_OK && side->retry(host_context(h)) == MESH_OK ? 3 : 99;
}
static unsigned call_discovery(const mesh_discovery_plugin *side, host *h) {
    side->publish(host_context(h), (const uint8_t *)"record", 6);
    side->search(host_context(h), node, 9);
    return 1;
}
static unsigned call_broadcast(const mesh_broadcast_plugin *side, host *h) {
    side->send(host_context(h), (const uint8_t *)"hello", 5, 0);
    return side->limit(host_context(h)) == 31 ? 1 : 99;
}
static unsigned call_session(const mesh_session_plugin *side, host *h) {
    side->peer(host_context(h), node, MESH_SESSION_PEER_COMES);
    side->message(host_context(h), node, "hello", 5);
    return side->sent(host_context(h), 7, MESH_OK) == MESH_OK ? 2 : 99;
}
static unsigned call_command(const mesh_command_plugin *side, host *h) {
    const char *const arguments[] = {"hello"};
    const mesh_command *command = side->describe(0);
    const mesh_command_call call = {sizeof call, 0, 9, command->group, command->name, arguments, 1, 0};
    side->run(host_context(h), &call);
    return side->describe(1) ? 99 : 2;
}

static unsigned failures;

static const void *begin(const char *folder, const char *file, const char *name, host **h) {
    static host_plugin plugin;
    char path[512];
    snprintf(path, sizeof path, "%s/%s.so", folder, file);
    calls = 0;
    if (!host_load(&plugin, path)) return NULL;
    *h = host_start(&plugin, NULL, 0);
    host_offer(*h, offer);
    return plugin.api.extension(name);
}

#define DRAFT(word, name)                                                                            \
    do {                                                                                             \
        host *h = NULL;                                                                              \
        const mesh_##word##_plugin *side = begin(folder, #word, name, &h);                           \
        const unsigned due = side && side->size == sizeof *side ? call_##word(side, h) : 99;         \
        const unsigned faults = h ? host_finish(h, 500) : 1;                                         \
        printf("%s %s\n", due == calls && !faults ? "ok    " : "FAILED", name);                      \
        failures += due != calls || faults;                                                          \
    } while (0)

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : "build/drafts";
    DRAFT(stream, MESH_STREAM_NAME);
    DRAFT(carrier, MESH_CARRIER_NAME);
    DRAFT(discovery, MESH_DISCOVERY_NAME);
    DRAFT(broadcast, MESH_BROADCAST_NAME);
    DRAFT(session, MESH_SESSION_NAME);
    DRAFT(command, MESH_COMMAND_NAME);
    return failures ? 1 : 0;
}

// SPDX-License-Identifier: Apache-2.0
// Events of a plugin: checked against the state of what they are about, then kept for the test to read.
#include "host_state.h"

#include <string.h>
#include <sys/socket.h>

int32_t host_link_event(host *host, mesh_link_event *events, uint32_t n);

static void check_link(host *host, const mesh_link_event *event) {
    host_link *link = host_find(host, event->link);
    const unsigned long long id = event->link;
    if (!link) {
        host_fault(host, "event", "kind %u about the unknown link %llx", event->kind, id);
        return;
    }
    if (event->kind == MESH_EVENT_UP) {
        if (link->state != HOST_LINK_DIALING)
            host_fault(host, "MPA-10", "UP for link %llx in state %d", id, (int)link->state);
        link->state = HOST_LINK_UP;
    } else if (event->kind == MESH_EVENT_FAILED || event->kind == MESH_EVENT_DOWN) {
        const int due = event->kind == MESH_EVENT_FAILED ? HOST_LINK_DIALING : HOST_LINK_UP;
        if ((int)link->state != due) host_fault(host, "MPA-10", "kind %u for link %llx in state %d", event->kind, id,
                                                (int)link->state);
        if (event->code >= 0) host_fault(host, "event", "an end without a code");
        if (event->fclass > MESH_CLASS_BUG) host_fault(host, "event", "class %u", event->fclass);
        if (link->sent != link->completed + link->failed)
            host_fault(host, "MPA-05", "link %llx ended with %llu packets not completed", id,
                       (unsigned long long)(link->sent - link->completed - link->failed));
        link->state = HOST_LINK_GONE;
    }
}

static void check_text(host *host, const mesh_link_event *event) {
    if (event->data_len > MESH_EVENT_PAYLOAD_MAX || event->extra_len > MESH_EVENT_PAYLOAD_MAX)
        host_fault(host, "event", "kind %u has a payload over 4,096 bytes", event->kind);
    const bool sentence = event->kind == MESH_EVENT_FAILED || event->kind == MESH_EVENT_DOWN ||
                          event->kind == MESH_EVENT_LISTEN_FAILED || event->kind == MESH_EVENT_FAULT;
    if (sentence && (!event->data.ptr || event->data_len < 4))
        host_fault(host, "event", "kind %u without a sentence", event->kind);
    if (event->reserved) host_fault(host, "reserved", "kind %u", event->kind);
}

static void note(host *host, const mesh_link_event *event) {
    if (host->event_count == HOST_EVENTS) return;
    host_event *kept = &host->events[host->event_count++];
    *kept = (host_event){.kind = event->kind, .fclass = event->fclass, .code = event->code, .link = event->link,
                         .listener = event->listener, .token = event->token, .data_len = event->data_len};
    const uint32_t len = event->data_len < sizeof kept->text - 1 ? event->data_len : (uint32_t)sizeof kept->text - 1;
    if (event->data.ptr) memcpy(kept->text, event->data.ptr, len);
    if (event->extra.ptr && event->extra_len <= sizeof kept->caps)
        memcpy(&kept->caps, event->extra.ptr, event->extra_len);
}

int32_t host_link_event(host *host, mesh_link_event *events, uint32_t n) {
    if (!pthread_equal(host->thread, pthread_self())) host_fault(host, "thread", "link_event off the loop");
    if (host->stopped) host_fault(host, "MPA-08", "link_event after STOPPED");
    for (uint32_t i = 0; i < n; i++) {
        mesh_link_event *event = &events[i];
        check_text(host, event);
        if (event->kind == MESH_EVENT_INCOMING) {
            host_link *link = host->refuse ? NULL : host_add(host);
            event->link = link ? link->id : 0;
            event->code = link ? MESH_OK : MESH_E_LIMIT;
            host->incoming = event->link;
        } else if (event->kind >= MESH_EVENT_UP && event->kind <= MESH_EVENT_CAPS) {
            check_link(host, event);
        } else if (event->kind == MESH_EVENT_STOPPED) {
            host->stopped = true;
        }
        note(host, event);
    }
    return MESH_OK;
}

// ---- what tests ask

host_link *host_find(host *host, uint64_t id) {
    for (unsigned i = 0; i < HOST_LINKS; i++)
        if (host->links[i].state != HOST_LINK_FREE && host->links[i].id == id) return &host->links[i];
    return NULL;
}

const host_event *host_last(host *host, uint32_t kind, uint64_t id) {
    for (unsigned i = host->event_count; i-- > 0;) {
        const host_event *event = &host->events[i];
        if (event->kind == kind && (!id || event->link == id || event->listener == id)) return event;
    }
    return NULL;
}

unsigned host_count(host *host, uint32_t kind, uint64_t id) {
    unsigned count = 0;
    for (unsigned i = 0; i < host->event_count; i++) {
        const host_event *event = &host->events[i];
        count += event->kind == kind && (!id || event->link == id || event->listener == id);
    }
    return count;
}

uint64_t host_last_incoming(host *host) { return host->incoming; }
unsigned host_faults(const host *host) { return host->fault_count; }
const char *host_fault_text(const host *host, unsigned index) { return host->faults[index]; }
void *host_context(host *host) { return host->ctx; }
const mesh_plugin_api *host_api(host *host) { return &host->plugin->api; }
void host_refuse_incoming(host *host, bool refuse) { host->refuse = refuse; }
void host_limit_buffers(host *host, uint32_t most) { host->buffer_limit = most; }
void host_spoil_credit(host *host) { host->spoil_credit = true; }
void host_pause(host *host, bool paused) { host->paused = paused; }
unsigned host_watching(const host *host) { return host->watch_count; }
uint64_t host_longest_turn_ns(const host *host) { return host->longest; }
unsigned host_rx_batch_max(const host *host) { return host->batch_max; }
int32_t host_last_status(const host *host) { return host->last_status; }

int host_accepting(const host *host) {
    for (unsigned i = 0; i < HOST_WATCHES; i++) {
        int accepts = 0;
        socklen_t size = sizeof accepts;
        if (host->watches[i].used && !getsockopt(host->watches[i].fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) &&
            accepts)
            return host->watches[i].fd;
    }
    return -1;
}

const mesh_plugin_info *host_info(const host *host) { return &host->plugin->info; }
void host_offer(host *host, const void *(*extension)(const char *name)) { host->extension = extension; }

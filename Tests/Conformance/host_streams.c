// SPDX-License-Identifier: Apache-2.0
// The test host's side of mesh.stream/1: it remembers every lane and checks each report.
#include "host_state.h"

#include <string.h>

host_lane *host_lane_find(host *host, uint64_t link, uint32_t number) {
    for (unsigned i = 0; i < host->lane_count; i++)
        if (host->lanes[i].link == link && host->lanes[i].number == number) return &host->lanes[i];
    return NULL;
}

static host_lane *add(host *host, uint64_t link, uint32_t number) {
    if (host->lane_count == HOST_LANES) return NULL;
    host_lane *lane = &host->lanes[host->lane_count++];
    *lane = (host_lane){.link = link, .number = number};
    return lane;
}

static int32_t stream_event(host *host, const mesh_stream_event *event) {
    if (event->size < sizeof *event) return host_fault(host, "mesh.stream", "a report of %u bytes", event->size), MESH_E_INVALID;
    const host_link *link = host_find(host, event->link);
    if (!link || link->state != HOST_LINK_UP) {
        host_fault(host, "mesh.stream", "a report of lane %u of a link that is not up", event->stream);
        return MESH_E_STALE;
    }
    host_lane *lane = host_lane_find(host, event->link, event->stream);
    if (!event->stream) host_fault(host, "mesh.stream", "a report of lane 0");
    if (!lane) lane = add(host, event->link, event->stream);
    if (!lane) return MESH_E_LIMIT;
    switch (event->kind) {
    case MESH_STREAM_OPENED:
        if (lane->opened || lane->failed || lane->ended) host_fault(host, "MST-01", "lane %u is reported twice", lane->number);
        lane->opened++;
        lane->tclass = event->tclass;
        return MESH_OK;
    case MESH_STREAM_FAILED:
        if (!lane->asked || lane->opened || lane->failed) host_fault(host, "MST-01", "lane %u fails, unasked or twice", lane->number);
        lane->failed++;
        return MESH_OK;
    case MESH_STREAM_CLOSED: case MESH_STREAM_RESET:
        if (!lane->opened || lane->ended) host_fault(host, "MST-02", "lane %u ends, unopened or twice", lane->number);
        if (lane->sent != lane->completed)
            host_fault(host, "MST-02", "lane %u ends with %llu packets that are not complete", lane->number,
                       (unsigned long long)(lane->sent - lane->completed));
        lane->ended++;
        lane->end = event->kind;
        return MESH_OK;
    default: return MESH_OK;
    }
}

static int32_t stream_credit(host *host, uint64_t link, uint32_t number, uint32_t frames, uint64_t bytes) {
    host_lane *lane = host_lane_find(host, link, number);
    if (!lane || !lane->opened) {
        host_fault(host, "mesh.stream", "credit for lane %u, which is not open", number);
        return MESH_E_NOTFOUND;
    }
    lane->frames += frames;
    lane->bytes += bytes;
    return MESH_OK;
}

void host_lane_received(host *host, const mesh_buf *buf) {
    host_lane *lane = host_lane_find(host, buf->link, buf->stream);
    if (!lane) return;
    if (lane->ended) host_fault(host, "MST-03", "a packet on lane %u, which has ended", lane->number);
    lane->received++;
}

void host_lane_completed(host *host, const mesh_buf *lent) {
    host_lane *lane = host_lane_find(host, lent->link, lent->stream);
    if (lane) lane->completed++;
}

const void *host_streams(const char *name) {
    static const mesh_stream_host side = {sizeof side, 0, stream_event, stream_credit};
    return strcmp(name, MESH_STREAM_NAME) ? NULL : &side;
}

const mesh_stream_plugin *host_stream_side(const host *host) {
    return host->plugin->api.extension ? host->plugin->api.extension(MESH_STREAM_NAME) : NULL;
}

int32_t host_open_lane(host *host, uint64_t link, uint32_t number, uint32_t tclass, uint32_t flags) {
    const mesh_stream_options options = {.size = sizeof options, .flags = flags, .tclass = tclass};
    const bool is_new = !host_lane_find(host, link, number);
    host_lane *lane = is_new ? add(host, link, number) : NULL;
    if (lane) lane->asked = true;
    const int32_t status = host_stream_side(host)->open(host->ctx, link, number, &options);
    if (status != MESH_OK && lane) host->lane_count--;
    return status;
}

uint32_t host_send_lane(host *host, uint64_t id, uint32_t number, uint32_t n, uint32_t len) {
    uint8_t bytes[2048];
    host_link *link = host_find(host, id);
    host_lane *lane = host_lane_find(host, id, number);
    uint32_t sent = 0;
    host->turn_now = host_clock();
    for (; link && lane && sent < n && len <= sizeof bytes; sent++) {
        mesh_buf buf;
        if (!link->frames || link->bytes < len || !lane->frames || lane->bytes < len) break;
        memset(bytes, (int)(link->sent & 0xff), len);
        memcpy(bytes, &link->sent, sizeof link->sent);
        if (!host_take(host, &buf, OWNER_HOST)) break;
        buf.link = id;
        buf.stream = number;
        buf.off = HOST_ROOM;
        buf.len = len;
        buf.cookie = link->sent;
        memcpy(buf.data.ptr + buf.off, bytes, len);
        host_lend(host, &buf);
        link->sent++, lane->sent++;
        link->frames--, link->bytes -= len;
        lane->frames--, lane->bytes -= len;
        host->plugin->api.transmit(host->ctx, &buf, 1);
    }
    return sent;
}

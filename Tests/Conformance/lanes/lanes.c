// SPDX-License-Identifier: Apache-2.0
// The loopback example with lanes: a transport that opens and closes them at will, as mesh.stream/1 wants it. A packet
// has five bytes before it: what it is, and its lane.
#define mesh_plugin_entry_v1 plain_entry
#include "../../../Examples/plugin-c/loopback.c"
#undef mesh_plugin_entry_v1

#include <mesh/mesh_stream.h>

#define HEADER 5u
#define HEADROOM 8u
#define LANE_MTU (MTU - HEADROOM)
#define LANES 64u
#define LANE_FRAMES 16u
#define LANE_BYTES (LANE_FRAMES * MTU)

enum { DATA, OPEN, CLOSE };

struct lane {
    mesh_host *host;
    uint64_t link;
    uint32_t number, waiting; // packets that are not complete
    int used, closing;
};

static mesh_host_api seen; // what loopback.c calls
static const mesh_host_api *real;
static struct lane lanes[LANES];

static struct lane *lane_of(mesh_host *host, uint64_t link, uint32_t number) {
    for (unsigned i = 0; i < LANES; i++) {
        struct lane *lane = &lanes[i];
        if (lane->used && lane->host == host && lane->link == link && lane->number == number) return lane;
    }
    return NULL;
}

static struct lane *add_lane(mesh_host *host, uint64_t link, uint32_t number) {
    unsigned i = 0;
    while (i < LANES && lanes[i].used) i++;
    if (i == LANES) return NULL;
    lanes[i] = (struct lane){.host = host, .link = link, .number = number, .used = 1};
    return &lanes[i];
}

static int32_t report(mesh_host *host, uint64_t link, uint32_t number, uint32_t kind, int32_t code, uint32_t tclass) {
    const mesh_stream_host *streams = real->extension(host, MESH_STREAM_NAME);
    const mesh_stream_event event = {.size = sizeof event, .kind = kind, .link = link, .stream = number, .code = code,
                                     .tclass = tclass};
    return streams->event(host, &event);
}

static void grant(mesh_host *host, uint64_t link, uint32_t number, uint32_t frames, uint64_t bytes) {
    const mesh_stream_host *streams = real->extension(host, MESH_STREAM_NAME);
    streams->credit(host, link, number, frames, bytes);
}

static void put_header(uint8_t *at, uint8_t kind, uint32_t number) {
    at[0] = kind;
    memcpy(at + 1, &number, sizeof number);
}

static int32_t tell_other(struct instance *me, uint64_t link, uint8_t kind, uint32_t number, int32_t word) {
    uint8_t frame[HEADER + sizeof word];
    const struct port *port = find(me, link, 0);
    put_header(frame, kind, number);
    memcpy(frame + HEADER, &word, sizeof word);
    return port && send(port->fd, frame, sizeof frame, MSG_NOSIGNAL) > 0 ? MESH_OK : MESH_E_LIMIT;
}

static void closed(struct instance *me, struct lane *lane, int32_t code) {
    lane->used = 0;
    tell_other(me, lane->link, CLOSE, lane->number, code);
    report(lane->host, lane->link, lane->number, MESH_STREAM_CLOSED, MESH_OK, MESH_TCLASS_NORMAL);
}

// ---- what loopback.c calls

static struct instance *instance_of(mesh_host *host);

static int32_t done(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t link = bufs[i].link;
        const uint32_t number = bufs[i].stream, len = bufs[i].len - HEADER;
        bufs[i].off += HEADER;
        bufs[i].len = len;
        real->transmit_done(host, &bufs[i], 1);
        struct lane *lane = lane_of(host, link, number);
        if (!lane) continue;
        grant(host, link, number, 1, len);
        if (!--lane->waiting && lane->closing) closed(instance_of(host), lane, MESH_OK);
    }
    return MESH_OK;
}

static int32_t credit(mesh_host *host, uint64_t link, uint32_t frames, uint64_t bytes) {
    return real->credit(host, link, frames, bytes - (uint64_t)HEADER * frames);
}

static void heard(mesh_host *host, uint64_t link, uint8_t kind, uint32_t number, int32_t word) {
    struct lane *lane = lane_of(host, link, number);
    if (kind == OPEN && !lane && add_lane(host, link, number)) {
        if (report(host, link, number, MESH_STREAM_OPENED, MESH_OK, (uint32_t)word) == MESH_OK)
            grant(host, link, number, LANE_FRAMES, LANE_BYTES);
        else lane_of(host, link, number)->used = 0;
    } else if (kind == CLOSE && lane) {
        lane->used = 0;
        report(host, link, number, word ? MESH_STREAM_RESET : MESH_STREAM_CLOSED, word, MESH_TCLASS_NORMAL);
    }
}

static int32_t deliver(mesh_host *host, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *bytes = bufs[i].data.ptr + bufs[i].off;
        uint32_t number = 0;
        int32_t word = 0;
        if (bufs[i].len > HEADER) memcpy(&number, bytes + 1, sizeof number);
        bufs[i].stream = number;
        bufs[i].off += HEADER;
        bufs[i].len -= HEADER;
        if (bytes[0] == DATA && (!number || lane_of(host, bufs[i].link, number))) {
            real->deliver(host, &bufs[i], 1);
            continue;
        }
        if (bufs[i].len == sizeof word) memcpy(&word, bytes + HEADER, sizeof word);
        const uint64_t link = bufs[i].link;
        const uint8_t kind = bytes[0];
        bufs[i].link = 0;
        real->buffer_put(host, &bufs[i], 1);
        heard(host, link, kind, number, word);
    }
    return MESH_OK;
}

static int32_t tell_host(mesh_host *host, mesh_link_event *events, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        for (unsigned j = 0; events[i].kind == MESH_EVENT_DOWN && j < LANES; j++)
            if (lanes[j].host == host && lanes[j].link == events[i].link) lanes[j].used = 0;
    return real->link_event(host, events, n);
}

// ---- the plugin's tables

static struct { mesh_host *host; struct instance *me; } instances[8];

static struct instance *instance_of(mesh_host *host) {
    unsigned i = 0;
    while (instances[i].host != host) i++;
    return instances[i].me;
}

static int32_t create_with_lanes(mesh_host *host, const mesh_create_options *options, void **ctx) {
    const int32_t status = loopback_create(host, options, ctx);
    unsigned i = 0;
    while (i < 7 && instances[i].host) i++;
    instances[i].host = host;
    instances[i].me = *ctx;
    return status;
}

static void destroy_with_lanes(void *ctx) {
    for (unsigned i = 0; i < 8; i++)
        if (instances[i].me == ctx) instances[i].host = NULL, instances[i].me = NULL;
    free(ctx);
}

static int32_t transmit_on_lanes(void *ctx, mesh_buf *bufs, uint32_t n) {
    struct instance *me = ctx;
    for (uint32_t i = 0; i < n; i++) {
        struct lane *lane = lane_of(me->host, bufs[i].link, bufs[i].stream);
        if (bufs[i].len > LANE_MTU || (bufs[i].stream && (!lane || lane->closing))) {
            bufs[i].status = bufs[i].len > LANE_MTU ? MESH_E_MTU : MESH_E_STALE;
            real->transmit_done(me->host, &bufs[i], 1);
            continue;
        }
        if (lane) lane->waiting++;
        bufs[i].off -= HEADER;
        bufs[i].len += HEADER;
        put_header(bufs[i].data.ptr + bufs[i].off, DATA, bufs[i].stream);
        loopback_transmit(me, &bufs[i], 1);
    }
    return MESH_OK;
}

static int32_t open_lane(void *ctx, uint64_t link, uint32_t number, const mesh_stream_options *options) {
    struct instance *me = ctx;
    const struct port *port = find(me, link, 0);
    if (options->flags) return MESH_E_FLAG;
    if (!port || port->state != UP) return MESH_E_STALE;
    if (lane_of(me->host, link, number)) return MESH_E_EXISTS;
    if (!add_lane(me->host, link, number)) return MESH_E_LIMIT;
    if (tell_other(me, link, OPEN, number, (int32_t)options->tclass) != MESH_OK) {
        lane_of(me->host, link, number)->used = 0;
        return MESH_E_LIMIT;
    }
    report(me->host, link, number, MESH_STREAM_OPENED, MESH_OK, options->tclass);
    grant(me->host, link, number, LANE_FRAMES, LANE_BYTES);
    return MESH_OK;
}

static int32_t close_lane(void *ctx, uint64_t link, uint32_t number, int32_t code) {
    struct instance *me = ctx;
    struct port *port = find(me, link, 0);
    struct lane *lane = lane_of(me->host, link, number);
    if (!port) return MESH_E_STALE;
    if (!lane) return MESH_E_NOTFOUND;
    lane->closing = 1;
    if (code == MESH_OK && lane->waiting) return MESH_OK; // `done` ends it with its last packet
    for (uint32_t i = 0; i < port->count; i++) {
        if (port->queue[i].stream != number) continue;
        port->queue[i].status = MESH_E_CANCELLED;
        lane->closing = lane->waiting > 1 ? lane->closing : 0;
        mesh_give_back(me->host, &port->queue[i], 1);
        memmove(&port->queue[i], &port->queue[i + 1], (--port->count - i) * sizeof *port->queue);
        i--;
    }
    closed(me, lane, code);
    return MESH_OK;
}

static const mesh_stream_plugin streams_side = {sizeof streams_side, 0, open_lane, close_lane};

static const void *lanes_extension(const char *name) {
    return strcmp(name, MESH_STREAM_NAME) ? NULL : &streams_side;
}

static int32_t (*plain_describe)(mesh_plugin_info *info);

static int32_t describe_with_lanes(mesh_plugin_info *all) {
    const int32_t status = plain_describe(all);
    if (MESH_HAS(all, mesh_plugin_info, caps)) all->caps.mtu = LANE_MTU, all->caps.headroom = HEADROOM;
    return status;
}

__attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    const int32_t status = plain_entry(host, out);
    if (status != MESH_OK || out->size < sizeof *out) return status;
    real = host;
    memcpy(&seen, host, sizeof seen);
    mesh_host_table = &seen;
    seen.transmit_done = done;
    seen.credit = credit;
    seen.deliver = deliver;
    seen.link_event = tell_host;
    plain_describe = out->describe;
    out->describe = describe_with_lanes;
    out->create = create_with_lanes;
    out->destroy = destroy_with_lanes;
    out->transmit = transmit_on_lanes;
    out->extension = lanes_extension;
#ifdef MUTATE
    MUTATE;
#endif
    return MESH_OK;
}

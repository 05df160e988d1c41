// SPDX-License-Identifier: Apache-2.0
// What the plugin does with lanes: the truth, and everything else that it could say of them.
#include "hostile.h"

#include <mesh/mesh_stream.h>

static const mesh_stream_host *streams(hostile *h) {
    if (!h->streams) h->streams = api->extension(h->host, MESH_STREAM_NAME);
    return h->streams;
}

static int32_t lane(hostile *h, uint64_t link, uint32_t stream, uint32_t kind, int32_t code) {
    const mesh_stream_event e = {
        .size = sizeof e, .kind = kind, .link = link, .stream = stream, .code = code, .tclass = MESH_TCLASS_BULK};
    return streams(h)->event(h->host, &e);
}

static int32_t up_with(hostile *h, uint64_t link, uint32_t lanes) {
    mesh_caps caps;
    mesh_link_event e;
    memset(&caps, 0, sizeof caps);
    memset(&e, 0, sizeof e);
    caps.size = sizeof caps;
    caps.mtu = 1500;
    caps.max_segments = 4;
    caps.lanes = lanes;
    e.kind = MESH_EVENT_UP;
    e.link = h->link = link;
    e.extra.ptr = &caps;
    e.extra_len = sizeof caps;
    int32_t result = api->link_event(h->host, &e, 1);
    api->credit(h->host, link, 128, 1 << 20);
    return result;
}

// A packet has left: its lane gets its credit back, if it has some of its own.
void lane_returned(hostile *h, const mesh_buf *buf) {
    if (h->has_lanes && buf->stream) streams(h)->credit(h->host, buf->link, buf->stream, 1, buf->len);
}

static void act_lies(hostile *h, uint64_t link) {
    const uint32_t theirs = MESH_STREAM_ACCEPTED + 1;
    say(h, "lane before up", lane(h, link, theirs, MESH_STREAM_OPENED, 0));
    up_with(h, link, 1);
    say(h, "lane 0", lane(h, link, 0, MESH_STREAM_OPENED, 0));
    say(h, "lane of this side", lane(h, link, 5, MESH_STREAM_OPENED, 0));
    say(h, "lane not asked for", lane(h, link, 5, MESH_STREAM_FAILED, MESH_E_LIMIT));
    say(h, "lane unknown", lane(h, link, theirs, MESH_STREAM_CLOSED, 0));
    say(h, "lane credit unknown", streams(h)->credit(h->host, link, theirs, 1, 1));
    say(h, "lane opened", lane(h, link, theirs, MESH_STREAM_OPENED, 0));
    say(h, "lane opened twice", lane(h, link, theirs, MESH_STREAM_OPENED, 0));
    say(h, "lane failed after it opened", lane(h, link, theirs, MESH_STREAM_FAILED, 0));
    say(h, "lane of another kind", lane(h, link, theirs, 4711, 0));
    say(h, "lane null", streams(h)->event(h->host, 0));
    const mesh_stream_event cut = {.size = 8, .kind = MESH_STREAM_CLOSED, .link = link, .stream = theirs};
    say(h, "lane cut", streams(h)->event(h->host, &cut));
    say(h, "lane stale", lane(h, link + (1ull << 32), theirs, MESH_STREAM_CLOSED, 0));
    say(h, "lane credit stale", streams(h)->credit(h->host, link + (1ull << 32), theirs, 1, 1));
    for (int i = 0; i < 3; i++) streams(h)->credit(h->host, link, theirs, 0xffffffff, 0xffffffffffffffff);
    int32_t last = MESH_OK;
    uint32_t opened = 1;
    for (uint32_t i = 0; i < 40 && last == MESH_OK; i++)
        if ((last = lane(h, link, theirs + 16 * (i + 1), MESH_STREAM_OPENED, 0)) == MESH_OK) opened++;
    say(h, "lanes", opened);
    say(h, "lane too many", last);
}

static void act_flood(hostile *h, uint64_t link) {
    up_with(h, link, 1);
    int32_t last = MESH_OK;
    uint32_t number = MESH_STREAM_ACCEPTED;
    while (last == MESH_OK && number < MESH_STREAM_ACCEPTED + 1000000) {
        last = lane(h, link, number, MESH_STREAM_OPENED, 0);
        if (last == MESH_OK) last = lane(h, link, number, MESH_STREAM_RESET, 5);
        number++;
    }
    say(h, "lane flood", last);
}

// Lanes that have ended come again, with the same numbers and with others of the same places in the host's table.
static void act_reuse(hostile *h, uint64_t link) {
    const uint32_t theirs = MESH_STREAM_ACCEPTED + 9;
    uint32_t opened = 0, ended = 0, credited = 0, late = 0;
    up_with(h, link, 1);
    for (uint32_t round = 0; round < 4000; round++) {
        uint32_t number = theirs + MESH_STREAM_LANES_MAX * (round * 7 % 5) + round % 3;
        if (lane(h, link, number, MESH_STREAM_OPENED, 0) == MESH_OK) opened++;
        if (streams(h)->credit(h->host, link, number, 1, 1) == MESH_OK) credited++;
        if (lane(h, link, number, round & 1 ? MESH_STREAM_RESET : MESH_STREAM_CLOSED, -5) == MESH_OK) ended++;
        if (streams(h)->credit(h->host, link, number, 1, 1) == MESH_OK) late++;
        if (lane(h, link, number, MESH_STREAM_CLOSED, 0) == MESH_OK) late++;
    }
    say(h, "reused opened", (int32_t)opened);
    say(h, "reused credited", (int32_t)credited);
    say(h, "reused ended", (int32_t)ended);
    say(h, "reused late", (int32_t)late);
    opened = 0;
    for (uint32_t i = 0; i < 40 && lane(h, link, theirs + i, MESH_STREAM_OPENED, 0) == MESH_OK; i++) opened++;
    say(h, "reused room", (int32_t)opened);
}

int32_t act_lanes(hostile *h, const char *address, uint64_t link) {
    if (strcmp(address, "lanes-wide") == 0) {
        up_with(h, link, 4);
        h->has_lanes = 1;
        for (uint32_t i = 1; i < 4; i++) {
            lane(h, link, i, MESH_STREAM_OPENED, 0);
            streams(h)->credit(h->host, link, i, 64, 65536);
        }
        return MESH_OK;
    }
    if (strcmp(address, "lanes") == 0) {
        up_with(h, link, 4);
        for (uint32_t i = 1; i < 3; i++) {
            lane(h, link, i, MESH_STREAM_OPENED, 0);
            streams(h)->credit(h->host, link, i, 4, 4096);
        }
        return MESH_OK;
    }
    if (strcmp(address, "lanes-open") == 0) return up_with(h, link, 1);
    if (strcmp(address, "lanes-lies") == 0) return act_lies(h, link), MESH_OK;
    if (strcmp(address, "lanes-reuse") == 0) return act_reuse(h, link), MESH_OK;
    if (strcmp(address, "lanes-flood") == 0) return act_flood(h, link), MESH_OK;
    return MESH_E_ADDRESS;
}

static int32_t open_lane(void *ctx, uint64_t link, uint32_t stream, const mesh_stream_options *options) {
    hostile *h = ctx;
    say(h, "open", (int64_t)stream);
    say(h, "hint", options->tclass);
    if (is_mode(h, "lane-error")) return MESH_E_LIMIT;
    if (is_mode(h, "lane-garbage")) return 4711;
    if (is_mode(h, "lane-silent")) return MESH_OK;
    if (is_mode(h, "lane-fails")) return lane(h, link, stream, MESH_STREAM_FAILED, MESH_E_REFUSED);
    if (is_mode(h, "lane-kills")) { event(h, MESH_EVENT_DOWN, link, MESH_E_RESET, "gone"); return MESH_E_STALE; }
    lane(h, link, stream, MESH_STREAM_OPENED, 0);
    streams(h)->credit(h->host, link, stream, 16, 65536);
    return is_mode(h, "lane-both") ? MESH_E_LIMIT : MESH_OK;
}

static int32_t close_lane(void *ctx, uint64_t link, uint32_t stream, int32_t code) {
    hostile *h = ctx;
    say(h, "close", code);
    if (is_mode(h, "lane-keeps")) return MESH_E_NOTFOUND;
    if (h->held_count) api->transmit_done(h->host, h->held, h->held_count);
    h->held_count = 0;
    return lane(h, link, stream, MESH_STREAM_CLOSED, 0);
}

static const mesh_stream_plugin side = {sizeof side, 0, open_lane, close_lane};

const void *lanes_extension(const char *name) { return strcmp(name, MESH_STREAM_NAME) == 0 ? &side : 0; }

// SPDX-License-Identifier: Apache-2.0
// Cases for plugins that offer mesh.stream/1. The test host checks each report by itself and adds its faults.
#include "check.h"

#define NUMBER 7u

struct wish { host *host; uint64_t link; uint32_t number; uint64_t count; };

static bool is_open(void *context) {
    const struct wish *wish = context;
    const host_lane *lane = host_lane_find(wish->host, wish->link, wish->number);
    return lane && lane->opened;
}
static bool has_ended(void *context) {
    const struct wish *wish = context;
    const host_lane *lane = host_lane_find(wish->host, wish->link, wish->number);
    return lane && lane->ended;
}
static bool has_arrived(void *context) {
    const struct wish *wish = context;
    return host_lane_find(wish->host, wish->link, wish->number)->received >= wish->count;
}

static struct talk begin(struct check *check, bool opens) {
    struct talk talk = check_open_talk(check);
    const mesh_stream_plugin *side = host_stream_side(talk.dialer);
    if (!side) check_skip("no mesh.stream/1");
    if (opens && (!MESH_HAS(side, mesh_stream_plugin, open) || !side->open || !side->close))
        check_skip("its links have the lanes that they have from the start");
    return talk;
}

static uint32_t lanes_of(host *host, uint64_t link) {
    const host_event *up = host_last(host, MESH_EVENT_UP, link);
    return up->caps.size ? up->caps.lanes : host_info(host)->caps.lanes;
}

static void from_the_start(struct check *check) {
    struct talk talk = begin(check, false);
    for (int i = 0; i < 10; i++) host_turn(talk.dialer, 1), host_turn(talk.server, 1);
    struct { host *host; uint64_t link; } ends[] = {{talk.dialer, talk.out}, {talk.server, talk.in}};
    for (unsigned end = 0; end < 2; end++) {
        const uint32_t count = lanes_of(ends[end].host, ends[end].link);
        for (uint32_t number = 1; number < count; number++) {
            const host_lane *lane = host_lane_find(ends[end].host, ends[end].link, number);
            EXPECT(lane && lane->opened == 1, "lane %u of %u is not reported as OPENED", number, count);
            EXPECT(lane->frames && lane->bytes >= 256, "lane %u has no credit for one packet", number);
        }
        const host_lane *beyond = host_lane_find(ends[end].host, ends[end].link, count > 1 ? count : 1);
        EXPECT(!beyond, "lane %u, of %u, that nobody asked for", beyond->number, count);
    }
    check_close_talk(&talk);
}

// Whoever listened may be the first to use a lane, and then whoever dialled.
static void either_end_first(struct check *check) {
    struct talk talk = begin(check, false);
    const uint32_t count = lanes_of(talk.dialer, talk.out);
    if (count < 2) check_skip("its links have one lane");
    struct { host *host; uint64_t link; } ends[] = {{talk.dialer, talk.out}, {talk.server, talk.in}};
    for (unsigned end = 2; end-- > 0;)
        for (uint32_t number = count; number-- > 1;) {
            EXPECT(host_send_lane(ends[end].host, ends[end].link, number, 3, 500) == 3, "lane %u has no credit", number);
            struct wish wish = {ends[!end].host, ends[!end].link, number, 3};
            EXPECT(host_run(talk.both, 2, has_arrived, &wish, 2000), "what was sent on lane %u does not arrive", number);
        }
    check_close_talk(&talk);
}

static struct talk open_lane(struct check *check) {
    struct talk talk = begin(check, true);
    EXPECT(host_open_lane(talk.dialer, talk.out, NUMBER, MESH_TCLASS_BULK, 0) == MESH_OK, "open is refused");
    struct wish here = {talk.dialer, talk.out, NUMBER, 0}, there = {talk.server, talk.in, NUMBER, 0};
    EXPECT(host_run(talk.both, 2, is_open, &here, 2000), "no answer to open");
    EXPECT(host_run(talk.both, 2, is_open, &there, 2000), "the other end does not hear of the lane");
    return talk;
}

static void opened(struct check *check) {
    struct talk talk = open_lane(check);
    for (int i = 0; i < 10; i++) host_turn(talk.dialer, 1), host_turn(talk.server, 1);
    const host_lane *there = host_lane_find(talk.server, talk.in, NUMBER);
    EXPECT(host_lane_find(talk.dialer, talk.out, NUMBER)->opened == 1 && there->opened == 1, "OPENED more than once");
    EXPECT(there->tclass == MESH_TCLASS_BULK || there->tclass == MESH_TCLASS_NORMAL, "the hint %u is nobody's", there->tclass);
    check_close_talk(&talk);
}

static void refused(struct check *check) {
    struct talk talk = open_lane(check);
    const mesh_stream_plugin *side = host_stream_side(talk.dialer);
    EXPECT(host_open_lane(talk.dialer, talk.out, NUMBER + 1, 0, 0x80000000u) == MESH_E_FLAG, "an unknown flag is taken");
    EXPECT(host_open_lane(talk.dialer, talk.out, NUMBER, 0, 0) == MESH_E_EXISTS, "a number is taken twice");
    EXPECT(host_open_lane(talk.dialer, talk.out + (1ull << 40), NUMBER, 0, 0) == MESH_E_STALE, "a stale link has lanes");
    EXPECT(side->close(host_context(talk.dialer), talk.out, NUMBER + 2, 0) == MESH_E_NOTFOUND, "close of no lane is taken");
    EXPECT(side->close(host_context(talk.dialer), talk.out + (1ull << 40), NUMBER, 0) == MESH_E_STALE,
           "close on a stale link is taken");
    check_close_talk(&talk);
}

static void credit_returns(struct check *check) {
    struct talk talk = open_lane(check);
    uint64_t total = 0;
    for (int i = 0; i < 2000 && total < 1000; i++) {
        total += host_send_lane(talk.dialer, talk.out, NUMBER, 16, 500);
        host_turn(talk.dialer, 0);
        host_turn(talk.server, 0);
    }
    EXPECT(total >= 1000, "the lane's credit runs out after %llu packets", (unsigned long long)total);
    struct wish wish = {talk.server, talk.in, NUMBER, total};
    EXPECT(host_run(talk.both, 2, has_arrived, &wish, 2000), "not all arrive on their lane");
    check_close_talk(&talk);
}

static void close_with(struct check *check, int32_t code) {
    struct talk talk = open_lane(check);
    // Nobody reads, so that something waits.
    host_pause(talk.server, true);
    uint64_t sent = 0;
    for (uint32_t step = 1; step && sent < 4096; sent += step) step = host_send_lane(talk.dialer, talk.out, NUMBER, 64, 2000);
    EXPECT(sent, "no credit for a lane that has just opened");
    EXPECT(host_stream_side(talk.dialer)->close(host_context(talk.dialer), talk.out, NUMBER, code) == MESH_OK,
           "close is refused");
    host_pause(talk.server, false);
    struct wish here = {talk.dialer, talk.out, NUMBER, 0}, there = {talk.server, talk.in, NUMBER, 0};
    EXPECT(host_run(talk.both, 2, has_ended, &here, 2000), "no answer to close");
    EXPECT(host_run(talk.both, 2, has_ended, &there, 2000), "the other end does not hear of it");
    EXPECT(host_lane_find(talk.dialer, talk.out, NUMBER)->end == MESH_STREAM_CLOSED, "close is answered by RESET");
    const host_lane *far = host_lane_find(talk.server, talk.in, NUMBER);
    if (code == MESH_OK)
        EXPECT(far->end == MESH_STREAM_CLOSED && far->received == sent, "of %llu packets %llu arrive before the end",
               (unsigned long long)sent, (unsigned long long)far->received);
    // The number is spent, and the link goes on.
    EXPECT(host_send(talk.dialer, talk.out, 1, 100, 1) == 1 || code != MESH_OK, "the link has no credit any more");
    for (int i = 0; i < 20; i++) host_turn(talk.dialer, 1), host_turn(talk.server, 1);
    EXPECT(!host_count(talk.dialer, MESH_EVENT_DOWN, talk.out), "the lane has taken its link along");
    check_close_talk(&talk);
}
static void closed(struct check *check) { close_with(check, MESH_OK); }

const struct check_case check_stream_cases[] = {
    {"lanes_from_the_start_are_reported_once_with_credit", "MST", from_the_start, false},
    {"either_end_may_be_the_first_on_any_lane", "MST", either_end_first, false},
    {"an_open_is_answered_once_and_heard_at_the_other_end", "MST-01", opened, false},
    {"wrong_flags_numbers_and_links_are_refused", "MST-01", refused, false},
    {"credit_of_a_lane_returns", "MST", credit_returns, false},
    {"a_lane_closes_after_what_it_took_and_nothing_comes_behind", "MST-02", closed, false},
    {NULL, NULL, NULL, false},
};

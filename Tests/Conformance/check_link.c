// SPDX-License-Identifier: Apache-2.0
// Cases with two instances that talk. The test host checks buffers, order and events by itself and adds its faults.
#include "check.h"

#include <string.h>
#include <unistd.h>

static bool listening(void *talk) { return host_count(((struct talk *)talk)->server, MESH_EVENT_LISTENING, 0); }

static bool both_up(void *context) {
    struct talk *talk = context;
    talk->in = host_last_incoming(talk->server);
    return talk->in && host_count(talk->server, MESH_EVENT_UP, talk->in) &&
           host_count(talk->dialer, MESH_EVENT_UP, talk->out);
}

struct talk check_open_talk(struct check *check) {
    if (!check->listen) check_skip("no --listen address");
    struct talk talk = {.dialer = check_start(check), .server = check_start(check)};
    int32_t status;
    talk.both[0] = talk.dialer;
    talk.both[1] = talk.server;
    talk.listener = host_listen(talk.server, check->listen, -1, 0, &status);
    EXPECT(status == MESH_OK && host_run(talk.both, 2, listening, &talk, 2000), "no LISTENING on %s", check->listen);
    strcpy(talk.address, host_last(talk.server, MESH_EVENT_LISTENING, talk.listener)->text);
    talk.out = host_connect(talk.dialer, talk.address, MESH_DEADLINE_NONE, 0, &status);
    EXPECT(status == MESH_OK, "connect to the bound address %s answers %d", talk.address, status);
    EXPECT(host_run(talk.both, 2, both_up, &talk, 3000), "no UP on both sides");
    return talk;
}

void check_close_talk(struct talk *talk) {
    check_finish(talk->dialer);
    check_finish(talk->server);
}

struct goal { host *host; uint64_t link, count; };
static bool got(void *context) {
    struct goal *goal = context;
    return host_find(goal->host, goal->link)->received >= goal->count;
}
static bool down(void *context) {
    struct goal *goal = context;
    return host_count(goal->host, MESH_EVENT_DOWN, goal->link);
}
static bool failed(void *context) {
    struct goal *goal = context;
    return host_count(goal->host, MESH_EVENT_FAILED, goal->link);
}
static bool settled(void *context) {
    struct goal *goal = context;
    const host_link *link = host_find(goal->host, goal->link);
    return link->sent == link->completed + link->failed;
}

static void up_once(struct check *check) {
    struct talk talk = check_open_talk(check);
    for (int i = 0; i < 10; i++) host_turn(talk.dialer, 1), host_turn(talk.server, 1);
    EXPECT(host_count(talk.dialer, MESH_EVENT_UP, talk.out) == 1, "UP more than once");
    const host_link *link = host_find(talk.dialer, talk.out);
    EXPECT(link->frames && link->bytes >= check->plugin.info.caps.mtu, "no credit for one packet");
    check_close_talk(&talk);
}

// Reliable links only: the count of what arrives is exact.
static void transfer(struct check *check, uint32_t len, uint32_t batch) {
    struct talk talk = check_open_talk(check);
    uint64_t there = 0, back = 0;
    for (int i = 0; i < 30; i++) {
        there += host_send(talk.dialer, talk.out, 50, len, batch);
        back += host_send(talk.server, talk.in, 50, len, batch);
        host_turn(talk.dialer, 0);
        host_turn(talk.server, 0);
    }
    struct goal a = {talk.server, talk.in, there}, b = {talk.dialer, talk.out, back};
    if (check->plugin.info.caps.flags & MESH_CAP_RELIABLE)
        EXPECT(there && back && host_run(talk.both, 2, got, &a, 3000) && host_run(talk.both, 2, got, &b, 3000),
               "of %llu packets %llu arrive", (unsigned long long)there,
               (unsigned long long)host_find(talk.server, talk.in)->received);
    a = (struct goal){talk.dialer, talk.out, 0};
    EXPECT(host_run(talk.both, 2, settled, &a, 2000), "not every packet completes");
    check_close_talk(&talk);
}
static void small_packets(struct check *check) { transfer(check, 8, 64); }
static void middle_packets(struct check *check) { transfer(check, 1200, 7); }
static void full_packets(struct check *check) { transfer(check, check->plugin.info.caps.mtu, 16); }

static void credit_returns(struct check *check) {
    struct talk talk = check_open_talk(check);
    uint64_t total = 0;
    for (int i = 0; i < 2000 && total < 3000; i++) {
        uint32_t step = host_send(talk.dialer, talk.out, 64, 500, 64);
        total += step;
        /* Some transports give it back after a round trip. */
        host_turn(talk.dialer, step > 0 ? 0 : 1);
        host_turn(talk.server, 0);
    }
    EXPECT(total >= 3000, "credit runs out after %llu packets", (unsigned long long)total);
    check_close_talk(&talk);
}

static void stall(struct check *check) {
    struct talk talk = check_open_talk(check);
    host_pause(talk.server, true);
    uint32_t sent = 0, step;
    while (sent < 4096 && (step = host_send(talk.dialer, talk.out, 256, 32768 < check->plugin.info.caps.mtu ? 32768 :
                                            check->plugin.info.caps.mtu, 64))) {
        sent += step;
        for (int i = 0; i < 5; i++) host_turn(talk.dialer, 0);
    }
    EXPECT(sent < 4096, "credit for a peer that reads nothing has no end");
    host_pause(talk.server, false);
    struct goal goal = {talk.dialer, talk.out, 0};
    EXPECT(host_run(talk.both, 2, settled, &goal, 3000), "it does not resume");
    check_close_talk(&talk);
}

static void stop_full(struct check *check) {
    struct talk talk = check_open_talk(check);
    host_pause(talk.server, true);
    for (int i = 0; i < 4; i++) host_send(talk.dialer, talk.out, 60, check->plugin.info.caps.mtu, 16);
    if (host_finish(talk.dialer, 200)) check_fail("(see above)");
    check_finish(talk.server);
}

static void graceful(struct check *check) {
    struct talk talk = check_open_talk(check);
    const uint32_t sent = host_send(talk.dialer, talk.out, 40, 1000, 16);
    EXPECT(host_api(talk.dialer)->disconnect(host_context(talk.dialer), talk.out, MESH_DISCONNECT_GRACEFUL) == MESH_OK,
           "disconnect is refused");
    struct goal here = {talk.dialer, talk.out, 0}, there = {talk.server, talk.in, 0};
    EXPECT(host_run(talk.both, 2, down, &here, 3000), "no DOWN here");
    EXPECT(host_run(talk.both, 2, down, &there, 3000), "no DOWN at the other side");
    const int32_t code = host_last(talk.dialer, MESH_EVENT_DOWN, talk.out)->code;
    EXPECT(code == MESH_E_CLOSED || code == MESH_E_CANCELLED, "DOWN with code %d", code);
    if (check->plugin.info.caps.flags & MESH_CAP_RELIABLE)
        EXPECT(host_find(talk.server, talk.in)->received == sent, "accepted packets are lost");
    EXPECT(host_api(talk.dialer)->disconnect(host_context(talk.dialer), talk.out, 0) == MESH_E_STALE, "id not stale");
    check_close_talk(&talk);
}

static void abort_link(struct check *check) {
    struct talk talk = check_open_talk(check);
    host_pause(talk.server, true);
    for (int i = 0; i < 4; i++) host_send(talk.dialer, talk.out, 60, check->plugin.info.caps.mtu, 16);
    host_api(talk.dialer)->disconnect(host_context(talk.dialer), talk.out, MESH_DISCONNECT_ABORT);
    struct goal goal = {talk.dialer, talk.out, 0};
    struct mesh_host *one[] = {talk.dialer};
    EXPECT(host_run(one, 1, down, &goal, 1000), "no DOWN");
    host_pause(talk.server, false);
    check_close_talk(&talk);
}

static void wrong_mode(struct check *check) {
    struct talk talk = check_open_talk(check);
    EXPECT(host_api(talk.dialer)->disconnect(host_context(talk.dialer), talk.out, 9) == MESH_E_INVALID, "mode 9");
    check_close_talk(&talk);
}

static void too_large(struct check *check) {
    struct talk talk = check_open_talk(check);
    static const uint8_t bytes[65536];
    if (check->plugin.info.caps.mtu == 65535) host_send_raw(talk.dialer, talk.out, bytes, 65536, 0);
    else host_send_raw(talk.dialer, talk.out, bytes, check->plugin.info.caps.mtu + 1, 0);
    struct goal goal = {talk.dialer, talk.out, 0};
    EXPECT(host_run(talk.both, 2, settled, &goal, 1000), "does not complete");
    EXPECT(host_last_status(talk.dialer) == MESH_E_MTU, "completes with %d", host_last_status(talk.dialer));
    check_close_talk(&talk);
}

static void dial_nobody(struct check *check) {
    struct talk talk = check_open_talk(check);
    host_api(talk.server)->unlisten(host_context(talk.server), talk.listener);
    int32_t status;
    const uint64_t link = host_connect(talk.dialer, talk.address, MESH_DEADLINE_NONE, 0, &status);
    struct goal goal = {talk.dialer, link, 0};
    EXPECT(status == MESH_OK && host_run(talk.both, 2, failed, &goal, 3000), "no FAILED");
    EXPECT(host_last(talk.dialer, MESH_EVENT_FAILED, link)->fclass != MESH_CLASS_NONE, "FAILED has no class");
    check_close_talk(&talk);
}

static void refused(struct check *check) {
    struct talk talk = check_open_talk(check);
    host_refuse_incoming(talk.server, true);
    int32_t status;
    const uint64_t link = host_connect(talk.dialer, talk.address, MESH_DEADLINE_NONE, 0, &status);
    struct goal goal = {talk.dialer, link, 0};
    for (int i = 0; i < 100 && !failed(&goal) && !down(&goal); i++) {
        host_turn(talk.dialer, 1);
        host_turn(talk.server, 1);
    }
    EXPECT(failed(&goal) || down(&goal), "a refused connection stays");
    check_close_talk(&talk);
}

// As in a replacement: the new instance gets a copy of the descriptor while the old one still listens.
static void handed_over(struct check *check) {
    struct talk talk = check_open_talk(check);
    const int old = host_accepting(talk.server);
    if (old < 0) check_skip("it watches no socket that accepts connections");
    host *next = check_start(check);
    int32_t status;
    const uint64_t listener = host_listen(next, talk.address, dup(old), 0, &status);
    for (int i = 0; i < 100 && !host_count(next, MESH_EVENT_LISTENING, listener); i++) host_turn(next, 10);
    EXPECT(status == MESH_OK && host_count(next, MESH_EVENT_LISTENING, listener) == 1, "the descriptor is not taken");
    host_api(talk.server)->unlisten(host_context(talk.server), talk.listener);
    const uint64_t link = host_connect(talk.dialer, talk.address, MESH_DEADLINE_NONE, 0, &status);
    // A dialler may first ask at another door, where the old instance is that does not get its turn any more.
    for (int i = 0; i < 500 && !(host_count(talk.dialer, MESH_EVENT_UP, link) && host_last_incoming(next)); i++) {
        host_turn(talk.dialer, 5);
        host_turn(next, 5);
    }
    EXPECT(host_count(talk.dialer, MESH_EVENT_UP, link) == 1 && host_last_incoming(next), "no link to the new holder");
    check_finish(next);
    check_close_talk(&talk);
}

static void empty_pool(struct check *check) {
    struct talk talk = check_open_talk(check);
    host_limit_buffers(talk.server, 0);
    const uint32_t sent = host_send(talk.dialer, talk.out, 50, 500, 16);
    for (int i = 0; i < 20; i++) host_turn(talk.server, 1);
    host_limit_buffers(talk.server, HOST_BUFFERS);
    struct goal goal = {talk.server, talk.in, sent};
    if (check->plugin.info.caps.flags & MESH_CAP_RELIABLE)
        EXPECT(host_run(talk.both, 2, got, &goal, 3000), "packets are lost when the pool is empty");
    check_close_talk(&talk);
}

static void bounded(struct check *check) {
    // A virtual processor that was taken away counts as time of the thread: what is the plugin's shows in every try.
    uint64_t longest = UINT64_MAX;
    for (int attempt = 0; attempt < 8 && longest >= 5000000; attempt++) {
        struct talk talk = check_open_talk(check);
        for (int i = 0; i < 40; i++) {
            host_send(talk.dialer, talk.out, 256, check->plugin.info.caps.mtu, 64);
            host_turn(talk.dialer, 0);
            host_turn(talk.server, 0);
        }
        if (host_longest_turn_ns(talk.server) < longest) longest = host_longest_turn_ns(talk.server);
        check_close_talk(&talk);
    }
    EXPECT(longest < 5000000, "a turn took %llu microseconds of processor time", (unsigned long long)longest / 1000);
}

const struct check_case check_link_cases[] = {
    {"a_link_comes_up_once_with_credit", "MPA-10", up_once, false},
    {"small_packets_go_both_ways", "MPA-03", small_packets, false},
    {"middle_packets_go_both_ways", "MPA-02", middle_packets, false},
    {"packets_of_the_full_mtu_go_both_ways", "MPA-05", full_packets, false},
    {"credit_is_given_back", "credit", credit_returns, false},
    {"a_peer_that_reads_nothing_stops_the_sender", "credit", stall, false},
    {"stop_completes_what_waits", "MPA-08", stop_full, false},
    {"a_graceful_end_loses_nothing", "MPA-10", graceful, false},
    {"an_abort_completes_what_waits", "MPA-05", abort_link, false},
    {"an_unknown_mode_is_refused", "INVALID", wrong_mode, false},
    {"a_packet_over_the_mtu_completes_so", "MTU", too_large, false},
    {"a_dial_to_nobody_fails_once", "MPA-10", dial_nobody, false},
    {"a_refused_connection_ends", "INCOMING", refused, false},
    {"a_listener_that_is_handed_over_is_taken", "listen", handed_over, false},
    {"an_empty_pool_only_delays", "buffers", empty_pool, false},
    {"a_turn_is_short", "MPA-11", bounded, false},
    {NULL, NULL, NULL, false},
};

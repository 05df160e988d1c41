// SPDX-License-Identifier: Apache-2.0
// mesh_unix against the test host: two instances that talk, and everything that can go wrong between them.
#define _GNU_SOURCE
#include "pair.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void packets_go_both_ways_in_order_and_unchanged(void) {
    struct pair pair = pair_open(NULL, 0);
    uint64_t sent_a = 0, sent_b = 0;
    for (int round = 0; round < 40; round++) {
        sent_a += host_send(pair.a, pair.from_a, 100, 1 + (uint32_t)round * 37, 64);
        sent_b += host_send(pair.b, pair.at_b, 100, 1200, 1);
        host_turn(pair.a, 0);
        host_turn(pair.b, 0);
    }
    CHECK(sent_a > 2000 && sent_b > 2000); // a turn reads 64, so credit holds the sender back in between
    CHECK(host_run(pair.both, 2, received, &(struct wanted){pair.b, pair.at_b, sent_a, 0}, 2000));
    CHECK(host_run(pair.both, 2, received, &(struct wanted){pair.a, pair.from_a, sent_b, 0}, 2000));
    CHECK(host_find(pair.a, pair.from_a)->completed == sent_a);
    CHECK(host_find(pair.a, pair.from_a)->frames == 256 && host_find(pair.a, pair.from_a)->bytes == 4u << 20);
    CHECK(host_rx_batch_max(pair.b) > 1 && host_rx_batch_max(pair.b) <= 64);
    pair_close(&pair);
}

static void a_full_socket_stalls_and_resumes(void) {
    struct pair pair = pair_open(NULL, 0);
    host_pause(pair.b, true);
    uint32_t sent = 0, step;
    while ((step = host_send(pair.a, pair.from_a, 256, 65535, 16))) {
        sent += step;
        for (int i = 0; i < 10; i++) host_turn(pair.a, 0);
    }
    host_link *link = host_find(pair.a, pair.from_a);
    CHECK(sent > link->completed && link->failed == 0);
    mesh_stat stats[16];
    const int32_t n = host_api(pair.a)->stats(host_context(pair.a), stats, 16);
    uint64_t stalls = 0;
    for (int32_t i = 0; i < n; i++) stalls += strcmp(stats[i].name, "stalls") ? 0 : stats[i].value;
    CHECK(stalls == 1);
    host_pause(pair.b, false);
    CHECK(host_run(pair.both, 2, received, &(struct wanted){pair.b, pair.at_b, sent, 0}, 3000));
    host_turn(pair.a, 1);
    CHECK(link->completed == sent && link->frames == 256);
    pair_close(&pair);
}

static void a_graceful_end_sends_what_was_accepted(void) {
    struct pair pair = pair_open(NULL, 0);
    host_pause(pair.b, true);
    const uint32_t sent = host_send(pair.a, pair.from_a, 60, 65535, 16);
    CHECK(host_find(pair.a, pair.from_a)->completed < sent);
    CHECK(host_api(pair.a)->disconnect(host_context(pair.a), pair.from_a, MESH_DISCONNECT_GRACEFUL) == MESH_OK);
    CHECK(!host_count(pair.a, MESH_EVENT_DOWN, pair.from_a));
    host_pause(pair.b, false);
    CHECK(host_run(pair.both, 2, happened, &(struct wanted){pair.b, pair.at_b, 0, MESH_EVENT_DOWN}, 2000));
    CHECK(host_find(pair.b, pair.at_b)->received == sent);
    CHECK(host_last(pair.a, MESH_EVENT_DOWN, pair.from_a)->code == MESH_E_CLOSED);
    CHECK(host_last(pair.b, MESH_EVENT_DOWN, pair.at_b)->code == MESH_E_CLOSED);
    pair_close(&pair);
}

static void an_abort_completes_the_queue_and_leaves_the_id_stale(void) {
    struct pair pair = pair_open(NULL, 0);
    host_pause(pair.b, true);
    const uint32_t sent = host_send(pair.a, pair.from_a, 60, 65535, 16);
    void *ctx = host_context(pair.a);
    CHECK(host_api(pair.a)->disconnect(ctx, pair.from_a, 7) == MESH_E_INVALID);
    CHECK(host_api(pair.a)->disconnect(ctx, pair.from_a, MESH_DISCONNECT_ABORT) == MESH_OK);
    host_link *link = host_find(pair.a, pair.from_a);
    CHECK(link->completed + link->failed == sent && link->last_status == MESH_E_CANCELLED);
    CHECK(host_api(pair.a)->disconnect(ctx, pair.from_a, MESH_DISCONNECT_ABORT) == MESH_E_STALE);
    host_send_raw(pair.a, pair.from_a, "late", 4, 0);
    CHECK(link->last_status == MESH_E_STALE);
    host_send_raw(pair.a, 0x7777, "nobody", 6, 0);
    CHECK(host_last_status(pair.a) == MESH_E_STALE);
    pair_close(&pair);
}

static void what_cannot_be_sent_completes_with_a_reason(void) {
    struct pair pair = pair_open(NULL, 0);
    static const uint8_t bytes[65536];
    host_send_raw(pair.a, pair.from_a, bytes, 0, 0);
    CHECK(host_last_status(pair.a) == MESH_E_INVALID);
    host_send_raw(pair.a, pair.from_a, bytes, 65536, 0);
    CHECK(host_last_status(pair.a) == MESH_E_MTU);
    host_send_raw(pair.a, pair.from_a, bytes, 100, MESH_BUF_SEGMENTED);
    CHECK(host_last_status(pair.a) == MESH_E_INVALID);
    pair_close(&pair);
}

static void addresses_and_flags_are_checked(void) {
    host *host = host_start(&plugin, NULL, 0);
    const char *wrong[] = {"", "unix", "unix:", "unix:@", "unix:///", "unix://relative", "unix:/one", "tcp:///run/x",
                           "unix://host/path"};
    int32_t status;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        host_connect(host, wrong[i], MESH_DEADLINE_NONE, 0, &status);
        CHECK(status == MESH_E_ADDRESS);
        host_listen(host, wrong[i], -1, 0, &status);
        CHECK(status == MESH_E_ADDRESS);
    }
    char longest[256] = "unix:///";
    memset(longest + 8, 'x', 107);
    host_connect(host, longest, MESH_DEADLINE_NONE, 0, &status);
    CHECK(status == MESH_E_ADDRESS);
    longest[7 + 107] = 0;
    host_connect(host, longest, MESH_DEADLINE_NONE, 0, &status);
    CHECK(status == MESH_OK);
    host_connect(host, address, MESH_DEADLINE_NONE, 1, &status);
    CHECK(status == MESH_E_FLAG);
    host_listen(host, address, -1, 0x80000000u, &status);
    CHECK(status == MESH_E_FLAG);
    failures += host_finish(host, 1000);
}

static void a_dial_to_nothing_fails_and_says_where(void) {
    host *host = host_start(&plugin, NULL, 0);
    int32_t status;
    const uint64_t link = host_connect(host, address, MESH_DEADLINE_NONE, 0, &status);
    const host_event *event = host_last(host, MESH_EVENT_FAILED, link);
    CHECK(status == MESH_OK && event && event->code == MESH_E_UNREACHABLE && event->fclass == MESH_CLASS_TRANSIENT);
    CHECK(event && strstr(event->text, address) && strstr(event->text, "No such file"));
    const uint64_t none = host_connect(host, "unix:@mesh-test-nobody", MESH_DEADLINE_NONE, 0, &status);
    CHECK(host_last(host, MESH_EVENT_FAILED, none)->code == MESH_E_REFUSED);
    failures += host_finish(host, 1000);
}

static void a_full_backlog_waits_until_the_deadline(void) {
    host *host = host_start(&plugin, NULL, 0);
    const int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, address + 7);
    CHECK(bind(listener, (struct sockaddr *)&name, sizeof name) == 0 && listen(listener, 0) == 0);
    int32_t status;
    uint64_t first = host_connect(host, address, MESH_DEADLINE_NONE, 0, &status);
    CHECK(host_count(host, MESH_EVENT_UP, first) == 1);
    const uint64_t soon = host_table.now(host) + 30000000;
    const uint64_t late = host_connect(host, address, soon, 0, &status);
    const uint64_t waiting = host_connect(host, address, MESH_DEADLINE_NONE, 0, &status);
    struct mesh_host *all[] = {host};
    CHECK(host_run(all, 1, happened, &(struct wanted){host, late, 0, MESH_EVENT_FAILED}, 2000));
    CHECK(host_last(host, MESH_EVENT_FAILED, late)->code == MESH_E_TIMEOUT);
    const int taken = accept(listener, NULL, NULL);
    CHECK(host_run(all, 1, happened, &(struct wanted){host, waiting, 0, MESH_EVENT_UP}, 2000));
    close(taken);
    close(listener);
    unlink(address + 7);
    failures += host_finish(host, 1000);
}

static void the_socket_file_is_private_replaced_when_stale_and_removed(void) {
    struct stat file;
    const char *path = address + 7;
    const mesh_param mode = {.name = "mode", .value = {"0600"}, .type = MESH_TYPE_STRING, .len = 4};
    host *host = host_start(&plugin, NULL, 0), *other = host_start(&plugin, &mode, 1);
    int32_t status;
    umask(0);
    const uint64_t first = host_listen(host, address, -1, 0, &status);
    CHECK(strcmp(host_last(host, MESH_EVENT_LISTENING, first)->text, address) == 0);
    CHECK(stat(path, &file) == 0 && (file.st_mode & 07777) == 0660);
    const uint64_t second = host_listen(other, address, -1, 0, &status);
    CHECK(status == MESH_OK && host_last(other, MESH_EVENT_LISTEN_FAILED, second)->code == MESH_E_EXISTS);
    CHECK(host_api(host)->unlisten(host_context(host), first) == MESH_OK && stat(path, &file) != 0);
    CHECK(host_api(host)->unlisten(host_context(host), first) == MESH_E_STALE);

    const int dead = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, path);
    CHECK(bind(dead, (struct sockaddr *)&name, sizeof name) == 0);
    close(dead);
    const uint64_t third = host_listen(other, address, -1, 0, &status);
    CHECK(host_count(other, MESH_EVENT_LISTENING, third) == 1 && stat(path, &file) == 0);
    CHECK((file.st_mode & 07777) == 0600);
    CHECK(unlink(path) == 0);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    failures += host_finish(other, 1000);
    CHECK(stat(path, &file) == 0 && S_ISREG(file.st_mode));
    const uint64_t fourth = host_listen(host, address, -1, 0, &status);
    CHECK(host_count(host, MESH_EVENT_LISTEN_FAILED, fourth) == 1 && stat(path, &file) == 0);
    unlink(path);
    failures += host_finish(host, 1000);
}

static void a_descriptor_can_be_handed_over(void) {
    struct pair pair = {.a = host_start(&plugin, NULL, 0), .b = host_start(&plugin, NULL, 0)};
    int32_t status;
    pair.both[0] = pair.a;
    pair.both[1] = pair.b;
    const uint64_t bad = host_listen(pair.b, address, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0, &status);
    CHECK(status == MESH_OK && host_count(pair.b, MESH_EVENT_LISTEN_FAILED, bad) == 1);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, address + 7);
    CHECK(bind(fd, (struct sockaddr *)&name, sizeof name) == 0 && listen(fd, 8) == 0);
    pair.listener = host_listen(pair.b, address, fd, 0, &status);
    pair.from_a = host_connect(pair.a, address, MESH_DEADLINE_NONE, 0, &status);
    CHECK(host_run(pair.both, 2, linked, &pair, 2000));
    // While another holder listens the file stays; the last one to close it takes it away.
    const int other = dup(fd);
    CHECK(host_api(pair.b)->unlisten(host_context(pair.b), pair.listener) == MESH_OK);
    CHECK(access(address + 7, F_OK) == 0);
    host_listen(pair.b, address, other, 0, &status);
    pair_close(&pair);
    CHECK(access(address + 7, F_OK) != 0);
}

static void a_peer_that_dies_is_read_to_its_last_packet(void) {
    host *host = host_start(&plugin, NULL, 0);
    int32_t status;
    host_listen(host, address, -1, 0, &status);
    const pid_t child = fork();
    if (child == 0) {
        const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        strcpy(name.sun_path, address + 7);
        if (connect(fd, (struct sockaddr *)&name, sizeof name)) _exit(1);
        uint8_t bytes[100];
        for (uint64_t i = 0; i < 5; i++) {
            memset(bytes, (int)i, sizeof bytes);
            memcpy(bytes, &i, 8);
            if (send(fd, bytes, sizeof bytes, 0) != sizeof bytes) _exit(1);
        }
        pause();
        _exit(0);
    }
    struct mesh_host *all[] = {host};
    CHECK(host_run(all, 1, happened, &(struct wanted){host, 0, 0, MESH_EVENT_UP}, 2000));
    const uint64_t link = host_last_incoming(host);
    CHECK(host_run(all, 1, received, &(struct wanted){host, link, 5, 0}, 2000));
    host_send(host, link, 3, 1000, 1); // left unread: the kernel then reports a reset
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    host_send_raw(host, link, "gone", 4, 0);
    CHECK(host_last_status(host) == MESH_E_RESET);
    CHECK(host_run(all, 1, happened, &(struct wanted){host, link, 0, MESH_EVENT_DOWN}, 2000));
    const host_event *down = host_last(host, MESH_EVENT_DOWN, link);
    CHECK(down && down->code == MESH_E_RESET && down->fclass == MESH_CLASS_PEER);
    failures += host_finish(host, 1000);
}

static int dial_plain(void) {
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), size = 1 << 20;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, address + 7);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    CHECK(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    return fd;
}

static void a_packet_too_large_ends_the_link(void) {
    host *host = host_start(&plugin, NULL, 0);
    static const uint8_t bytes[70000];
    int32_t status;
    host_listen(host, address, -1, 0, &status);
    const int fd = dial_plain();
    struct mesh_host *all[] = {host};
    CHECK(send(fd, bytes, sizeof bytes, 0) == sizeof bytes);
    CHECK(host_run(all, 1, happened, &(struct wanted){host, 0, 0, MESH_EVENT_DOWN}, 2000));
    CHECK(host_last(host, MESH_EVENT_DOWN, 0)->code == MESH_E_PROTOCOL);
    close(fd);
    failures += host_finish(host, 1000);
}

static void refused_and_surplus_connections_are_closed(void) {
    const mesh_param one = {.name = "max_links", .value = {.integer = 1}, .type = MESH_TYPE_INT};
    host *host = host_start(&plugin, &one, 1);
    int32_t status;
    host_listen(host, address, -1, 0, &status);
    host_refuse_incoming(host, true);
    const int refused = dial_plain();
    host_turn(host, 5);
    char byte;
    CHECK(recv(refused, &byte, 1, MSG_DONTWAIT) == 0);
    close(refused);
    host_refuse_incoming(host, false);
    const int first = dial_plain(), second = dial_plain();
    host_turn(host, 5);
    host_turn(host, 5);
    CHECK(recv(first, &byte, 1, MSG_DONTWAIT) < 0 && recv(second, &byte, 1, MSG_DONTWAIT) == 0);
    host_connect(host, address, MESH_DEADLINE_NONE, 0, &status);
    CHECK(status == MESH_E_LIMIT);
    close(first);
    close(second);
    failures += host_finish(host, 1000);
}

static void an_empty_pool_only_delays(void) {
    struct pair pair = pair_open(NULL, 0);
    host_limit_buffers(pair.b, 0);
    const uint32_t sent = host_send(pair.a, pair.from_a, 200, 1200, 64);
    for (int i = 0; i < 50; i++) host_turn(pair.b, 1);
    CHECK(host_find(pair.b, pair.at_b)->received == 0);
    host_limit_buffers(pair.b, HOST_BUFFERS);
    CHECK(host_run(pair.both, 2, received, &(struct wanted){pair.b, pair.at_b, sent, 0}, 2000));
    pair_close(&pair);
}

static void stop_keeps_its_deadline_though_the_peer_reads_nothing(void) {
    struct pair pair = pair_open(NULL, 0);
    host_pause(pair.b, true);
    host_send(pair.a, pair.from_a, 60, 65535, 16);
    failures += host_finish(pair.a, 100);
    failures += host_finish(pair.b, 1000);
}

static void values_are_checked_and_changed_all_or_none(void) {
    const mesh_param wrong = {.name = "mode", .value = {"0888"}, .type = MESH_TYPE_STRING, .len = 4};
    CHECK(host_create(&plugin, &wrong, 1) == NULL);
    host *host = host_start(&plugin, NULL, 0);
    const mesh_param two[] = {{.name = "max_links", .value = {.integer = 1}, .type = MESH_TYPE_INT}, wrong};
    CHECK(host_api(host)->configure(host_context(host), two, 2) == MESH_OK);
    const host_event *event = host_last(host, MESH_EVENT_CONFIGURED, 0);
    CHECK(event && event->code == MESH_E_CONFIG && event->token == 1);
    CHECK(host_api(host)->configure(host_context(host), two, 1) == MESH_OK);
    event = host_last(host, MESH_EVENT_CONFIGURED, 0);
    CHECK(event && event->code == MESH_OK);
    failures += host_finish(host, 1000);
}

static void abstract_names_work(void) {
    char kept[sizeof address];
    strcpy(kept, address);
    snprintf(address, sizeof address, "unix:@mesh-test-%d", (int)getpid());
    packets_go_both_ways_in_order_and_unchanged();
    strcpy(address, kept);
}

int main(int argc, char **argv) {
    if (argc != 2 || !host_load(&plugin, argv[1])) return 2;
    strcpy(folder, "/tmp/mesh-unix-XXXXXX");
    if (!mkdtemp(folder)) return 2;
    snprintf(address, sizeof address, "unix://%s/socket", folder);
#define RUN(test) (failures = 0, test(), total += failures, printf("%s %s\n", failures ? "FAILED" : "ok    ", #test))
    unsigned total = 0;
    RUN(packets_go_both_ways_in_order_and_unchanged);
    RUN(a_full_socket_stalls_and_resumes);
    RUN(a_graceful_end_sends_what_was_accepted);
    RUN(an_abort_completes_the_queue_and_leaves_the_id_stale);
    RUN(what_cannot_be_sent_completes_with_a_reason);
    RUN(addresses_and_flags_are_checked);
    RUN(a_dial_to_nothing_fails_and_says_where);
    RUN(a_full_backlog_waits_until_the_deadline);
    RUN(the_socket_file_is_private_replaced_when_stale_and_removed);
    RUN(a_descriptor_can_be_handed_over);
    RUN(a_peer_that_dies_is_read_to_its_last_packet);
    RUN(a_packet_too_large_ends_the_link);
    RUN(refused_and_surplus_connections_are_closed);
    RUN(an_empty_pool_only_delays);
    RUN(stop_keeps_its_deadline_though_the_peer_reads_nothing);
    RUN(values_are_checked_and_changed_all_or_none);
    RUN(abstract_names_work);
    rmdir(folder);
    return total ? 1 : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a link of a plugin costs: two instances in one thread of this process, on the host of Tests/Conformance.
 *
 *   bench-plugin-link PLUGIN.so LISTEN-ADDRESS [LINKS]
 *
 * Prints packets of three sizes and bytes for each second of CPU of both ends, round trips, and with LINKS the memory that
 * so many idle links take. The host's own checks of every packet are in the figures. */
#define _GNU_SOURCE
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static host *both[2];
static unsigned wanted = 1;

static bool listening(void *context) {
    (void)context;
    return host_count(both[1], MESH_EVENT_LISTENING, 0) > 0;
}

static bool up(void *context) {
    (void)context;
    return host_count(both[0], MESH_EVENT_UP, 0) >= wanted && host_count(both[1], MESH_EVENT_UP, 0) >= wanted;
}

static double clock_of(clockid_t id) {
    struct timespec time;
    clock_gettime(id, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void turn(void) {
    host_turn(both[0], 0);
    host_turn(both[1], 0);
}

static void bulk(uint64_t out, uint64_t in, uint32_t size) {
    uint64_t packets = host_find(both[1], in)->received, bytes = host_find(both[1], in)->received_bytes;
    double start = clock_of(CLOCK_MONOTONIC), used = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    while (clock_of(CLOCK_MONOTONIC) - start < 2) {
        host_send(both[0], out, 64, size, 64);
        turn();
    }
    used = clock_of(CLOCK_PROCESS_CPUTIME_ID) - used;
    packets = host_find(both[1], in)->received - packets;
    bytes = host_find(both[1], in)->received_bytes - bytes;
    printf("{\"workload\":\"packets of %u\",\"MB for a CPU second\":%.0f,\"packets for a CPU second\":%.0f}\n", size,
           (double)bytes / used / 1e6, (double)packets / used);
    for (int i = 0; i < 5000; i++) turn();
}

static int compare(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static void pass(int from, uint64_t out, uint64_t in) {
    uint64_t wanted_packets = host_find(both[1 - from], in)->received + 1;
    host_send(both[from], out, 1, 100, 1);
    while (host_find(both[1 - from], in)->received < wanted_packets) {
        host_turn(both[from], 0);
        host_turn(both[1 - from], 0);
    }
}

static void ping(uint64_t out, uint64_t in) {
    static double samples[20000];
    size_t count = sizeof samples / sizeof *samples;
    for (size_t i = 0; i < count; i++) {
        double start = clock_of(CLOCK_MONOTONIC);
        pass(0, out, in);
        pass(1, in, out);
        samples[i] = clock_of(CLOCK_MONOTONIC) - start;
    }
    qsort(samples, count, sizeof *samples, compare);
    printf("{\"workload\":\"round trip\",\"p50 us\":%.1f,\"p99 us\":%.1f}\n", samples[count / 2] * 1e6,
           samples[count * 99 / 100] * 1e6);
}

static double resident(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1) abort();
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static int hold(const char *address, unsigned links) {
    double before = resident(), start = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    unsigned first = wanted;
    int32_t status;
    while (wanted < first + links) {
        for (int i = 0; i < 16 && wanted < first + links; i++, wanted++)
            host_connect(both[0], address, MESH_DEADLINE_NONE, 0, &status);
        if (!host_run(both, 2, up, NULL, 10000)) return 1;
    }
    double used = clock_of(CLOCK_PROCESS_CPUTIME_ID) - start;
    for (int i = 0; i < 300; i++) host_turn(both[0], 1), host_turn(both[1], 1);
    printf("{\"workload\":\"%u idle links\",\"KiB of one end\":%.1f,\"made for a CPU second\":%.0f}\n", links,
           (resident() - before) / links / 2, links / used);
    return 0;
}

static uint32_t settings(const host_plugin *plugin, mesh_param *params, uint32_t room) {
    static const char *const wanted_values[][2] = {{"ticket_burst", "1000000"}, {"max_links", "100000"},
                                                   {"max_visitors", "4096"},    {"fallback_minimum", "1m"},
                                                   {"fallback_maximum", "1m"}};
    uint32_t count = host_defaults(plugin, params, room);
    for (size_t k = 0; k < sizeof wanted_values / sizeof *wanted_values; k++)
        for (uint32_t i = 0; i < plugin->info.option_count; i++)
            for (uint32_t j = 0; j < count; j++)
                if (strcmp(plugin->info.options[i].name, wanted_values[k][0]) == 0 &&
                    strcmp(params[j].name, wanted_values[k][0]) == 0)
                    (void)host_param(&plugin->info.options[i], wanted_values[k][1], &params[j]);
    return count;
}

int main(int count, char **arguments) {
    host_plugin plugin;
    mesh_param params[64];
    char address[512];
    int32_t status;
    if (count < 3 || !host_load(&plugin, arguments[1])) return 2;
    uint32_t given = settings(&plugin, params, 64);
    for (int i = 0; i < 2; i++) both[i] = host_start(&plugin, params, given);
    for (int i = 0; i < 100; i++) turn();
    uint64_t listener = host_listen(both[1], arguments[2], -1, 0, &status);
    if (!host_run(both, 2, listening, NULL, 3000)) return 1;
    snprintf(address, sizeof address, "%s", host_last(both[1], MESH_EVENT_LISTENING, listener)->text);
    uint64_t out = host_connect(both[0], address, MESH_DEADLINE_NONE, 0, &status);
    if (!host_run(both, 2, up, NULL, 5000)) return 1;
    uint64_t in = host_last_incoming(both[1]);
    if (count > 3) return hold(address, (unsigned)strtoul(arguments[3], NULL, 10));
    bulk(out, in, plugin.info.caps.mtu < 65000 ? plugin.info.caps.mtu : 65000);
    bulk(out, in, 16000);
    bulk(out, in, 1024);
    ping(out, in);
    return 0;
}

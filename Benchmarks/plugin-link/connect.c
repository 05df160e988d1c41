/* SPDX-License-Identifier: Apache-2.0 */
/* How many links of a plugin come up in a second: two instances in two processes, on the host of Tests/Conformance.
 * Each link is dialled, is up at both ends, and is hung up; `connect` has one at a time, `connect-8` eight.
 *
 *   bench-link-connect [--json] [--seconds S] [--cpus A,B] [--workloads a,b] [--plugin FILE] [--scheme NAME]
 *
 * The contract is that of Benchmarks/README.md. Records of the plugin's store stay in memory, so no disk is in the figures. */
#define _GNU_SOURCE
#include "pool.h"

#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int32_t host_link_event(host *host, mesh_link_event *events, uint32_t n);

enum { AT_ONCE_MAX = 32 };

static double seconds = 1;
static int cpus[2] = {0, 1};
static const char *scheme;
static const char *const schemes[][2] = {{"htx", "htx-link"}, {"htx+tcp", "htx-tcp-link"}};

static uint64_t up[AT_ONCE_MAX];
static unsigned up_count, lost;

static double now(void) { return (double)host_clock() / 1e9; }

_Noreturn static void die(const char *why) {
    fprintf(stderr, "bench-link-connect: %s\n", why);
    _exit(1);
}

/* Forgets what has been told, so that lists stay short: links that have ended, and all events. */
static int32_t link_event(host *host, mesh_link_event *events, uint32_t n) {
    int32_t status = host_link_event(host, events, n);
    for (uint32_t i = 0; i < n; i++) {
        if (events[i].kind == MESH_EVENT_UP && up_count < AT_ONCE_MAX) up[up_count++] = events[i].link;
        if (events[i].kind == MESH_EVENT_FAILED) {
            fprintf(stderr, "%.*s\n", (int)events[i].data_len, (const char *)events[i].data.ptr);
            lost++;
        }
        host_link *link = host_find(host, events[i].link);
        if (link != NULL && link->state == HOST_LINK_GONE) link->state = HOST_LINK_FREE;
    }
    if (host->event_count > HOST_EVENTS / 2) host->event_count = 0;
    return status;
}

static void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm((unsigned)(seconds * 10) + 30);
}

/* The host's own turn counts in milliseconds: what is due earlier is waited for here, to the nanosecond. */
static void turn(host *host) {
    uint64_t clock = host_clock(), left = host->deadline > clock ? host->deadline - clock : 0;
    pool_collect(host);
    host_turn_within(host, left < 2000000 ? left : 2000000);
}

static host *start(const host_plugin *plugin) {
    static const char *const wanted[][2] = {{"ticket_burst", "1000000"}, {"tickets_per_hour", "1000000"},
                                            {"ticket_memory", "1000000"}, {"max_visitors", "4096"},
                                            {"fallback_minimum", "1m"},   {"fallback_maximum", "1m"}};
    mesh_param params[64];
    uint32_t count = host_defaults(plugin, params, 64);
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        for (uint32_t i = 0; i < plugin->info.option_count; i++)
            for (uint32_t j = 0; j < count; j++)
                if (strcmp(plugin->info.options[i].name, wanted[k][0]) == 0 && strcmp(params[j].name, wanted[k][0]) == 0)
                    (void)host_param(&plugin->info.options[i], wanted[k][1], &params[j]);
    host *made = host_start(plugin, params, count);
    if (made == NULL) die("no instance");
    pool_open(made, cpus[1]);
    for (int i = 0; i < 200; i++) host_turn(made, 0);
    return made;
}

static bool listening(void *context) { return host_count(context, MESH_EVENT_LISTENING, 0) > 0; }

static void serve(const host_plugin *plugin, int pipe) {
    char address[32];
    int32_t status;
    host *host = start(plugin);
    snprintf(address, sizeof address, "%s://127.0.0.1:0", scheme);
    uint64_t listener = host_listen(host, address, -1, 0, &status);
    if (!host_run(&host, 1, listening, host, 3000)) die("no listener");
    const char *text = host_last(host, MESH_EVENT_LISTENING, listener)->text;
    if (write(pipe, text, strlen(text) + 1) < 0) die("no pipe");
    for (;;) {
        turn(host);
        up_count = 0;
        if (host->store_count > 16) host->store_count = 0;
        if (host_faults(host) > 0) die(host_fault_text(host, 0));
    }
}

static void dial(const host_plugin *plugin, int pipe, unsigned at_once, const char *peer, const char *workload) {
    char address[512];
    int32_t status;
    uint64_t done = 0;
    host *host = start(plugin);
    if (read(pipe, address, sizeof address) <= 0) die("no address");
    double started = now(), clock = started;
    for (unsigned i = 0; i < at_once; i++) host_connect(host, address, MESH_DEADLINE_NONE, 0, &status);
    while (clock - started < seconds) {
        turn(host);
        if (lost > 0 || host_faults(host) > 0) die(lost > 0 ? "a link failed" : host_fault_text(host, 0));
        // All are hung up first: what a dial sends with it would acknowledge to those that are about to end.
        for (unsigned i = 0; i < up_count; i++) host->plugin->api.disconnect(host->ctx, up[i], MESH_DISCONNECT_ABORT);
        for (unsigned i = 0; i < up_count; i++) {
            host_connect(host, address, MESH_DEADLINE_NONE, 0, &status);
            if (status != MESH_OK) die("a link was not dialled");
        }
        done += up_count;
        if (up_count > 0) clock = now();
        up_count = 0;
    }
    printf("{\"peer\":\"%s\",\"workload\":\"%s\",\"value\":%.6g,\"unit\":\"connections/s\"}\n", peer, workload,
           (double)done / (clock - started));
    fflush(stdout);
}

static int run(const host_plugin *plugin, unsigned at_once, const char *peer, const char *workload) {
    int ends[2], state = 0;
    pid_t pids[2];
    if (pipe(ends) != 0) die("no pipe");
    for (int client = 0; client < 2; client++) {
        if ((pids[client] = fork()) != 0) continue;
        pin(cpus[!client]);
        if (client) dial(plugin, ends[0], at_once, peer, workload);
        else serve(plugin, ends[1]);
        _exit(0);
    }
    waitpid(pids[1], &state, 0);
    kill(pids[0], SIGKILL);
    waitpid(pids[0], NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return state != 0;
}

static bool wants(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, name, length) == 0 && (at[length] == 0 || at[length] == ',')) return true;
    }
    return list == NULL;
}

/* The plugin of the tree that this program was built in. */
static void beside(char *path, size_t room) {
    char own[2048];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length < 0) die("no name of its own");
    own[length] = 0;
    *strrchr(own, '/') = 0;
    snprintf(path, room, "%s/../plugins/mesh_htx.so", own);
}

int main(int count, char **arguments) {
    static const struct option options[] = {{"json", no_argument, 0, 'j'},        {"seconds", required_argument, 0, 's'},
                                            {"cpus", required_argument, 0, 'c'},  {"workloads", required_argument, 0, 'w'},
                                            {"plugin", required_argument, 0, 'p'}, {"scheme", required_argument, 0, 'm'},
                                            {0, 0, 0, 0}};
    const char *wanted = NULL, *only = NULL;
    char path[4096] = "";
    host_plugin plugin;
    int option, failed = 0;
    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        if (option == 's') seconds = atof(optarg);
        else if (option == 'c' && sscanf(optarg, "%d,%d", &cpus[0], &cpus[1]) == 2) continue;
        else if (option == 'w') wanted = optarg;
        else if (option == 'p') snprintf(path, sizeof path, "%s", optarg);
        else if (option == 'm') only = optarg;
        else if (option != 'j') die("[--json] [--seconds S] [--cpus A,B] [--workloads a,b] [--plugin FILE] [--scheme NAME]");
    }
    host_table.link_event = link_event;
    host_table.offload = pool_offload;
    if (path[0] == 0) beside(path, sizeof path);
    if (!host_load(&plugin, path)) return 2;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        scheme = schemes[i][0];
        if (only != NULL && strcmp(only, scheme) != 0) continue;
        if (wants(wanted, "connect")) failed |= run(&plugin, 1, schemes[i][1], "connect");
        if (wants(wanted, "connect-8")) failed |= run(&plugin, 8, schemes[i][1], "connect-8");
    }
    return failed;
}

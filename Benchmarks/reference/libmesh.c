// SPDX-License-Identifier: Apache-2.0
// libmesh with a node in each of the two processes, over the Unix plugin. Both sides wait in mesh_wait. With
// LIBMESH_REQUESTS set, what is answered goes as requests and replies instead of messages (streaming is left out). With
// LIBMESH_MESHD naming a meshd, each process is attached to a daemon of its own, on the same core: a side has one core in both homes.
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mesh/mesh.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 64, ASKED = 256 };
static const char *const protocol = "/benchmark/1";
static char folder[64];
static char names[2][MESH_NAME_SIZE];

struct node {
    mesh_handle *handle;
    uint64_t other;
    int server, requests;
    mesh_event events[BATCH];
    int count, next;
    uint64_t asked[ASKED]; // requests that wait for their answer, a ring
    unsigned asked_in, asked_out;
};

static void demand(const char *what, int32_t code) {
    if (code < 0) bench_die(what, mesh_last_error());
}

static pid_t daemons[2];
static const char *path_of(int number, const char *ending) {
    static char path[4][128];
    static unsigned next;
    char *text = path[next++ % 4];
    snprintf(text, sizeof path[0], "%s/%d.%s", folder, number, ending);
    return text;
}
static void await_file(const char *path) {
    for (int tries = 0; tries < 2000 && access(path, F_OK) < 0; tries++) usleep(2000);
}
static void configure(int number, char *text, size_t size) {
    const char *given = getenv("MESH_PLUGINS");
    char plugins[PATH_MAX]; // absolute: a daemon starts from the folder of its configuration
    if (!realpath(given ? given : "build/plugins", plugins)) bench_die("plugins", strerror(errno));
    snprintf(text, size,
             "node: { identity: %s/%d.key, state: %s/%d.state }\n"
             "plugins: { directories: [%s], trust: any }\n"
             "transport_priority: [unix]\n"
             "transports: { unix: { listen: ['unix://%s/%d.link'] } }\n"
             "control: { socket: %s/%d.sock, admin_socket: %s/%d.admin }\n"
             "peers: [{ id: %s, name: other, addresses: ['unix://%s/%d.link'] }]\n",
             folder, number, folder, number, plugins, folder, number, folder, number, folder, number, names[!number], folder, !number);
}
static void start_daemon(int number) {
    char text[PATH_MAX + 1024];
    configure(number, text, sizeof text);
    FILE *file = fopen(path_of(number, "yaml"), "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) bench_die("configuration", folder);
    daemons[number] = fork();
    if (daemons[number] == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bench_pin(number);
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        execl(getenv("LIBMESH_MESHD"), "meshd", "--config", path_of(number, "yaml"), (char *)NULL);
        _exit(1);
    }
    await_file(path_of(number, "sock"));
}
static void prepare(void) {
    strcpy(folder, "/tmp/bench-libmesh.XXXXXX");
    if (!mkdtemp(folder)) bench_die("mkdtemp", folder);
    for (int i = 0; i < 2; i++) {
        char path[128];
        uint8_t id[32];
        snprintf(path, sizeof path, "%s/%d.key", folder, i);
        demand("identity", mesh_identity_generate(path, id));
        demand("name", mesh_name_encode(id, names[i], sizeof names[i]));
    }
    for (int i = 1; i >= 0 && getenv("LIBMESH_MESHD"); i--) start_daemon(i);
}
static void finish(void) {
    char command[128];
    for (int i = 0; i < 2; i++) {
        if (daemons[i] > 0 && (kill(daemons[i], SIGKILL) || waitpid(daemons[i], NULL, 0) < 0)) bench_die("meshd", folder);
        daemons[i] = 0;
    }
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command)) bench_die("rm", folder);
}

static void *open_node(int server, size_t size) {
    (void)size;
    struct node *node = calloc(1, sizeof *node);
    char text[PATH_MAX + 1024];
    configure(server, text, sizeof text);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = daemons[server] ? MESH_HOME_DAEMON : MESH_HOME_PROCESS;
    if (daemons[server]) options.socket = path_of(server, "sock");
    else options.config_text = text;
    options.event_bytes = 16u << 20;
    demand("open", mesh_open(&options, &node->handle));
    demand("peer", mesh_peer_find(node->handle, "other", &node->other));
    demand("serve", mesh_serve(node->handle, protocol, NULL));
    node->server = server;
    node->requests = getenv("LIBMESH_REQUESTS") != NULL;
    // The other listens and serves before the first message: what nobody serves would be refused.
    if (server && close(open(path_of(1, "ready"), O_CREAT | O_WRONLY, 0600)) < 0) bench_die("ready", strerror(errno));
    if (!server) await_file(path_of(1, "ready"));
    return node;
}

static int fill(struct node *node) {
    node->count = mesh_events(node->handle, node->events, BATCH);
    demand("events", node->count);
    node->next = 0;
    for (int i = 0; i < node->count; i++)
        if (node->events[i].kind == MESH_ON_REQUEST_END && node->events[i].code != MESH_OK)
            bench_die("request", mesh_error_name(node->events[i].code));
    return node->count;
}
static int is_data(const mesh_event *event) {
    return event->kind == MESH_ON_MESSAGE || event->kind == MESH_ON_REQUEST || event->kind == MESH_ON_REPLY;
}
static int ready(void *n) {
    struct node *node = n;
    for (;;) {
        for (; node->next < node->count; node->next++)
            if (is_data(&node->events[node->next])) return 1;
        if (fill(node) == 0) return 0;
    }
}
static const void *receive(void *n, size_t *length) {
    struct node *node = n;
    while (!ready(node)) demand("wait", mesh_wait(node->handle, 20000));
    mesh_event *event = &node->events[node->next++];
    if (event->kind == MESH_ON_REQUEST) node->asked[node->asked_in++ % ASKED] = event->id;
    *length = event->len;
    return event->data;
}
static void send_message(void *n, const void *bytes, size_t length) {
    struct node *node = n;
    mesh_slice slice = {bytes, length};
    for (;;) {
        int32_t code;
        if (node->requests && !node->server)
            code = mesh_request(node->handle, node->other, protocol, &slice, 1, NULL, NULL);
        else if (node->asked_in != node->asked_out)
            code = mesh_reply(node->handle, node->asked[node->asked_out % ASKED], &slice, 1, 0);
        else
            code = mesh_send(node->handle, node->other, protocol, &slice, 1, NULL, NULL);
        if (code == MESH_OK) {
            if (node->asked_in != node->asked_out) node->asked_out++;
            return;
        }
        if (code != MESH_E_AGAIN) bench_die("send", mesh_last_error());
        // Events that were read and not used stay; mesh_wait would return at once while others lie there unread.
        if (!ready(node)) demand("wait", mesh_wait(node->handle, 1));
    }
}
static void flush(void *n) { (void)n; }

int main(int argc, char **argv) {
    static const struct peer libmesh = {"libmesh", prepare, open_node, send_message, flush, receive, ready, finish,
                                        NULL};
    // A request that is not answered stays: the workloads that only send have none.
    char *words[8] = {"", "--workloads", "round-trip,in-flight-64"};
    if (!getenv("LIBMESH_REQUESTS") || argc > 5) return bench_main(argc, argv, (const struct peer *const[]){&libmesh}, 1);
    for (int i = 1; i < argc; i++) words[2 + i] = argv[i];
    return bench_main(argc + 2, words, (const struct peer *const[]){&libmesh}, 1);
}

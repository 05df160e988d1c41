/* SPDX-License-Identifier: Apache-2.0
 * What only an attached handle sees: its daemon dies and another comes. */
#define _GNU_SOURCE
#include "suite.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t daemon_of(const char *name) {
    char path[600];
    int pid = 0;
    snprintf(path, sizeof path, "%s/%s.pid", suite_folder, name);
    FILE *file = fopen(path, "r");
    CHECK(file && fscanf(file, "%d", &pid) == 1);
    fclose(file);
    return (pid_t)pid;
}

static void start_daemon(const char *name) {
    char config[600], path[600], log[600];
    snprintf(config, sizeof config, "%s/%s.yaml", suite_folder, name);
    snprintf(path, sizeof path, "%s/%s.pid", suite_folder, name);
    snprintf(log, sizeof log, "%s/%s.log", suite_folder, name);
    pid_t pid = fork();
    if (pid == 0) {
        (void)!freopen(log, "a", stderr);
        execl(getenv("MESHD") ? getenv("MESHD") : "build/bin/meshd", "meshd", "--config", config, (char *)NULL);
        _exit(127);
    }
    FILE *file = fopen(path, "w");
    CHECK(file && fprintf(file, "%d\n", (int)pid) > 0 && fclose(file) == 0);
}

static void kill_daemon(const char *name) {
    pid_t pid = daemon_of(name);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Messages are sent before, while and after the sender's daemon is away; each arrives, streams and requests end. */
static void the_daemon_dies(void) {
    if (!suite_daemons) return;
    pair pair = pair_open();
    WORKS(mesh_serve(pair.b, "/test/death/1", NULL));
    WORKS(mesh_serve(pair.a, "/test/back/1", NULL));
    enum { EACH = 50 };
    uint32_t sent = 0;
    for (; sent < EACH; sent++) WORKS(send_bytes(pair.a, pair.to_b, "/test/death/1", &sent, 4, NULL, NULL));
    uint64_t stream, request;
    WORKS(mesh_stream_open(pair.a, pair.to_b, "/test/death/1", NULL, &stream));
    WORKS(mesh_request(pair.a, pair.to_b, "/test/death/1", NULL, 0, NULL, &request));
    (void)await(pair.b, pair.a, MESH_ON_REQUEST);
    kill_daemon("a");
    for (; sent < 2 * EACH; sent++) WORKS(send_bytes(pair.a, pair.to_b, "/test/death/1", &sent, 4, NULL, NULL));
    mesh_event event = await(pair.a, pair.b, MESH_ON_HOME);
    EQUAL(event.code, MESH_E_RESET);
    event = await(pair.a, pair.b, MESH_ON_STREAM_END);
    CHECK(event.id == stream && event.code == MESH_E_RESET);
    event = await(pair.a, pair.b, MESH_ON_REQUEST_END);
    CHECK(event.id == request && event.code == MESH_E_RESET);
    for (; sent < 3 * EACH; sent++) WORKS(send_bytes(pair.a, pair.to_b, "/test/death/1", &sent, 4, NULL, NULL));
    start_daemon("a");
    event = await(pair.a, pair.b, MESH_ON_HOME);
    EQUAL(event.code, MESH_OK);
    for (; sent < 4 * EACH; sent++) WORKS(send_bytes(pair.a, pair.to_b, "/test/death/1", &sent, 4, NULL, NULL));
    static uint8_t seen[4 * EACH];
    memset(seen, 0, sizeof seen);
    uint32_t distinct = 0;
    int64_t end = milliseconds() + 45000;
    /* await of the request has passed over the first messages, which therefore are not expected again */
    while (!seen[4 * EACH - 1] && milliseconds() < end) {
        mesh_event events[16];
        int32_t n = mesh_wait(pair.b, 20) == 1 ? (int32_t)WORKS(mesh_events(pair.b, events, 16)) : 0;
        for (int32_t i = 0; i < n; i++) {
            uint32_t number;
            if (events[i].kind != MESH_ON_MESSAGE) continue;
            memcpy(&number, events[i].data, 4);
            CHECK(number < 4 * EACH);
            distinct += !seen[number]++;
        }
        (void)!mesh_events(pair.a, events, 16);
    }
    for (uint32_t i = EACH; i < 4 * EACH; i++) CHECK(seen[i] >= 1);
    /* what is served is served at the new daemon too */
    WORKS(send_bytes(pair.b, pair.to_a, "/test/back/1", "back", 4, NULL, NULL));
    event = await(pair.a, pair.b, MESH_ON_MESSAGE);
    CHECK(event.len == 4);
    EQUAL(event.peer, pair.to_b);
    CHECK(distinct >= 3 * EACH);
    pair_close(&pair);
}

/* A socket of another user, who is neither root nor the service user, is not spoken to. */
static void a_foreign_socket(void) {
    if (!suite_daemons || geteuid() != 0) return;
    char path[640], config[2000], folder[600];
    snprintf(folder, sizeof folder, "%s/foreign", suite_folder);
    mkdir(folder, 0777);
    chmod(folder, 0777);
    chmod(suite_folder, 0755);
    snprintf(path, sizeof path, "%s/s.sock", folder);
    snprintf(config, sizeof config,
             "import socket, os, time; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.bind('%s'); "
             "os.chmod('%s', 0o666); s.listen(); time.sleep(90)",
             path, path);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("python3", "python3", "-c", config, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 2000 && access(path, F_OK) != 0; i++) usleep(20000);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_DAEMON;
    options.socket = path;
    mesh_handle *handle;
    int32_t code = MESH_OK;
    for (int i = 0; i < 2000; i++) {
        code = mesh_open(&options, &handle);
        if (code != MESH_E_NOTFOUND) break;
        usleep(20000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    EQUAL(code, MESH_E_PERMISSION);
    CHECK(handle == NULL);
}

/* A daemon that stands still takes some connections, then connect waits: mesh_open keeps its time all the same. */
static void a_full_socket(void) {
    struct sockaddr_un address = {AF_UNIX, {0}};
    CHECK(snprintf(address.sun_path, sizeof address.sun_path, "%.90s/full.sock", suite_folder) > 0);
    unlink(address.sun_path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), waiting[4];
    EQUAL(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    EQUAL(listen(listener, 0), 0);
    for (int i = 0; i < 4; i++) {
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(waiting[i], (struct sockaddr *)&address, sizeof address);
    }
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.home = MESH_HOME_DAEMON;
    options.socket = address.sun_path;
    options.call_timeout_ms = 200;
    mesh_handle *handle;
    EQUAL(mesh_open(&options, &handle), MESH_E_TIMEOUT);
    CHECK(handle == NULL);
    for (int i = 0; i < 4; i++) close(waiting[i]);
    close(listener);
    unlink(address.sun_path);
}

const test home_tests[] = {{"the daemon dies: what was accepted arrives, the rest ends", the_daemon_dies},
                           {"a daemon that takes no connections is not waited for without end", a_full_socket},
                           {"a socket of a foreign user is not trusted", a_foreign_socket},
                           {NULL, NULL}};

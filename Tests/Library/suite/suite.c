/* SPDX-License-Identifier: Apache-2.0
 * Runs the tests in order: `suite HOME FOLDER [WORD]`, HOME is process or daemon. WORD chooses tests by their name. */
#define _GNU_SOURCE
#include "suite.h"

#include <dirent.h>
#include <setjmp.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool suite_daemons;
char suite_folder[512];
static jmp_buf failed_test;

_Noreturn void suite_fail(const char *file, int line, const char *text) {
    printf("  %s:%d: %s\n", file, line, text);
    longjmp(failed_test, 1);
}

_Noreturn void suite_differ(const char *file, int line, const char *left, long long a, const char *right, long long b) {
    printf("  %s:%d: %s is %lld (%s), %s is %lld; last error: %s\n", file, line, left, a, mesh_error_name((int32_t)a),
           right, b, mesh_last_error());
    longjmp(failed_test, 1);
}

int64_t suite_works(const char *file, int line, const char *text, int64_t code) {
    if (code < 0) {
        printf("  %s:%d: %s: %s: %s\n", file, line, text, mesh_error_name((int32_t)code), mesh_last_error());
        longjmp(failed_test, 1);
    }
    return code;
}

int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int count_of(const char *what) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", what);
    DIR *folder = opendir(path);
    int count = -2; /* . and .. */
    while (readdir(folder)) count++;
    closedir(folder);
    return strcmp(what, "fd") == 0 ? count - 1 : count;
}

void pattern(uint8_t *data, size_t len, uint32_t seed) {
    for (size_t i = 0; i < len; i++) data[i] = (uint8_t)((i * 31u + seed * 7u + (i >> 8)) & 255u);
}

bool has_pattern(const uint8_t *data, size_t len, uint32_t seed) {
    for (size_t i = 0; i < len; i++)
        if (data[i] != (uint8_t)((i * 31u + seed * 7u + (i >> 8)) & 255u)) return false;
    return true;
}

int32_t send_bytes(mesh_handle *handle, uint64_t peer, const char *protocol, const void *data, size_t len,
                   const mesh_send_options *options, uint64_t *message) {
    mesh_slice slice = {data, len};
    return mesh_send(handle, peer, protocol, &slice, 1, options, message);
}

/* Handles that a failed test left open would keep the nodes' addresses. */
static mesh_handle *opened[64];
static unsigned opened_count;

static char node_name[2][MESH_NAME_SIZE];
static char config[4096], socket_path[600];

static void make_names(void) {
    for (int i = 0; i < 2; i++) {
        char path[600];
        uint8_t id[32];
        snprintf(path, sizeof path, "%s/%c.key", suite_folder, "ab"[i]);
        if (mesh_identity_load(path, id) != MESH_OK && mesh_identity_generate(path, id) != MESH_OK) {
            printf("%s: %s\n", path, mesh_last_error());
            exit(1);
        }
        if (mesh_name_encode(id, node_name[i], MESH_NAME_SIZE) != MESH_OK) exit(1);
    }
}

/* The configuration of a node: it listens at <name>.link and knows the other. */
static void configure(const char *name) {
    int me = name[0] == 'b', other = !me;
    snprintf(config, sizeof config,
             "node: { identity: %s/%s.key, state: %s/%s.state, stop_timeout: 1s }\n"
             "plugins: { directories: [%s], trust: any }\n"
             "transport_priority: [unix]\n"
             "transports: { unix: { listen: ['unix://%s/%s.link'] } }\n"
             "peers: [{ id: %s, name: %c, addresses: ['unix://%s/%c.link'] }]\n"
             "control: { socket: %s/%s.sock, admin_socket: %s/%s.admin }\n",
             suite_folder, name, suite_folder, name, getenv("MESH_PLUGINS"), suite_folder, name, node_name[other],
             "ab"[other], suite_folder, "ab"[other], suite_folder, name, suite_folder, name);
}

mesh_open_options node_options(const char *name) {
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.application = "suite";
    if (suite_daemons) {
        snprintf(socket_path, sizeof socket_path, "%s/%s.sock", suite_folder, name);
        options.home = MESH_HOME_DAEMON;
        options.socket = socket_path;
    } else {
        configure(name);
        options.config_text = config;
    }
    return options;
}

mesh_handle *node_open(const char *name, uint32_t event_bytes) {
    mesh_open_options options = node_options(name);
    options.event_bytes = event_bytes;
    mesh_handle *handle;
    WORKS(mesh_open(&options, &handle));
    opened[opened_count++ % 64] = handle;
    return handle;
}

void pair_open_with(pair *pair, uint32_t event_bytes) {
    memset(pair, 0, sizeof *pair);
    pair->b = node_open("b", event_bytes);
    pair->a = node_open("a", event_bytes);
    WORKS(mesh_peer_find(pair->a, "b", &pair->to_b));
    WORKS(mesh_peer_find(pair->b, "a", &pair->to_a));
}

pair pair_open(void) {
    pair made;
    pair_open_with(&made, 0);
    return made;
}

void pair_close(pair *pair) {
    WORKS(mesh_close(pair->a, 0) == MESH_E_EXPIRED ? MESH_OK : MESH_OK);
    (void)mesh_close(pair->b, 0);
}

mesh_event await(mesh_handle *handle, mesh_handle *other, uint32_t kind) {
    int64_t end = milliseconds() + 45000;
    (void)other;
    for (;;) {
        mesh_event event;
        int64_t code = WORKS(mesh_events(handle, &event, 1));
        if (code == 1 && event.kind == kind) return event;
        if (code == 0) {
            if (milliseconds() > end) {
                printf("  no event of kind %u came\n", kind);
                suite_fail(__FILE__, __LINE__, "an event");
            }
            WORKS(mesh_wait(handle, 50));
        }
    }
}

void settle(mesh_handle *a, mesh_handle *b, int time) {
    int64_t end = milliseconds() + time;
    while (milliseconds() < end) {
        WORKS(mesh_wait(a, 5) >= 0 ? 0 : -1);
        WORKS(mesh_wait(b, 5) >= 0 ? 0 : -1);
    }
}

int main(int count, char **words) {
    if (count < 3) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    suite_daemons = strcmp(words[1], "daemon") == 0;
    snprintf(suite_folder, sizeof suite_folder, "%s", words[2]);
    make_names();
    if (strcmp(words[1], "configure") == 0) { /* writes the configurations of two daemons */
        for (int i = 0; i < 2; i++) {
            char path[600], name[2] = {"ab"[i], 0};
            snprintf(path, sizeof path, "%s/%s.yaml", suite_folder, name);
            configure(name);
            FILE *file = fopen(path, "w");
            if (!file || fputs(config, file) < 0 || fclose(file)) return 1;
        }
        return 0;
    }
    const test *const groups[] = {message_tests, stream_tests, request_tests, hostile_tests, call_tests, home_tests};
    volatile int passed = 0, failed = 0;
    for (volatile size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const test *volatile one = groups[g]; one->name; one++) {
            if (count > 3 && !strstr(one->name, words[3])) continue;
            int64_t start = milliseconds();
            if (setjmp(failed_test)) {
                printf("FAILED  %s\n", one->name);
                failed++;
                for (unsigned i = 0; i < 64; i++)
                    if (opened[i]) (void)mesh_close(opened[i], 0);
            } else {
                alarm(120);
                memset(opened, 0, sizeof opened);
                one->body();
                printf("ok      %s (%lld ms)\n", one->name, (long long)(milliseconds() - start));
                passed++;
            }
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

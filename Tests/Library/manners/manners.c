/* SPDX-License-Identifier: Apache-2.0
 * How libmesh behaves as a guest in a process: `manners FOLDER CYCLES`. Each test runs in a process of its own. */
#define _GNU_SOURCE
#include <mesh/mesh.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            dprintf(report, "  %s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, mesh_last_error()); \
            _exit(1);                                                                        \
        }                                                                                    \
    } while (0)

static int report;
static const char *folder;
static int cycles;
extern char **environ;

/* With `all`, every plugin that is shipped. */
static void configure(char *text, size_t size, const char *name, bool all) {
    int used = snprintf(text, size,
                        "node: { identity: %s/%s.key, state: %s/%s.state }\n"
                        "plugins: { directories: [%s], trust: any }\n"
                        "transport_priority: [%s]\n"
                        "transports:\n  unix: { listen: ['unix://%s/%s.link'] }\n",
                        folder, name, folder, name, getenv("MESH_PLUGINS"), all ? "websocket, htx, unix, dtn" : "unix",
                        folder, name);
    if (all)
        snprintf(text + used, size - (size_t)used,
                 "  websocket: { listen: ['ws://127.0.0.1:0/mesh'] }\n  dtn: { store: %s/%s.bundles }\n", folder, name);
}

/* Plugins that read files start on a thread of their own: all of them are to run. */
static void await_transports(mesh_handle *handle, int wanted) {
    for (int running = 0; running < wanted;) {
        mesh_event events[16];
        CHECK(mesh_wait(handle, 10000) == 1);
        int32_t n = mesh_events(handle, events, 16);
        for (int32_t i = 0; i < n; i++) running += events[i].kind == MESH_ON_TRANSPORT && events[i].code == MESH_OK;
    }
}

static int shipped(void) {
    DIR *entries = opendir(getenv("MESH_PLUGINS"));
    CHECK(entries);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(entries));) count += strstr(entry->d_name, ".so") != NULL;
    closedir(entries);
    return count;
}

static mesh_handle *open_node(const char *name, bool all) {
    char text[2048];
    configure(text, sizeof text, name, all);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.config_text = text;
    mesh_handle *handle;
    CHECK(mesh_open(&options, &handle) == MESH_OK);
    if (all) await_transports(handle, shipped());
    return handle;
}

static void work(mesh_handle *handle) {
    mesh_event events[16];
    for (int i = 0; i < 5; i++) {
        CHECK(mesh_wait(handle, 5) >= 0);
        CHECK(mesh_events(handle, events, 16) >= 0);
    }
}

static int count_of(const char *path) {
    DIR *entries = opendir(path);
    int count = -2;
    while (readdir(entries)) count++;
    closedir(entries);
    return count;
}

typedef struct disposition {
    void (*handler)(int);
    int flags;
    uint64_t mask;
} disposition;

/* The mask's first 64 bits are the kernel's; the C library leaves the others as they were. */
static void take_signals(disposition all[64], uint64_t *mask) {
    memset(all, 0, 64 * sizeof *all);
    for (int number = 1; number < 64; number++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        if (sigaction(number, NULL, &action)) continue;
        all[number].handler = action.sa_handler;
        all[number].flags = action.sa_flags;
        memcpy(&all[number].mask, &action.sa_mask, 8);
    }
    sigset_t set;
    sigemptyset(&set);
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    memcpy(mask, &set, 8);
}

static void signals_are_left_alone(void) {
    static disposition before[64], after[64];
    uint64_t mask_before, mask_after;
    take_signals(before, &mask_before);
    mesh_handle *handle = open_node("a", true);
    work(handle);
    take_signals(after, &mask_after);
    CHECK(memcmp(before, after, sizeof before) == 0);
    CHECK(mask_before == mask_after);
    CHECK(mesh_close(handle, 0) == MESH_OK);
    take_signals(after, &mask_after);
    CHECK(memcmp(before, after, sizeof before) == 0);
    CHECK(mask_before == mask_after);
}

/* With the default disposition a write to a closed socket without MSG_NOSIGNAL would end this process. */
static void closed_sockets_do_no_harm(void) {
    signal(SIGPIPE, SIG_DFL);
    mesh_handle *handle = open_node("a", true);
    for (int i = 0; i < 20; i++) {
        int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
        struct {
            sa_family_t family;
            char path[108];
        } address = {AF_UNIX, {0}};
        CHECK(snprintf(address.path, sizeof address.path, "%s/a.link", folder) < (int)sizeof address.path);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) (void)!write(fd, "nonsense", 8);
        close(fd);
        work(handle);
    }
    CHECK(mesh_close(handle, 0) == MESH_OK);
}

static void nothing_is_printed(void) {
    int pipes[2];
    CHECK(pipe2(pipes, O_NONBLOCK) == 0);
    dup2(pipes[1], 1);
    dup2(pipes[1], 2);
    mesh_handle *handle = open_node("a", true);
    work(handle);
    mesh_open_options bad;
    mesh_open_options_default(&bad);
    bad.config_text = "nonsense: [";
    mesh_handle *none;
    CHECK(mesh_open(&bad, &none) == MESH_E_CONFIG);
    CHECK(mesh_close(handle, 100) == MESH_OK);
    char byte;
    CHECK(read(pipes[0], &byte, 1) < 0);
}

static void the_environment_stays(void) {
    size_t n = 0, bytes = 0;
    for (char **entry = environ; *entry; entry++) n++, bytes += strlen(*entry);
    char **place = environ;
    mesh_handle *handle = open_node("a", true);
    work(handle);
    CHECK(mesh_close(handle, 0) == MESH_OK);
    CHECK(environ == place);
    for (char **entry = environ; *entry; entry++) n--, bytes -= strlen(*entry);
    CHECK(n == 0 && bytes == 0);
}

/* A thread that was joined may be listed for a moment more: waits until there are no more than so many. */
static int tasks_become(int most) {
    struct timespec pause = {0, 1000000};
    int count = count_of("/proc/self/task");
    for (int i = 0; i < 30000 && count > most; i++) {
        nanosleep(&pause, NULL);
        count = count_of("/proc/self/task");
    }
    return count;
}

/* A signal for the process is for a thread of the application. */
static void signals_are_blocked_elsewhere(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGUSR1, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD, SIGPROF, SIGIO};
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks));) {
        char path[300], line[256];
        unsigned long long blocked = ~0ull; /* stays when the thread ends before it is read */
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid()) continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file && errno == ENOENT) continue; /* it has ended meanwhile */
        CHECK(file);
        while (fgets(line, sizeof line, file)) sscanf(line, "SigBlk: %llx", &blocked);
        fclose(file);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) CHECK(blocked >> (numbers[i] - 1) & 1);
    }
    closedir(tasks);
}

static void threads_are_as_documented(void) {
    CHECK(count_of("/proc/self/task") == 1);
    mesh_handle *a = open_node("a", true);
    work(a);
    int one = tasks_become(5);
    CHECK(one >= 2 && one <= 5);
    signals_are_blocked_elsewhere();
    mesh_handle *b = open_node("b", false);
    work(b);
    CHECK(tasks_become(one + 3) <= one + 3);
    CHECK(mesh_close(a, 0) == MESH_OK);
    CHECK(mesh_close(b, 0) == MESH_OK);
    CHECK(tasks_become(1) == 1);
}

static void two_handles_are_two_nodes(void) {
    mesh_handle *a = open_node("a", false), *b = open_node("b", false);
    uint8_t first[32], second[32];
    CHECK(mesh_id(a, first) == MESH_OK && mesh_id(b, second) == MESH_OK);
    CHECK(memcmp(first, second, 32) != 0);
    char line[4096];
    uint64_t peer;
    CHECK(mesh_invite(b, line, sizeof line, NULL) == MESH_OK);
    CHECK(mesh_peer_add(a, line, "b", &peer) == MESH_OK);
    CHECK(mesh_close(a, 0) == MESH_OK);
    CHECK(mesh_id(b, second) == MESH_OK);
    work(b);
    CHECK(mesh_close(b, 0) == MESH_OK);
}

static void a_child_is_told(void) {
    mesh_handle *handle = open_node("a", false);
    pid_t child = fork();
    if (child == 0) {
        mesh_event event;
        uint64_t number;
        CHECK(mesh_events(handle, &event, 1) == MESH_E_FORKED);
        CHECK(mesh_wait(handle, 0) == MESH_E_FORKED);
        CHECK(mesh_wake(handle) == MESH_E_FORKED);
        CHECK(mesh_fd(handle) == MESH_E_FORKED);
        CHECK(mesh_peer_find(handle, "b", &number) == MESH_E_FORKED);
        CHECK(mesh_close(handle, 0) == MESH_E_FORKED);
        mesh_open_options options;
        mesh_open_options_default(&options);
        options.config_text = "transport_priority: [unix]\n";
        CHECK(mesh_open(&options, &handle) == MESH_E_FORKED && handle == NULL);
        CHECK(strstr(mesh_last_error(), "fork"));
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    work(handle);
    CHECK(mesh_close(handle, 0) == MESH_OK);
    /* Nothing is open: a child may begin anew, as a daemon does that forks before it works. */
    child = fork();
    if (child == 0) {
        mesh_handle *own = open_node("b", false);
        work(own);
        CHECK(mesh_close(own, 0) == MESH_OK);
        _exit(0);
    }
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A node that cannot start leaves its folder to the next one, and no descriptor open. */
static void a_failed_open_leaves_nothing(void) {
    CHECK(mesh_close(open_node("a", false), 0) == MESH_OK);
    int descriptors = count_of("/proc/self/fd");
    char text[2048];
    configure(text, sizeof text, "a", false);
    strcpy(strstr(text, "{ listen"), "{ no_such_key: 1 }\n");
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.config_text = text;
    mesh_handle *handle;
    for (int i = 0; i < 3; i++) {
        CHECK(mesh_open(&options, &handle) == MESH_E_CONFIG && handle == NULL);
        CHECK(strstr(mesh_last_error(), "no_such_key"));
    }
    CHECK(count_of("/proc/self/fd") == descriptors);
    mesh_handle *first = open_node("a", false);
    descriptors = count_of("/proc/self/fd");
    configure(text, sizeof text, "a", false);
    for (int i = 0; i < 3; i++) {
        CHECK(mesh_open(&options, &handle) == MESH_E_CONFIG);
        CHECK(strstr(mesh_last_error(), "another node runs"));
    }
    CHECK(count_of("/proc/self/fd") == descriptors);
    CHECK(mesh_close(first, 0) == MESH_OK);
}

/* A child that lives on without exec does not keep the folder when its parent has died. */
static void a_child_keeps_no_folder(void) {
    int news[2], life[2];
    CHECK(pipe(news) == 0 && pipe(life) == 0);
    pid_t parent = fork();
    if (parent == 0) {
        mesh_handle *handle = open_node("a", false);
        pid_t child = fork();
        if (child == 0) {
            char byte;
            close(life[1]);
            (void)!read(life[0], &byte, 1);
            _exit(0);
        }
        work(handle);
        /* The child's end does not unlock what is its parent's. */
        pid_t brief = fork();
        if (brief == 0) _exit(0);
        waitpid(brief, NULL, 0);
        CHECK(write(news[1], "1", 1) == 1);
        alarm(60);
        pause();
    }
    char byte;
    CHECK(read(news[0], &byte, 1) == 1);
    char text[2048];
    configure(text, sizeof text, "a", false);
    mesh_open_options options;
    mesh_open_options_default(&options);
    options.config_text = text;
    mesh_handle *handle;
    CHECK(mesh_open(&options, &handle) == MESH_E_CONFIG && strstr(mesh_last_error(), "another node runs"));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    CHECK(mesh_close(open_node("a", false), 0) == MESH_OK);
    close(life[1]);
}

static void unloading_is_refused(void) {
    void *library = dlopen("libmesh.so.1", RTLD_NOW | RTLD_NOLOAD);
    CHECK(library);
    mesh_handle *handle = open_node("a", true);
    CHECK(mesh_close(handle, 0) == MESH_OK);
    const char *text = mesh_version_text();
    for (int i = 0; i < 10; i++) dlclose(library);
    CHECK(dlopen("libmesh.so.1", RTLD_NOW | RTLD_NOLOAD) == library);
    CHECK(strcmp(text, "1.0.0") == 0);
}

static long resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0, all = 0;
    if (fscanf(file, "%ld %ld", &all, &pages) != 2) pages = 0;
    fclose(file);
    return pages * 4;
}

/* Memory must not grow with the number of cycles: what ten per cent of them add would show in the rest. */
static void cycles_leave_nothing(void) {
    for (int i = 0; i < cycles / 10 + 20; i++) CHECK(mesh_close(open_node("a", false), 0) == MESH_OK);
    malloc_trim(0);
    int descriptors = count_of("/proc/self/fd"), threads = tasks_become(1);
    long before = resident();
    for (int i = 0; i < cycles; i++) CHECK(mesh_close(open_node("a", false), 0) == MESH_OK);
    malloc_trim(0);
    CHECK(count_of("/proc/self/fd") == descriptors);
    CHECK(threads == 1 && tasks_become(1) == 1);
    long grown = resident() - before;
    dprintf(report, "  %d cycles: %ld KiB more resident, of %ld\n", cycles, grown, before);
    CHECK(grown < 1024 + cycles / 10);
}

typedef struct test {
    const char *name;
    void (*body)(void);
} test;
static const test tests[] = {{"signals are left alone, also with every plugin loaded", signals_are_left_alone},
                             {"closed sockets raise no signal", closed_sockets_do_no_harm},
                             {"nothing is printed", nothing_is_printed},
                             {"the environment stays as it is", the_environment_stays},
                             {"threads are as documented, and gone after the close", threads_are_as_documented},
                             {"two handles are two nodes", two_handles_are_two_nodes},
                             {"the child of a fork is told so", a_child_is_told},
                             {"a failed open leaves nothing behind", a_failed_open_leaves_nothing},
                             {"a child keeps no folder", a_child_keeps_no_folder},
                             {"unloading is refused", unloading_is_refused},
                             {"opening and closing leaves nothing behind", cycles_leave_nothing}};

int main(int count, char **words) {
    if (count < 3) return 2;
    folder = words[1];
    cycles = atoi(words[2]);
    report = fcntl(1, F_DUPFD_CLOEXEC, 100);
    int passed = 0, failed = 0;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (count > 3 && !strstr(tests[i].name, words[3])) continue;
        pid_t child = fork();
        if (child == 0) {
            alarm((unsigned)(120 + cycles / 5));
            tests[i].body();
            _exit(0);
        }
        int status;
        waitpid(child, &status, 0);
        bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (!good && WIFSIGNALED(status)) dprintf(report, "  signal %d\n", WTERMSIG(status));
        dprintf(report, "%s %s\n", good ? "ok     " : "FAILED ", tests[i].name);
        good ? passed++ : failed++;
    }
    dprintf(report, "%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

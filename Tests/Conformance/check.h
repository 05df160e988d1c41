// SPDX-License-Identifier: Apache-2.0
// What the cases of mesh-plugin-check share.
#ifndef MESH_PLUGIN_CHECK_H
#define MESH_PLUGIN_CHECK_H

#include "host.h"

#define CHECK_SETTINGS 32u

// What every case starts from; a case runs in a process of its own.
struct check {
    const char *path;      // of the plugin
    const char *listen;    // an address to listen on, or NULL: then cases with links are skipped
    host_plugin plugin;    // loaded, unless the case is about the file
    char *settings[CHECK_SETTINGS]; // KEY=VALUE, from the command line
    unsigned setting_count;
    const mesh_param *params;
    uint32_t param_count;
};

struct check_case {
    const char *name;      // what holds, words joined by underscores
    const char *rule;      // requirement
    void (*run)(struct check *check);
    bool unloaded;         // wants no host_load before it
};

extern const struct check_case check_file_cases[], check_table_cases[], check_link_cases[], check_stream_cases[]; // a NULL name ends each

// Ends the case: fail with a sentence, or skip with a reason.
__attribute__((format(printf, 1, 2), noreturn)) void check_fail(const char *format, ...);
__attribute__((noreturn)) void check_skip(const char *reason);
void check_finish(host *host); // host_finish, failing on faults
unsigned check_descriptors(void);
host *check_start(struct check *check);

// Two instances and a link between them.
struct talk {
    host *dialer, *server, *both[2];
    uint64_t listener, out, in;
    char address[256];
};
struct talk check_open_talk(struct check *check);
void check_close_talk(struct talk *talk);

#define EXPECT(condition, ...) \
    do {                       \
        if (!(condition)) check_fail(__VA_ARGS__); \
    } while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads mesh_websocket.so into a plain C program and checks what a host relies on: one exported name, no changed
 * signal disposition, a description that agrees with the note's id. Usage: load path/to/libmesh_websocket.so */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <mesh/mesh_plugin.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void check(int condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "failed: %s\n", what);
    failures++;
}

struct disposition {
    void (*handler)(int);
    int flags;
};

static void dispositions(struct disposition *all) {
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) != 0) continue;
        all[signal].handler = action.sa_handler;
        all[signal].flags = action.sa_flags;
    }
}

int main(int argc, char **argv) {
    static struct disposition before[NSIG], after[NSIG];
    if (argc != 2) return 2;
    dispositions(before);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    mesh_plugin_entry_v1_fn entry = (mesh_plugin_entry_v1_fn)(intptr_t)dlsym(library, "mesh_plugin_entry_v1");
    check(entry != NULL, "the entry is exported");
    if (!entry) return 1;
    mesh_host_api host;
    memset(&host, 0, sizeof host);
    host.size = sizeof host;
    mesh_plugin_api plugin;
    memset(&plugin, 0, sizeof plugin);
    plugin.size = sizeof plugin;
    check(entry(NULL, &plugin) == MESH_E_INVALID, "an entry without a host is refused");
    check(entry(&host, &plugin) == MESH_OK, "the entry answers");
    check(plugin.size == sizeof plugin && plugin.abi_minor == MESH_PLUGIN_ABI_MINOR, "sizes and minor");
    mesh_plugin_info info;
    memset(&info, 0, sizeof info);
    info.size = sizeof info;
    check(plugin.describe(&info) == MESH_OK, "describe answers");
    check(info.id && strcmp(info.id, "websocket") == 0, "the id");
    check(info.scheme_count == 2 && strcmp(info.schemes[1], "wss") == 0, "the schemes");
    for (uint32_t i = 0; i < info.option_count; i++)
        check(info.options[i].name && info.options[i].help && info.options[i].type, "an option is complete");
    void *context = &host;
    mesh_create_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    check(plugin.create((mesh_host *)&host, &options, &context) != MESH_OK && !context,
          "a host without functions is refused");
    dispositions(after);
    check(memcmp(before, after, sizeof before) == 0, "no signal disposition has changed");
    return failures != 0;
}

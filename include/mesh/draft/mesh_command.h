/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_command.h: draft "mesh.command/1". Commands of a plugin for the person at the terminal: name and arguments
 * in, bytes out, as in `meshctl bundle list`.
 */
#ifndef MESH_DRAFT_COMMAND_H
#define MESH_DRAFT_COMMAND_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_COMMAND_NAME "mesh.command/1"
#define MESH_COMMAND_ARGUMENTS_MAX 32u

typedef struct mesh_command {
    uint32_t size;
    uint32_t flags;         /* MESH_COMMAND_* */
    const char *name;       /* lower case and hyphen */
    const char *arguments;  /* as in a usage line, "" for none */
    const char *help;       /* one sentence */
} mesh_command;

#define MESH_COMMAND_CHANGES 0x1u /* not for people who may only look */

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_command_plugin {
    uint32_t size;
    uint32_t reserved;

    /* The command with that index, or NULL after the last.
     * Thread: any. State: {loaded}. Owns: static. Blocks: no. Errors: none. */
    const mesh_command *(*describe)(uint32_t index);

    /* Starts a command; output comes with `write`, the end with `done`, both with `token`.
     * Thread: loop. State: {running}. Owns: lent; arguments are zero-terminated UTF-8. Blocks: no.
     * Errors: NOTFOUND, INVALID (arguments), BUSY. */
    int32_t (*run)(void *ctx, uint64_t token, const char *name, const char *const *arguments, uint32_t count);

    /* The person has gone: end soon.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE. */
    int32_t (*cancel)(void *ctx, uint64_t token);
} mesh_command_plugin;

/* Offered by the host. */
typedef struct mesh_command_host {
    uint32_t size;
    uint32_t reserved;

    /* UTF-8 for the person.
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no. Errors: STALE, AGAIN (next turn). */
    int32_t (*write)(mesh_host *host, uint64_t token, const void *bytes, uint32_t len);

    /* Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE. */
    int32_t (*done)(mesh_host *host, uint64_t token, int32_t status);
} mesh_command_host;

#ifdef __cplusplus
}
#endif

#endif

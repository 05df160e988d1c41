/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_command.h: extension "mesh.command/1". Commands of a plugin for the person at the terminal: name and arguments
 * in, bytes out, as in `meshctl bundle list`. meshctl asks the daemon which there are when it is run; a command needs
 * nothing but its description to have help, and to be found.
 */
#ifndef MESH_COMMAND_H
#define MESH_COMMAND_H

#include <mesh/mesh_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MESH_COMMAND_NAME "mesh.command/1"
#define MESH_COMMAND_ARGUMENTS_MAX 32u /* arguments of a call */
#define MESH_COMMAND_ARGUMENT_MAX 4096u /* bytes of one argument */
#define MESH_COMMAND_COUNT_MAX 64u     /* commands of a plugin */
#define MESH_COMMAND_WRITE_MAX 65536u  /* bytes of one write */
#define MESH_COMMAND_RUNNING_MAX 16u   /* calls under way in an instance */

#define MESH_COMMAND_CHANGES 0x1u /* not for people who may only look */

/* One command. All text is static and UTF-8. It is typed `meshctl <group> <name> <arguments>`. */
typedef struct mesh_command {
    uint32_t size;
    uint32_t flags;         /* MESH_COMMAND_CHANGES or 0; others are ignored */
    const char *group;      /* lower case, digits and hyphen, at most 32 bytes; NULL is the plugin's id */
    const char *name;       /* the same characters */
    const char *arguments;  /* as in a usage line, "FILE [NAME...]", "" for none; at most 256 bytes */
    const char *help;       /* one sentence without a full stop, at most 256 bytes */
} mesh_command;

#define MESH_COMMAND_JSON 0x1u /* what is written is lines of JSON, one for each result */

/* One call. */
typedef struct mesh_command_call {
    uint32_t size;
    uint32_t flags;                /* MESH_COMMAND_JSON or 0; others are ignored */
    uint64_t token;                /* for write, done and cancel */
    const char *group;             /* of the command, never NULL */
    const char *name;              /* of the command */
    const char *const *arguments;  /* zero-terminated UTF-8 */
    uint32_t count;                /* of arguments; nobody has compared it with the usage line */
    uint32_t reserved;             /* zero */
} mesh_command_call;

/* Offered by the plugin. `ctx` is what create returned. */
typedef struct mesh_command_plugin {
    uint32_t size;
    uint32_t reserved; /* zero */

    /* The command with that index, or NULL after the last; the same for the life of the process.
     * Thread: any. State: {loaded}. Owns: static. Blocks: no. Errors: none. */
    const mesh_command *(*describe)(uint32_t index);

    /* Starts a command; output comes with `write`, the end with `done`, both with the call's token and from now on,
     * also from within this call. After an error neither may come.
     * Thread: loop. State: {running}. Owns: lent. Blocks: no. Errors: NOTFOUND, INVALID (arguments), BUSY. */
    int32_t (*run)(void *ctx, const mesh_command_call *call);

    /* The person has gone: the token is spent, and nothing is written to it any more. Optional.
     * Thread: loop. State: {running}. Owns: nothing. Blocks: no. Errors: STALE. */
    int32_t (*cancel)(void *ctx, uint64_t token);
} mesh_command_plugin;

/* Offered by the host. */
typedef struct mesh_command_host {
    uint32_t size;
    uint32_t reserved; /* zero */

    /* Bytes for the person, UTF-8 text unless the command is there to give out other bytes.
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no.
     * Errors: STALE, INVALID (over MESH_COMMAND_WRITE_MAX), AGAIN (the person reads slowly: try in 10 ms). */
    int32_t (*write)(mesh_host *host, uint64_t token, const void *bytes, uint32_t len);

    /* The end. `status` is MESH_OK, or an error with a sentence for the person, which may be empty and is cut at 1,024
     * bytes.
     * Thread: loop. State: {running}. Owns: lent, copied. Blocks: no. Errors: STALE. */
    int32_t (*done)(mesh_host *host, uint64_t token, int32_t status, const char *sentence, uint32_t len);
} mesh_command_host;

#ifdef __cplusplus
}
#endif

#endif

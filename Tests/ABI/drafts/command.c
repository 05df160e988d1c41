// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/draft/mesh_command.h>

static const mesh_command *command_at(uint32_t index) {
    static const mesh_command echo = {sizeof echo, 0, "echo", "WORD", "Says the word again."};
    return index ? NULL : &echo;
}
static int32_t run(void *ctx, uint64_t token, const char *name, const char *const *arguments, uint32_t count) {
    const mesh_command_host *host = HOST_SIDE(mesh_command_host, MESH_COMMAND_NAME);
    if (strcmp(name, "echo")) return MESH_E_NOTFOUND;
    if (!host || count != 1) return MESH_E_INVALID;
    host->write(((struct instance *)ctx)->host, token, arguments[0], (uint32_t)strlen(arguments[0]));
    return host->done(((struct instance *)ctx)->host, token, MESH_OK);
}
static int32_t cancel(void *ctx, uint64_t token) {
    (void)ctx, (void)token;
    return MESH_E_STALE;
}
static const mesh_command_plugin side = {sizeof side, 0, command_at, run, cancel};
DRAFT_PLUGIN(MESH_COMMAND_NAME, side)

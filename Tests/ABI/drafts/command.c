// SPDX-License-Identifier: Apache-2.0
#include "draft_plugin.h"

#include <mesh/mesh_command.h>

static const mesh_command *command_at(uint32_t index) {
    static const mesh_command echo = {sizeof echo, 0, "draft", "echo", "WORD", "Says the word again"};
    return index ? NULL : &echo;
}
static int32_t run(void *ctx, const mesh_command_call *call) {
    const mesh_command_host *host = HOST_SIDE(mesh_command_host, MESH_COMMAND_NAME);
    if (strcmp(call->name, "echo")) return MESH_E_NOTFOUND;
    if (!host || call->count != 1) return MESH_E_INVALID;
    const char *word = call->arguments[0];
    host->write(((struct instance *)ctx)->host, call->token, word, (uint32_t)strlen(word));
    return host->done(((struct instance *)ctx)->host, call->token, MESH_OK, NULL, 0);
}
static int32_t cancel(void *ctx, uint64_t token) {
    (void)ctx, (void)token;
    return MESH_E_STALE;
}
static const mesh_command_plugin side = {sizeof side, 0, command_at, run, cancel};
DRAFT_PLUGIN(MESH_COMMAND_NAME, side)

static const struct {
    uint32_t owner_len, text_len, type;
    char owner[8], text[40];
} note __attribute__((section(MESH_NOTE_SECTION), aligned(4), used)) = {
    sizeof MESH_NOTE_OWNER, 36, MESH_NOTE_TYPE, MESH_NOTE_OWNER, "id=draft\nversion=1\nabi=1.0\nschemes=\n"};

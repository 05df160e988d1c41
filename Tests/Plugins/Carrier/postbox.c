// SPDX-License-Identifier: Apache-2.0
// A carrier for tests: envelopes lie in one list of the process, and each instance takes those for its node from it.
#include <mesh/mesh_carrier.h>
#include <mesh/mesh_session.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 256 };

struct letter {
    uint8_t recipient[32], sender[32];
    uint64_t token, number;
    void *bytes;
    uint32_t len;
    int reported, offered, arrived;
};

struct instance {
    mesh_host *host;
    uint8_t node[32];
};

static const mesh_host_api *api;
static struct letter letters[LETTERS];
static uint64_t numbers;

static const mesh_carrier_host *carrier(struct instance *me) { return api->extension(me->host, MESH_CARRIER_NAME); }

static int32_t answer(struct instance *me, uint32_t kind) {
    mesh_link_event event = {.kind = kind};
    return api->link_event(me->host, &event, 1);
}
static int32_t describe(mesh_plugin_info *info) {
    static const mesh_plugin_info all = {.size = sizeof all, .id = "postbox", .version = "1", .licence = "Apache-2.0",
                                         .summary = "Carries envelopes within a process.",
                                         .caps = {.size = sizeof(mesh_caps), .mtu = 256}};
    const uint32_t size = info->size < sizeof all ? info->size : (uint32_t)sizeof all;
    memcpy(info, &all, size);
    info->size = size;
    return MESH_OK;
}
static int32_t create(mesh_host *host, const mesh_create_options *options, void **ctx) {
    struct instance *me = calloc(1, sizeof *me);
    (void)options;
    *ctx = me;
    if (!me) return MESH_E_NOMEM;
    me->host = host;
    return MESH_OK;
}
static int32_t start(void *ctx) {
    struct instance *me = ctx;
    const mesh_session_host *session = api->extension(me->host, MESH_SESSION_NAME);
    if (!session || !carrier(me) || session->node(me->host, me->node) != MESH_OK) return MESH_E_UNSUPPORTED;
    for (int i = 0; i < LETTERS; i++) {
        struct letter *one = &letters[i];
        if (!one->bytes) continue;
        if (!memcmp(one->sender, me->node, 32)) carrier(me)->report(me->host, one->token, MESH_CARRIER_STORED, MESH_OK);
        if (!memcmp(one->recipient, me->node, 32)) one->offered = 0;
    }
    answer(me, MESH_EVENT_STARTED);
    return api->post(me->host, 1);
}
static int32_t stop(void *ctx, uint64_t deadline) {
    (void)deadline;
    return answer(ctx, MESH_EVENT_STOPPED);
}
static void destroy(void *ctx) { free(ctx); }
static int32_t dial(void *ctx, uint64_t link, const char *address, size_t len, const mesh_connect_options *options) {
    (void)ctx, (void)link, (void)address, (void)len;
    return options->flags ? MESH_E_FLAG : MESH_E_ADDRESS;
}
static int32_t hang_up(void *ctx, uint64_t link, uint32_t mode) {
    (void)ctx, (void)link, (void)mode;
    return MESH_E_STALE;
}
static uint64_t on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    struct instance *me = ctx;
    (void)ready, (void)n;
    for (int i = 0; i < LETTERS; i++) {
        struct letter *one = &letters[i];
        if (!one->bytes) continue;
        if (!memcmp(one->sender, me->node, 32) && !one->reported) {
            one->reported = 1;
            carrier(me)->report(me->host, one->token, MESH_CARRIER_STORED, MESH_OK);
        }
        if (!memcmp(one->recipient, me->node, 32) && !one->offered) {
            uint8_t id[32] = {0};
            memcpy(id, &one->number, sizeof one->number);
            one->offered = carrier(me)->arrived(me->host, id, one->bytes, one->len) == MESH_OK;
        }
    }
    return now + 5000000;
}
static int32_t transmit(void *ctx, mesh_buf *bufs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) bufs[i].status = MESH_E_STALE;
    return api->transmit_done(((struct instance *)ctx)->host, bufs, n);
}

static int32_t submit(void *ctx, const uint8_t *recipient, const void *envelope, uint32_t len, uint64_t token,
                      const mesh_carrier_options *options) {
    struct instance *me = ctx;
    struct letter *place = NULL;
    if (options->flags) return MESH_E_FLAG;
    for (int i = 0; i < LETTERS; i++) {
        if (letters[i].bytes && letters[i].token == token) return MESH_E_EXISTS;
        if (!letters[i].bytes) place = &letters[i];
    }
    if (!place) return MESH_E_LIMIT;
    memset(place, 0, sizeof *place);
    place->bytes = malloc(len);
    if (!place->bytes) return MESH_E_NOMEM;
    memcpy(place->bytes, envelope, len);
    memcpy(place->recipient, recipient, 32);
    memcpy(place->sender, me->node, 32);
    place->token = token;
    place->len = len;
    place->number = ++numbers;
    return api->post(me->host, 1);
}
static void drop(struct letter *one) {
    free(one->bytes);
    one->bytes = NULL;
}
static int32_t cancel(void *ctx, uint64_t token) {
    struct instance *me = ctx;
    for (int i = 0; i < LETTERS; i++)
        if (letters[i].bytes && letters[i].token == token && !memcmp(letters[i].sender, me->node, 32)) {
            drop(&letters[i]);
            return carrier(me)->report(me->host, token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED);
        }
    return MESH_E_STALE;
}
static int32_t settle(void *ctx, const uint8_t *id, int32_t status) {
    uint64_t number;
    (void)ctx;
    memcpy(&number, id, sizeof number);
    for (int i = 0; i < LETTERS; i++)
        if (letters[i].bytes && letters[i].number == number) {
            if (status != MESH_E_AGAIN) drop(&letters[i]);
            return MESH_OK;
        }
    return MESH_E_STALE;
}
static int32_t retry(void *ctx) {
    struct instance *me = ctx;
    for (int i = 0; i < LETTERS; i++)
        if (letters[i].bytes && !memcmp(letters[i].recipient, me->node, 32)) letters[i].offered = 0;
    return api->post(me->host, 1);
}

static const void *extension(const char *name) {
    static const mesh_carrier_plugin side = {sizeof side, 0, submit, cancel, settle, retry};
    return strcmp(name, MESH_CARRIER_NAME) ? NULL : &side;
}

static const struct {
    uint32_t owner_len, text_len, type;
    char owner[8], text[40];
} note __attribute__((section(MESH_NOTE_SECTION), aligned(4), used)) = {
    sizeof MESH_NOTE_OWNER, 38, MESH_NOTE_TYPE, MESH_NOTE_OWNER, "id=postbox\nversion=1\nabi=1.0\nschemes=\n"};

__attribute__((visibility("default"))) int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out) {
    static const mesh_plugin_api table = {
        .size = sizeof table, .describe = describe, .create = create, .start = start, .stop = stop,
        .destroy = destroy, .connect = dial, .disconnect = hang_up, .on_ready = on_ready, .transmit = transmit,
        .extension = extension};
    api = host;
    const uint32_t size = out->size < sizeof table ? out->size : (uint32_t)sizeof table;
    memcpy(out, &table, size);
    out->size = size;
    return MESH_OK;
}

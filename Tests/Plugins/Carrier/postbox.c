// SPDX-License-Identifier: Apache-2.0
// A carrier for tests: envelopes lie in one list of the process, and each instance takes those for its node from it.
// Tests that run at the same time share the list, each on a thread of its own.
#define PLUGIN_ID "postbox"
#define PLUGIN_SUMMARY "Carries envelopes within a process."
#define INSTANCE_FIELDS uint8_t node[32];
#define OWN_TURNS
#include "../../ABI/drafts/draft_plugin.h"

#include <mesh/mesh_carrier.h>
#include <mesh/mesh_session.h>
#include <pthread.h>

enum { LETTERS = 256 };

struct letter {
    uint8_t recipient[32], sender[32];
    uint64_t token, number;
    void *bytes;
    uint32_t len;
    int reported, offered, arrived;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct letter letters[LETTERS];
static uint64_t numbers;

static pthread_mutex_t *take(void) {
    pthread_mutex_lock(&lock);
    return &lock;
}
static void give(pthread_mutex_t **taken) { pthread_mutex_unlock(*taken); }
// The list is this function's until it returns.
#define LOCKED pthread_mutex_t *taken __attribute__((cleanup(give), unused)) = take()

static const mesh_carrier_host *carrier(struct instance *me) { return api->extension(me->host, MESH_CARRIER_NAME); }

static int32_t start(void *ctx) {
    LOCKED;
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
static uint64_t on_ready(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now) {
    LOCKED;
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
static int32_t submit(void *ctx, const uint8_t *recipient, const void *envelope, uint32_t len, uint64_t token,
                      const mesh_carrier_options *options) {
    LOCKED;
    struct instance *me = ctx;
    struct letter *place = NULL;
    if (options->flags) return MESH_E_FLAG;
    for (int i = 0; i < LETTERS; i++) {
        if (letters[i].bytes && letters[i].token == token && !memcmp(letters[i].sender, me->node, 32))
            return MESH_E_EXISTS;
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
    LOCKED;
    struct instance *me = ctx;
    for (int i = 0; i < LETTERS; i++)
        if (letters[i].bytes && letters[i].token == token && !memcmp(letters[i].sender, me->node, 32)) {
            drop(&letters[i]);
            return carrier(me)->report(me->host, token, MESH_CARRIER_REFUSED, MESH_E_CANCELLED);
        }
    return MESH_E_STALE;
}
static int32_t settle(void *ctx, const uint8_t *id, int32_t status) {
    LOCKED;
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
    LOCKED;
    struct instance *me = ctx;
    for (int i = 0; i < LETTERS; i++)
        if (letters[i].bytes && !memcmp(letters[i].recipient, me->node, 32)) letters[i].offered = 0;
    return api->post(me->host, 1);
}

static const mesh_carrier_plugin side = {sizeof side, 0, submit, cancel, settle, retry};

static const struct {
    uint32_t owner_len, text_len, type;
    char owner[8], text[40];
} note __attribute__((section(MESH_NOTE_SECTION), aligned(4), used)) = {
    sizeof MESH_NOTE_OWNER, 38, MESH_NOTE_TYPE, MESH_NOTE_OWNER, "id=postbox\nversion=1\nabi=1.0\nschemes=\n"};

DRAFT_PLUGIN(MESH_CARRIER_NAME, side)

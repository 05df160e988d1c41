/* SPDX-License-Identifier: Apache-2.0
 * Questions and answers, a deadline, a refusal. Usage: request HOME serve | request HOME PEER */
#include "example.h"

static const char *const protocol = "/example/sums/1";
enum { NOT_UNDERSTOOD = 400 };

/* "add A B" is answered, "sleep" never, all else refused. */
static void answer(mesh_handle *node) {
    mesh_event events[16];
    for (;;) {
        uint32_t count = next_events(node, events, 16, -1);
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].kind == MESH_ON_REQUEST_GONE) {
                printf("an asker has gone\n");
                fflush(stdout);
            }
            if (events[i].kind != MESH_ON_REQUEST) continue;
            char text[64], sum[32];
            long a, b;
            snprintf(text, sizeof text, "%.*s", (int)events[i].len, (const char *)events[i].data);
            if (strcmp(text, "sleep") == 0) continue;
            int32_t result;
            if (sscanf(text, "add %ld %ld", &a, &b) == 2) {
                mesh_slice body = slice_of(sum, (size_t)snprintf(sum, sizeof sum, "%ld", a + b));
                result = mesh_reply(node, events[i].id, &body, 1, 0);
            } else {
                result = mesh_refuse(node, events[i].id, NOT_UNDERSTOOD, "only 'add A B' is understood");
            }
            /* The asker may have gone meanwhile. */
            if (result != MESH_E_STALE) must(result, "answering");
        }
    }
}

/* Asks and waits for the end of the request; prints replies. Answers the code it ended with. */
static int32_t ask(mesh_handle *node, uint64_t peer, const char *question, uint64_t deadline_ms) {
    mesh_send_options options;
    mesh_send_options_default(&options);
    options.lifetime_ms = deadline_ms;
    mesh_slice body = slice_of(question, strlen(question));
    uint64_t request = 0;
    must(mesh_request(node, peer, protocol, &body, 1, &options, &request), "asking");
    mesh_event events[16];
    for (;;) {
        uint32_t count = next_events(node, events, 16, -1);
        for (uint32_t i = 0; i < count; i++) {
            if (events[i].id != request) continue;
            if (events[i].kind == MESH_ON_REPLY) {
                printf("%s: %.*s\n", question, (int)events[i].len, (const char *)events[i].data);
            } else if (events[i].kind == MESH_ON_REQUEST_END) {
                if (events[i].code == MESH_E_REFUSED) {
                    printf("%s: refused with %llu: %.*s\n", question, (unsigned long long)events[i].value,
                           (int)events[i].len, (const char *)events[i].data);
                } else if (events[i].code != MESH_OK) {
                    printf("%s: %s\n", question, mesh_error_name(events[i].code));
                }
                return events[i].code;
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: request HOME serve | request HOME PEER\n");
        return 2;
    }
    mesh_handle *node = open_home(argv[1], "request");
    if (strcmp(argv[2], "serve") == 0) {
        serve(node, protocol, MESH_SERVE_REQUESTS);
        answer(node);
    }
    uint64_t peer = 0;
    must(mesh_peer_find(node, argv[2], &peer), "finding the peer");
    int good = ask(node, peer, "add 20 22", 10000) == MESH_OK;
    good &= ask(node, peer, "sleep", 300) == MESH_E_TIMEOUT;
    good &= ask(node, peer, "dance", 10000) == MESH_E_REFUSED;
    must(mesh_close(node, 1000), "closing");
    return good ? 0 : 1;
}

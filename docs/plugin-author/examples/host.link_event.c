// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>
#include <string.h>

// Every end of a link says what happened in three ways: a code, a class for the breaker, a sentence for a person.
static void link_failed(const mesh_host_api *api, mesh_host *host, uint64_t link) {
    const char *why = "192.0.2.7:8080: connection refused";
    mesh_link_event event = {.kind = MESH_EVENT_FAILED, .link = link, .code = MESH_E_REFUSED,
                        .fclass = MESH_CLASS_TRANSIENT, .data = {why}, .data_len = (uint32_t)strlen(why)};
    api->link_event(host, &event, 1);
}

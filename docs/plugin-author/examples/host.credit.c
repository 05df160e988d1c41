// SPDX-License-Identifier: Apache-2.0
#include <mesh/mesh_plugin.h>

// A link that comes up: without credit the host sends nothing.
static void link_up(const mesh_host_api *api, mesh_host *host, uint64_t link) {
    mesh_link_event event = {.kind = MESH_EVENT_UP, .link = link};
    api->link_event(host, &event, 1);
    api->credit(host, link, 256, 4u << 20);
}

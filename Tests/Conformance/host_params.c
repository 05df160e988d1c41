// SPDX-License-Identifier: Apache-2.0
// Values for create, from the text that a YAML file or an option's default would have.
#include "host.h"

#include <stdlib.h>
#include <string.h>

static const struct { const char *unit; uint32_t type; int64_t factor; } units[] = {
    {"", MESH_TYPE_SIZE, 1},           {"B", MESH_TYPE_SIZE, 1},
    {"KB", MESH_TYPE_SIZE, 1000},      {"KiB", MESH_TYPE_SIZE, 1024},
    {"MB", MESH_TYPE_SIZE, 1000000},   {"MiB", MESH_TYPE_SIZE, 1 << 20},
    {"GB", MESH_TYPE_SIZE, 1000000000}, {"GiB", MESH_TYPE_SIZE, 1 << 30},
    {"ns", MESH_TYPE_DURATION, 1},     {"us", MESH_TYPE_DURATION, 1000},
    {"ms", MESH_TYPE_DURATION, 1000000}, {"s", MESH_TYPE_DURATION, 1000000000},
    {"m", MESH_TYPE_DURATION, 60000000000}, {"h", MESH_TYPE_DURATION, 3600000000000},
    {"", MESH_TYPE_INT, 1},
};

bool host_param(const mesh_option *option, const char *text, mesh_param *param) {
    *param = (mesh_param){.name = option->name, .type = option->type, .len = (uint32_t)strlen(text)};
    if (option->type == MESH_TYPE_STRING || option->type == MESH_TYPE_PATH) {
        param->value.text = text;
        return true;
    }
    if (option->type == MESH_TYPE_BOOL) {
        param->value.integer = !strcmp(text, "true");
        return param->value.integer || !strcmp(text, "false");
    }
    char *unit;
    const int64_t number = strtoll(text, &unit, 10);
    for (size_t i = 0; unit != text && i < sizeof units / sizeof *units; i++) {
        if (units[i].type != option->type || strcmp(units[i].unit, unit)) continue;
        param->value.integer = number * units[i].factor;
        return true;
    }
    return false;
}

uint32_t host_defaults(const host_plugin *plugin, mesh_param *params, uint32_t cap) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < plugin->info.option_count && n < cap; i++) {
        const mesh_option *option = &plugin->info.options[i];
        // How a list is written is the YAML's business: a default that is one cannot be read here.
        if (option->fallback && !(option->flags & MESH_OPTION_LIST) && host_param(option, option->fallback, &params[n]))
            n++;
    }
    return n;
}

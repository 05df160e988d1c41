// SPDX-License-Identifier: Apache-2.0
// Cases about the tables and the life of an instance: no link is needed.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRED(name) {#name, offsetof(mesh_plugin_api, name)}

static void required(struct check *check) {
    static const struct { const char *name; size_t offset; } all[] = {
        REQUIRED(describe), REQUIRED(create), REQUIRED(start), REQUIRED(stop), REQUIRED(destroy),
        REQUIRED(connect), REQUIRED(disconnect), REQUIRED(on_ready), REQUIRED(transmit),
    };
    EXPECT(check->plugin.api.abi_minor == 0 || check->plugin.api.size > sizeof check->plugin.api - 8, "size and minor");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        void *function;
        memcpy(&function, (const uint8_t *)&check->plugin.api + all[i].offset, sizeof function);
        EXPECT(function, "%s is NULL", all[i].name);
    }
    EXPECT(!check->plugin.api.listen == !check->plugin.api.unlisten, "listen and unlisten come together");
}

static void entry_twice(struct check *check) {
    mesh_plugin_api again = {.size = sizeof again};
    EXPECT(check->plugin.entry(&host_table, &again) == MESH_OK, "the second call fails");
    EXPECT(!memcmp(&again, &check->plugin.api, sizeof again), "two calls give different tables");
}

static void entry_small(struct check *check) {
    for (uint32_t size = 8; size < sizeof(mesh_plugin_api); size += 8) {
        union { mesh_plugin_api api; uint8_t bytes[2 * sizeof(mesh_plugin_api)]; } out;
        memset(&out, 0xa5, sizeof out);
        memset(&out, 0, size);
        out.api.size = size;
        if (check->plugin.entry(&host_table, &out.api) != MESH_OK) continue;
        EXPECT(out.api.size == size, "says size %u where %u was offered", out.api.size, size);
        for (size_t i = size; i < sizeof out; i++) EXPECT(out.bytes[i] == 0xa5, "writes byte %zu of %u", i, size);
    }
}

static void entry_large(struct check *check) {
    union { mesh_plugin_api api; uint8_t bytes[4096]; } out;
    memset(&out, 0, sizeof out);
    out.api.size = sizeof out;
    mesh_host_api *newer = calloc(1, 4096);
    memcpy(newer, &host_table, sizeof host_table);
    newer->size = 4096;
    newer->abi_minor = 7;
    EXPECT(check->plugin.entry(newer, &out.api) == MESH_OK, "refuses a newer host");
    EXPECT(out.api.size < sizeof out && out.api.size >= sizeof(mesh_plugin_api), "size is %u", out.api.size);
}

static void entry_old_host(struct check *check) {
    mesh_host_api older = {.size = 16};
    mesh_plugin_api out = {.size = sizeof out};
    EXPECT(check->plugin.entry(&older, &out) == MESH_E_VERSION, "takes a host without the functions of 1.0");
}

static void describe_small(struct check *check) {
    for (uint32_t size = 8; size < sizeof(mesh_plugin_info); size += 8) {
        union { mesh_plugin_info info; uint8_t bytes[2 * sizeof(mesh_plugin_info)]; } out;
        memset(&out, 0xa5, sizeof out);
        out.info.size = size;
        if (check->plugin.api.describe(&out.info) != MESH_OK) continue;
        for (size_t i = size; i < sizeof out; i++) EXPECT(out.bytes[i] == 0xa5, "writes byte %zu of %u", i, size);
    }
}

static bool word(const char *text, const char *extra, size_t most) {
    if (!text || !*text || strlen(text) > most) return false;
    for (; *text; text++)
        if (!(*text >= 'a' && *text <= 'z') && !(*text >= '0' && *text <= '9') && !strchr(extra, *text)) return false;
    return true;
}

static void describe_content(struct check *check) {
    const mesh_plugin_info *info = &check->plugin.info;
    EXPECT(word(info->id, "-", 32), "the id is not lower case, digits and hyphens");
    EXPECT(info->version && *info->version && info->licence && *info->licence, "no version or licence");
    EXPECT(info->summary && strlen(info->summary) > 8, "no summary");
    for (uint32_t i = 0; i < info->scheme_count; i++) EXPECT(word(info->schemes[i], "+.-", 32), "scheme %u", i);
    for (uint32_t i = 0; i < info->option_count; i++) {
        const mesh_option *option = &info->options[i];
        EXPECT(word(option->name, "_", 64), "name of option %u", i);
        EXPECT(option->help && *option->help, "%s has no help", option->name);
        EXPECT(option->type >= MESH_TYPE_BOOL && option->type <= MESH_TYPE_PATH, "%s has no type", option->name);
        EXPECT(option->reserved == 0 && option->min <= option->max, "%s: reserved or bounds", option->name);
    }
    EXPECT(info->caps.mtu >= 256 && info->caps.mtu <= 65535, "mtu %u is not in 256 to 65,535", info->caps.mtu);
    mesh_plugin_info again = {.size = sizeof again, .caps = {.size = sizeof(mesh_caps)}};
    check->plugin.api.describe(&again);
    EXPECT(again.id == info->id && again.options == info->options, "describe's memory is not static");
}

static void create_silent(struct check *check) {
    const unsigned before = check_descriptors();
    host *host = host_create(&check->plugin, check->params, check->param_count);
    EXPECT(host, "create refuses");
    EXPECT(check_descriptors() == before + 1 && !host_watching(host), "create opens descriptors");
    check_finish(host);
    EXPECT(check_descriptors() == before, "destroy leaves descriptors");
}

static void start_once(struct check *check) {
    host *host = check_start(check);
    for (int i = 0; i < 20 && !host_count(host, MESH_EVENT_STARTED, 0); i++) host_turn(host, 10);
    EXPECT(host_count(host, MESH_EVENT_STARTED, 0) == 1, "STARTED came %u times",
           host_count(host, MESH_EVENT_STARTED, 0));
    check_finish(host);
}

static bool is_stopped(void *host) { return host_count(host, MESH_EVENT_STOPPED, 0) > 0; }

static void stop_once(struct check *check) {
    const unsigned before = check_descriptors();
    host *host = check_start(check);
    struct mesh_host *all[] = {host};
    EXPECT(host_api(host)->stop(host_context(host), 0) == MESH_OK, "stop is refused");
    EXPECT(host_run(all, 1, is_stopped, host, 500), "no STOPPED for a deadline that has passed");
    EXPECT(host_count(host, MESH_EVENT_STOPPED, 0) == 1, "STOPPED more than once");
    check_finish(host);
    EXPECT(check_descriptors() == before, "descriptors are left");
}

static void many_lives(struct check *check) {
    const unsigned before = check_descriptors();
    for (int i = 0; i < 8; i++) {
        host *one = check_start(check), *two = check_start(check);
        check_finish(one);
        check_finish(two);
    }
    EXPECT(check_descriptors() == before, "descriptors are left");
}

static void unknown_ready(struct check *check) {
    host *host = check_start(check);
    const mesh_ready ready[] = {{.kind = 99, .fd = -1}, {.kind = MESH_READY_FD, .fd = 0, .token = 0xdead, .mask = 1},
                                {.kind = MESH_READY_WAKE, .fd = -1, .token = 0xbeef},
                                {.kind = MESH_READY_OFFLOAD, .fd = -1, .token = 0xbeef},
                                {.kind = MESH_READY_STORE, .fd = -1, .token = 0xbeef}};
    host_api(host)->on_ready(host_context(host), ready, 5, host_table.now(host));
    host_api(host)->on_ready(host_context(host), NULL, 0, host_table.now(host));
    check_finish(host);
}

static void connect_nonsense(struct check *check) {
    static const char *const wrong[] = {"", ":", "://", "nothing", "none://such", "\xff\xfe", "unix:///../x\n"};
    host *host = check_start(check);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int32_t status;
        const uint64_t link = host_connect(host, wrong[i], MESH_DEADLINE_NONE, 0, &status);
        for (int t = 0; t < 50 && status == MESH_OK && !host_count(host, MESH_EVENT_FAILED, link); t++)
            host_turn(host, 10);
        EXPECT(status == MESH_E_ADDRESS || host_count(host, MESH_EVENT_FAILED, link) == 1, "'%s' gives %d", wrong[i],
               status);
    }
    check_finish(host);
}

static void flags(struct check *check) {
    host *host = check_start(check);
    const char *address = check->listen ? check->listen : "none://such";
    int32_t status;
    host_connect(host, address, MESH_DEADLINE_NONE, 0x80000000u, &status);
    EXPECT(status == MESH_E_FLAG, "connect answers %d to an unknown flag", status);
    if (host_api(host)->listen) host_listen(host, address, -1, 0x80000000u, &status);
    EXPECT(status == MESH_E_FLAG, "listen answers %d to an unknown flag", status);
    check_finish(host);
}

static void stale_ids(struct check *check) {
    host *host = check_start(check);
    const mesh_plugin_api *api = host_api(host);
    EXPECT(api->disconnect(host_context(host), 0x500000005ull, 0) == MESH_E_STALE, "disconnect of an unknown link");
    EXPECT(!api->unlisten || api->unlisten(host_context(host), 0x500000005ull) == MESH_E_STALE, "unlisten");
    check_finish(host);
}

static void stale_transmit(struct check *check) {
    host *host = check_start(check);
    host_send_raw(host, 0x500000005ull, "nobody", 6, 0);
    for (int i = 0; i < 20 && host_buffers_out(host); i++) host_turn(host, 10);
    EXPECT(!host_buffers_out(host), "the buffer does not come back");
    EXPECT(host_last_status(host) == MESH_E_STALE, "it completes with %d", host_last_status(host));
    check_finish(host);
}

static void stats_bounded(struct check *check) {
    if (!check->plugin.api.stats) check_skip("no stats");
    host *host = check_start(check);
    mesh_stat values[65];
    for (uint32_t cap = 0; cap <= 64; cap = cap * 2 + 1) {
        memset(values, 0xa5, sizeof values);
        const int32_t n = host_api(host)->stats(host_context(host), values, cap);
        EXPECT(n >= 0 && n <= (int32_t)cap, "%d figures where %u fit", n, cap);
        for (const uint8_t *b = (uint8_t *)&values[cap]; b < (uint8_t *)&values[65]; b++)
            EXPECT(*b == 0xa5, "writes past %u figures", cap);
        for (int32_t i = 0; i < n; i++)
            EXPECT(word(values[i].name, "_", 64) && values[i].help && values[i].kind - 1 < 2, "figure %d", i);
    }
    check_finish(host);
}

static void configure_answers(struct check *check) {
    if (!check->plugin.api.configure) check_skip("no configure");
    host *host = check_start(check);
    EXPECT(host_api(host)->configure(host_context(host), NULL, 0) == MESH_OK, "no value at all is refused");
    for (int i = 0; i < 20 && !host_count(host, MESH_EVENT_CONFIGURED, 0); i++) host_turn(host, 10);
    EXPECT(host_count(host, MESH_EVENT_CONFIGURED, 0) == 1, "CONFIGURED does not come once");
    check_finish(host);
}

static void unknown_extension(struct check *check) {
    if (!check->plugin.api.extension) return;
    EXPECT(!check->plugin.api.extension("no.such/1") && !check->plugin.api.extension(""), "offers what does not exist");
}

const struct check_case check_table_cases[] = {
    {"required_functions_are_present", "MPA-07", required, false},
    {"the_entry_can_be_called_twice", "MPA-12", entry_twice, false},
    {"a_smaller_plugin_table_is_not_overrun", "MPA-12", entry_small, false},
    {"a_larger_host_is_accepted", "MPA-12", entry_large, false},
    {"a_host_without_needed_functions_is_refused", "VERSION", entry_old_host, false},
    {"a_smaller_info_is_not_overrun", "describe", describe_small, false},
    {"what_describe_says_is_well_formed", "describe", describe_content, false},
    {"create_opens_nothing_and_destroy_leaves_nothing", "MPA-09", create_silent, false},
    {"start_is_answered_once", "start", start_once, false},
    {"stop_is_answered_once_even_when_late", "MPA-08", stop_once, false},
    {"instances_come_and_go_without_trace", "MPA-09", many_lives, false},
    {"unknown_readiness_is_ignored", "open", unknown_ready, false},
    {"nonsense_is_no_address", "ADDRESS", connect_nonsense, false},
    {"unknown_flags_are_refused", "FLAG", flags, false},
    {"stale_ids_are_refused", "STALE", stale_ids, false},
    {"packets_for_stale_links_complete", "MPA-05", stale_transmit, false},
    {"stats_keep_to_their_room", "stats", stats_bounded, false},
    {"configure_is_answered", "configure", configure_answers, false},
    {"unknown_extensions_are_not_offered", "MPA-06", unknown_extension, false},
    {NULL, NULL, NULL, false},
};

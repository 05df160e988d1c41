/* SPDX-License-Identifier: Apache-2.0
 * What needs neither a handle nor any state: versions, defaults, the last error, the table for dlopen. */
#include "library.h"

#include <string.h>

static _Thread_local char last_error[LIBRARY_ERROR_SIZE];

void library_set_error(const char *text, size_t len) {
    if (len >= sizeof last_error) len = sizeof last_error - 1;
    memcpy(last_error, text, len);
    last_error[len] = 0;
}

const char *mesh_last_error(void) { return last_error; }

uint32_t mesh_version(void) { return MESH_VERSION_MAJOR << 16 | MESH_VERSION_MINOR << 8 | MESH_VERSION_PATCH; }

const char *mesh_version_text(void) { return "1.0.0"; }

void mesh_open_options_default(mesh_open_options *options) {
    if (!options) return;
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->home = MESH_HOME_PROCESS;
}

void mesh_serve_options_default(mesh_serve_options *options) {
    if (!options) return;
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->flags = MESH_SERVE_MESSAGES | MESH_SERVE_STREAMS | MESH_SERVE_REQUESTS;
}

void mesh_send_options_default(mesh_send_options *options) {
    if (!options) return;
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

int mesh_fd(mesh_handle *handle) {
    library_slot *slot = library_find(handle);
    if (__builtin_expect(slot != NULL, 1)) {
        int32_t fd = __atomic_load_n(&slot->fd, __ATOMIC_RELAXED);
        if (__builtin_expect(fd >= 0, 1)) return fd;
    }
    return library_make_fd(handle);
}

const mesh_api_1 *mesh_api(uint32_t major) {
    static const mesh_api_1 api = {
        .size = sizeof api,
        .version = MESH_VERSION_MAJOR << 16 | MESH_VERSION_MINOR << 8 | MESH_VERSION_PATCH,
        .version_text = mesh_version_text,
        .open_options_default = mesh_open_options_default,
        .open = mesh_open,
        .close = mesh_close,
        .error_name = mesh_error_name,
        .error_text = mesh_error_text,
        .error_flags = mesh_error_flags,
        .last_error = mesh_last_error,
        .fd = mesh_fd,
        .events = mesh_events,
        .wait = mesh_wait,
        .wake = mesh_wake,
        .dispatch = mesh_dispatch,
        .keep = mesh_keep,
        .release = mesh_release,
        .id = mesh_id,
        .name_encode = mesh_name_encode,
        .name_decode = mesh_name_decode,
        .identity_generate = mesh_identity_generate,
        .identity_load = mesh_identity_load,
        .sign = mesh_sign,
        .verify = mesh_verify,
        .invite = mesh_invite,
        .peer_find = mesh_peer_find,
        .peer_add = mesh_peer_add,
        .peer_remove = mesh_peer_remove,
        .peer_info_get = mesh_peer_info_get,
        .peers = mesh_peers,
        .connect = mesh_connect,
        .why = mesh_why,
        .serve_options_default = mesh_serve_options_default,
        .serve = mesh_serve,
        .unserve = mesh_unserve,
        .send_options_default = mesh_send_options_default,
        .send = mesh_send,
        .buffer_get = mesh_buffer_get,
        .buffer_release = mesh_buffer_release,
        .send_buffer = mesh_send_buffer,
        .cancel = mesh_cancel,
        .broadcast = mesh_broadcast,
        .stream_open = mesh_stream_open,
        .stream_write = mesh_stream_write,
        .stream_finish = mesh_stream_finish,
        .stream_reset = mesh_stream_reset,
        .request = mesh_request,
        .reply = mesh_reply,
        .refuse = mesh_refuse,
        .hint = mesh_hint,
        .metrics = mesh_metrics,
        .status = mesh_status,
    };
    return major == MESH_VERSION_MAJOR ? &api : NULL;
}

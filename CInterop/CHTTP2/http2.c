// SPDX-License-Identifier: Apache-2.0
#include <CHTTP2.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

// As many settings of the other end as are kept.
enum { REMOTE = 16 };

struct chttp2 {
    nghttp2_session *session;
    void *ctx;
    chttp2_events events;
    int is_server;
    // The head that is being read is that of an interim answer (RFC 9110, 15.2).
    int is_interim;
    // What the other end began with; negative before it has said.
    int remote_count;
    chttp2_setting remote[REMOTE];
};

// The most frames of CONTINUATION, settings in one frame, and answers to pings and settings that may wait.
enum { CONTINUATIONS = 8, SETTINGS = 32, ACKNOWLEDGEMENTS = 100 };
// Resets by the other end: so many at once, and so many a second after that.
enum { RESETS = 200, RESETS_PER_SECOND = 20 };

// Of the connection, in bytes: all of its streams together are never held up by it.
enum { WINDOW = 2147483647 };

// Whether a frame has fields of a head. Others have those of trailers; but behind an interim answer nghttp2 tells the
// head of the final one from them no more, so that a client's stream has user data from its final head on.
static int is_head(const chttp2 *self, const nghttp2_frame *frame) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (frame->headers.cat != NGHTTP2_HCAT_HEADERS) return 1;
    return !self->is_server && !nghttp2_session_get_stream_user_data(self->session, frame->hd.stream_id);
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    chttp2 *self = user;
    (void)session;
    if (is_head(self, frame)) {
        self->is_interim = 0;
        self->events.begin(self->ctx, frame->hd.stream_id);
    }
    return 0;
}

// The status comes before any other field; nghttp2 sees to that.
static int is_interim_status(const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length) {
    return name_length == 7 && memcmp(name, ":status", 7) == 0 && value_length == 3 && value[0] == '1';
}

static int on_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                    const uint8_t *value, size_t value_length, uint8_t flags, void *user) {
    chttp2 *self = user;
    (void)session, (void)flags;
    // Trailers are checked and not looked at.
    if (!is_head(self, frame)) return 0;
    if (!self->is_server && is_interim_status(name, name_length, value, value_length)) self->is_interim = 1;
    if (!self->is_interim) {
        self->events.field(self->ctx, frame->hd.stream_id, (const char *)name, name_length, (const char *)value,
                           value_length);
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    chttp2 *self = user;
    const int ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_SETTINGS && self->remote_count < 0) {
        self->remote_count = frame->settings.niv < REMOTE ? (int)frame->settings.niv : REMOTE;
        for (int index = 0; index < self->remote_count; index++) {
            const nghttp2_settings_entry *entry = frame->settings.iv + index;
            self->remote[index] = (chttp2_setting){(uint16_t)entry->settings_id, entry->value};
        }
    }
    if (is_head(self, frame)) {
        if (self->is_interim) return 0;
        if (!self->is_server) nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, self);
        self->events.head(self->ctx, frame->hd.stream_id, ends != 0);
    } else if (ends && (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS)) {
        self->events.end(self->ctx, frame->hd.stream_id);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t length,
                   void *user) {
    chttp2 *self = user;
    (void)session, (void)flags;
    self->events.data(self->ctx, stream, bytes, length);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
    chttp2 *self = user;
    (void)session;
    self->events.closed(self->ctx, stream, code);
    return 0;
}

// Behind the end of an answer to a request that is not wanted to its end.
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    const chttp2 *self = user;
    const int is_answer = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (self->is_server && is_answer && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id)) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
}

static ssize_t on_fill(nghttp2_session *session, int32_t stream, uint8_t *target, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *user) {
    chttp2 *self = user;
    (void)session, (void)source;
    int ends = 0;
    const int64_t count = self->events.fill(self->ctx, stream, target, room, &ends);
    if (count == CHTTP2_WAIT) return NGHTTP2_ERR_DEFERRED;
    if (count < 0) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static nghttp2_session_callbacks *callbacks(void) {
    nghttp2_session_callbacks *all;
    if (nghttp2_session_callbacks_new(&all)) return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(all, on_field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, on_sent);
    return all;
}

static nghttp2_option *options(int is_server) {
    nghttp2_option *all;
    if (nghttp2_option_new(&all)) return NULL;
    nghttp2_option_set_no_auto_window_update(all, 1);
    nghttp2_option_set_no_closed_streams(all, 1);
    nghttp2_option_set_max_outbound_ack(all, ACKNOWLEDGEMENTS);
    nghttp2_option_set_max_settings(all, SETTINGS);
    nghttp2_option_set_max_continuations(all, CONTINUATIONS);
    nghttp2_option_set_no_http_messaging(all, is_server);
    nghttp2_option_set_stream_reset_rate_limit(all, RESETS, RESETS_PER_SECOND);
    return all;
}

static chttp2 *make(void *ctx, const chttp2_events *events, int is_server) {
    chttp2 *self = calloc(1, sizeof *self);
    nghttp2_session_callbacks *all = callbacks();
    nghttp2_option *option = options(is_server);
    int failed = !self || !all || !option;
    if (!failed) {
        self->ctx = ctx;
        self->events = *events;
        self->is_server = is_server;
        self->remote_count = -1;
        failed = is_server ? nghttp2_session_server_new2(&self->session, all, self, option)
                           : nghttp2_session_client_new2(&self->session, all, self, option);
    }
    nghttp2_session_callbacks_del(all);
    nghttp2_option_del(option);
    if (failed) {
        free(self);
        return NULL;
    }
    return self;
}

chttp2 *chttp2_server(void *ctx, const chttp2_events *events, const chttp2_setting *settings, size_t count) {
    nghttp2_settings_entry entries[REMOTE];
    if (count > REMOTE) return NULL;
    chttp2 *self = make(ctx, events, 1);
    if (!self) return NULL;
    for (size_t index = 0; index < count; index++) {
        entries[index] = (nghttp2_settings_entry){settings[index].id, settings[index].value};
    }
    if (nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, entries, count) ||
        nghttp2_session_set_local_window_size(self->session, NGHTTP2_FLAG_NONE, 0, WINDOW)) {
        chttp2_free(self);
        return NULL;
    }
    return self;
}

chttp2 *chttp2_client(void *ctx, const chttp2_events *events) {
    chttp2 *self = make(ctx, events, 0);
    if (!self) return NULL;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 4 << 20},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };
    if (nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, settings, 3) ||
        nghttp2_session_set_local_window_size(self->session, NGHTTP2_FLAG_NONE, 0, WINDOW / 64)) {
        chttp2_free(self);
        return NULL;
    }
    return self;
}

int chttp2_settings(const chttp2 *self, chttp2_setting *settings, size_t room) {
    int count = 0;
    for (; count < self->remote_count && (size_t)count < room; count++) settings[count] = self->remote[count];
    return self->remote_count < 0 ? -1 : count;
}

void chttp2_free(chttp2 *self) {
    if (!self) return;
    nghttp2_session_del(self->session);
    free(self);
}

int chttp2_receive(chttp2 *self, const uint8_t *bytes, size_t length) {
    const ssize_t taken = nghttp2_session_mem_recv(self->session, bytes, length);
    return taken < 0 ? (int)taken : 0;
}

int64_t chttp2_send(chttp2 *self, const uint8_t **bytes) { return nghttp2_session_mem_send(self->session, bytes); }

size_t chttp2_queued(chttp2 *self) { return nghttp2_session_get_outbound_queue_size(self->session); }

int chttp2_is_alive(chttp2 *self) {
    return nghttp2_session_want_read(self->session) || nghttp2_session_want_write(self->session);
}

// Fields become nghttp2's for the time of a call; it copies them.
static nghttp2_nv *pairs(const chttp2_field *fields, size_t count) {
    nghttp2_nv *all = calloc(count ? count : 1, sizeof *all);
    for (size_t i = 0; all && i < count; i++) {
        all[i].name = (uint8_t *)fields[i].name;
        all[i].value = (uint8_t *)fields[i].value;
        all[i].namelen = fields[i].name_length;
        all[i].valuelen = fields[i].value_length;
    }
    return all;
}

int chttp2_answer(chttp2 *self, int32_t stream, const chttp2_field *fields, size_t count, int flags) {
    nghttp2_nv *all = pairs(fields, count);
    if (!all) return NGHTTP2_ERR_NOMEM;
    const nghttp2_data_provider body = {.read_callback = on_fill};
    if (flags & CHTTP2_CUT) nghttp2_session_set_stream_user_data(self->session, stream, self);
    const int status = nghttp2_submit_response(self->session, stream, all, count, flags & CHTTP2_BODY ? &body : NULL);
    free(all);
    return status;
}

int32_t chttp2_ask(chttp2 *self, const chttp2_field *fields, size_t count, int has_body) {
    nghttp2_nv *all = pairs(fields, count);
    if (!all) return NGHTTP2_ERR_NOMEM;
    const nghttp2_data_provider body = {.read_callback = on_fill};
    const int32_t stream = nghttp2_submit_request(self->session, NULL, all, count, has_body ? &body : NULL, NULL);
    free(all);
    return stream;
}

void chttp2_resume(chttp2 *self, int32_t stream) { nghttp2_session_resume_data(self->session, stream); }

void chttp2_consume(chttp2 *self, int32_t stream, size_t length) {
    nghttp2_session_consume(self->session, stream, length);
}

void chttp2_widen(chttp2 *self, int32_t stream, int32_t window) {
    nghttp2_session_set_local_window_size(self->session, NGHTTP2_FLAG_NONE, stream, window);
}

int chttp2_is_held_up(chttp2 *self, int32_t stream) {
    return nghttp2_session_get_stream_remote_window_size(self->session, stream) <= 0;
}

void chttp2_reset(chttp2 *self, int32_t stream, uint32_t code) {
    nghttp2_submit_rst_stream(self->session, NGHTTP2_FLAG_NONE, stream, code);
}

void chttp2_shut(chttp2 *self, uint32_t code) { nghttp2_session_terminate_session(self->session, code); }

void chttp2_ping(chttp2 *self) { nghttp2_submit_ping(self->session, NGHTTP2_FLAG_NONE, NULL); }

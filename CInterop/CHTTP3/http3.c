/* SPDX-License-Identifier: Apache-2.0 */
#include "CHTTP3.h"

#include <nghttp3/nghttp3.h>
#include <stdlib.h>
#include <string.h>

#include "preface.h"

struct chttp3_connection {
    nghttp3_conn *conn;
    preface *preface; /* NULL: nghttp3's own */
    chttp3_callbacks callbacks;
    void *user;
    int failure;
};

enum { FIELDS_MAXIMUM = 128 };

#define FAIL_UNLESS_ZERO(call) ((call) == 0 ? 0 : NGHTTP3_ERR_CALLBACK_FAILURE)

static int on_begin(nghttp3_conn *conn, int64_t stream, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.begin(connection->user, stream));
}

static int on_field(nghttp3_conn *conn, int64_t stream, int32_t token, nghttp3_rcbuf *name, nghttp3_rcbuf *value,
                    uint8_t flags, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    nghttp3_vec name_bytes = nghttp3_rcbuf_get_buf(name), value_bytes = nghttp3_rcbuf_get_buf(value);
    chttp3_field field = {name_bytes.base, name_bytes.len, value_bytes.base, value_bytes.len};
    (void)conn, (void)token, (void)flags, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.field(connection->user, stream, &field));
}

static int on_head(nghttp3_conn *conn, int64_t stream, int fin, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.head(connection->user, stream, fin, 0));
}

static int on_trailers(nghttp3_conn *conn, int64_t stream, int fin, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.head(connection->user, stream, fin, 1));
}

static int on_data(nghttp3_conn *conn, int64_t stream, const uint8_t *bytes, size_t count, void *user,
                   void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.data(connection->user, stream, bytes, count));
}

static int on_end(nghttp3_conn *conn, int64_t stream, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.end(connection->user, stream));
}

static int on_close(nghttp3_conn *conn, int64_t stream, uint64_t error, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.closed(connection->user, stream, error));
}

static int on_acked(nghttp3_conn *conn, int64_t stream, uint64_t count, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.acked(connection->user, stream, count));
}

static int on_consumed(nghttp3_conn *conn, int64_t stream, size_t count, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.consumed(connection->user, stream, count));
}

static int on_stop(nghttp3_conn *conn, int64_t stream, uint64_t error, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.stop(connection->user, stream, error));
}

static int on_reset(nghttp3_conn *conn, int64_t stream, uint64_t error, void *user, void *stream_user) {
    chttp3_connection *connection = user;
    (void)conn, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.reset(connection->user, stream, error));
}

static int on_goaway(nghttp3_conn *conn, int64_t stream, void *user) {
    chttp3_connection *connection = user;
    (void)conn;
    return FAIL_UNLESS_ZERO(connection->callbacks.goaway(connection->user, stream));
}

static nghttp3_ssize on_fill(nghttp3_conn *conn, int64_t stream, nghttp3_vec *vectors, size_t limit, uint32_t *flags,
                             void *user, void *stream_user) {
    chttp3_connection *connection = user;
    uint32_t count = 0;
    (void)conn, (void)stream_user;
    _Static_assert(sizeof(chttp3_vector) == sizeof(nghttp3_vec), "the same two words");
    switch (connection->callbacks.fill(connection->user, stream, (chttp3_vector *)(void *)vectors, (uint32_t)limit,
                                       &count)) {
    case CHTTP3_FILLED:
        return count > 0 ? (nghttp3_ssize)count : NGHTTP3_ERR_WOULDBLOCK;
    case CHTTP3_WAIT:
        return NGHTTP3_ERR_WOULDBLOCK;
    case CHTTP3_LAST:
        *flags |= NGHTTP3_DATA_FLAG_EOF;
        return (nghttp3_ssize)count;
    default:
        /* The owner resets the stream; meanwhile it has nothing. */
        return NGHTTP3_ERR_WOULDBLOCK;
    }
}

chttp3_connection *chttp3_new(const chttp3_options *options, const chttp3_callbacks *callbacks, void *user) {
    nghttp3_callbacks table;
    nghttp3_settings settings;
    chttp3_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) return NULL;
    connection->callbacks = *callbacks;
    connection->user = user;
    memset(&table, 0, sizeof table);
    table.acked_stream_data = on_acked;
    table.stream_close = on_close;
    table.recv_data = on_data;
    table.deferred_consume = on_consumed;
    table.begin_headers = on_begin;
    table.recv_header = on_field;
    table.end_headers = on_head;
    table.recv_trailer = on_field;
    table.end_trailers = on_trailers;
    table.stop_sending = on_stop;
    table.end_stream = on_end;
    table.reset_stream = on_reset;
    table.shutdown = on_goaway;
    nghttp3_settings_default(&settings);
    settings.max_field_section_size = options->field_section_size;
    settings.qpack_max_dtable_capacity = options->table_capacity;
    settings.qpack_blocked_streams = options->blocked_streams;
    int code = options->is_server ? nghttp3_conn_server_new(&connection->conn, &table, &settings, NULL, connection)
                                  : nghttp3_conn_client_new(&connection->conn, &table, &settings, NULL, connection);
    if (code == 0 && options->settings != NULL) {
        connection->preface = preface_new(options->settings, options->setting_count);
        if (connection->preface == NULL) {
            chttp3_free(connection);
            return NULL;
        }
    }
    if (code == 0) {
        if (options->is_server) nghttp3_conn_set_max_client_streams_bidi(connection->conn, options->request_streams);
        return connection;
    }
    free(connection);
    return NULL;
}

void chttp3_free(chttp3_connection *connection) {
    if (connection == NULL) return;
    nghttp3_conn_del(connection->conn);
    preface_free(connection->preface);
    free(connection);
}

static int fatal(chttp3_connection *connection, int code) {
    if (code == 0 || code == NGHTTP3_ERR_STREAM_NOT_FOUND) return 0;
    connection->failure = code;
    return -1;
}

int chttp3_bind(chttp3_connection *connection, int64_t control, int64_t encoder, int64_t decoder) {
    if (fatal(connection, nghttp3_conn_bind_control_stream(connection->conn, control)) != 0) return -1;
    if (connection->preface != NULL && fatal(connection, preface_begin(connection->preface, connection->conn, control)) != 0)
        return -1;
    return fatal(connection, nghttp3_conn_bind_qpack_streams(connection->conn, encoder, decoder));
}

int64_t chttp3_read(chttp3_connection *connection, int64_t stream, const uint8_t *bytes, size_t count, int fin) {
    nghttp3_ssize used = nghttp3_conn_read_stream(connection->conn, stream, bytes, count, fin);
    return used < 0 ? fatal(connection, (int)used) : used;
}

int chttp3_pull(chttp3_connection *connection, int64_t *stream, int *fin, chttp3_vector *vectors, uint32_t limit) {
    *stream = -1;
    *fin = 0;
    if (connection->preface != NULL && preface_pull(connection->preface, stream, vectors)) return 1;
    nghttp3_ssize count =
        nghttp3_conn_writev_stream(connection->conn, stream, fin, (nghttp3_vec *)(void *)vectors, limit);
    return count < 0 ? fatal(connection, (int)count) : (int)count;
}

int chttp3_took(chttp3_connection *connection, int64_t stream, size_t count) {
    if (connection->preface != NULL && preface_took(connection->preface, stream, count)) return 0;
    return fatal(connection, nghttp3_conn_add_write_offset(connection->conn, stream, count));
}

int chttp3_acked(chttp3_connection *connection, int64_t stream, uint64_t count) {
    if (connection->preface != NULL) count = preface_acked(connection->preface, stream, count);
    return count == 0 ? 0 : fatal(connection, nghttp3_conn_add_ack_offset(connection->conn, stream, count));
}

void chttp3_block(chttp3_connection *connection, int64_t stream) {
    if (connection->preface != NULL) preface_block(connection->preface, stream, 1);
    nghttp3_conn_block_stream(connection->conn, stream);
}

void chttp3_unblock(chttp3_connection *connection, int64_t stream) {
    if (connection->preface != NULL) preface_block(connection->preface, stream, 0);
    (void)nghttp3_conn_unblock_stream(connection->conn, stream);
}

void chttp3_shut_write(chttp3_connection *connection, int64_t stream) {
    if (connection->preface != NULL) preface_stop(connection->preface, stream);
    nghttp3_conn_shutdown_stream_write(connection->conn, stream);
}

void chttp3_shut_read(chttp3_connection *connection, int64_t stream) {
    (void)nghttp3_conn_shutdown_stream_read(connection->conn, stream);
}

int chttp3_closed(chttp3_connection *connection, int64_t stream, uint64_t error) {
    return fatal(connection, nghttp3_conn_close_stream(connection->conn, stream, error));
}

static uint32_t convert(nghttp3_nv *target, const chttp3_field *fields, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        target[i].name = (uint8_t *)fields[i].name;
        target[i].namelen = fields[i].name_length;
        target[i].value = (uint8_t *)fields[i].value;
        target[i].valuelen = fields[i].value_length;
        target[i].flags = NGHTTP3_NV_FLAG_NONE;
    }
    return count;
}

int chttp3_request(chttp3_connection *connection, int64_t stream, const chttp3_field *fields, uint32_t count,
                   int has_body) {
    nghttp3_nv converted[FIELDS_MAXIMUM];
    nghttp3_data_reader reader = {on_fill};
    if (count > FIELDS_MAXIMUM) return -1;
    return nghttp3_conn_submit_request(connection->conn, stream, converted, convert(converted, fields, count),
                                       has_body ? &reader : NULL, NULL);
}

int chttp3_response(chttp3_connection *connection, int64_t stream, const chttp3_field *fields, uint32_t count,
                    int has_body) {
    nghttp3_nv converted[FIELDS_MAXIMUM];
    nghttp3_data_reader reader = {on_fill};
    if (count > FIELDS_MAXIMUM) return -1;
    return nghttp3_conn_submit_response(connection->conn, stream, converted, convert(converted, fields, count),
                                        has_body ? &reader : NULL);
}

void chttp3_resume(chttp3_connection *connection, int64_t stream) {
    (void)nghttp3_conn_resume_stream(connection->conn, stream);
}

void chttp3_allow(chttp3_connection *connection, uint64_t requests) {
    nghttp3_conn_set_max_client_streams_bidi(connection->conn, requests);
}

int chttp3_goaway(chttp3_connection *connection) {
    return fatal(connection, nghttp3_conn_shutdown(connection->conn));
}

uint64_t chttp3_error(const chttp3_connection *connection) {
    return nghttp3_err_infer_quic_app_error_code(connection->failure);
}

const char *chttp3_sentence(const chttp3_connection *connection) { return nghttp3_strerror(connection->failure); }

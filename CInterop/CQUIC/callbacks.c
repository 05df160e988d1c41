/* SPDX-License-Identifier: Apache-2.0 */
#include <gnutls/crypto.h>
#include <string.h>

#include "connection.h"

#define FAIL_UNLESS_ZERO(call) ((call) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE)

static int become_confirmed(cquic_connection *connection) {
    connection->is_confirmed = 1;
    return FAIL_UNLESS_ZERO(connection->callbacks.connected(connection->user));
}

/* A server's handshake is confirmed when it is complete (RFC 9001, 4.1.2); a client's is not. */
static int on_completed(ngtcp2_conn *conn, void *user) {
    cquic_connection *connection = user;
    (void)conn;
    int status = FAIL_UNLESS_ZERO(connection->callbacks.completed(connection->user));
    return status == 0 && connection->is_server ? become_confirmed(connection) : status;
}

static int on_confirmed(ngtcp2_conn *conn, void *user) {
    (void)conn;
    return become_confirmed(user);
}

static int on_stream_open(ngtcp2_conn *conn, int64_t stream, void *user) {
    cquic_connection *connection = user;
    (void)conn;
    return FAIL_UNLESS_ZERO(connection->callbacks.stream_opened(connection->user, stream));
}

static int on_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t stream, uint64_t offset, const uint8_t *bytes,
                          size_t count, void *user, void *stream_user) {
    cquic_connection *connection = user;
    int fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    (void)conn, (void)offset, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.stream_received(connection->user, stream, bytes, count, fin));
}

static int on_acked(ngtcp2_conn *conn, int64_t stream, uint64_t offset, uint64_t count, void *user, void *stream_user) {
    cquic_connection *connection = user;
    (void)conn, (void)offset, (void)stream_user;
    if (stream != connection->acked_stream && cquic_tell_acked(connection) != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    connection->acked_stream = stream;
    connection->acked_bytes += count;
    return 0;
}

int cquic_tell_acked(cquic_connection *connection) {
    uint64_t count = connection->acked_bytes;
    if (count == 0) return 0;
    connection->acked_bytes = 0;
    return FAIL_UNLESS_ZERO(connection->callbacks.stream_acked(connection->user, connection->acked_stream, count));
}

static int on_stream_reset(ngtcp2_conn *conn, int64_t stream, uint64_t size, uint64_t error, void *user,
                           void *stream_user) {
    cquic_connection *connection = user;
    (void)conn, (void)size, (void)stream_user;
    if (cquic_tell_acked(connection) != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    return FAIL_UNLESS_ZERO(connection->callbacks.stream_reset(connection->user, stream, error));
}

static int on_stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t stream, uint64_t error, void *user,
                           void *stream_user) {
    cquic_connection *connection = user;
    int failed = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;
    (void)stream_user;
    if (cquic_tell_acked(connection) != 0) return NGTCP2_ERR_CALLBACK_FAILURE;
    if (!ngtcp2_conn_is_local_stream(conn, stream)) {
        if (ngtcp2_is_bidi_stream(stream)) {
            ngtcp2_conn_extend_max_streams_bidi(conn, 1);
        } else if (COMPAT_CLOSES_ONE_WAY_STREAMS) {
            ngtcp2_conn_extend_max_streams_uni(conn, 1);
        }
    }
    return FAIL_UNLESS_ZERO(connection->callbacks.stream_closed(connection->user, stream, failed, failed ? error : 0));
}

static int on_stream_credit(ngtcp2_conn *conn, int64_t stream, uint64_t maximum, void *user, void *stream_user) {
    cquic_connection *connection = user;
    (void)conn, (void)maximum, (void)stream_user;
    return FAIL_UNLESS_ZERO(connection->callbacks.stream_credit(connection->user, stream));
}

static int on_streams_credit(ngtcp2_conn *conn, uint64_t maximum, void *user) {
    cquic_connection *connection = user;
    (void)conn, (void)maximum;
    return FAIL_UNLESS_ZERO(connection->callbacks.streams_credit(connection->user));
}

static int on_datagram(ngtcp2_conn *conn, uint32_t flags, const uint8_t *bytes, size_t count, void *user) {
    cquic_connection *connection = user;
    (void)conn, (void)flags;
    return FAIL_UNLESS_ZERO(connection->callbacks.datagram_received(connection->user, bytes, count));
}

static void on_random(uint8_t *bytes, size_t count, const ngtcp2_rand_ctx *context) {
    (void)context;
    if (cquic_random(bytes, count) != 0) memset(bytes, 0, count);
}

static int on_new_id(ngtcp2_conn *conn, ngtcp2_cid *id, uint8_t *token, size_t length, void *user) {
    cquic_connection *connection = user;
    (void)conn;
    id->datalen = length;
    if (length != CQUIC_ID_LENGTH || cquic_own_id(connection, id->data) != 0 ||
        ngtcp2_crypto_generate_stateless_reset_token(token, connection->secret, CQUIC_SECRET_LENGTH, id) != 0)
        return NGTCP2_ERR_CALLBACK_FAILURE;
    connection->callbacks.id_added(connection->user, id->data);
    return 0;
}

static int on_retired_id(ngtcp2_conn *conn, const ngtcp2_cid *id, void *user) {
    cquic_connection *connection = user;
    (void)conn;
    if (id->datalen == CQUIC_ID_LENGTH) connection->callbacks.id_removed(connection->user, id->data);
    return 0;
}

static int on_peer_id(ngtcp2_conn *conn, compat_id_status type, uint64_t sequence, const ngtcp2_cid *id,
                      const uint8_t *token, void *user) {
    cquic_connection *connection = user;
    (void)conn, (void)sequence, (void)id;
    if (token == NULL) return 0;
    if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE)
        connection->callbacks.token_added(connection->user, token);
    else
        connection->callbacks.token_removed(connection->user, token);
    return 0;
}

static int on_path_validation(COMPAT_PATH_VALIDATION_ARGUMENTS) {
    cquic_connection *connection = user_data;
    COMPAT_PATH_VALIDATION_UNUSED;
    connection->callbacks.path_changed(connection->user, result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS);
    return 0;
}

static int on_reset(ngtcp2_conn *conn, const ngtcp2_pkt_stateless_reset *reset, void *user) {
    cquic_connection *connection = user;
    (void)conn, (void)reset;
    connection->reason.kind = CQUIC_REASON_STATELESS_RESET;
    connection->reason.by_peer = 1;
    return 0;
}

void cquic_callbacks_fill(ngtcp2_callbacks *table, int is_server) {
    memset(table, 0, sizeof *table);
    if (is_server) {
        table->recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    } else {
        table->client_initial = ngtcp2_crypto_client_initial_cb;
        table->recv_retry = ngtcp2_crypto_recv_retry_cb;
        table->handshake_confirmed = on_confirmed;
    }
    table->handshake_completed = on_completed;
    table->recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    cquic_cipher_fill(table);
    table->hp_mask = ngtcp2_crypto_hp_mask_cb;
    table->recv_stream_data = on_stream_data;
    table->acked_stream_data_offset = on_acked;
    table->stream_open = on_stream_open;
    table->stream_close = on_stream_close;
    table->stream_reset = on_stream_reset;
    table->recv_stateless_reset = on_reset;
    table->extend_max_local_streams_bidi = on_streams_credit;
    table->extend_max_stream_data = on_stream_credit;
    table->rand = on_random;
    table->get_new_connection_id = on_new_id;
    table->remove_connection_id = on_retired_id;
    table->dcid_status = on_peer_id;
    table->path_validation = on_path_validation;
    table->delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table->recv_datagram = on_datagram;
    table->get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    table->version_negotiation = ngtcp2_crypto_version_negotiation_cb;
}

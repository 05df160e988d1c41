/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "connection.h"

static int stream_result(int code) {
    switch (code) {
    case 0:
        return CQUIC_OK;
    case NGTCP2_ERR_STREAM_ID_BLOCKED:
        return CQUIC_BLOCKED;
    default:
        return CQUIC_ARGUMENT;
    }
}

int cquic_stream_open(cquic_connection *connection, int bidirectional, int64_t *stream) {
    return stream_result(bidirectional ? ngtcp2_conn_open_bidi_stream(connection->conn, stream, NULL)
                                       : ngtcp2_conn_open_uni_stream(connection->conn, stream, NULL));
}

int cquic_stream_consumed(cquic_connection *connection, int64_t stream, uint64_t count) {
    ngtcp2_conn_extend_max_offset(connection->conn, count);
    return stream_result(ngtcp2_conn_extend_max_stream_offset(connection->conn, stream, count));
}

int cquic_stream_reset(cquic_connection *connection, int64_t stream, uint64_t error) {
    return stream_result(compat_reset_stream(connection->conn, stream, error));
}

int cquic_stream_stop(cquic_connection *connection, int64_t stream, uint64_t error) {
    return stream_result(compat_stop_stream(connection->conn, stream, error));
}

int cquic_stream_abort(cquic_connection *connection, int64_t stream, uint64_t error) {
    return stream_result(compat_shutdown_stream(connection->conn, stream, error));
}

uint64_t cquic_streams_left(const cquic_connection *connection) {
    return ngtcp2_conn_get_streams_bidi_left(connection->conn);
}

int cquic_update_key(cquic_connection *connection, uint64_t now) {
    if (!connection->is_confirmed) return CQUIC_BLOCKED; /* ngtcp2 would abort */
    return ngtcp2_conn_initiate_key_update(connection->conn, now) == 0 ? CQUIC_OK : CQUIC_BLOCKED;
}

int cquic_migrate(cquic_connection *connection, const cquic_address *local, const cquic_address *remote, uint64_t now) {
    ngtcp2_path path = {cquic_addr(local), cquic_addr(remote), NULL};
    if (connection->is_server) return CQUIC_ARGUMENT; /* ngtcp2 would abort */
    switch (ngtcp2_conn_initiate_migration(connection->conn, &path, now)) {
    case 0:
        return CQUIC_OK;
    case NGTCP2_ERR_CONN_ID_BLOCKED:
        return CQUIC_BLOCKED;
    default:
        return CQUIC_ARGUMENT;
    }
}

static uint32_t cipher_number(const cquic_connection *connection) {
    switch (gnutls_cipher_get(connection->tls)) {
    case GNUTLS_CIPHER_AES_128_GCM:
        return 0x1301;
    case GNUTLS_CIPHER_AES_256_GCM:
        return 0x1302;
    case GNUTLS_CIPHER_CHACHA20_POLY1305:
        return 0x1303;
    case GNUTLS_CIPHER_AES_128_CCM:
        return 0x1304;
    default:
        return 0;
    }
}

void cquic_measure(cquic_connection *connection, cquic_statistics *statistics) {
    compat_statistics raw;
    compat_measure(connection->conn, &raw);
    memset(statistics, 0, sizeof *statistics);
    statistics->smoothed_rtt = raw.smoothed_rtt;
    statistics->minimum_rtt = raw.min_rtt == UINT64_MAX ? 0 : raw.min_rtt;
    statistics->congestion_window = raw.cwnd;
    statistics->bytes_in_flight = raw.bytes_in_flight;
    statistics->probe_timeout = ngtcp2_conn_get_pto(connection->conn);
    statistics->payload_size = (uint32_t)ngtcp2_conn_get_path_max_tx_udp_payload_size(connection->conn);
    statistics->memory = connection->memory_bytes;
    statistics->key_updates = connection->key_updates;
    statistics->cipher = cipher_number(connection);
}

uint64_t cquic_memory(const cquic_connection *connection) { return connection->memory_bytes; }

void cquic_path(cquic_connection *connection, cquic_address *local, cquic_address *remote) {
    const ngtcp2_path *path = ngtcp2_conn_get_path(connection->conn);
    *local = cquic_address_of(path->local.addr, path->local.addrlen);
    *remote = cquic_address_of(path->remote.addr, path->remote.addrlen);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "connection.h"

static void note(cquic_connection *connection, uint32_t kind, uint64_t code, const char *sentence) {
    cquic_close_reason *reason = &connection->reason;
    if (reason->kind != CQUIC_REASON_NONE) return;
    reason->kind = kind;
    reason->code = code;
    if (sentence == NULL) return;
    snprintf(reason->sentence, sizeof reason->sentence, "%s", sentence);
    reason->length = (uint8_t)strlen(reason->sentence);
}

/* What the other end's CONNECTION_CLOSE said; its words are kept only where they print. */
static void note_peer(cquic_connection *connection) {
    compat_close_error error;
    char sentence[sizeof connection->reason.sentence];
    size_t length;
    compat_peer_close_error(connection->conn, &error);
    length = error.reasonlen < sizeof sentence - 1 ? error.reasonlen : sizeof sentence - 1;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = error.reason[i];
        sentence[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    sentence[length] = 0;
    if (connection->reason.kind == CQUIC_REASON_NONE) connection->reason.by_peer = 1;
    note(connection,
         error.type == COMPAT_CLOSED_BY_APPLICATION ? CQUIC_REASON_APPLICATION : CQUIC_REASON_TRANSPORT,
         error.error_code, sentence);
}

int cquic_result(cquic_connection *connection, int code) {
    switch (code) {
    case 0:
        return CQUIC_OK;
    case NGTCP2_ERR_DRAINING:
        if (connection->reason.kind == CQUIC_REASON_STATELESS_RESET) return CQUIC_DROP;
        note_peer(connection);
        return CQUIC_DRAIN;
    case NGTCP2_ERR_RETRY:
        return CQUIC_RETRY;
    case NGTCP2_ERR_DROP_CONN:
        return CQUIC_DROP;
    case NGTCP2_ERR_IDLE_CLOSE:
        note(connection, CQUIC_REASON_IDLE, 0, NULL);
        return CQUIC_DROP;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        note(connection, CQUIC_REASON_HANDSHAKE_TIMEOUT, 0, NULL);
        return CQUIC_DROP;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    case NGTCP2_ERR_VERSION_NEGOTIATION:
        note(connection, CQUIC_REASON_VERSION, 0, NULL);
        return CQUIC_DROP;
    default:
        break;
    }
    if (!connection->has_failed) {
        connection->has_failed = 1;
        if (code == NGTCP2_ERR_CRYPTO)
            compat_close_error_alert(&connection->error, ngtcp2_conn_get_tls_alert(connection->conn));
        else
            compat_close_error_library(&connection->error, code);
        note(connection, CQUIC_REASON_TRANSPORT, connection->error.error_code, ngtcp2_strerror(code));
    }
    return CQUIC_CLOSE;
}

int cquic_read(cquic_connection *connection, const cquic_address *local, const cquic_address *remote, uint8_t ecn,
               const uint8_t *bytes, size_t count, uint64_t now) {
    ngtcp2_path path = {cquic_addr(local), cquic_addr(remote), NULL};
    ngtcp2_pkt_info information = {0};
    information.ecn = ecn;
    int code = ngtcp2_conn_read_pkt(connection->conn, &path, &information, bytes, count, now);
    int told = cquic_tell_acked(connection);
    if (code == 0) code = told;
    /* A callback may have failed the connection without failing itself. */
    if (code == 0 && connection->has_failed) return CQUIC_CLOSE;
    return cquic_result(connection, code);
}

uint64_t cquic_deadline(const cquic_connection *connection) {
    uint64_t expiry = ngtcp2_conn_get_expiry(connection->conn);
    /* Some of ngtcp2's timers act only once their time has passed: at the very nanosecond they would be due for ever. */
    return expiry == UINT64_MAX ? expiry : expiry + 1;
}

int cquic_expire(cquic_connection *connection, uint64_t now) {
    if (ngtcp2_conn_get_expiry(connection->conn) > now) return CQUIC_OK;
    return cquic_result(connection, ngtcp2_conn_handle_expiry(connection->conn, now));
}

void cquic_fail(cquic_connection *connection, uint64_t error, const char *sentence) {
    if (connection->has_failed) return;
    connection->has_failed = 1;
    compat_close_error_application(&connection->error, error, (const uint8_t *)sentence,
                                   sentence == NULL ? 0 : strlen(sentence));
    note(connection, CQUIC_REASON_APPLICATION, error, sentence);
}

void cquic_reason(const cquic_connection *connection, cquic_close_reason *reason) {
    *reason = connection->reason;
    reason->trust = connection->trust;
}

int cquic_is_confirmed(const cquic_connection *connection) { return connection->is_confirmed; }

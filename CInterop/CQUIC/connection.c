/* SPDX-License-Identifier: Apache-2.0 */
#include <gnutls/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

static ngtcp2_conn *of_reference(ngtcp2_crypto_conn_ref *reference) {
    return ((cquic_connection *)reference->user_data)->conn;
}

static void print_log(void *user, const char *format, ...) {
    va_list arguments;
    (void)user;
    va_start(arguments, format);
    vdprintf(2, format, arguments);
    va_end(arguments);
    dprintf(2, "\n");
}

static cquic_connection *allocate(const cquic_credentials *credentials, const cquic_options *options,
                                  const cquic_peer *peer, const cquic_callbacks *callbacks, void *user, int is_server) {
    cquic_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) return NULL;
    connection->reference.get_conn = of_reference;
    connection->reference.user_data = connection;
    cquic_memory_fill(connection);
    connection->credentials = credentials;
    connection->callbacks = *callbacks;
    connection->user = user;
    connection->secret = options->secret;
    connection->tag = options->tag;
    connection->hello_padding = options->hello_padding;
    connection->is_server = (uint8_t)is_server;
    compat_close_error_default(&connection->error);
    if (peer == NULL) return connection;
    if (peer->pin_count > PIN_MAXIMUM) goto failed;
    connection->pin_count = peer->pin_count;
    connection->is_address = peer->is_address != 0;
    if (peer->name != NULL && (connection->name = strdup(peer->name)) == NULL) goto failed;
    if (peer->pin_count == 0) return connection;
    connection->pins = malloc(peer->pin_count * CQUIC_PIN_LENGTH);
    if (connection->pins == NULL) goto failed;
    memcpy(connection->pins, peer->pins, peer->pin_count * CQUIC_PIN_LENGTH);
    return connection;
failed:
    cquic_free(connection);
    return NULL;
}

void cquic_free(cquic_connection *connection) {
    if (connection == NULL) return;
    if (connection->conn != NULL) ngtcp2_conn_del(connection->conn);
    if (connection->tls != NULL) gnutls_deinit(connection->tls);
    free(connection->name);
    free(connection->pins);
    free(connection);
}

static void fill_settings(ngtcp2_settings *settings, ngtcp2_transport_params *parameters, const cquic_options *options,
                          uint64_t now) {
    ngtcp2_settings_default(settings);
    settings->cc_algo = NGTCP2_CC_ALGO_CUBIC;
    settings->initial_ts = now;
    /* Every acknowledgement may ride on the next packet. By its own rule ngtcp2 leaves it out of an answer that is ready
     * within an eighth of a round trip, and then sends it alone. */
    settings->ack_thresh = 1;
    settings->handshake_timeout = options->handshake_timeout ? options->handshake_timeout : UINT64_MAX;
    settings->max_tx_udp_payload_size = options->payload_size;
    settings->no_tx_udp_payload_size_shaping = (options->flags & CQUIC_FLAG_FIXED_PAYLOAD) != 0;
    settings->no_pmtud = (options->flags & CQUIC_FLAG_FIXED_PAYLOAD) != 0;
    if (options->flags & CQUIC_FLAG_LOG) settings->log_printf = print_log;
    ngtcp2_transport_params_default(parameters);
    parameters->initial_max_data = options->connection_window;
    parameters->initial_max_stream_data_bidi_local = options->stream_window;
    parameters->initial_max_stream_data_bidi_remote = options->stream_window;
    parameters->initial_max_stream_data_uni = options->stream_window;
    parameters->initial_max_streams_bidi = options->bidirectional_streams;
    parameters->initial_max_streams_uni = options->unidirectional_streams;
    parameters->max_idle_timeout = options->idle_timeout;
    parameters->max_datagram_frame_size = options->datagram_size;
    /* As nginx has it: one to move with. Each costs a key derivation at one end and a table entry at both. */
    parameters->active_connection_id_limit = 2;
    parameters->grease_quic_bit = 1;
    if (options->flags & CQUIC_FLAG_PARAMETERS) cquic_parameters_fill(parameters, &options->parameters);
}

int cquic_own_id(const cquic_connection *connection, uint8_t *id) {
    if (cquic_random(id, CQUIC_ID_LENGTH) != 0) return -1;
    if (connection->tag != NULL) cquic_tag_mark(connection->tag, id);
    return 0;
}

static int source_id(const cquic_connection *connection, ngtcp2_cid *id) {
    id->datalen = CQUIC_ID_LENGTH;
    return cquic_own_id(connection, id->data);
}

static int random_id(ngtcp2_cid *id, size_t length) {
    id->datalen = length;
    return cquic_random(id->data, length);
}

/* ngtcp2 0.12 frees what it could not set up, and leaves the pointer to it. */
static cquic_connection *give_up(cquic_connection *connection) {
    connection->conn = NULL;
    cquic_free(connection);
    return NULL;
}

cquic_connection *cquic_connect(const cquic_credentials *credentials, const cquic_options *options,
                                const cquic_peer *peer, const cquic_callbacks *callbacks, void *user,
                                const cquic_address *local, const cquic_address *remote, uint64_t now) {
    cquic_connection *connection = allocate(credentials, options, peer, callbacks, user, 0);
    if (connection == NULL) return NULL;
    ngtcp2_callbacks table;
    ngtcp2_settings settings;
    ngtcp2_transport_params parameters;
    ngtcp2_cid source, destination;
    ngtcp2_path path = {cquic_addr(local), cquic_addr(remote), NULL};
    cquic_callbacks_fill(&table, 0);
    fill_settings(&settings, &parameters, options, now);
    uint32_t version = options->version ? options->version : NGTCP2_PROTO_VER_V1;
    if (source_id(connection, &source) != 0 || random_id(&destination, 18) != 0 ||
        cquic_tls_start(connection) != 0 ||
        ngtcp2_conn_client_new(&connection->conn, &destination, &source, &path, version, &table, &settings, &parameters,
                               &connection->memory, connection) != 0)
        return give_up(connection);
    ngtcp2_conn_set_tls_native_handle(connection->conn, connection->tls);
    if (options->keep_alive) ngtcp2_conn_set_keep_alive_timeout(connection->conn, options->keep_alive);
    callbacks->id_added(user, source.data);
    return connection;
}

cquic_connection *cquic_accept(const cquic_credentials *credentials, const cquic_options *options,
                               const cquic_peer *peer, const cquic_callbacks *callbacks, void *user,
                               const cquic_address *local, const cquic_address *remote, const cquic_initial *initial,
                               uint64_t now) {
    cquic_connection *connection = allocate(credentials, options, peer, callbacks, user, 1);
    if (connection == NULL) return NULL;
    ngtcp2_callbacks table;
    ngtcp2_settings settings;
    ngtcp2_transport_params parameters;
    ngtcp2_cid source, destination, asked;
    ngtcp2_path path = {cquic_addr(local), cquic_addr(remote), NULL};
    cquic_callbacks_fill(&table, 1);
    fill_settings(&settings, &parameters, options, now);
    ngtcp2_cid_init(&destination, initial->source, initial->source_length);
    ngtcp2_cid_init(&asked, initial->destination, initial->destination_length);
    compat_set_original(&parameters);
    if (initial->original_length > 0) {
        ngtcp2_cid_init(&parameters.original_dcid, initial->original, initial->original_length);
        parameters.retry_scid = asked;
        parameters.retry_scid_present = 1;
        compat_set_token(&settings, initial->token, initial->token_length);
    } else {
        parameters.original_dcid = asked;
    }
    parameters.stateless_reset_token_present = 1;
    if (source_id(connection, &source) != 0 ||
        ngtcp2_crypto_generate_stateless_reset_token(parameters.stateless_reset_token, connection->secret,
                                                     CQUIC_SECRET_LENGTH, &source) != 0 ||
        cquic_tls_start(connection) != 0 ||
        ngtcp2_conn_server_new(&connection->conn, &destination, &source, &path, initial->version, &table, &settings,
                               &parameters, &connection->memory, connection) != 0)
        return give_up(connection);
    ngtcp2_conn_set_tls_native_handle(connection->conn, connection->tls);
    if (options->keep_alive) ngtcp2_conn_set_keep_alive_timeout(connection->conn, options->keep_alive);
    callbacks->id_added(user, source.data);
    return connection;
}

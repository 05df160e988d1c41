/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "connection.h"

int cquic_remote_parameters(cquic_connection *connection, cquic_parameters *parameters) {
    const ngtcp2_transport_params *raw =
        ngtcp2_conn_get_handshake_completed(connection->conn) ? ngtcp2_conn_get_remote_transport_params(connection->conn)
                                                              : NULL;
    if (raw == NULL) return CQUIC_ARGUMENT;
    memset(parameters, 0, sizeof *parameters);
    parameters->max_idle_timeout = raw->max_idle_timeout / NGTCP2_MILLISECONDS;
    parameters->max_udp_payload_size = raw->max_udp_payload_size;
    parameters->initial_max_data = raw->initial_max_data;
    parameters->initial_max_stream_data_bidi_local = raw->initial_max_stream_data_bidi_local;
    parameters->initial_max_stream_data_bidi_remote = raw->initial_max_stream_data_bidi_remote;
    parameters->initial_max_stream_data_uni = raw->initial_max_stream_data_uni;
    parameters->initial_max_streams_bidi = raw->initial_max_streams_bidi;
    parameters->initial_max_streams_uni = raw->initial_max_streams_uni;
    parameters->ack_delay_exponent = raw->ack_delay_exponent;
    parameters->max_ack_delay = raw->max_ack_delay / NGTCP2_MILLISECONDS;
    parameters->active_connection_id_limit = raw->active_connection_id_limit;
    parameters->max_datagram_frame_size = raw->max_datagram_frame_size;
    parameters->disable_active_migration = raw->disable_active_migration;
    parameters->has_preferred_address = compat_has_preferred_address(raw);
    return CQUIC_OK;
}

void cquic_parameters_fill(ngtcp2_transport_params *raw, const cquic_parameters *parameters) {
    raw->max_idle_timeout = parameters->max_idle_timeout * NGTCP2_MILLISECONDS;
    raw->max_udp_payload_size = parameters->max_udp_payload_size;
    raw->initial_max_data = parameters->initial_max_data;
    raw->initial_max_stream_data_bidi_local = parameters->initial_max_stream_data_bidi_local;
    raw->initial_max_stream_data_bidi_remote = parameters->initial_max_stream_data_bidi_remote;
    raw->initial_max_stream_data_uni = parameters->initial_max_stream_data_uni;
    raw->initial_max_streams_bidi = parameters->initial_max_streams_bidi;
    raw->initial_max_streams_uni = parameters->initial_max_streams_uni;
    raw->ack_delay_exponent = parameters->ack_delay_exponent;
    raw->max_ack_delay = parameters->max_ack_delay * NGTCP2_MILLISECONDS;
    raw->active_connection_id_limit = parameters->active_connection_id_limit;
    raw->max_datagram_frame_size = parameters->max_datagram_frame_size;
    raw->disable_active_migration = parameters->disable_active_migration;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_PARAMETERS_H
#define CQUIC_PARAMETERS_H

#include <stdint.h>

/* The transport parameters (RFC 9000, 18.2) by which implementations differ, in the units of the RFC. ngtcp2 0.12 says
 * grease_quic_bit whatever it is told, leaves out those that are at their default, and keeps to an order of its own. */
typedef struct cquic_parameters {
    uint64_t max_idle_timeout; /* milliseconds; 0: none */
    uint64_t max_udp_payload_size;
    uint64_t initial_max_data;
    uint64_t initial_max_stream_data_bidi_local;
    uint64_t initial_max_stream_data_bidi_remote;
    uint64_t initial_max_stream_data_uni;
    uint64_t initial_max_streams_bidi;
    uint64_t initial_max_streams_uni;
    uint64_t ack_delay_exponent;
    uint64_t max_ack_delay; /* milliseconds */
    uint64_t active_connection_id_limit; /* this end's: 2 to 8 */
    uint64_t max_datagram_frame_size;    /* RFC 9221; 0: none */
    uint8_t disable_active_migration;
    uint8_t has_preferred_address; /* read only */
    uint8_t reserved[6];
} cquic_parameters;

struct cquic_connection;
/* What the other end has said. 0, or CQUIC_ARGUMENT before that. */
int cquic_remote_parameters(struct cquic_connection *connection, cquic_parameters *parameters);

#endif

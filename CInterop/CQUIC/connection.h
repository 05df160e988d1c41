/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_CONNECTION_PRIVATE_H
#define CQUIC_CONNECTION_PRIVATE_H

#include <gnutls/gnutls.h>

#include "CQUIC.h"
#include "compat.h"

enum { PIN_MAXIMUM = 16 };

struct cquic_credentials {
    gnutls_certificate_credentials_t raw;
    gnutls_priority_t priority;
    gnutls_datum_t protocols[32];
    uint8_t *protocol_bytes;
    uint32_t protocol_count;
    int is_lent; /* `raw` is somebody else's */
};

struct cquic_connection {
    ngtcp2_crypto_conn_ref reference; /* what GnuTLS knows this connection by */
    ngtcp2_conn *conn;
    gnutls_session_t tls;
    const cquic_credentials *credentials;
    ngtcp2_mem memory;
    uint64_t memory_bytes;
    cquic_callbacks callbacks;
    void *user;
    const uint8_t *secret;
    const cquic_tag *tag; /* NULL: none */
    char *name;
    uint8_t *pins;
    uint32_t pin_count;
    int64_t acked_stream; /* whose bytes were acknowledged, while `acked_bytes` were and that was not told */
    uint64_t acked_bytes;
    uint32_t key_updates;
    uint32_t sent_bytes; /* of streams, up to where larger packets are tried */
    uint32_t burst_bytes; /* sent since the pacer was told */
    uint16_t hello_padding;
    uint8_t is_server;
    uint8_t is_confirmed;
    uint8_t has_failed; /* `error` says how */
    uint8_t probes_path; /* larger packets are tried */
    uint8_t trust;
    uint8_t *hello; /* where the ClientHello is copied to; NULL: nowhere */
    size_t hello_capacity;
    size_t hello_length;
    uint8_t is_address; /* `name` is one, and SNI has none */
    compat_close_error error;
    cquic_close_reason reason;
};

/* The pin of a certificate in DER. */
int cquic_pin_of(const gnutls_datum_t *certificate, uint8_t pin[CQUIC_PIN_LENGTH]);
/* Sets up the TLS session of a connection. 0, or a code of GnuTLS. */
int cquic_tls_start(cquic_connection *connection);
/* Sets up the connection's allocator. */
void cquic_memory_fill(cquic_connection *connection);
/* A new id of this end for the connection: random, with its tag. 0 or -1. */
int cquic_own_id(const cquic_connection *connection, uint8_t *id);
/* Fills in ngtcp2's table. */
void cquic_callbacks_fill(ngtcp2_callbacks *callbacks, int is_server);
/* The callbacks that have to do with keys. */
void cquic_cipher_fill(ngtcp2_callbacks *callbacks);
/* Takes the secrets of the TLS session, once that is set up. */
void cquic_cipher_start(cquic_connection *connection);
/* Says `parameters` in place of what came from the options. */
void cquic_parameters_fill(ngtcp2_transport_params *raw, const cquic_parameters *parameters);
/* Tells what was acknowledged, once for all packets of a stream. 0, or a code of ngtcp2's. */
int cquic_tell_acked(cquic_connection *connection);
/* Turns a result of ngtcp2 into one of ours, keeping the reason. */
int cquic_result(cquic_connection *connection, int code);

static inline ngtcp2_addr cquic_addr(const cquic_address *address) {
    ngtcp2_addr result = {(ngtcp2_sockaddr *)address->words, cquic_address_length(address)};
    return result;
}

#endif

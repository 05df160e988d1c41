/* SPDX-License-Identifier: Apache-2.0 */
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>

#include "connection.h"

static int is_pinned(const cquic_connection *connection, const uint8_t pin[CQUIC_PIN_LENGTH]) {
    int found = 0;
    for (uint32_t i = 0; i < connection->pin_count; i++)
        found |= gnutls_memcmp(connection->pins + i * CQUIC_PIN_LENGTH, pin, CQUIC_PIN_LENGTH) == 0;
    return found;
}

/* Called by GnuTLS once the other end's certificate is here and its signature was checked; a refusal becomes an alert
 * and the alert a CONNECTION_CLOSE. */
static int judge(gnutls_session_t session) {
    ngtcp2_crypto_conn_ref *reference = gnutls_session_get_ptr(session);
    cquic_connection *connection = reference->user_data;
    unsigned count = 0, status = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    uint8_t pin[CQUIC_PIN_LENGTH];
    if (chain == NULL || count == 0) {
        connection->trust = CQUIC_TRUST_MISSING;
        return GNUTLS_E_CERTIFICATE_REQUIRED;
    }
    if (connection->pin_count > 0) {
        if (cquic_pin_of(&chain[0], pin) == 0 && is_pinned(connection, pin)) return 0;
        connection->trust = CQUIC_TRUST_PIN;
        return GNUTLS_E_CERTIFICATE_ERROR;
    }
    if (gnutls_certificate_verify_peers3(session, connection->name, &status) == 0 && status == 0) return 0;
    connection->trust = CQUIC_TRUST_AUTHORITY;
    return GNUTLS_E_CERTIFICATE_ERROR;
}

static int send_padding(gnutls_session_t session, gnutls_buffer_t extension) {
    static const uint8_t zeros[256];
    ngtcp2_crypto_conn_ref *reference = gnutls_session_get_ptr(session);
    size_t left = ((cquic_connection *)reference->user_data)->hello_padding;
    size_t whole = left;
    while (left > 0) {
        size_t count = left < sizeof zeros ? left : sizeof zeros;
        int error = gnutls_buffer_append_data(extension, zeros, count);
        if (error < 0) return error;
        left -= count;
    }
    return (int)whole;
}

static int receive_padding(gnutls_session_t session, const unsigned char *data, size_t length) {
    (void)session, (void)data, (void)length;
    return 0;
}

int cquic_tls_start(cquic_connection *connection) {
    const cquic_credentials *credentials = connection->credentials;
    unsigned role = connection->is_server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    int error = gnutls_init(&connection->tls, role | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL);
    if (error == 0) error = gnutls_priority_set(connection->tls, credentials->priority);
    if (error == 0)
        error = connection->is_server ? ngtcp2_crypto_gnutls_configure_server_session(connection->tls)
                                      : ngtcp2_crypto_gnutls_configure_client_session(connection->tls);
    if (error == 0) error = gnutls_credentials_set(connection->tls, GNUTLS_CRD_CERTIFICATE, credentials->raw);
    if (error == 0 && credentials->protocol_count > 0)
        error = gnutls_alpn_set_protocols(connection->tls, credentials->protocols, credentials->protocol_count,
                                          GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
    if (error == 0 && !connection->is_server && connection->name != NULL && !connection->is_address)
        error = gnutls_server_name_set(connection->tls, GNUTLS_NAME_DNS, connection->name, strlen(connection->name));
    if (error == 0 && !connection->is_server && connection->hello_padding > 0)
        error = gnutls_session_ext_register(connection->tls, "padding", 21, GNUTLS_EXT_TLS, receive_padding,
                                            send_padding, NULL, NULL, NULL,
                                            GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_OVERRIDE_INTERNAL);
    if (error != 0) return error;
    if (!connection->is_server || connection->pin_count > 0) gnutls_session_set_verify_function(connection->tls, judge);
    if (connection->is_server && connection->pin_count > 0)
        gnutls_certificate_server_set_request(connection->tls, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_ptr(connection->tls, &connection->reference);
    cquic_cipher_start(connection);
    return 0;
}

static int keep(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming, const gnutls_datum_t *body) {
    ngtcp2_crypto_conn_ref *reference = gnutls_session_get_ptr(session);
    cquic_connection *connection = reference->user_data;
    (void)type, (void)when;
    if (incoming || connection->hello == NULL || body->size > connection->hello_capacity) return 0;
    memcpy(connection->hello, body->data, body->size);
    connection->hello_length = body->size;
    return 0;
}

void cquic_keep_hello(cquic_connection *connection, uint8_t *buffer, size_t capacity) {
    connection->hello = buffer;
    connection->hello_capacity = capacity;
    connection->hello_length = 0;
    if (buffer != NULL)
        gnutls_handshake_set_hook_function(connection->tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, keep);
}

size_t cquic_kept_hello(const cquic_connection *connection) { return connection->hello_length; }

int cquic_export(cquic_connection *connection, const char *label, uint8_t *bytes, size_t count) {
    return gnutls_prf_rfc5705(connection->tls, strlen(label), label, 0, NULL, count, (char *)bytes);
}

int cquic_protocol(cquic_connection *connection, char *name) {
    gnutls_datum_t chosen;
    name[0] = 0;
    if (gnutls_alpn_get_selected_protocol(connection->tls, &chosen) != 0 || chosen.size > 255) return 0;
    memcpy(name, chosen.data, chosen.size);
    name[chosen.size] = 0;
    return (int)chosen.size;
}

int cquic_random(uint8_t *bytes, size_t count) { return gnutls_rnd(GNUTLS_RND_RANDOM, bytes, count); }

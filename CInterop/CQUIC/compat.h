/* SPDX-License-Identifier: Apache-2.0
 * One set of names over ngtcp2 0.12 (Debian 12) and 1.x. */
#ifndef CQUIC_COMPAT_H
#define CQUIC_COMPAT_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#if NGTCP2_VERSION_NUM >= 0x010000

typedef ngtcp2_encryption_level compat_level;
typedef ngtcp2_ccerr compat_close_error;
#define compat_close_error_default ngtcp2_ccerr_default
#define compat_close_error_library(error, code) ngtcp2_ccerr_set_liberr((error), (code), NULL, 0)
#define compat_close_error_alert(error, alert) ngtcp2_ccerr_set_tls_alert((error), (alert), NULL, 0)
#define compat_close_error_application ngtcp2_ccerr_set_application_error
#define COMPAT_CLOSED_BY_APPLICATION NGTCP2_CCERR_TYPE_APPLICATION
static inline void compat_peer_close_error(ngtcp2_conn *conn, compat_close_error *error) {
    *error = *ngtcp2_conn_get_ccerr(conn);
}
#define compat_shutdown_stream(conn, stream, error) ngtcp2_conn_shutdown_stream((conn), 0, (stream), (error))
#define compat_reset_stream(conn, stream, error) ngtcp2_conn_shutdown_stream_write((conn), 0, (stream), (error))
#define compat_stop_stream(conn, stream, error) ngtcp2_conn_shutdown_stream_read((conn), 0, (stream), (error))
#define compat_in_closing ngtcp2_conn_in_closing_period
#define compat_in_draining ngtcp2_conn_in_draining_period
typedef ngtcp2_conn_info compat_statistics;
#define compat_measure ngtcp2_conn_get_conn_info
static inline void compat_set_token(ngtcp2_settings *settings, const uint8_t *token, size_t length) {
    settings->token = token;
    settings->tokenlen = length;
    settings->token_type = NGTCP2_TOKEN_TYPE_RETRY;
}
static inline void compat_set_original(ngtcp2_transport_params *parameters) { parameters->original_dcid_present = 1; }
#define COMPAT_PATH_VALIDATION_ARGUMENTS                                                                               \
    ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path, const ngtcp2_path *old,                                \
        ngtcp2_path_validation_result result, void *user_data
#define COMPAT_PATH_VALIDATION_UNUSED (void)conn, (void)flags, (void)path, (void)old
typedef ngtcp2_connection_id_status_type compat_id_status;
#define compat_has_preferred_address(parameters) ((parameters)->preferred_addr_present)
/* One-way streams of the other end are closed and freed since 0.13.1. */
#define COMPAT_CLOSES_ONE_WAY_STREAMS 1

#else

typedef ngtcp2_crypto_level compat_level;
typedef ngtcp2_connection_close_error compat_close_error;
#define compat_close_error_default ngtcp2_connection_close_error_default
#define compat_close_error_library(error, code)                                                                        \
    ngtcp2_connection_close_error_set_transport_error_liberr((error), (code), NULL, 0)
#define compat_close_error_alert(error, alert)                                                                         \
    ngtcp2_connection_close_error_set_transport_error_tls_alert((error), (alert), NULL, 0)
#define compat_close_error_application ngtcp2_connection_close_error_set_application_error
#define COMPAT_CLOSED_BY_APPLICATION NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION
#define compat_peer_close_error ngtcp2_conn_get_connection_close_error
#define compat_shutdown_stream ngtcp2_conn_shutdown_stream
#define compat_reset_stream ngtcp2_conn_shutdown_stream_write
#define compat_stop_stream ngtcp2_conn_shutdown_stream_read
#define compat_in_closing ngtcp2_conn_is_in_closing_period
#define compat_in_draining ngtcp2_conn_is_in_draining_period
typedef ngtcp2_conn_stat compat_statistics;
#define compat_measure ngtcp2_conn_get_conn_stat
static inline void compat_set_token(ngtcp2_settings *settings, const uint8_t *token, size_t length) {
    settings->token.base = (uint8_t *)token;
    settings->token.len = length;
}
static inline void compat_set_original(ngtcp2_transport_params *parameters) { (void)parameters; }
#define COMPAT_PATH_VALIDATION_ARGUMENTS                                                                               \
    ngtcp2_conn *conn, uint32_t flags, const ngtcp2_path *path, ngtcp2_path_validation_result result, void *user_data
#define COMPAT_PATH_VALIDATION_UNUSED (void)conn, (void)flags, (void)path
typedef int compat_id_status;
#define compat_has_preferred_address(parameters) ((parameters)->preferred_address_present)
#define COMPAT_CLOSES_ONE_WAY_STREAMS (NGTCP2_VERSION_NUM >= 0x000d01)

#endif
#endif

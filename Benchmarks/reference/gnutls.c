// SPDX-License-Identifier: Apache-2.0
// The reference: TLS 1.3, AES-256-GCM, over TCP; small messages share records of up to 16 KiB.
#include "bench.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

struct connection { gnutls_session_t session; struct stream stream; };
static char certificate[4096], key[4096];

static void demand(const char *what, int code) {
    if (code < 0) bench_die(what, gnutls_strerror(code));
}

static size_t write_all(void *context, const uint8_t *bytes, size_t length) {
    struct connection *connection = context;
    for (size_t done = 0; done < length;) {
        ssize_t n = gnutls_record_send(connection->session, bytes + done, length - done);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) continue;
        demand("gnutls_record_send", (int)n);
        done += (size_t)n;
    }
    return length;
}

static size_t read_some(void *context, uint8_t *bytes, size_t room) {
    struct connection *connection = context;
    for (;;) {
        ssize_t n = gnutls_record_recv(connection->session, bytes, room);
        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) continue;
        demand("gnutls_record_recv", n ? (int)n : GNUTLS_E_PREMATURE_TERMINATION);
        return (size_t)n;
    }
}

static void *open_connection(int server, size_t size) {
    struct connection *connection = calloc(1, sizeof *connection);
    gnutls_certificate_credentials_t credentials;
    (void)size;
    demand("credentials", gnutls_certificate_allocate_credentials(&credentials));
    if (server) {
        gnutls_datum_t c = {(uint8_t *)certificate, (unsigned)strlen(certificate)};
        gnutls_datum_t k = {(uint8_t *)key, (unsigned)strlen(key)};
        demand("certificate", gnutls_certificate_set_x509_key_mem(credentials, &c, &k, GNUTLS_X509_FMT_PEM));
    }
    demand("init", gnutls_init(&connection->session, server ? GNUTLS_SERVER : GNUTLS_CLIENT));
    demand("priority", gnutls_priority_set_direct(connection->session,
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM", NULL));
    demand("credentials", gnutls_credentials_set(connection->session, GNUTLS_CRD_CERTIFICATE, credentials));
    int fd = tcp_open(server); // not within the next line: that is a macro, which evaluates it twice
    gnutls_transport_set_int(connection->session, fd);
    int code;
    do code = gnutls_handshake(connection->session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    demand("handshake", code);
    connection->stream.write = write_all;
    connection->stream.read = read_some;
    stream_init(&connection->stream, connection, 16384);
    return connection;
}

static void send_message(void *c, const void *b, size_t n) { stream_send(&((struct connection *)c)->stream, b, n); }
static void flush(void *c) { stream_flush(&((struct connection *)c)->stream); }
static const void *receive(void *c, size_t *n) { return stream_receive(&((struct connection *)c)->stream, n); }
static int ready(void *c) { return stream_ready(&((struct connection *)c)->stream); }

int main(int argc, char **argv) {
    static const struct peer tls = {"gnutls", NULL, open_connection, send_message, flush, receive, ready, NULL, NULL};
    certificate_make(certificate, key, sizeof key);
    return bench_main(argc, argv, (const struct peer *const[]){&tls}, 1);
}

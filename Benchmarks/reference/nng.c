// SPDX-License-Identifier: Apache-2.0
// NNG over TCP: a pair of sockets, plain and with TLS.
#include "bench.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/transport/tls/tls.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct connection { nng_socket socket; nng_msg *message; int stored; };
static char certificate[4096], key[4096];

static void demand(const char *what, int code) {
    if (code) bench_die(what, nng_strerror(code));
}

static void *open_socket(int server, size_t size, int tls) {
    struct connection *connection = calloc(1, sizeof *connection);
    int waiting = size < 16384 ? 1000 : (int)((16 << 20) / size);
    nng_tls_config *config = NULL;
    nng_listener listener;
    nng_dialer dialer;
    char url[64];
    demand("nng_pair0_open", nng_pair0_open(&connection->socket));
    demand("limit", nng_socket_set_size(connection->socket, NNG_OPT_RECVMAXSZ, 2 * MESSAGE_MAX));
    demand("limit", nng_socket_set_int(connection->socket, NNG_OPT_SENDBUF, waiting));
    demand("limit", nng_socket_set_int(connection->socket, NNG_OPT_RECVBUF, waiting));
    snprintf(url, sizeof url, "%s://127.0.0.1:%d", tls ? "tls+tcp" : "tcp", bench_port());
    if (tls) {
        demand("tls", nng_tls_config_alloc(&config, server ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT));
        demand("tls", nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_NONE));
        if (server) demand("certificate", nng_tls_config_own_cert(config, certificate, key, NULL));
    }
    if (server) {
        demand(url, nng_listener_create(&listener, connection->socket, url));
        if (tls) demand("tls", nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, config));
        demand(url, nng_listener_start(listener, 0));
    } else {
        int code;
        demand(url, nng_dialer_create(&dialer, connection->socket, url));
        if (tls) demand("tls", nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config));
        while ((code = nng_dialer_start(dialer, 0)) == NNG_ECONNREFUSED) usleep(2000);
        demand(url, code);
    }
    return connection;
}
static void *open_plain(int server, size_t size) { return open_socket(server, size, 0); }
static void *open_tls(int server, size_t size) { return open_socket(server, size, 1); }

static void send_message(void *c, const void *bytes, size_t length) {
    demand("nng_send", nng_send(((struct connection *)c)->socket, (void *)(uintptr_t)bytes, length, 0));
}
static void flush(void *c) { (void)c; }
static void renew(struct connection *connection) {
    if (connection->message) nng_msg_free(connection->message);
    connection->message = NULL;
}
static int ready(void *c) {
    struct connection *connection = c;
    nng_msg *message;
    if (connection->stored) return 1;
    if (nng_recvmsg(connection->socket, &message, NNG_FLAG_NONBLOCK)) return 0;
    renew(connection);
    connection->message = message;
    return connection->stored = 1;
}
static const void *receive(void *c, size_t *length) {
    struct connection *connection = c;
    if (!connection->stored) {
        renew(connection);
        demand("nng_recvmsg", nng_recvmsg(connection->socket, &connection->message, 0));
    }
    connection->stored = 0;
    *length = nng_msg_len(connection->message);
    return nng_msg_body(connection->message);
}

int main(int argc, char **argv) {
    static const struct peer plain = {"nng", NULL, open_plain, send_message, flush, receive, ready, NULL, NULL};
    static const struct peer tls = {"nng-tls", NULL, open_tls, send_message, flush, receive, ready, NULL, NULL};
    certificate_make(certificate, key, sizeof key);
    return bench_main(argc, argv, (const struct peer *const[]){&plain, &tls}, 2);
}

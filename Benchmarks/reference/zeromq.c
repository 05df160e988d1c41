// SPDX-License-Identifier: Apache-2.0
// ZeroMQ over TCP: a pair of sockets, plain and with CURVE.
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

struct connection { void *context, *socket; zmq_msg_t message; int stored, server, curve; size_t size; };
static char server_public[41], server_secret[41], client_public[41], client_secret[41];

static void demand(const char *what, int code) {
    if (code < 0) bench_die(what, zmq_strerror(zmq_errno()));
}
static void set_key(void *socket, int option, const char *key) {
    demand("key", zmq_setsockopt(socket, option, key, 41));
}

static void dial(struct connection *connection) {
    const int server = connection->server, curve = connection->curve;
    const size_t size = connection->size;
    char url[64];
    // About 16 MiB may wait on each side, whatever the size of a message.
    int high_water = size < 16384 ? 1000 : (int)((16 << 20) / size), one = 1;
    // A pair has one partner for good; where clients come and go, each is a requester.
    const int type = !bench_connects() ? ZMQ_PAIR : server ? ZMQ_REP : ZMQ_REQ;
    void *socket = connection->socket = zmq_socket(connection->context, type);
    if (!socket) bench_die("zmq_socket", zmq_strerror(zmq_errno()));
    demand("limit", zmq_setsockopt(socket, ZMQ_SNDHWM, &high_water, sizeof high_water));
    demand("limit", zmq_setsockopt(socket, ZMQ_RCVHWM, &high_water, sizeof high_water));
    if (curve && server) {
        demand("curve", zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, sizeof one));
        set_key(socket, ZMQ_CURVE_SECRETKEY, server_secret);
    } else if (curve) {
        set_key(socket, ZMQ_CURVE_SERVERKEY, server_public);
        set_key(socket, ZMQ_CURVE_PUBLICKEY, client_public);
        set_key(socket, ZMQ_CURVE_SECRETKEY, client_secret);
    }
    snprintf(url, sizeof url, "tcp://127.0.0.1:%d", bench_port());
    demand(url, server ? zmq_bind(socket, url) : zmq_connect(socket, url));
}

static void *open_socket(int server, size_t size, int curve) {
    struct connection *connection = calloc(1, sizeof *connection);
    connection->context = zmq_ctx_new();
    connection->server = server;
    connection->curve = curve;
    connection->size = size;
    dial(connection);
    zmq_msg_init(&connection->message);
    return connection;
}

static void reconnect(void *c) {
    struct connection *connection = c;
    int linger = 0;
    demand("linger", zmq_setsockopt(connection->socket, ZMQ_LINGER, &linger, sizeof linger));
    zmq_close(connection->socket);
    dial(connection);
}
static void *open_plain(int server, size_t size) { return open_socket(server, size, 0); }
static void *open_curve(int server, size_t size) { return open_socket(server, size, 1); }

static void send_message(void *c, const void *bytes, size_t length) {
    demand("zmq_send", zmq_send(((struct connection *)c)->socket, bytes, length, 0));
}
static void flush(void *c) { (void)c; }
static int ready(void *c) {
    struct connection *connection = c;
    if (!connection->stored)
        connection->stored = zmq_msg_recv(&connection->message, connection->socket, ZMQ_DONTWAIT) >= 0;
    return connection->stored;
}
static const void *receive(void *c, size_t *length) {
    struct connection *connection = c;
    if (!connection->stored) demand("zmq_msg_recv", zmq_msg_recv(&connection->message, connection->socket, 0));
    connection->stored = 0;
    *length = zmq_msg_size(&connection->message);
    return zmq_msg_data(&connection->message);
}

int main(int argc, char **argv) {
    static const struct peer plain = {"zeromq", NULL, open_plain, send_message, flush,
                                      receive, ready, NULL, reconnect};
    static const struct peer curve = {"zeromq-curve", NULL, open_curve, send_message, flush,
                                      receive, ready, NULL, reconnect};
    demand("curve keys", zmq_curve_keypair(server_public, server_secret));
    demand("curve keys", zmq_curve_keypair(client_public, client_secret));
    return bench_main(argc, argv, (const struct peer *const[]){&plain, &curve}, 2);
}

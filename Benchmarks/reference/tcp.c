// SPDX-License-Identifier: Apache-2.0
// The floor: raw TCP.
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct connection { int fd; struct stream stream; };

static size_t write_all(void *context, const uint8_t *bytes, size_t length) {
    struct connection *connection = context;
    for (size_t done = 0; done < length;) {
        ssize_t n = send(connection->fd, bytes + done, length - done, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) bench_die("send", strerror(errno));
        if (n > 0) done += (size_t)n;
    }
    return length;
}

static size_t read_some(void *context, uint8_t *bytes, size_t room) {
    struct connection *connection = context;
    ssize_t n = recv(connection->fd, bytes, room < 262144 ? room : 262144, 0);
    if (n <= 0) bench_die("recv", n ? strerror(errno) : "closed");
    return (size_t)n;
}

static void *open_connection(int server, size_t size) {
    struct connection *connection = calloc(1, sizeof *connection);
    (void)size;
    connection->fd = tcp_open(server);
    connection->stream.write = write_all;
    connection->stream.read = read_some;
    stream_init(&connection->stream, connection, 65536);
    return connection;
}

static void send_message(void *c, const void *b, size_t n) { stream_send(&((struct connection *)c)->stream, b, n); }
static void flush(void *c) { stream_flush(&((struct connection *)c)->stream); }
static const void *receive(void *c, size_t *n) { return stream_receive(&((struct connection *)c)->stream, n); }
static int ready(void *c) { return stream_ready(&((struct connection *)c)->stream); }

int main(int argc, char **argv) {
    static const struct peer tcp = {"tcp", NULL, open_connection, send_message, flush, receive, ready, NULL, NULL};
    return bench_main(argc, argv, (const struct peer *const[]){&tcp}, 1);
}

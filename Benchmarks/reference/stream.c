// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 8 }; // the length, in eight bytes so that messages stay aligned
#define IN_MAX (2 * (MESSAGE_MAX + HEADER))

void stream_init(struct stream *stream, void *context, size_t chunk) {
    stream->context = context;
    stream->chunk = chunk;
    stream->out_used = stream->in_start = stream->in_end = 0;
    stream->out = aligned_alloc(64, chunk);
    stream->in = aligned_alloc(64, (IN_MAX + 63) / 64 * 64);
    if (!stream->out || !stream->in) bench_die("stream", "out of memory");
}

void stream_flush(struct stream *stream) {
    if (stream->out_used) stream->write(stream->context, stream->out, stream->out_used);
    stream->out_used = 0;
}

static void put(struct stream *stream, const uint8_t *bytes, size_t length) {
    while (length) {
        // A whole chunk goes from where it lies.
        if (stream->out_used == 0 && length >= stream->chunk) {
            stream->write(stream->context, bytes, length - length % stream->chunk);
            bytes += length - length % stream->chunk;
            length %= stream->chunk;
            continue;
        }
        size_t part = stream->chunk - stream->out_used < length ? stream->chunk - stream->out_used : length;
        memcpy(stream->out + stream->out_used, bytes, part);
        stream->out_used += part;
        bytes += part;
        length -= part;
        if (stream->out_used == stream->chunk) stream_flush(stream);
    }
}

void stream_send(struct stream *stream, const void *bytes, size_t length) {
    uint64_t header = length;
    put(stream, (const uint8_t *)&header, HEADER);
    put(stream, bytes, length);
}

static uint64_t message_length(struct stream *stream) {
    uint64_t length;
    if (stream->in_end - stream->in_start < HEADER) return UINT64_MAX;
    memcpy(&length, stream->in + stream->in_start, HEADER);
    if (length > MESSAGE_MAX) bench_die("stream", "a message over 1 MiB");
    return length;
}

int stream_ready(struct stream *stream) {
    uint64_t length = message_length(stream);
    return length != UINT64_MAX && stream->in_end - stream->in_start >= HEADER + length;
}

const void *stream_receive(struct stream *stream, size_t *length) {
    while (!stream_ready(stream)) {
        // What is left moves to the front only when the room behind might not hold a message.
        if (stream->in_start == stream->in_end) {
            stream->in_start = stream->in_end = 0;
        } else if (IN_MAX - stream->in_start < MESSAGE_MAX + HEADER) {
            memmove(stream->in, stream->in + stream->in_start, stream->in_end - stream->in_start);
            stream->in_end -= stream->in_start;
            stream->in_start = 0;
        }
        stream->in_end += stream->read(stream->context, stream->in + stream->in_end, IN_MAX - stream->in_end);
    }
    *length = (size_t)message_length(stream);
    const void *bytes = stream->in + stream->in_start + HEADER;
    stream->in_start += HEADER + *length;
    return bytes;
}

int tcp_open(int server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)bench_port())};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (server) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1) < 0)
            bench_die("listen", strerror(errno));
        fd = accept(fd, NULL, NULL);
    } else {
        while (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
            if (errno != ECONNREFUSED) bench_die("connect", strerror(errno));
            close(fd);
            usleep(2000);
            fd = socket(AF_INET, SOCK_STREAM, 0);
        }
    }
    if (fd < 0) bench_die("accept", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

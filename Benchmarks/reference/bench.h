// SPDX-License-Identifier: Apache-2.0
// The common part of the reference programs: workloads, buffers that change and are checked, pinning, output.
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX ((size_t)1 << 20)

// One way of moving messages between two processes. Every function ends the process on failure.
struct peer {
    const char *name;
    void (*prepare)(void);                                  // before the fork, may be NULL
    void *(*open)(int server, size_t size);                 // size: of the workload's messages, bytes
    void (*send)(void *channel, const void *bytes, size_t length); // may wait for more until flush
    void (*flush)(void *channel);
    const void *(*receive)(void *channel, size_t *length); // blocks; lent until the next receive
    int (*ready)(void *channel);                           // a whole message can be had without waiting
    void (*finish)(void);                                  // after the workload, in the parent, may be NULL
    void (*reconnect)(void *channel);                      // the client's: hangs up and dials again; NULL: not measured
};

// The client's, of the peer that has it: so many at once connect, ask, are answered and hang up for `seconds`; how many.
extern uint64_t (*bench_connect_many)(void *channel, int at_once, double seconds, double *elapsed);

int bench_main(int argc, char **argv, const struct peer *const *peers, size_t count);
int bench_port(void); // the workload's TCP port on loopback: free when it was drawn
int bench_ping_pong(void); // one message at a time: nothing to join, so send at once
int bench_connects(void); // so many clients at once come and go, with one request each; 0: another workload
void bench_pin(int server); // this process to the core of the server or the client
_Noreturn void bench_die(const char *what, const char *why);

// Length-prefixed messages over a byte stream, joined into one write up to `chunk` bytes.
struct stream {
    void *context;
    size_t (*write)(void *context, const uint8_t *bytes, size_t length); // all of it
    size_t (*read)(void *context, uint8_t *bytes, size_t room);          // at least one byte
    size_t chunk, out_used, in_start, in_end;
    uint8_t *out, *in;
};
void stream_init(struct stream *stream, void *context, size_t chunk);
void stream_send(struct stream *stream, const void *bytes, size_t length);
void stream_flush(struct stream *stream);
const void *stream_receive(struct stream *stream, size_t *length);
int stream_ready(struct stream *stream);

int tcp_open(int server); // a connected socket without Nagle's delay

// A self-signed P-256 certificate and its key, PEM, made anew at each start.
void certificate_make(char *certificate, char *key, size_t room);

#endif

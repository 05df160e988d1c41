// SPDX-License-Identifier: Apache-2.0
// The parts of mesh-relay that hold no loop: addresses, settings, and a bounded queue with delay and bandwidth.
#ifndef RELAY_H
#define RELAY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum relay_kind { RELAY_TCP, RELAY_UDP, RELAY_SEQPACKET, RELAY_CONTROL };

struct relay_address {
    enum relay_kind kind;
    int type; // SOCK_*
    struct sockaddr_storage storage;
    socklen_t length;
};

int relay_address_parse(const char *text, struct relay_address *address); // 1 = understood
int relay_address_path(const char *path, struct relay_address *address);
int relay_listen(const struct relay_address *address); // a listening (udp: bound) descriptor, or -1 and errno
void relay_address_print(int fd, const struct relay_address *address);

struct relay_settings {
    uint64_t delay_ns, jitter_ns, bandwidth; // bandwidth in bytes/s, 0 = no limit
    double loss;                             // 0 to 1
    int blackhole;
    uint64_t random; // state of the generator, never 0
};

int relay_settings_apply(struct relay_settings *settings, const char *word, const char *value); // 1 = applied
int relay_lost(struct relay_settings *settings);

#define QUEUE_MAX ((size_t)4 << 20)

struct relay_piece {
    struct relay_piece *next;
    uint64_t due_ns;
    size_t length, sent;
    uint8_t bytes[];
};
struct relay_queue {
    struct relay_piece *head, *tail;
    size_t bytes;
    uint64_t line_free_ns; // when the narrow line has carried everything queued so far
};

int relay_queue_room(const struct relay_queue *queue);
// Copies a piece in; 0 when it does not fit. Order is kept: jitter never lets one piece overtake another.
int relay_queue_push(struct relay_queue *queue, struct relay_settings *settings, const uint8_t *bytes, size_t length,
                     uint64_t now_ns);
struct relay_piece *relay_queue_due(const struct relay_queue *queue, uint64_t now_ns);
void relay_queue_sent(struct relay_queue *queue, size_t bytes); // of the first piece
uint64_t relay_queue_next(const struct relay_queue *queue);     // when the first piece is due, or UINT64_MAX
void relay_queue_clear(struct relay_queue *queue);

#endif

// SPDX-License-Identifier: Apache-2.0
// One socket of the floor program and the connections on it.
#ifndef BENCH_QUIC_H
#define BENCH_QUIC_H

#include "bench.h"
#include "CQUIC.h"

enum { RING = 4 << 20, WINDOW = 16 << 20, BUFFER = 65536, CONNECTIONS = 64, IDS = 16, REQUEST = 64 };

struct line {
    struct channel *channel;
    cquic_connection *quic;
    uint8_t ids[IDS][CQUIC_ID_LENGTH];
    uint32_t id_count;
    uint8_t original[CQUIC_ID_MAXIMUM], original_length;
    int connected;
    int64_t stream; // -1 before it is opened
    uint64_t acked, sent, end;
    uint8_t request[REQUEST]; // where one of many connects, instead of the ring
    size_t arrived;
};

struct channel {
    int server, fd;
    uint32_t features;
    cquic_address local, remote;
    cquic_credentials *credentials;
    struct line *lines[CONNECTIONS], *current;
    struct stream stream;
    uint8_t *ring, *arrivals_memory, *buffer, *spill;
    size_t spill_start, spill_end;
    uint8_t *target; // where received bytes go, `room` of them
    size_t room, received;
    uint64_t unsent;
};

#endif

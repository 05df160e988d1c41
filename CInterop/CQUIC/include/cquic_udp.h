/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_UDP_H
#define CQUIC_UDP_H

#include <stddef.h>
#include <stdint.h>

#include "cquic_address.h"
#include "cquic_connection.h"
#include "cquic_tag.h"

enum {
    CQUIC_UDP_SEGMENTS = 1, /* the kernel cuts trains (UDP_SEGMENT) */
    CQUIC_UDP_COALESCES = 2, /* the kernel joins packets (UDP_GRO) */
    CQUIC_UDP_DIVIDED = 4,   /* ids need the tag: another socket has the address, too */
};
enum { CQUIC_UDP_DATAGRAM = 65536, CQUIC_UDP_BATCH = 16 };

/* Packets that came together: equal lengths but the last, one path, one mark. */
typedef struct cquic_arrival {
    cquic_address local; /* port of the socket, address the packet was sent to */
    cquic_address remote;
    const uint8_t *bytes;
    uint32_t length;
    uint16_t segment; /* of each packet but the last */
    uint8_t ecn;
    uint8_t reserved;
} cquic_arrival;

/* A bound UDP socket, non-blocking, IPv6 sockets for both families when bound to ::; never fragments. The descriptor,
 * or -errno. `features` tells what the kernel does (CQUIC_UDP_…); those in `without` are left alone. */
int cquic_udp_open(const cquic_address *local, uint32_t buffer_bytes, uint32_t without, uint32_t *features);
/* The same for a socket that a later one may join: the address is its alone, or, with `joins`, another socket of this
 * process has it, which gets the packets of all ids but those with `tag` from now on (cquic_udp_divide). What comes while
 * it is being bound may be lost. -EADDRINUSE also when two have it. */
int cquic_udp_open_shared(const cquic_address *local, uint32_t buffer_bytes, uint32_t without, const cquic_tag *tag,
                          int joins, uint32_t *features);
/* The address it is bound to. */
int cquic_udp_local(int descriptor, cquic_address *local);
/* Sends a train in one call, or packet by packet when the kernel does not cut or refuses it as it is. Returns the bytes
 * sent: fewer than the train has when the socket is full, -errno on failure. `features` loses CQUIC_UDP_SEGMENTS when
 * packets pass one by one that do not as a train. */
int64_t cquic_udp_send(int descriptor, const cquic_train *train, const uint8_t *bytes, uint32_t *features);
/* Receives up to `limit` arrivals, at most CQUIC_UDP_BATCH, into `memory` (CQUIC_UDP_BATCH times CQUIC_UDP_DATAGRAM
 * bytes). Their number, 0 when there are none, or -errno. */
int cquic_udp_receive(int descriptor, const cquic_address *local, uint8_t *memory, cquic_arrival *arrivals,
                      uint32_t limit);
/* Closes it. */
void cquic_udp_close(int descriptor);

#endif

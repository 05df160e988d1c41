/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_TAG_H
#define CQUIC_TAG_H

#include <stddef.h>
#include <stdint.h>

#include "cquic_address.h"

/* What connection ids have in common by which the kernel can tell the packets of one socket from those of another on the
 * same port: 20 of their 64 bits are HalfSipHash of the others under this key. Who has not the key sees random bits. Another
 * socket's id passes for one of this once in a million. */
typedef struct cquic_tag {
    uint32_t key[2];
} cquic_tag;

/* A random tag. 0, or -1 without random bytes. */
int cquic_tag_make(cquic_tag *tag);
/* Marks an id of CQUIC_ID_LENGTH random bytes. */
void cquic_tag_mark(const cquic_tag *tag, uint8_t *id);
/* Whether an id of CQUIC_ID_LENGTH bytes has it. */
int cquic_tag_is_in(const cquic_tag *tag, const uint8_t *id);

/* Lets one more socket of this user be bound to the address that `descriptor` has (SO_REUSEPORT). 0 or -errno. */
int cquic_udp_share(int descriptor);
/* Sockets of this process that are bound to exactly `local`, or -errno. */
int cquic_udp_holders(const cquic_address *local);
/* `descriptor` is the second of two sockets on one address: it gets first packets and those of its tag, the other one the
 * rest; when one of them is closed, the other gets all (SO_ATTACH_REUSEPORT_CBPF). 0 or -errno. */
int cquic_udp_divide(int descriptor, const cquic_tag *tag);

#endif

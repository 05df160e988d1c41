/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_ADDRESS_H
#define CQUIC_ADDRESS_H

#include <stdint.h>

/* The bytes of a sockaddr_in or sockaddr_in6, the rest zero, so that equal addresses have equal words. */
typedef struct cquic_address {
    uint64_t words[4];
} cquic_address;

/* 4 bytes in network order, port in host order. */
cquic_address cquic_address_v4(const uint8_t *bytes, uint16_t port);
/* 16 bytes in network order, port in host order; `scope` is an interface index or 0. */
cquic_address cquic_address_v6(const uint8_t *bytes, uint16_t port, uint32_t scope);
/* From a sockaddr of `length` bytes; all zero when it is neither kind. */
cquic_address cquic_address_of(const void *sockaddr, uint32_t length);
/* Bytes of the sockaddr within: 16, 28, or 0 for none. */
uint32_t cquic_address_length(const cquic_address *address);
int cquic_address_is_v6(const cquic_address *address);
uint16_t cquic_address_port(const cquic_address *address);
/* The same port on every address of the machine. */
cquic_address cquic_address_any(const cquic_address *address);

#endif

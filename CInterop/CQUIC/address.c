/* SPDX-License-Identifier: Apache-2.0 */
#include "cquic_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof(cquic_address), "an IPv6 address has room");

cquic_address cquic_address_v4(const uint8_t *bytes, uint16_t port) {
    struct sockaddr_in in;
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    memcpy(&in.sin_addr, bytes, 4);
    return cquic_address_of(&in, sizeof in);
}

cquic_address cquic_address_v6(const uint8_t *bytes, uint16_t port, uint32_t scope) {
    struct sockaddr_in6 in;
    memset(&in, 0, sizeof in);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_scope_id = scope;
    memcpy(&in.sin6_addr, bytes, 16);
    return cquic_address_of(&in, sizeof in);
}

cquic_address cquic_address_of(const void *sockaddr, uint32_t length) {
    cquic_address address;
    sa_family_t family;
    memset(&address, 0, sizeof address);
    if (length < sizeof family) return address;
    memcpy(&family, sockaddr, sizeof family);
    uint32_t wanted = family == AF_INET ? sizeof(struct sockaddr_in)
                      : family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                           : 0;
    if (wanted != 0 && length >= wanted) memcpy(&address, sockaddr, wanted);
    if (wanted == sizeof(struct sockaddr_in)) memset(((struct sockaddr_in *)&address)->sin_zero, 0, 8);
    return address;
}

static sa_family_t family(const cquic_address *address) { return (sa_family_t)(*(const uint16_t *)address->words); }

uint32_t cquic_address_length(const cquic_address *address) {
    return family(address) == AF_INET    ? sizeof(struct sockaddr_in)
           : family(address) == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : 0;
}

int cquic_address_is_v6(const cquic_address *address) { return family(address) == AF_INET6; }

uint16_t cquic_address_port(const cquic_address *address) {
    return ntohs(((const struct sockaddr_in *)(const void *)address->words)->sin_port);
}

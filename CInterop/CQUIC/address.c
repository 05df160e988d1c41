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
    if (family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, sockaddr, sizeof in);
        memset(in.sin_zero, 0, sizeof in.sin_zero);
        memcpy(&address, &in, sizeof in);
    } else if (family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
        memcpy(&address, sockaddr, sizeof(struct sockaddr_in6));
    }
    return address;
}

static sa_family_t family_of(const cquic_address *address) {
    sa_family_t family;
    memcpy(&family, address->words, sizeof family);
    return family;
}

uint32_t cquic_address_length(const cquic_address *address) {
    sa_family_t family = family_of(address);
    return family == AF_INET ? sizeof(struct sockaddr_in) : family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

int cquic_address_is_v6(const cquic_address *address) { return family_of(address) == AF_INET6; }

uint16_t cquic_address_port(const cquic_address *address) {
    struct sockaddr_in in;
    memcpy(&in, address->words, sizeof in);
    return ntohs(in.sin_port);
}

cquic_address cquic_address_any(const cquic_address *address) {
    static const uint8_t zeros[16];
    uint16_t port = cquic_address_port(address);
    return cquic_address_is_v6(address) ? cquic_address_v6(zeros, port, 0) : cquic_address_v4(zeros, port);
}

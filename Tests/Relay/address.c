// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

int relay_address_path(const char *path, struct relay_address *address) {
    struct sockaddr_un *name = (struct sockaddr_un *)&address->storage;
    if (!*path || strlen(path) >= sizeof name->sun_path) return 0;
    name->sun_family = AF_UNIX;
    strcpy(name->sun_path, path);
    address->length = sizeof *name;
    return 1;
}

int relay_address_parse(const char *text, struct relay_address *address) {
    char host[64];
    const char *rest = strchr(text, ':');
    if (!rest++) return 0;
    memset(address, 0, sizeof *address);
    if (!strncmp(text, "seqpacket:", 10)) {
        address->kind = RELAY_SEQPACKET;
        address->type = SOCK_SEQPACKET;
        return relay_address_path(rest, address);
    }
    if (strncmp(text, "tcp:", 4) && strncmp(text, "udp:", 4)) return 0;
    address->kind = *text == 't' ? RELAY_TCP : RELAY_UDP;
    address->type = *text == 't' ? SOCK_STREAM : SOCK_DGRAM;
    const char *colon = strrchr(rest, ':');
    int bracket = *rest == '[' && colon && colon > rest && colon[-1] == ']';
    size_t length = colon ? (size_t)(colon - rest) - 2u * (unsigned)bracket : 0;
    if (!colon || length == 0 || length >= sizeof host) return 0;
    memcpy(host, rest + bracket, length);
    host[length] = 0;
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end || port > 65535) return 0;
    struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        address->length = sizeof *four;
        return 1;
    }
    if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1) return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    address->length = sizeof *six;
    return 1;
}

int relay_listen(const struct relay_address *address) {
    int one = 1, fd = socket(address->storage.ss_family, address->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (address->kind == RELAY_TCP) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address->storage.ss_family == AF_UNIX) unlink(((const struct sockaddr_un *)&address->storage)->sun_path);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length) < 0 ||
        (address->kind != RELAY_UDP && listen(fd, 64) < 0)) {
        int problem = errno;
        close(fd);
        errno = problem;
        return -1;
    }
    return fd;
}

void relay_address_print(int fd, const struct relay_address *address) {
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[64] = "";
    getsockname(fd, (struct sockaddr *)&bound, &length);
    const char *kind = address->kind == RELAY_TCP ? "tcp" : "udp";
    if (bound.ss_family == AF_INET) {
        inet_ntop(AF_INET, &((struct sockaddr_in *)&bound)->sin_addr, host, sizeof host);
        printf("%s:%s:%u\n", kind, host, ntohs(((struct sockaddr_in *)&bound)->sin_port));
    } else if (bound.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&bound)->sin6_addr, host, sizeof host);
        printf("%s:[%s]:%u\n", kind, host, ntohs(((struct sockaddr_in6 *)&bound)->sin6_port));
    } else {
        printf("seqpacket:%s\n", ((const struct sockaddr_un *)&address->storage)->sun_path);
    }
}

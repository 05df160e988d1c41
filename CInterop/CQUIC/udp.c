/* SPDX-License-Identifier: Apache-2.0 */
#include "cquic_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static int set(int descriptor, int level, int name, int value) {
    return setsockopt(descriptor, level, name, &value, sizeof value);
}

/* Tells the address a packet came to, its ECN mark, and never fragments: the probes of path MTU discovery need that. */
static void prepare_v4(int descriptor) {
    set(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
    set(descriptor, IPPROTO_IP, IP_RECVTOS, 1);
    set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
}

static void prepare_v6(int descriptor) {
    set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(descriptor, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    set(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

static int open_bound(const cquic_address *local, uint32_t buffer_bytes, uint32_t without, int is_second,
                      uint32_t *features) {
    int is_v6 = cquic_address_is_v6(local);
    int descriptor = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (is_v6) {
        static const uint8_t any[16];
        struct sockaddr_in6 in;
        memcpy(&in, local->words, sizeof in);
        set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, memcmp(&in.sin6_addr, any, sizeof any) != 0);
        prepare_v6(descriptor);
    }
    prepare_v4(descriptor);
    if (buffer_bytes > 0) {
        set(descriptor, SOL_SOCKET, SO_RCVBUF, (int)buffer_bytes);
        set(descriptor, SOL_SOCKET, SO_SNDBUF, (int)buffer_bytes);
    }
    *features = 0;
    int size = 0;
    socklen_t length = sizeof size;
    if (!(without & CQUIC_UDP_SEGMENTS) && getsockopt(descriptor, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0)
        *features |= CQUIC_UDP_SEGMENTS;
    if (!(without & CQUIC_UDP_COALESCES) && set(descriptor, IPPROTO_UDP, UDP_GRO, 1) == 0)
        *features |= CQUIC_UDP_COALESCES;
    if (is_second) cquic_udp_share(descriptor);
    if (bind(descriptor, (const struct sockaddr *)(const void *)local->words, cquic_address_length(local)) < 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int cquic_udp_open(const cquic_address *local, uint32_t buffer_bytes, uint32_t without, uint32_t *features) {
    return open_bound(local, buffer_bytes, without, 0, features);
}

int cquic_udp_open_shared(const cquic_address *local, uint32_t buffer_bytes, uint32_t without, const cquic_tag *tag,
                          int joins, uint32_t *features) {
    int descriptor = open_bound(local, buffer_bytes, without, 0, features);
    if (descriptor >= 0) {
        cquic_udp_share(descriptor);
        return descriptor;
    }
    /* The order of three would not be known here. */
    if (descriptor != -EADDRINUSE || !joins || cquic_udp_holders(local) != 1) return descriptor;
    descriptor = open_bound(local, buffer_bytes, without, 1, features);
    if (descriptor < 0) return descriptor;
    int status = cquic_udp_divide(descriptor, tag);
    *features |= CQUIC_UDP_DIVIDED;
    if (status == 0) return descriptor;
    close(descriptor);
    return status;
}

int cquic_udp_local(int descriptor, cquic_address *local) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
    *local = cquic_address_of(&storage, length);
    return 0;
}

void cquic_udp_close(int descriptor) { close(descriptor); }

static size_t add(struct msghdr *message, size_t used, int level, int type, const void *value, size_t length) {
    struct cmsghdr header;
    uint8_t *at = (uint8_t *)message->msg_control + used;
    memset(&header, 0, sizeof header);
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(length);
    memcpy(at, &header, sizeof header);
    memcpy(at + CMSG_LEN(0), value, length);
    return used + CMSG_SPACE(length);
}

/* The address to send from, unless the socket's own is the only one. */
static size_t add_source(struct msghdr *message, size_t used, const cquic_address *local) {
    static const uint8_t any[16];
    if (cquic_address_is_v6(local)) {
        struct sockaddr_in6 in;
        struct in6_pktinfo information;
        memcpy(&in, local->words, sizeof in);
        if (memcmp(&in.sin6_addr, any, sizeof any) == 0) return used;
        memset(&information, 0, sizeof information);
        information.ipi6_addr = in.sin6_addr;
        return add(message, used, IPPROTO_IPV6, IPV6_PKTINFO, &information, sizeof information);
    }
    struct sockaddr_in in;
    struct in_pktinfo information;
    memcpy(&in, local->words, sizeof in);
    if (in.sin_addr.s_addr == 0) return used;
    memset(&information, 0, sizeof information);
    information.ipi_spec_dst = in.sin_addr;
    return add(message, used, IPPROTO_IP, IP_PKTINFO, &information, sizeof information);
}

static int is_mapped(const cquic_address *remote) {
    struct sockaddr_in6 in;
    memcpy(&in, remote->words, sizeof in);
    return cquic_address_is_v6(remote) && IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
}

static ssize_t send_once(int descriptor, const cquic_train *train, const uint8_t *bytes, size_t length, int cut) {
    union {
        struct cmsghdr align;
        uint8_t bytes[256];
    } control;
    struct iovec vector = {(void *)bytes, length};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_name = (void *)train->remote.words;
    message.msg_namelen = cquic_address_length(&train->remote);
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    size_t used = add_source(&message, 0, &train->local);
    if (train->ecn != 0) {
        int mark = train->ecn;
        int as_v4 = !cquic_address_is_v6(&train->remote) || is_mapped(&train->remote);
        used = as_v4 ? add(&message, used, IPPROTO_IP, IP_TOS, &mark, sizeof mark)
                     : add(&message, used, IPPROTO_IPV6, IPV6_TCLASS, &mark, sizeof mark);
    }
    if (cut) used = add(&message, used, IPPROTO_UDP, UDP_SEGMENT, &train->segment, sizeof train->segment);
    message.msg_controllen = used;
    if (used == 0) message.msg_control = NULL;
    for (;;) {
        ssize_t sent = sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0 || errno != EINTR) return sent < 0 ? -errno : sent;
    }
}

/* Losing a packet is QUIC's daily bread; only what will not pass is told. EMSGSIZE answers a probe that was too long. */
static int is_loss(ssize_t error) {
    return error == -EMSGSIZE || error == -ECONNREFUSED || error == -ENOBUFS || error == -EPERM;
}

/* Sends the packets of a train one by one. `passed`: whether one as long as the others did; `refused`: whether any was
 * lost here. */
static int64_t send_each(int descriptor, const cquic_train *train, const uint8_t *bytes, int *passed, int *refused) {
    uint32_t done = 0;
    while (done < train->length) {
        uint32_t length = train->length - done < train->segment ? train->length - done : train->segment;
        ssize_t sent = send_once(descriptor, train, bytes + done, length, 0);
        if (sent == -EAGAIN) return done;
        if (sent < 0) *refused = 1;
        if (sent < 0 && !is_loss(sent)) return sent;
        if (sent >= 0 && length == train->segment) *passed = 1;
        done += length;
    }
    return done;
}

int64_t cquic_udp_send(int descriptor, const cquic_train *train, const uint8_t *bytes, uint32_t *features) {
    int passed = 0, refused = 0, uncut = 0;
    if (train->length > train->segment && (*features & CQUIC_UDP_SEGMENTS)) {
        ssize_t sent = send_once(descriptor, train, bytes, train->length, 1);
        if (sent >= 0) return train->length;
        if (sent == -EAGAIN) return 0;
        /* EIO: the device has no checksum offload; EINVAL, EOPNOTSUPP: the kernel does not cut here. Some kernels say EINVAL
         * also where a packet is longer than the device takes, which is EMSGSIZE with others. */
        uncut = sent == -EIO || sent == -EINVAL || sent == -EOPNOTSUPP;
        if (!uncut && sent != -EMSGSIZE) return is_loss(sent) ? train->length : sent;
    }
    int64_t done = send_each(descriptor, train, bytes, &passed, &refused);
    /* Only where each packet passes by itself it was the cutting that failed. */
    if (uncut && passed && !refused) *features &= ~(uint32_t)CQUIC_UDP_SEGMENTS;
    return done;
}

static void read_control(struct msghdr *message, const cquic_address *bound, cquic_arrival *arrival) {
    arrival->local = *bound;
    arrival->segment = (uint16_t)(arrival->length > 65535 ? 65535 : arrival->length);
    arrival->ecn = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        const void *data = CMSG_DATA(at);
        if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, data, sizeof size);
            if (size > 0 && size < 65536) arrival->segment = (uint16_t)size;
        } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TOS) {
            arrival->ecn = *(const uint8_t *)data & 3;
        } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_TCLASS) {
            int mark;
            memcpy(&mark, data, sizeof mark);
            arrival->ecn = (uint8_t)(mark & 3);
        } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO && !cquic_address_is_v6(bound)) {
            struct in_pktinfo information;
            memcpy(&information, data, sizeof information);
            arrival->local = cquic_address_v4((const uint8_t *)&information.ipi_addr, cquic_address_port(bound));
        } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo information;
            memcpy(&information, data, sizeof information);
            uint32_t scope = IN6_IS_ADDR_LINKLOCAL(&information.ipi6_addr) ? (uint32_t)information.ipi6_ifindex : 0;
            arrival->local = cquic_address_v6((const uint8_t *)&information.ipi6_addr, cquic_address_port(bound), scope);
        }
    }
}

int cquic_udp_receive(int descriptor, const cquic_address *local, uint8_t *memory, cquic_arrival *arrivals,
                      uint32_t limit) {
    struct mmsghdr messages[CQUIC_UDP_BATCH];
    struct iovec vectors[CQUIC_UDP_BATCH];
    struct sockaddr_storage names[CQUIC_UDP_BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[192];
    } controls[CQUIC_UDP_BATCH];
    if (limit > CQUIC_UDP_BATCH) limit = CQUIC_UDP_BATCH;
    for (uint32_t i = 0; i < limit; i++) {
        memset(&messages[i], 0, sizeof messages[i]);
        vectors[i].iov_base = memory + (size_t)i * CQUIC_UDP_DATAGRAM;
        vectors[i].iov_len = CQUIC_UDP_DATAGRAM;
        messages[i].msg_hdr.msg_name = &names[i];
        messages[i].msg_hdr.msg_namelen = sizeof names[i];
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_control = controls[i].bytes;
        messages[i].msg_hdr.msg_controllen = sizeof controls[i].bytes;
    }
    int count;
    if (limit == 1) {
        ssize_t length = recvmsg(descriptor, &messages[0].msg_hdr, MSG_DONTWAIT);
        messages[0].msg_len = length < 0 ? 0 : (unsigned)length;
        count = length < 0 ? -1 : 1;
    } else {
        count = recvmmsg(descriptor, messages, limit, MSG_DONTWAIT, NULL);
    }
    if (count < 0) return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        arrivals[i].bytes = vectors[i].iov_base;
        arrivals[i].length = messages[i].msg_len;
        arrivals[i].remote = cquic_address_of(&names[i], messages[i].msg_hdr.msg_namelen);
        read_control(&messages[i].msg_hdr, local, &arrivals[i]);
    }
    return count;
}

// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinuxNode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int closed(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

/* As closed, for a file that did not become whole: on a full disk its remains would only take room. */
static int dropped(int fd, const char *draft) {
    int error = closed(fd);
    unlink(draft);
    return error;
}

int clinux_network_watch(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? closed(fd) : fd;
}

int clinux_network_drain(int fd) {
    char scratch[4096];
    int some = 0;
    for (int round = 0; round < 64; round++) {
        ssize_t n = recv(fd, scratch, sizeof scratch, MSG_DONTWAIT);
        if (n > 0 || (n < 0 && errno == ENOBUFS)) some = 1;
        if (n <= 0 && errno != ENOBUFS) break;
    }
    return some;
}

static int64_t clock_in(clockid_t clock, int64_t per_second) {
    struct timespec time;
    if (clock_gettime(clock, &time) < 0) return 0;
    return (int64_t)time.tv_sec * per_second + (int64_t)time.tv_nsec / (1000000000 / per_second);
}

int64_t clinux_boot_time(void) { return clock_in(CLOCK_BOOTTIME, 1000000000); }

int64_t clinux_wall_clock_ms(void) { return clock_in(CLOCK_REALTIME, 1000); }

int64_t clinux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

void clinux_ignore_broken_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

int clinux_listen_tcp(const char *host, uint16_t port) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int is_v4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1) return -EINVAL;
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    if (bind(fd, address, is_v4 ? sizeof v4 : sizeof v6) < 0 || listen(fd, 16) < 0) return closed(fd);
    return fd;
}

int64_t clinux_group(const char *name) {
    struct group entry, *found = NULL;
    char scratch[16384];
    int error = getgrnam_r(name, &entry, scratch, sizeof scratch, &found);
    if (error) return -error;
    return found ? (int64_t)entry.gr_gid : -ENOENT;
}

static int sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof folder) return -ENAMETOOLONG;
    memcpy(folder, path, length);
    folder[length] = 0;
    int fd = open(slash ? (length ? folder : "/") : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int result = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return result;
}

int clinux_replace_file(const char *path, const void *bytes, size_t count, unsigned mode) {
    char draft[PATH_MAX];
    int length = snprintf(draft, sizeof draft, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof draft) return -ENAMETOOLONG;
    if (unlink(draft) < 0 && errno != ENOENT) return -errno;
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return -errno;
    const char *at = bytes;
    while (count > 0) {
        ssize_t n = write(fd, at, count);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return dropped(fd, draft);
        at += n;
        count -= (size_t)n;
    }
    if (fsync(fd) < 0) return dropped(fd, draft);
    close(fd);
    if (rename(draft, path) < 0) return -errno;
    return sync_folder(path);
}

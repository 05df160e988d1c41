// SPDX-License-Identifier: Apache-2.0
// Preloaded: lets writes and syncs of one file fail, as a disk does. The file named by TEST_FAULT holds an order of at
// most 63 characters, which may change at any time: "" for none, else WHAT ERRNO PATTERN. WHAT is "write" or "sync",
// PATTERN the end of the path of the file that is meant; or "send", with which every second call that sends datagrams
// fails, whatever PATTERN is.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *order;

__attribute__((constructor)) static void open_order(void) {
    const char *path = getenv("TEST_FAULT");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *map = mmap(0, 64, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED) order = map;
}

/* 0, or the number of the error that this call is to fail with. */
static int fault(int fd, const char *what) {
    if (!order || !*order) return 0;
    char text[64], action[8] = "", pattern[48] = "", link[32], path[512];
    int code = 0;
    memcpy(text, order, sizeof text);
    text[sizeof text - 1] = 0;
    if (sscanf(text, "%7s %d %47s", action, &code, pattern) != 3 || strcmp(action, what) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t tail = strlen(pattern);
    if (length < (ssize_t)tail || memcmp(path + length - tail, pattern, tail) != 0) return 0;
    return code;
}

#define FAIL_IF(fd, what)                      \
    do {                                       \
        int code_ = fault(fd, what);           \
        if (code_) { errno = code_; return -1; } \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count) {
    FAIL_IF(fd, "write");
    return syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    FAIL_IF(fd, "write");
    return syscall(SYS_writev, fd, pieces, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    FAIL_IF(fd, "write");
    return syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return pwrite(fd, bytes, count, at); }

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) {
    FAIL_IF(fd, "write");
    return syscall(SYS_pwritev, fd, pieces, count, at, 0);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) { return pwritev(fd, pieces, count, at); }

int fdatasync(int fd) {
    FAIL_IF(fd, "sync");
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    FAIL_IF(fd, "sync");
    return (int)syscall(SYS_fsync, fd);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    static unsigned calls;
    int type = 0, code = 0;
    socklen_t length = sizeof type;
    if (order && sscanf(order, "send %d", &code) == 1 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
        type == SOCK_DGRAM && __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) % 2 == 0) {
        errno = code;
        return -1;
    }
    return syscall(SYS_sendmsg, fd, message, flags);
}

// SPDX-License-Identifier: Apache-2.0
// Addresses and sockets: what unix.c needs from the operating system.
#pragma once
#include <mesh/mesh_plugin_c.h>
#include <sys/stat.h>
#include <sys/un.h>

// An address as bind and connect take it, and as a person wrote it.
struct endpoint {
    struct sockaddr_un name;
    socklen_t len;
    char text[sizeof(((struct sockaddr_un *)0)->sun_path) + 16];
};

// `unix:///absolute/path` names a file, `unix:@name` a name in Linux's abstract space, which needs no file and
// vanishes with its socket. Bytes are taken as they are: there is no escaping.
static int endpoint_parse(struct endpoint *to, const char *text, size_t len) {
    const int abstract = len > 6 && !memcmp(text, "unix:@", 6), file = len > 8 && !memcmp(text, "unix:///", 8);
    const size_t start = abstract ? 5 : 7;
    if ((!abstract && !file) || memchr(text, 0, len) || len - start >= sizeof to->name.sun_path) return 0;
    *to = (struct endpoint){.name.sun_family = AF_UNIX};
    memcpy(to->text, text, len);
    memcpy(to->name.sun_path, text + start, len - start);
    // An abstract name ends with the length, a path with a zero byte: bytes after either would be part of the name.
    if (abstract) to->name.sun_path[0] = 0;
    to->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len - start + !abstract);
    return 1;
}

// A descriptor that is connected, or listens with this file mode; -1 and errno if it cannot be had. Nobody can connect
// before listen, so the umask's mode is never in force. EAGAIN from connect means that the listener's queue is full: a
// Unix socket never says EINPROGRESS and reports nothing later, so the caller has to try again.
static int endpoint_open(const struct endpoint *at, int listening, mode_t mode) {
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct sockaddr *name = (const struct sockaddr *)&at->name;
    if (!listening && !connect(fd, name, at->len)) return fd;
    if (listening && !bind(fd, name, at->len) && (!at->name.sun_path[0] || !chmod(at->name.sun_path, mode)) &&
        !listen(fd, SOMAXCONN))
        return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// Removes a socket's file, ours, that nobody answers: what a dead process left, or the listener just closed here. One
// that was handed over to another listener answers, and stays.
static void endpoint_remove(const struct endpoint *at) {
    struct stat file;
    if (lstat(at->name.sun_path, &file) || !S_ISSOCK(file.st_mode) || file.st_uid != geteuid()) return;
    const int fd = endpoint_open(at, 0, 0);
    if (fd >= 0) close(fd);
    else if (errno == ECONNREFUSED) unlink(at->name.sun_path);
}

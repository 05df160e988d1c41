// SPDX-License-Identifier: Apache-2.0
// Addresses and sockets: what unix.c needs from the operating system. Nothing here knows the plugin ABI but its codes.
#ifndef MESH_UNIX_ENDPOINT_H
#define MESH_UNIX_ENDPOINT_H

#include <errno.h>
#include <mesh/mesh_plugin.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ENDPOINT_SOCKET (SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC)

// An address as bind and connect take it, and as a person wrote it. Neither form holds a zero byte inside.
struct endpoint {
    struct sockaddr_un name;
    socklen_t len;
    char text[sizeof(((struct sockaddr_un *)0)->sun_path) + 16];
};

// `unix:///absolute/path` names a file, `unix:@name` a name in Linux's abstract space, which needs no file and
// vanishes with its socket. Bytes are taken as they are: there is no escaping.
static int32_t endpoint_parse(struct endpoint *to, const char *text, size_t len) {
    const size_t scheme = strlen("unix:"), authority = strlen("unix://");
    memset(to, 0, sizeof *to);
    to->name.sun_family = AF_UNIX;
    if (len < scheme + 2 || memchr(text, 0, len) || memcmp(text, "unix:", scheme)) return MESH_E_ADDRESS;
    const int abstract = text[scheme] == '@';
    if (!abstract && (len <= authority + 1 || memcmp(text, "unix:///", authority + 1))) return MESH_E_ADDRESS;
    const size_t start = abstract ? scheme : authority, bytes = len - start;
    if (bytes >= sizeof to->name.sun_path) return MESH_E_ADDRESS;
    memcpy(to->name.sun_path, text + start, bytes);
    memcpy(to->text, text, len);
    // An abstract name ends with the length, a path with a zero byte: bytes after either would be part of the name.
    if (abstract) to->name.sun_path[0] = 0;
    to->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + !abstract);
    return MESH_OK;
}

static inline int endpoint_has_file(const struct endpoint *at) { return at->name.sun_path[0] != 0; }

// A connected descriptor, or -1 and errno. EAGAIN means that the listener's queue is full: a Unix socket never says
// EINPROGRESS and reports nothing later, so the caller has to try again.
static int endpoint_dial(const struct endpoint *to) {
    const int fd = socket(AF_UNIX, ENDPOINT_SOCKET, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to->name, to->len) == 0) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// Removes what a dead process left behind: a socket, ours, that nobody answers. Everything else stays.
static void endpoint_remove_stale(const struct endpoint *at) {
    struct stat file;
    if (lstat(at->name.sun_path, &file) || !S_ISSOCK(file.st_mode) || file.st_uid != geteuid()) return;
    const int fd = endpoint_dial(at);
    if (fd >= 0) close(fd);
    else if (errno == ECONNREFUSED) unlink(at->name.sun_path);
}

// A bound, listening descriptor, or -1 and errno; `file` then says which file was made.
static int endpoint_listen(const struct endpoint *at, mode_t mode, struct stat *file) {
    const int fd = socket(AF_UNIX, ENDPOINT_SOCKET, 0);
    if (fd < 0) return -1;
    if (endpoint_has_file(at)) endpoint_remove_stale(at);
    int error = 0, bound = bind(fd, (const struct sockaddr *)&at->name, at->len) == 0;
    // Nobody can connect before listen, so the umask's mode is never in force.
    if (!bound || (endpoint_has_file(at) && (chmod(at->name.sun_path, mode) || lstat(at->name.sun_path, file))) ||
        listen(fd, SOMAXCONN))
        error = errno;
    if (!error) return fd;
    if (bound && endpoint_has_file(at)) unlink(at->name.sun_path);
    close(fd);
    errno = error;
    return -1;
}

// Removes the file of a listener, unless somebody has put another in its place.
static void endpoint_remove(const struct endpoint *at, const struct stat *made) {
    struct stat now;
    if (made->st_ino && lstat(at->name.sun_path, &now) == 0 && now.st_dev == made->st_dev &&
        now.st_ino == made->st_ino)
        unlink(at->name.sun_path);
}

// What an errno means to breaker and ranking.
static int32_t endpoint_code(int error, uint32_t *fclass) {
    static const struct {
        int error;
        int32_t code;
        uint32_t fclass;
    } meanings[] = {
        {ENOENT, MESH_E_UNREACHABLE, MESH_CLASS_TRANSIENT}, {ECONNREFUSED, MESH_E_REFUSED, MESH_CLASS_TRANSIENT},
        {EACCES, MESH_E_PERMISSION, MESH_CLASS_CONFIG},     {EPERM, MESH_E_PERMISSION, MESH_CLASS_CONFIG},
        {ENOTDIR, MESH_E_ADDRESS, MESH_CLASS_CONFIG},       {EROFS, MESH_E_ADDRESS, MESH_CLASS_CONFIG},
        {EPROTOTYPE, MESH_E_ADDRESS, MESH_CLASS_CONFIG},    {EADDRINUSE, MESH_E_EXISTS, MESH_CLASS_CONFIG},
        {EMFILE, MESH_E_LIMIT, MESH_CLASS_RESOURCE},        {ENFILE, MESH_E_LIMIT, MESH_CLASS_RESOURCE},
        {ENOMEM, MESH_E_NOMEM, MESH_CLASS_RESOURCE},        {ETIMEDOUT, MESH_E_TIMEOUT, MESH_CLASS_TRANSIENT},
        {EINVAL, MESH_E_INVALID, MESH_CLASS_CONFIG},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].error != error) continue;
        *fclass = meanings[i].fclass;
        return meanings[i].code;
    }
    *fclass = MESH_CLASS_TRANSIENT;
    return MESH_E_IO;
}

#endif

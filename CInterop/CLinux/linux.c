#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int clinux_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int clinux_eventfd(void) { return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

/* The call itself: glibc has a function for it since 2.35 only. */
int clinux_epoll_wait_nanoseconds(int epoll, struct epoll_event *events, int limit, uint64_t nanoseconds) {
#ifdef SYS_epoll_pwait2
    const struct __kernel_timespec time = {(int64_t)(nanoseconds / 1000000000), (long long)(nanoseconds % 1000000000)};
    long count = syscall(SYS_epoll_pwait2, epoll, events, limit, &time, NULL, 0);
    return count < 0 ? -errno : (int)count;
#else
    (void)epoll, (void)events, (void)limit, (void)nanoseconds;
    return -ENOSYS;
#endif
}

int clinux_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return result(accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int clinux_socket(int domain, int type, int protocol) {
    return result(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

int clinux_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -errno : result(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

int clinux_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid) {
    struct ucred who;
    socklen_t length = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0) return -errno;
    *uid = who.uid;
    *gid = who.gid;
    *pid = who.pid;
    return 0;
}

int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)(flags | O_CLOEXEC);
    how.mode = (flags & O_CREAT) ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

int clinux_rename(int directory, const char *from, const char *to, int replace) {
    return result(renameat2(directory, from, directory, to, replace ? 0 : RENAME_NOREPLACE));
}

int clinux_sealed_copy(int fd, const char *name) {
    int copy = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (copy < 0) return -errno;
    char block[65536];
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(fd, block, sizeof block, at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) goto failed;
        if (n == 0) break;
        at += n;
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(copy, block + done, (size_t)(n - done));
            if (w < 0 && errno == EINTR) continue;
            if (w < 0) goto failed;
            done += w;
        }
    }
    if (fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) goto failed;
    return copy;
failed:;
    int error = errno;
    close(copy);
    return -error;
}

int clinux_thread_name(const char *name) { return -pthread_setname_np(pthread_self(), name); }

int clinux_pin_to_cpu(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return result(sched_setaffinity(0, sizeof set, &set));
}

int clinux_notify(const char *state) {
    const char *path = secure_getenv("NOTIFY_SOCKET");
    if (!path || (path[0] != '/' && path[0] != '@')) return 0;
    struct sockaddr_un address;
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    ssize_t n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    int error = errno;
    close(fd);
    return n < 0 ? -error : 1;
}

int clinux_signalfd(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) return -error;
    return result(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int clinux_signalfd_read(int fd) {
    struct signalfd_siginfo info;
    ssize_t n = read(fd, &info, sizeof info);
    if (n < 0) return -errno;
    return n == (ssize_t)sizeof info ? (int)info.ssi_signo : -EIO;
}

int64_t clinux_resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return -errno;
    long total = 0, resident = 0;
    int fields = fscanf(file, "%ld %ld", &total, &resident);
    fclose(file);
    return fields == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -EIO;
}

int64_t clinux_heap_in_use(void) {
    const struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

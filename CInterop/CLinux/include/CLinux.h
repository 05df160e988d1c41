/* Linux calls that Swift's Glibc module does not have. Every function returns its result, or -errno. */
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Descriptors */
int clinux_epoll_create(void);
int clinux_eventfd(void);
/* epoll_wait that counts in nanoseconds (epoll_pwait2, Linux 5.11); -ENOSYS where that is not there. */
int clinux_epoll_wait_nanoseconds(int epoll, struct epoll_event *events, int limit, uint64_t nanoseconds);
int clinux_accept(int fd, struct sockaddr *address, socklen_t *length); /* non-blocking, close-on-exec */
int clinux_socket(int domain, int type, int protocol);                  /* non-blocking, close-on-exec */
int clinux_set_nonblocking(int fd);
/* The user, group and process at the other end of a Unix socket. */
int clinux_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid);

/* Files */
/* Opens below `directory` and nowhere else: no "..", no absolute path, no link that leaves it (openat2,
 * RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS). `flags` and `mode` as for open. */
int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode);
/* rename within one folder; refuses an existing target unless `replace`. */
int clinux_rename(int directory, const char *from, const char *to, int replace);
/* A sealed copy of an open file, in memory: neither its length nor its bytes can change any more. */
int clinux_sealed_copy(int fd, const char *name);

/* Threads and process */
int clinux_thread_name(const char *name);
int clinux_pin_to_cpu(int cpu);
/* sd_notify without libsystemd: sends `state` to $NOTIFY_SOCKET. 1 = sent, 0 = nobody listens. */
int clinux_notify(const char *state);
/* Blocks `signals` for this thread and returns a signalfd for them. */
int clinux_signalfd(const int *signals, int count);
/* The next signal number from it, or -EAGAIN. */
int clinux_signalfd_read(int fd);
/* Where this code was loaded from, without links: the shared library that it is part of, or the program. NULL when the
 * system does not say. To be freed. */
char *clinux_code_path(void);
/* Resident bytes of this process. */
int64_t clinux_resident_bytes(void);
/* Bytes that malloc has given out and not got back. */
int64_t clinux_heap_in_use(void);

#include "CLinuxNode.h"

#endif

/* SPDX-License-Identifier: Apache-2.0
 * What a node needs of the system beside the loop. Every function returns its result, or -errno. */
#ifndef CLINUX_NODE_H
#define CLINUX_NODE_H

#include <stddef.h>
#include <stdint.h>

/* A netlink socket that becomes readable when links or addresses of the machine change (RTMGRP_LINK,
 * RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR). */
int clinux_network_watch(void);
/* Throws away what waits on it. 1 = there was something, 0 = nothing. */
int clinux_network_drain(int fd);
/* Nanoseconds since boot, sleep included (CLOCK_BOOTTIME). */
int64_t clinux_boot_time(void);
/* Raises the soft limit of open descriptors to the hard one, and returns it. */
int64_t clinux_raise_descriptor_limit(void);
/* Ignores SIGPIPE and SIGXFSZ in this process: the calls that raise them return an error too. */
void clinux_ignore_broken_pipes(void);
/* Milliseconds since 1970. */
int64_t clinux_wall_clock_ms(void);
/* A TCP socket that listens on a numeric address. */
int clinux_listen_tcp(const char *host, uint16_t port);
/* The number of a group, or -ENOENT. */
int64_t clinux_group(const char *name);
/* Writes a whole file with this mode so that after a crash either the old or the new one is there. */
int clinux_replace_file(const char *path, const void *bytes, size_t count, unsigned mode);
/* Locks a file (flock), which is made with mode 0600 if it is missing: its descriptor, or -EWOULDBLOCK while another
 * descriptor, of this process or another one, has the lock. A child of fork closes its copy at once, so that the lock
 * ends with this process. `refusal` is 0, or the errno of a file system that has no locks: then nothing is excluded. */
int clinux_lock_take(const char *path, int *refusal);
/* Gives the lock back and closes the descriptor, also for children that the C library knows nothing of. */
void clinux_lock_give_back(int fd);

#endif

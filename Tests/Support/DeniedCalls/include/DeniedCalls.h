/* SPDX-License-Identifier: Apache-2.0
 * What an old kernel or a service manager's filter does to a program, for one thread of it. */
#ifndef DENIED_CALLS_H
#define DENIED_CALLS_H

/* From now on epoll_pwait2 fails on the calling thread, and on those it starts, with `error`; for good. 0, or -errno. */
int denied_calls_epoll_pwait2(int error);

/* The same for setsockopt with SO_ATTACH_REUSEPORT_CBPF. */
int denied_calls_attach_reuseport(int error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "CLinuxNode.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKS 1024

static pthread_mutex_t taking = PTHREAD_MUTEX_INITIALIZER;
/* Descriptors of this process; 0 = a free place. */
static int locks[LOCKS];

static void before_fork(void) { pthread_mutex_lock(&taking); }
static void after_fork_here(void) { pthread_mutex_unlock(&taking); }

/* Closed and not unlocked: the lock is one with that of the parent. */
static void after_fork_there(void) {
    for (int i = 0; i < LOCKS; i++) {
        if (locks[i]) close(locks[i]);
        locks[i] = 0;
    }
    pthread_mutex_unlock(&taking);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void prepare(void) { pthread_atfork(before_fork, after_fork_here, after_fork_there); }

static int take(const char *path, int *refusal) {
    int place = 0;
    while (place < LOCKS && locks[place]) place++;
    if (place == LOCKS) return -EMFILE;
    const int flags = O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    /* Not for writing: a file system with such a file cannot be made read-only. */
    int fd = open(path, O_RDONLY | flags, 0600);
    if (fd < 0) return -errno;
    struct stat status;
    /* Whoever may open the file may lock it too, and keep the owner out. */
    if (fstat(fd, &status) == 0 && (status.st_mode & 07777) != 0600) (void)fchmod(fd, 0600);
    *refusal = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    /* Where locks are made of those for bytes, as on NFS, they need a descriptor for writing. */
    if (*refusal == EBADF) {
        close(fd);
        if ((fd = open(path, O_RDWR | flags, 0600)) < 0) return -errno;
        *refusal = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    }
    if (*refusal == EWOULDBLOCK) {
        close(fd);
        return -EWOULDBLOCK;
    }
    locks[place] = fd;
    return fd;
}

int clinux_lock_take(const char *path, int *refusal) {
    pthread_once(&once, prepare);
    pthread_mutex_lock(&taking);
    int fd = take(path, refusal);
    pthread_mutex_unlock(&taking);
    return fd;
}

void clinux_lock_give_back(int fd) {
    pthread_mutex_lock(&taking);
    for (int i = 0; i < LOCKS; i++) {
        if (locks[i] != fd) continue;
        locks[i] = 0;
        (void)flock(fd, LOCK_UN);
        close(fd);
        break;
    }
    pthread_mutex_unlock(&taking);
}

// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinuxNode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char crash_path[PATH_MAX];
static volatile sig_atomic_t is_watching;
static unsigned char crash_stack[65536];

// Only calls that are safe in a signal handler.
static void leave_word(void) {
    if (!is_watching) return;
    is_watching = 0;
    int fd = open(crash_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

static void crashed(int number) {
    leave_word();
    // The handler is gone by now (SA_RESETHAND): this ends the process as it would have ended without us.
    raise(number);
}

int clinux_witness_crashes(const char *path) {
    size_t length = strlen(path);
    if (length >= sizeof crash_path) return -ENAMETOOLONG;
    memcpy(crash_path, path, length + 1);
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    if (sigaltstack(&stack, NULL) < 0) return -errno;
    struct sigaction action = {.sa_handler = crashed, .sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK};
    const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    for (size_t index = 0; index < sizeof fatal / sizeof *fatal; index++) {
        if (sigaction(fatal[index], &action, NULL) < 0) return -errno;
    }
    if (atexit(leave_word) != 0) return -ENOMEM;
    is_watching = 1;
    return 0;
}

void clinux_witness_orderly_end(void) { is_watching = 0; }

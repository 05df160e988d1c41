/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "pool.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { JOBS = 16 };

static struct job waiting[JOBS], returned[JOBS];
static unsigned waiting_count, returned_count, under_way;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool started, is_woken;
static int wake = -1;
static cpu_set_t allowed;

static void *work(void *argument) {
    (void)argument;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (waiting_count == 0) pthread_cond_wait(&changed, &lock);
        struct job job = waiting[0];
        waiting_count--;
        for (unsigned i = 0; i < waiting_count; i++) waiting[i] = waiting[i + 1];
        pthread_mutex_unlock(&lock);
        job.status = job.run(job.argument);
        pthread_mutex_lock(&lock);
        returned[returned_count++] = job;
        if (is_woken) continue;
        is_woken = true;
        if (eventfd_write(wake, 1) < 0) abort();
    }
    return NULL;
}

static bool start(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof allowed, &allowed);
    started = pthread_create(&thread, &attributes, work, NULL) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

int32_t pool_offload(host *host, int32_t (*run)(void *), void *argument, uint64_t token) {
    (void)host;
    if (under_way == JOBS || (!started && !start())) return MESH_E_LIMIT;
    under_way++;
    pthread_mutex_lock(&lock);
    waiting[waiting_count++] = (struct job){.run = run, .argument = argument, .token = token};
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return MESH_OK;
}

void pool_open(host *host, int cpu) {
    struct epoll_event event = {.events = EPOLLIN};
    CPU_ZERO(&allowed);
    CPU_SET(cpu, &allowed);
    wake = event.data.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake < 0 || epoll_ctl(host->epoll, EPOLL_CTL_ADD, wake, &event) < 0) abort();
}

void pool_collect(host *host) {
    eventfd_t count;
    if (under_way == 0) return;
    pthread_mutex_lock(&lock);
    while (returned_count > 0 && host->answer_count < sizeof host->answers / sizeof *host->answers) {
        const struct job *job = &returned[--returned_count];
        host->answers[host->answer_count++] =
            (mesh_ready){.kind = MESH_READY_OFFLOAD, .token = job->token, .fd = -1, .status = job->status};
        under_way--;
    }
    if (is_woken) (void)eventfd_read(wake, &count);
    is_woken = false;
    pthread_mutex_unlock(&lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(library_slot) == 64, "a slot fills a cache line");
__attribute__((aligned(64))) library_slot library_slots[LIBRARY_HANDLES];

static uint32_t open_count;
static uint32_t forked;
static int has_membarrier;
static pthread_mutex_t claiming = PTHREAD_MUTEX_INITIALIZER;
static uint32_t next_slot;

/* Only this thread is left; what the others held is held for ever, so nothing is locked here or later. */
static void after_fork(void) {
    if (!open_count) return;
    forked = 1;
    for (unsigned i = 0; i < LIBRARY_HANDLES; i++) library_slots[i].word = 0;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void prepare(void) {
    uint64_t start[2] = {0, 0};
    (void)!getrandom(start, sizeof start, GRND_NONBLOCK);
    for (unsigned i = 0; i < LIBRARY_HANDLES; i++) {
        library_slots[i].fd = -1;
        library_slots[i].wake = -1;
        library_slots[i].generation = start[0] & 0xffffffffu;
    }
    pthread_atfork(NULL, NULL, after_fork);
    has_membarrier = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* A word is: generation, 10 bits of slot, and 1 in the lowest place, where no address of memory has it. */
static uint64_t word_of(const library_slot *slot) {
    return slot->generation << 14 | (uint64_t)(slot - library_slots) << 4 | 1;
}

library_slot *library_claim(void) {
    pthread_once(&once, prepare);
    pthread_mutex_lock(&claiming);
    library_slot *found = NULL;
    for (unsigned i = 0; i < LIBRARY_HANDLES && !found; i++) {
        library_slot *slot = &library_slots[(next_slot + i) % LIBRARY_HANDLES];
        /* `object` is the mark of a slot in use: word is 0 until it is published. */
        if (slot->object) continue;
        found = slot;
        next_slot = (uint32_t)(slot - library_slots) + 1;
    }
    if (found) {
        found->object = found;
        found->generation = (found->generation + 1) & 0xffffffffffffu;
        found->calling = 0;
        found->closing = 0;
        found->woken = 0;
        open_count++;
    }
    pthread_mutex_unlock(&claiming);
    return found;
}

void library_publish(library_slot *slot, void *object) {
    slot->object = object;
    __atomic_store_n(&slot->word, word_of(slot), __ATOMIC_RELEASE);
}

uint64_t library_word(const library_slot *slot) { return word_of(slot); }

void library_withdraw(library_slot *slot) {
    __atomic_store_n(&slot->word, 0, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&slot->users, __ATOMIC_SEQ_CST)) sched_yield();
}

void library_retire(library_slot *slot) {
    pthread_mutex_lock(&claiming);
    slot->fd = -1;
    slot->wake = -1;
    slot->object = NULL;
    open_count--;
    pthread_mutex_unlock(&claiming);
}

uint32_t library_open_count(void) { return open_count; }
uint32_t library_is_forked(void) { return forked; }
const char *library_variable(const char *name) { return secure_getenv(name); }

int32_t library_refuse(const void *handle) {
    if (!handle) {
        library_set_error("the handle is NULL", 18);
        return MESH_E_INVALID;
    }
    if (forked) {
        static const char text[] = "the handle belongs to the process before the fork: open another after exec";
        library_set_error(text, sizeof text - 1);
        return MESH_E_FORKED;
    }
    library_set_error("the handle is closed, or never was one", 38);
    return MESH_E_STALE;
}

void library_futex_wait(const uint32_t *word, uint32_t value, uint64_t nanoseconds) {
    struct timespec limit = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nanoseconds == UINT64_MAX ? NULL : &limit, NULL, 0);
    errno = saved;
}

void library_futex_wake(const uint32_t *word) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

void library_lock_contended(library_slot *slot) {
    __atomic_fetch_add(&slot->waiters, 1, __ATOMIC_SEQ_CST);
    /* From here on every unlock sees the waiter: the price of the order is paid here and not there. */
    if (has_membarrier) syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    for (;;) {
        uint32_t open = 0;
        if (__atomic_compare_exchange_n(&slot->lock, &open, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) break;
        /* The limit is for systems without membarrier. */
        library_futex_wait(&slot->lock, 1, has_membarrier ? 100000000u : 1000000u);
    }
    __atomic_fetch_sub(&slot->waiters, 1, __ATOMIC_SEQ_CST);
}

void library_unlock_contended(library_slot *slot) { library_futex_wake(&slot->lock); }

int library_thread_start(uint64_t *thread, void *(*body)(void *), void *context) {
    sigset_t all, before;
    pthread_t made;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int code = pthread_create(&made, NULL, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *thread = code == 0 ? (uint64_t)made : 0;
    return code;
}

void library_thread_join(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }

/* Uses `wake` without the lock: false when the handle is closed meanwhile. library_withdraw waits for it. */
static bool begin_use(library_slot *slot, mesh_handle *handle) {
    __atomic_fetch_add(&slot->users, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&slot->word, __ATOMIC_SEQ_CST) == (uintptr_t)handle;
}

static void end_use(library_slot *slot) { __atomic_fetch_sub(&slot->users, 1, __ATOMIC_SEQ_CST); }

static void end_wait(const library_slot *slot) {
    uint64_t one = 1;
    int saved = errno;
    (void)!write(slot->wake, &one, sizeof one);
    errno = saved;
}

/* Here and not in Swift: a signal handler may call it. */
int32_t mesh_wake(mesh_handle *handle) {
    library_slot *slot = library_find(handle);
    if (!slot) return library_refuse(handle);
    bool is_open = begin_use(slot, handle);
    /* A wake that was not taken yet is enough for this one too. */
    if (is_open && !__atomic_exchange_n(&slot->woken, 1, __ATOMIC_SEQ_CST)) end_wait(slot);
    end_use(slot);
    return is_open ? MESH_OK : MESH_E_STALE;
}

library_slot *library_enter_to_close(mesh_handle *handle) {
    library_slot *slot = library_find(handle);
    if (!slot) return NULL;
    bool is_open = begin_use(slot, handle);
    if (is_open) {
        __atomic_fetch_add(&slot->closing, 1, __ATOMIC_SEQ_CST);
        end_wait(slot);
    }
    end_use(slot);
    return is_open ? library_enter(handle) : NULL;
}

void library_stay(library_slot *slot) { __atomic_fetch_sub(&slot->closing, 1, __ATOMIC_SEQ_CST); }

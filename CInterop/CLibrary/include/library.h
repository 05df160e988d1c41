/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of handles, their locks, and each thread's last error. In C because a call passes here on its way in and
 * out, and because the table must be there before any Swift has run and in the child of a fork.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "seat.h"
#include <mesh/mesh.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIBRARY_HANDLES 1024u
#define LIBRARY_ERROR_SIZE 1024u

/* One place for a handle, a cache line of its own. */
typedef struct library_slot {
    uint64_t word;     /* the handle that stands for this slot now, 0 = none */
    void *object;      /* what it is, the Swift side's */
    uint32_t lock;     /* 1 = held */
    uint32_t waiters;  /* threads that want the lock */
    uint32_t users;    /* calls that use `wake` without the lock */
    int32_t fd;        /* what mesh_fd answers, -1 = not asked for yet */
    uint32_t calling;  /* 1 = mesh_dispatch calls the application */
    int32_t wake;      /* eventfd that ends a wait, -1 = none */
    uint64_t woken;    /* 1 = mesh_wake was called */
    uint64_t generation;
    uint64_t closing;  /* threads that are in mesh_close: whoever waits ends its wait */
} library_slot;

extern library_slot library_slots[LIBRARY_HANDLES];

/* Takes a free slot: its handle, or NULL. The slot is held (locked) and not found by anybody before
 * library_publish. */
library_slot *library_claim(void);
void library_publish(library_slot *slot, void *object);
/* The slot, held by the caller, names nothing from now on. library_retire waits for calls of mesh_wake under way. */
void library_withdraw(library_slot *slot);
/* The slot of a handle, held, or NULL as library_enter; whoever waits in a call ends its wait and leaves. The caller
 * says with library_stay that the handle stays after all. */
library_slot *library_enter_to_close(mesh_handle *handle);
void library_stay(library_slot *slot);
/* Whether somebody waits to close the handle, which the caller holds. */
static inline bool library_is_closing(const library_slot *slot) {
    return __atomic_load_n(&slot->closing, __ATOMIC_SEQ_CST) != 0;
}
void library_retire(library_slot *slot);
uint64_t library_word(const library_slot *slot);
/* How many handles there are. */
uint32_t library_open_count(void);
/* 1 in the child of a fork when handles were open at the time. */
uint32_t library_is_forked(void);

/* Sets the last error too. */
int32_t library_refuse(const void *handle);
void library_lock_contended(library_slot *slot);
void library_unlock_contended(library_slot *slot);

static inline library_slot *library_find(const void *handle) {
    library_slot *slot = &library_slots[(uintptr_t)handle >> 4 & (LIBRARY_HANDLES - 1)];
    return __atomic_load_n(&slot->word, __ATOMIC_ACQUIRE) == (uintptr_t)handle && handle ? slot : NULL;
}

static inline void library_unlock(library_slot *slot) {
    __atomic_store_n(&slot->lock, 0, __ATOMIC_RELEASE);
    /* The other half of this order is membarrier in library_lock_contended. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(&slot->waiters, __ATOMIC_RELAXED) != 0, 0)) library_unlock_contended(slot);
}

/* Holds a slot that the caller has a right to. */
static inline void library_lock(library_slot *slot) {
    uint32_t open = 0;
    if (!__atomic_compare_exchange_n(&slot->lock, &open, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        library_lock_contended(slot);
}

/* Whether mesh_wake was called since the last time. */
static inline bool library_take_wake(library_slot *slot) {
    return __atomic_load_n(&slot->woken, __ATOMIC_RELAXED) && __atomic_exchange_n(&slot->woken, 0, __ATOMIC_SEQ_CST);
}

/* The slot of a handle, held; or NULL, and library_refuse says why. */
static inline library_slot *library_enter(const void *handle) {
    library_slot *slot = library_find(handle);
    if (__builtin_expect(slot == NULL, 0)) return NULL;
    uint32_t open = 0;
    if (__builtin_expect(!__atomic_compare_exchange_n(&slot->lock, &open, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED),
                         0))
        library_lock_contended(slot);
    if (__builtin_expect(__atomic_load_n(&slot->word, __ATOMIC_ACQUIRE) != (uintptr_t)handle, 0)) {
        library_unlock(slot);
        return NULL;
    }
    return slot;
}

/* A variable of the environment; NULL also in a program with rights of another user (secure_getenv). */
const char *library_variable(const char *name);

/* The calling thread's last error; `text` need not end with a NUL. */
void library_set_error(const char *text, size_t len);

/* mesh_fd when the descriptor is not made yet, or the handle is none; the Swift side's. */
int32_t library_make_fd(mesh_handle *handle);

/* Futex on a word of 32 bits: waits while it is `value`, at most `nanoseconds`. */
void library_futex_wait(const uint32_t *word, uint32_t value, uint64_t nanoseconds);
void library_futex_wake(const uint32_t *word);

/* A thread that takes no signals; 0 or an errno. */
int library_thread_start(uint64_t *thread, void *(*body)(void *), void *context);
void library_thread_join(uint64_t thread);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Who does a handle's work: the library's own thread, or the application's while it waits. There is one seat; whoever
 * has it runs the loop. An application that has been away for LIBRARY_AWAY nanoseconds loses it.
 */
#ifndef LIBRARY_SEAT_H
#define LIBRARY_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#define LIBRARY_AWAY 500000u

#define LIBRARY_SEAT_THREAD 0u /* the library's thread runs the loop */
#define LIBRARY_SEAT_AWAY 1u   /* the application's, which is elsewhere now */
#define LIBRARY_SEAT_IN 2u     /* the application runs the loop */

typedef struct library_seat {
    uint32_t state;    /* LIBRARY_SEAT_* */
    uint32_t wanted;   /* 1 = the application waits for the seat */
    uint32_t visits;   /* how often the application has left it */
    uint32_t parked;   /* 1 = the thread sleeps until the application leaves */
    uint32_t stopping; /* 1 = the thread is to end */
    uint32_t reserved[11];
} library_seat;

/* Takes the seat if the application still has it. */
static inline bool library_seat_try(library_seat *seat) {
    uint32_t away = LIBRARY_SEAT_AWAY;
    return __atomic_compare_exchange_n(&seat->state, &away, LIBRARY_SEAT_IN, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void library_seat_unpark(library_seat *seat);

/* The application goes back to its own work. */
static inline void library_seat_leave(library_seat *seat) {
    __atomic_fetch_add(&seat->visits, 1, __ATOMIC_RELAXED);
    __atomic_exchange_n(&seat->state, LIBRARY_SEAT_AWAY, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&seat->parked, __ATOMIC_SEQ_CST)) library_seat_unpark(seat);
}

/* Whether the thread is to give the seat up, or to end. */
static inline bool library_seat_is_wanted(const library_seat *seat) {
    return __atomic_load_n(&seat->wanted, __ATOMIC_SEQ_CST) || __atomic_load_n(&seat->stopping, __ATOMIC_SEQ_CST);
}

/* The application asks for the seat and then waits for it; between the two it ends the thread's wait. */
static inline void library_seat_want(library_seat *seat) { __atomic_store_n(&seat->wanted, 1, __ATOMIC_SEQ_CST); }
void library_seat_await(library_seat *seat);

/* The thread sleeps until the application has been away for a while, and has the seat: true; false = it ends. */
bool library_seat_park(library_seat *seat);
void library_seat_give_up(library_seat *seat);
void library_seat_stop(library_seat *seat);

#endif

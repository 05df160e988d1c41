/* SPDX-License-Identifier: Apache-2.0 */
#include "seat.h"
#include "library.h"

void library_seat_await(library_seat *seat) {
    while (!library_seat_try(seat)) library_futex_wait(&seat->state, LIBRARY_SEAT_THREAD, UINT64_MAX);
    __atomic_store_n(&seat->wanted, 0, __ATOMIC_SEQ_CST);
}

void library_seat_unpark(library_seat *seat) {
    __atomic_store_n(&seat->parked, 0, __ATOMIC_SEQ_CST);
    library_futex_wake(&seat->parked);
}

void library_seat_stop(library_seat *seat) {
    __atomic_store_n(&seat->stopping, 1, __ATOMIC_SEQ_CST);
    library_futex_wake(&seat->stopping);
    library_seat_unpark(seat);
}

/* Sleeps until the application has left. Whoever sees `parked` wakes; whoever does not has left before. */
static void sleep_until_left(library_seat *seat) {
    __atomic_store_n(&seat->parked, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&seat->state, __ATOMIC_SEQ_CST) == LIBRARY_SEAT_IN &&
        !__atomic_load_n(&seat->stopping, __ATOMIC_SEQ_CST))
        library_futex_wait(&seat->parked, 1, UINT64_MAX);
    __atomic_store_n(&seat->parked, 0, __ATOMIC_SEQ_CST);
}

void library_seat_give_up(library_seat *seat) {
    __atomic_store_n(&seat->state, LIBRARY_SEAT_AWAY, __ATOMIC_SEQ_CST);
    library_futex_wake(&seat->state);
}

bool library_seat_park(library_seat *seat) {
    while (!__atomic_load_n(&seat->stopping, __ATOMIC_SEQ_CST)) {
        uint32_t visits = __atomic_load_n(&seat->visits, __ATOMIC_SEQ_CST);
        library_futex_wait(&seat->stopping, 0, LIBRARY_AWAY);
        if (__atomic_load_n(&seat->visits, __ATOMIC_SEQ_CST) != visits) continue;
        uint32_t state = LIBRARY_SEAT_AWAY;
        if (__atomic_compare_exchange_n(&seat->state, &state, LIBRARY_SEAT_THREAD, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            return true;
        if (state == LIBRARY_SEAT_IN) sleep_until_left(seat);
    }
    return false;
}

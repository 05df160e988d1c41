/* SPDX-License-Identifier: Apache-2.0
 * Memory in use, resident memory, descriptors, threads and signal dispositions of this process, over time. */
#define _GNU_SOURCE
#include "soak.h"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SAMPLES = 100000, SIGNALS = 64 };
enum { IN_USE, RESIDENT, DESCRIPTORS, THREADS, COLUMNS };

/* There under the address sanitizer alone. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

typedef struct disposition {
    void (*handler)(int);
    int flags;
    uint64_t mask; /* what the kernel knows of it */
} disposition;

static struct {
    int64_t second;
    long value[COLUMNS];
} samples[MOST_SAMPLES];
static int count;
static disposition first[SIGNALS + 1];

int watch_count(const char *what) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", what);
    DIR *folder = opendir(path);
    int entries = strcmp(what, "fd") == 0 ? -3 : -2; /* . and .. and the folder's own descriptor */
    CHECK(folder);
    while (readdir(folder)) entries++;
    closedir(folder);
    return entries;
}

/* In KiB: what was allocated and not yet freed, whatever the allocator keeps beside it. */
long watch_in_use(void) {
    if (__sanitizer_get_current_allocated_bytes) return (long)(__sanitizer_get_current_allocated_bytes() / 1024);
    struct mallinfo2 info = mallinfo2();
    return (long)((info.uordblks + info.hblkhd) / 1024);
}

static long resident(void) {
    long all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld %ld", &all, &pages) == 2);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void take_signals(disposition all[SIGNALS + 1]) {
    memset(all, 0, (SIGNALS + 1) * sizeof *all);
    for (int number = 1; number < SIGNALS; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action)) continue;
        all[number].handler = action.sa_handler;
        all[number].flags = action.sa_flags;
        memcpy(&all[number].mask, &action.sa_mask, sizeof all[number].mask);
    }
    sigset_t set;
    sigemptyset(&set);
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    memcpy(&all[SIGNALS].mask, &set, sizeof all[SIGNALS].mask);
}

void watch_sample(int64_t second) {
    static disposition now[SIGNALS + 1];
    take_signals(now);
    if (second < 0) {
        memcpy(first, now, sizeof first);
        return;
    }
    CHECK(memcmp(first, now, sizeof first) == 0);
    if (count == MOST_SAMPLES) return;
    samples[count].second = second;
    samples[count].value[IN_USE] = watch_in_use();
    samples[count].value[RESIDENT] = resident();
    samples[count].value[DESCRIPTORS] = watch_count("fd");
    samples[count].value[THREADS] = watch_count("task");
    if (getenv("SOAK_TRACE"))
        fprintf(stderr, "%lld %ld %ld\n", (long long)second, samples[count].value[IN_USE], samples[count].value[RESIDENT]);
    count++;
}

static int ascending(const void *left, const void *right) {
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

/* Of the samples of a third, for one column: the one that stands for it, and the largest. What grows for good lifts all
 * samples, while high ones are bursts that waited for a processor: memory in use is judged by the sample that a tenth
 * lie below, resident memory, which does not shrink after a burst, by the one in the middle. */
static void typical_and_most(int third, int column, int64_t length, long *typical, long *most) {
    static long values[MOST_SAMPLES];
    size_t found = 0;
    for (int n = 0; n < count; n++) {
        if (samples[n].second >= length) continue; /* all nodes are closed */
        int its = (int)(samples[n].second * 3 / (length > 0 ? length : 1));
        if ((its > 2 ? 2 : its) == third) values[found++] = samples[n].value[column];
    }
    qsort(values, found, sizeof *values, ascending);
    *typical = found ? values[found / (column == IN_USE ? 10 : 2)] : 0;
    *most = found ? values[found - 1] : 0;
}

/* Allowed above `before`, in the unit of the column. Memory in use is exact, and a leak of a few bytes for each message
 * would be far more; resident memory is that, what an allocator keeps for itself, and how it scatters the rest: the
 * sanitizer's keeps what was freed for a while, and never puts blocks of different sizes into one page. In a short run
 * the pools of buffers still fill: it finds what grows fast. */
static long allowance(int column, long before, int64_t length) {
    bool is_short = length < 300;
    switch (column) {
    case IN_USE: return before / 100 + (is_short ? 8192 : 256);
    case RESIDENT: return before * (__sanitizer_get_current_allocated_bytes ? 10 : 3) / 100 + (is_short ? 8192 : 1024);
    case DESCRIPTORS: return 2;
    default: return 0;
    }
}

/* The first third warms up; then the last one is held against the second. */
void watch_verdict(int64_t length) {
    static const char *const units[COLUMNS] = {"KiB in use", "KiB resident", "descriptors", "threads"};
    bool grows = false;
    for (int i = 0; i < COLUMNS; i++) {
        long typical[3], most[3];
        for (int third = 1; third < 3; third++) typical_and_most(third, i, length, &typical[third], &most[third]);
        bool is_memory = i == IN_USE || i == RESIDENT;
        long before = is_memory ? typical[1] : most[1], after = is_memory ? typical[2] : most[2];
        printf("%ld %s in the second third, %ld in the last; at most %ld and %ld\n", before, units[i], after, most[1],
               most[2]);
        grows = grows || after > before + allowance(i, before, length) || before == 0;
    }
    CHECK(!grows);
}

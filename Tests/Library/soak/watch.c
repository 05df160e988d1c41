/* SPDX-License-Identifier: Apache-2.0
 * Resident memory, descriptors, threads and signal dispositions of this process, over time. */
#define _GNU_SOURCE
#include "soak.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SAMPLES = 100000, SIGNALS = 64 };

typedef struct disposition {
    void (*handler)(int);
    int flags;
    uint64_t mask; /* what the kernel knows of it */
} disposition;

static struct {
    int64_t second;
    long value[3]; /* KiB, descriptors, threads */
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
    samples[count].value[0] = resident();
    samples[count].value[1] = watch_count("fd");
    samples[count].value[2] = watch_count("task");
    count++;
}

static int ascending(const void *left, const void *right) {
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

/* Of the samples of a third, for one column: the one in the middle, and the largest. */
static void middle_and_most(int third, int column, int64_t length, long *middle, long *most) {
    static long values[MOST_SAMPLES];
    size_t found = 0;
    for (int n = 0; n < count; n++) {
        int its = (int)(samples[n].second * 3 / (length > 0 ? length : 1));
        if ((its > 2 ? 2 : its) == third) values[found++] = samples[n].value[column];
    }
    qsort(values, found, sizeof *values, ascending);
    *middle = found ? values[found / 2] : 0;
    *most = found ? values[found - 1] : 0;
}

/* The first third warms up; then the last one is held against the second. What grows for good lifts the median of memory,
 * while its peaks are bursts that waited for a processor. In a short run the pools of buffers still fill: it finds what
 * grows fast. */
void watch_verdict(int64_t length) {
    static const char *const units[] = {"KiB", "descriptors", "threads"};
    bool grows = false;
    for (int i = 0; i < 3; i++) {
        long middle[3], most[3];
        for (int third = 1; third < 3; third++) middle_and_most(third, i, length, &middle[third], &most[third]);
        long before = i == 0 ? middle[1] : most[1], after = i == 0 ? middle[2] : most[2], allowed = before;
        if (i == 0) allowed += before * 3 / 100 + (length < 300 ? 8192 : 1024);
        if (i == 1) allowed += 2;
        printf("%ld %s in the second third, %ld in the last; at most %ld and %ld\n", before, units[i], after, most[1],
               most[2]);
        grows = grows || after > allowed || before == 0;
    }
    CHECK(!grows);
}

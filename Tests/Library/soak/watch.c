/* SPDX-License-Identifier: Apache-2.0
 * Resident memory, descriptors, threads and signal dispositions of this process, over time. */
#define _GNU_SOURCE
#include "soak.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
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

/* The first third warms up. In a short run the pools of buffers still fill: it finds what grows fast. */
void watch_verdict(int64_t length) {
    static const char *const units[] = {"KiB", "descriptors", "threads"};
    bool grows = false;
    for (int i = 0; i < 3; i++) {
        long most[3] = {0, 0, 0};
        for (int n = 0; n < count; n++) {
            int third = (int)(samples[n].second * 3 / (length > 0 ? length : 1));
            if (third > 2) third = 2;
            if (samples[n].value[i] > most[third]) most[third] = samples[n].value[i];
        }
        long allowed = most[1];
        if (i == 0) allowed += most[1] * 3 / 100 + (length < 300 ? 8192 : 1024);
        if (i == 1) allowed += 2;
        printf("%ld %s at most in the second third, %ld in the last\n", most[1], units[i], most[2]);
        grows = grows || most[2] > allowed || most[1] == 0;
    }
    CHECK(!grows);
}

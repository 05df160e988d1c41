// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// xorshift64: one seed gives one course of losses and delays.
static uint64_t draw(struct relay_settings *settings) {
    settings->random ^= settings->random << 13;
    settings->random ^= settings->random >> 7;
    return settings->random ^= settings->random << 17;
}

int relay_lost(struct relay_settings *settings) {
    return settings->loss > 0 && (double)(draw(settings) >> 11) / 9007199254740992.0 < settings->loss;
}

static int duration(const char *text, uint64_t *ns) {
    char *end;
    double value = strtod(text, &end);
    double unit = !strcmp(end, "ms") ? 1e6 : !strcmp(end, "us") ? 1e3 : !strcmp(end, "s") ? 1e9 : !strcmp(text, "0");
    if (end == text || unit == 0 || !(value >= 0 && value * unit <= 600e9)) return 0;
    *ns = (uint64_t)(value * unit);
    return 1;
}

int relay_settings_apply(struct relay_settings *settings, const char *word, const char *value) {
    char *end;
    double number = strtod(value, &end);
    int whole = end != value && *end == 0 && number >= 0;
    if (!strcmp(word, "delay")) return duration(value, &settings->delay_ns);
    if (!strcmp(word, "jitter")) return duration(value, &settings->jitter_ns);
    if (!strcmp(word, "loss") && whole && number <= 100) return settings->loss = number / 100, 1;
    if (!strcmp(word, "bandwidth") && whole && number <= 1e12) return settings->bandwidth = (uint64_t)number, 1;
    if (!strcmp(word, "blackhole") && !strcmp(value, "on")) return settings->blackhole = 1;
    if (!strcmp(word, "blackhole") && !strcmp(value, "off")) return settings->blackhole = 0, 1;
    return 0;
}

int relay_queue_room(const struct relay_queue *queue) { return queue->bytes + 65536 <= QUEUE_MAX; }

int relay_queue_push(struct relay_queue *queue, struct relay_settings *settings, const uint8_t *bytes, size_t length,
                     uint64_t now_ns) {
    size_t cost = length + sizeof(struct relay_piece);
    struct relay_piece *piece = queue->bytes + cost > QUEUE_MAX + 65536 ? NULL : malloc(cost);
    if (!piece) return 0;
    if (queue->line_free_ns < now_ns) queue->line_free_ns = now_ns;
    if (settings->bandwidth) queue->line_free_ns += (uint64_t)((double)length * 1e9 / (double)settings->bandwidth);
    uint64_t jitter = settings->jitter_ns ? draw(settings) % settings->jitter_ns : 0;
    uint64_t due = (settings->bandwidth ? queue->line_free_ns : now_ns) + settings->delay_ns + jitter;
    if (queue->tail && queue->tail->due_ns > due) due = queue->tail->due_ns;
    piece->next = NULL;
    piece->due_ns = due;
    piece->length = length;
    piece->sent = 0;
    memcpy(piece->bytes, bytes, length);
    if (queue->tail) queue->tail->next = piece;
    else queue->head = piece;
    queue->tail = piece;
    queue->bytes += cost;
    return 1;
}

struct relay_piece *relay_queue_due(const struct relay_queue *queue, uint64_t now_ns) {
    return queue->head && queue->head->due_ns <= now_ns ? queue->head : NULL;
}

void relay_queue_sent(struct relay_queue *queue, size_t bytes) {
    struct relay_piece *piece = queue->head;
    piece->sent += bytes;
    if (piece->sent < piece->length) return;
    queue->head = piece->next;
    if (!queue->head) queue->tail = NULL;
    queue->bytes -= piece->length + sizeof *piece;
    free(piece);
}

uint64_t relay_queue_next(const struct relay_queue *queue) { return queue->head ? queue->head->due_ns : UINT64_MAX; }

void relay_queue_clear(struct relay_queue *queue) {
    while (queue->head) relay_queue_sent(queue, queue->head->length);
}

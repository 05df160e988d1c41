/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "connection.h"

/* No stream that comes later waits behind more than that: some ten packets. */
enum { BATCH_BYTES = 16384 };

uint32_t batch_pull(const batch *batch, int64_t *stream, chttp3_vector *vectors, uint32_t limit) {
    uint32_t count = batch->count - batch->at;
    if (count > limit) count = limit;
    if (count == 0) return 0;
    *stream = batch->stream;
    memcpy(vectors, batch->vectors + batch->at, count * sizeof *vectors);
    return count;
}

void batch_keep(batch *batch, int64_t stream, int fin, const chttp3_vector *vectors, uint32_t count) {
    /* Where streams take turns, one that comes twice is alone; where they do not, it goes first anyway. */
    int is_first = stream >= 0 && stream == batch->last;
    size_t bytes = 0;
    batch->last = stream;
    if (!is_first || fin || count > BATCH_VECTORS) return;
    batch->stream = stream;
    for (uint32_t i = 0; i < count && bytes < BATCH_BYTES; i++) {
        size_t room = BATCH_BYTES - bytes, length = vectors[i].length < room ? vectors[i].length : room;
        batch->vectors[batch->count++] = (nghttp3_vec){(uint8_t *)vectors[i].bytes, length};
        bytes += length;
    }
}

int batch_took(batch *batch, int64_t stream, size_t count) {
    if (batch->at == batch->count || stream != batch->stream) return 0;
    batch->taken += count;
    while (count > 0 && batch->at < batch->count) {
        nghttp3_vec *first = &batch->vectors[batch->at];
        size_t part = count < first->len ? count : first->len;
        first->base += part;
        first->len -= part;
        count -= part;
        if (first->len == 0) batch->at++;
    }
    return 1;
}

size_t batch_end(batch *batch) {
    size_t taken = batch->taken;
    batch->at = batch->count = 0;
    batch->taken = 0;
    return taken;
}

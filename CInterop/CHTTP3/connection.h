/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHTTP3_CONNECTION_PRIVATE_H
#define CHTTP3_CONNECTION_PRIVATE_H

#include <nghttp3/nghttp3.h>

#include "CHTTP3.h"
#include "preface.h"

enum { BATCH_VECTORS = 8 };

/* What nghttp3 has offered of a stream and several packets take, so that it is asked and told once for all of them. */
typedef struct {
    int64_t stream;
    uint32_t at, count; /* vectors that are left: from `at` to `count`, none when equal */
    size_t taken;       /* bytes in packets that nghttp3 was not told of */
    int64_t last;       /* the stream that nghttp3 offered last; -1 for none */
    nghttp3_vec vectors[BATCH_VECTORS];
} batch;

struct chttp3_connection {
    nghttp3_conn *conn;
    preface *preface; /* NULL: nghttp3's own */
    chttp3_callbacks callbacks;
    void *user;
    int failure;
    batch batch;
};

/* Whether something of it is left. */
static inline int batch_is_open(const batch *batch) { return batch->at < batch->count; }
/* Hands out what is left; 0 when nothing is. */
uint32_t batch_pull(const batch *batch, int64_t *stream, chttp3_vector *vectors, uint32_t limit);
/* Keeps what nghttp3 has offered for the packets to come, if no other stream's turn would be among them. */
void batch_keep(batch *batch, int64_t stream, int fin, const chttp3_vector *vectors, uint32_t count);
/* So many of its bytes are in a packet; 0 when the stream's are not of a batch. */
int batch_took(batch *batch, int64_t stream, size_t count);
/* Ends it. Returns the bytes that nghttp3 has to be told of. */
size_t batch_end(batch *batch);

#endif

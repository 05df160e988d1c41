/* SPDX-License-Identifier: Apache-2.0 */
#include "preface.h"

#include <stdlib.h>

enum { CAPACITY = 8 + 16 * CHTTP3_SETTINGS_MAXIMUM, FRAME_SETTINGS = 4, STREAM_CONTROL = 0 };

struct preface {
    int64_t control; /* -1 before it is known */
    size_t length;
    size_t sent;
    uint64_t acked;
    uint64_t replaced; /* bytes of nghttp3's that were taken away and not acknowledged yet */
    int is_blocked;
    uint8_t bytes[CAPACITY];
};

/* A number of RFC 9000, 16, in as few bytes as it needs. */
static size_t put(uint8_t *target, uint64_t value) {
    size_t count = value < 1 << 6 ? 1 : value < 1 << 14 ? 2 : value < 1 << 30 ? 4 : 8;
    static const uint8_t marks[] = {0, 0x00, 0x40, 0, 0x80, 0, 0, 0, 0xc0};
    for (size_t i = 0; i < count; i++) target[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
    target[0] |= marks[count];
    return count;
}

preface *preface_new(const chttp3_setting *settings, uint32_t count) {
    uint8_t body[16 * CHTTP3_SETTINGS_MAXIMUM];
    size_t length = 0;
    preface *made = NULL;
    if (count > CHTTP3_SETTINGS_MAXIMUM) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (settings[i].id >> 62 || settings[i].value >> 62) return NULL;
        length += put(body + length, settings[i].id);
        length += put(body + length, settings[i].value);
    }
    if ((made = calloc(1, sizeof *made)) == NULL) return NULL;
    made->control = -1;
    made->length = put(made->bytes, STREAM_CONTROL);
    made->length += put(made->bytes + made->length, FRAME_SETTINGS);
    made->length += put(made->bytes + made->length, length);
    for (size_t i = 0; i < length; i++) made->bytes[made->length++] = body[i];
    return made;
}

void preface_free(preface *preface) { free(preface); }

int preface_begin(preface *preface, nghttp3_conn *conn, int64_t control) {
    nghttp3_vec vectors[8];
    int64_t stream = -1;
    int fin = 0;
    nghttp3_ssize count = nghttp3_conn_writev_stream(conn, &stream, &fin, vectors, 8);
    if (count < 0) return (int)count;
    if (stream != control) return NGHTTP3_ERR_INVALID_STATE;
    for (nghttp3_ssize i = 0; i < count; i++) preface->replaced += vectors[i].len;
    preface->control = control;
    return nghttp3_conn_add_write_offset(conn, control, (size_t)preface->replaced);
}

int preface_pull(const preface *preface, int64_t *stream, chttp3_vector *vector) {
    if (preface->control < 0 || preface->is_blocked || preface->sent == preface->length) return 0;
    *stream = preface->control;
    vector->bytes = preface->bytes + preface->sent;
    vector->length = preface->length - preface->sent;
    return 1;
}

int preface_took(preface *preface, int64_t stream, size_t count) {
    if (stream != preface->control || preface->sent == preface->length) return 0;
    size_t left = preface->length - preface->sent;
    preface->sent += count < left ? count : left;
    return 1;
}

uint64_t preface_acked(preface *preface, int64_t stream, uint64_t count) {
    if (stream != preface->control || preface->acked == preface->length) return count;
    uint64_t left = preface->length - preface->acked;
    uint64_t own = count < left ? count : left;
    preface->acked += own;
    count -= own;
    if (preface->acked == preface->length) {
        count += preface->replaced;
        preface->replaced = 0;
    }
    return count;
}

void preface_stop(preface *preface, int64_t stream) {
    if (stream == preface->control) preface->sent = preface->length;
}

void preface_block(preface *preface, int64_t stream, int is_blocked) {
    if (stream == preface->control) preface->is_blocked = is_blocked;
}

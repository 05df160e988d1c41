/* SPDX-License-Identifier: Apache-2.0
 *
 * What the control stream begins with, in place of nghttp3's own: its type and a SETTINGS frame with any list. nghttp3 0.8
 * says three settings, always and in one order. */
#ifndef CHTTP3_PREFACE_PRIVATE_H
#define CHTTP3_PREFACE_PRIVATE_H

#include <nghttp3/nghttp3.h>

#include "CHTTP3.h"

typedef struct preface preface;

/* NULL without memory, and for a list that cannot be said. */
preface *preface_new(const chttp3_setting *settings, uint32_t count);
void preface_free(preface *preface);
/* The control stream is bound: what nghttp3 has to say at its beginning is taken away. 0, or nghttp3's code. */
int preface_begin(preface *preface, nghttp3_conn *conn, int64_t control);
/* Whether something is to be sent before anything of nghttp3's: one vector. */
int preface_pull(const preface *preface, int64_t *stream, chttp3_vector *vector);
/* Whether these bytes were the preface's. */
int preface_took(preface *preface, int64_t stream, size_t count);
/* How many of the bytes that are acknowledged are nghttp3's, in its count. */
uint64_t preface_acked(preface *preface, int64_t stream, uint64_t count);
/* Nothing more is taken on this stream. */
void preface_stop(preface *preface, int64_t stream);
/* The control stream has no credit now, or has some again. */
void preface_block(preface *preface, int64_t stream, int is_blocked);

#endif

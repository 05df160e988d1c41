/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP/2 connection (RFC 9113) between two byte streams, over nghttp2. It touches no socket and no clock, and no
 * structure of nghttp2 is seen from here. Nothing in a callback may call back, but for chttp2_consume. */
#ifndef CHTTP2_H
#define CHTTP2_H

#include <stddef.h>
#include <stdint.h>

typedef struct chttp2 chttp2;

typedef struct chttp2_field {
    const char *name; /* lower case */
    const char *value;
    size_t name_length;
    size_t value_length;
} chttp2_field;

typedef struct chttp2_setting {
    uint16_t id; /* RFC 9113, 6.5.2 */
    uint32_t value;
} chttp2_setting;

/* What a connection tells its owner; `ctx` is what chttp2_server or chttp2_client was given. */
typedef struct chttp2_events {
    /* A head begins on a stream. Of that of an interim answer (RFC 9110, 15.2) nothing more is told. */
    void (*begin)(void *ctx, int32_t stream);
    /* One of its fields, pseudo fields first. */
    void (*field)(void *ctx, int32_t stream, const char *name, size_t name_length, const char *value,
                  size_t value_length);
    /* The head is whole. `ends`: nothing follows. */
    void (*head)(void *ctx, int32_t stream, int ends);
    /* Bytes of the body, lent. They count against the windows until chttp2_consume. */
    void (*data)(void *ctx, int32_t stream, const uint8_t *bytes, size_t length);
    /* The body is whole. */
    void (*end)(void *ctx, int32_t stream);
    /* The stream is gone; `code` is an error of RFC 9113, section 7, or 0. */
    void (*closed)(void *ctx, int32_t stream, uint32_t code);
    /* Wants at most `room` bytes of the body of a stream that chttp2_answer or chttp2_ask gave one. Returns how many,
     * CHTTP2_WAIT until chttp2_resume, or CHTTP2_FAIL to reset the stream; sets *ends with the last. */
    int64_t (*fill)(void *ctx, int32_t stream, uint8_t *target, size_t room, int *ends);
} chttp2_events;

#define CHTTP2_WAIT (-1)
#define CHTTP2_FAIL (-2)

/* The sides of a connection; NULL without memory. A server begins with the given settings, as they stand. What a server is
 * told in fields is not looked at, for small web servers answer what nghttp2 would only reset; what a client is told is
 * checked (RFC 9113, 8). */
chttp2 *chttp2_server(void *ctx, const chttp2_events *events, const chttp2_setting *settings, size_t count);
chttp2 *chttp2_client(void *ctx, const chttp2_events *events);
void chttp2_free(chttp2 *connection);
/* What the other end began with, at most `room` settings; how many, or negative before it has said. */
int chttp2_settings(const chttp2 *connection, chttp2_setting *settings, size_t room);

/* Takes bytes that arrived. 0, or a negative number when the connection has to end; what is left to send says why. */
int chttp2_receive(chttp2 *connection, const uint8_t *bytes, size_t length);
/* The next bytes to send, valid until the next call; 0 when there are none now, negative without memory. */
int64_t chttp2_send(chttp2 *connection, const uint8_t **bytes);
/* Frames that wait to be sent. */
size_t chttp2_queued(chttp2 *connection);
/* Whether the connection still has a use: something to receive or to send. */
int chttp2_is_alive(chttp2 *connection);

/* CHTTP2_BODY: `fill` is asked for what follows the head. CHTTP2_CUT: the stream is reset without an error behind the
 * answer, for the rest of the request is not wanted (RFC 9113, 8.1). */
enum { CHTTP2_BODY = 1, CHTTP2_CUT = 2 };
/* Sends the head of an answer. */
int chttp2_answer(chttp2 *connection, int32_t stream, const chttp2_field *fields, size_t count, int flags);
/* Sends the head of a request and returns its stream, or a negative number. */
int32_t chttp2_ask(chttp2 *connection, const chttp2_field *fields, size_t count, int has_body);
/* `fill` may have something again. */
void chttp2_resume(chttp2 *connection, int32_t stream);
/* Gives bytes of a body back to the windows. */
void chttp2_consume(chttp2 *connection, int32_t stream, size_t length);
/* Sets how much may arrive on a stream, in bytes. */
void chttp2_widen(chttp2 *connection, int32_t stream, int32_t window);
/* Whether the other end has no window for a stream. */
int chttp2_is_held_up(chttp2 *connection, int32_t stream);
/* Ends a stream with an error of RFC 9113, section 7. */
void chttp2_reset(chttp2 *connection, int32_t stream, uint32_t code);
/* Says goodbye: nothing new is taken. */
void chttp2_shut(chttp2 *connection, uint32_t code);
/* Asks for a sign of life. */
void chttp2_ping(chttp2 *connection);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/3 (RFC 9114) and QPACK (RFC 9204) by nghttp3, between the streams of a QUIC connection and requests. It touches
 * no connection: stream bytes go in and come out. */
#ifndef CHTTP3_H
#define CHTTP3_H

#include <stddef.h>
#include <stdint.h>

typedef struct chttp3_connection chttp3_connection;

/* Two words, as cquic_vector has them. */
typedef struct chttp3_vector {
    const uint8_t *bytes;
    size_t length;
} chttp3_vector;

typedef struct chttp3_field {
    const uint8_t *name; /* lower case */
    size_t name_length;
    const uint8_t *value;
    size_t value_length;
} chttp3_field;

/* What `fill` says. */
enum {
    CHTTP3_FILLED = 0, /* some vectors; asked again after they went */
    CHTTP3_WAIT = 1,   /* nothing until chttp3_resume */
    CHTTP3_LAST = 2,   /* these vectors, perhaps none, and the body ends */
    CHTTP3_BROKEN = 3, /* the body cannot be had; the stream is reset */
};

/* Error codes (RFC 9114, 8.1). */
enum {
    CHTTP3_NO_ERROR = 0x100,
    CHTTP3_INTERNAL_ERROR = 0x102,
    CHTTP3_EXCESSIVE_LOAD = 0x107,
    CHTTP3_REQUEST_REJECTED = 0x10b,
    CHTTP3_REQUEST_CANCELLED = 0x10c,
    CHTTP3_MESSAGE_ERROR = 0x10e,
};

/* Called from within chttp3_read, chttp3_pull, chttp3_acked and chttp3_closed. A non-zero result of those that have one
 * ends the connection with CHTTP3_INTERNAL_ERROR. Memory is lent for the call. All must be set. */
typedef struct chttp3_callbacks {
    int (*begin)(void *user, int64_t stream);
    int (*field)(void *user, int64_t stream, const chttp3_field *field);
    /* The head is whole, or the trailers are (`trailers`). */
    int (*head)(void *user, int64_t stream, int fin, int trailers);
    int (*data)(void *user, int64_t stream, const uint8_t *bytes, size_t count);
    int (*end)(void *user, int64_t stream);
    int (*closed)(void *user, int64_t stream, uint64_t error);
    /* `count` bytes of the body are acknowledged, and their memory is free. */
    int (*acked)(void *user, int64_t stream, uint64_t count);
    /* The other end gets credit for `count` bytes that were held back. */
    int (*consumed)(void *user, int64_t stream, size_t count);
    /* STOP_SENDING and RESET_STREAM that this end has to send. */
    int (*stop)(void *user, int64_t stream, uint64_t error);
    int (*reset)(void *user, int64_t stream, uint64_t error);
    /* The other end begins no more requests (client), or wants no more (server). */
    int (*goaway)(void *user, int64_t stream);
    /* Body bytes to send, which stay as they are until `acked` or `closed`. CHTTP3_FILLED and its like. */
    int (*fill)(void *user, int64_t stream, chttp3_vector *vectors, uint32_t limit, uint32_t *count);
} chttp3_callbacks;

/* One setting of HTTP/3 (RFC 9114, 7.2.4), both numbers below 2 to the power of 62. */
typedef struct chttp3_setting {
    uint64_t id;
    uint64_t value;
} chttp3_setting;

enum { CHTTP3_SETTINGS_MAXIMUM = 16 };

typedef struct chttp3_options {
    uint64_t field_section_size; /* told to the other end; whoever reads fields has to hold it to that */
    uint32_t table_capacity;     /* of QPACK's dynamic table, bytes */
    uint32_t blocked_streams;    /* that may wait for it */
    uint32_t is_server;
    uint32_t request_streams; /* that a client may begin at first; see chttp3_allow */
    /* What is said in place of nghttp3's own list, in this order; copied. It must promise no more than the members above
     * hold. NULL: nghttp3's list. */
    const chttp3_setting *settings;
    uint32_t setting_count; /* at most CHTTP3_SETTINGS_MAXIMUM */
} chttp3_options;

chttp3_connection *chttp3_new(const chttp3_options *options, const chttp3_callbacks *callbacks, void *user);
void chttp3_free(chttp3_connection *connection);
/* Names the three one-way streams that this end has opened. 0, or negative. */
int chttp3_bind(chttp3_connection *connection, int64_t control, int64_t encoder, int64_t decoder);

/* Bytes of a stream. How many of them get credit at once, the rest when `data` is done with them; negative: fatal. */
int64_t chttp3_read(chttp3_connection *connection, int64_t stream, const uint8_t *bytes, size_t count, int fin);
/* The next bytes to send: fills vectors and says which stream, whether it ends. Their number, 0 with `stream` -1 when
 * there is nothing, negative: fatal. */
int chttp3_pull(chttp3_connection *connection, int64_t *stream, int *fin, chttp3_vector *vectors, uint32_t limit);
int chttp3_took(chttp3_connection *connection, int64_t stream, size_t count);
int chttp3_acked(chttp3_connection *connection, int64_t stream, uint64_t count);
void chttp3_block(chttp3_connection *connection, int64_t stream);
void chttp3_unblock(chttp3_connection *connection, int64_t stream);
/* The other end takes no more of a stream, or sends no more. */
void chttp3_shut_write(chttp3_connection *connection, int64_t stream);
void chttp3_shut_read(chttp3_connection *connection, int64_t stream);
int chttp3_closed(chttp3_connection *connection, int64_t stream, uint64_t error);

/* Heads. The body comes from `fill` when there is one. 0, or negative when nghttp3 does not take it. */
int chttp3_request(chttp3_connection *connection, int64_t stream, const chttp3_field *fields, uint32_t count,
                   int has_body);
int chttp3_response(chttp3_connection *connection, int64_t stream, const chttp3_field *fields, uint32_t count,
                    int has_body);
void chttp3_resume(chttp3_connection *connection, int64_t stream);
/* Requests that a client may have begun, ever; grows with every one that is over. */
void chttp3_allow(chttp3_connection *connection, uint64_t requests);
/* GOAWAY: no more requests are taken. */
int chttp3_goaway(chttp3_connection *connection);

/* The error code for the last fatal failure, and its sentence. */
uint64_t chttp3_error(const chttp3_connection *connection);
const char *chttp3_sentence(const chttp3_connection *connection);

#endif

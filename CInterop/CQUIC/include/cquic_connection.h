/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CQUIC_CONNECTION_H
#define CQUIC_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "cquic_address.h"
#include "cquic_credentials.h"
#include "cquic_parameters.h"
#include "cquic_tag.h"

typedef struct cquic_connection cquic_connection;

/* Bytes of every connection id that this end makes. */
enum { CQUIC_ID_LENGTH = 8 };
/* Longest connection id of version 1 (RFC 9000, 17.2). */
enum { CQUIC_ID_MAXIMUM = 20 };
enum { CQUIC_SECRET_LENGTH = 32, CQUIC_RESET_TOKEN_LENGTH = 16 };

/* What a connection is to do next. */
enum {
    CQUIC_OK = 0,
    CQUIC_CLOSE = -1,    /* failed: cquic_write_close tells the other end, then it is closing (RFC 9000, 10.2.1) */
    CQUIC_DRAIN = -2,    /* closed by the other end: nothing may be sent any more (10.2.2) */
    CQUIC_DROP = -3,     /* gone without a word: idle, reset, or never a connection */
    CQUIC_RETRY = -4,    /* the client's address has to be proved first */
    CQUIC_BLOCKED = -5,  /* not now: a limit of the other end */
    CQUIC_ARGUMENT = -6, /* no such stream, or not in this state */
};

/* Why a connection ended. */
enum {
    CQUIC_REASON_NONE = 0,
    CQUIC_REASON_TRANSPORT = 1,   /* code: a transport error (RFC 9000, 20.1); 0x100 + n is TLS alert n */
    CQUIC_REASON_APPLICATION = 2, /* code: an error of the application protocol */
    CQUIC_REASON_IDLE = 3,
    CQUIC_REASON_HANDSHAKE_TIMEOUT = 4,
    CQUIC_REASON_STATELESS_RESET = 5,
    CQUIC_REASON_VERSION = 6, /* no version in common */
};

/* What was wrong with the other end's certificate. */
enum { CQUIC_TRUST_OK = 0, CQUIC_TRUST_PIN = 1, CQUIC_TRUST_AUTHORITY = 2, CQUIC_TRUST_MISSING = 3 };

typedef struct cquic_close_reason {
    uint64_t code;
    uint32_t kind;     /* CQUIC_REASON_… */
    uint8_t by_peer;   /* the other end said so */
    uint8_t trust;     /* CQUIC_TRUST_… */
    uint8_t length;    /* of `sentence` */
    uint8_t reserved;
    char sentence[112];
} cquic_close_reason;

enum {
    CQUIC_FLAG_FIXED_PAYLOAD = 1, /* send `payload_size` at once, without probing the path */
    CQUIC_FLAG_LOG = 2,           /* ngtcp2's log on descriptor 2, for a developer */
    CQUIC_FLAG_PARAMETERS = 4,    /* `parameters` are said as they are, whatever stands before them */
};

typedef struct cquic_options {
    uint64_t connection_window; /* bytes that the other end may have sent and this end not consumed, in all */
    uint64_t stream_window;     /* the same for one stream */
    uint64_t idle_timeout;      /* nanoseconds; 0: none */
    uint64_t handshake_timeout; /* nanoseconds */
    uint64_t keep_alive;        /* nanoseconds after the last packet; 0: never */
    const uint8_t *secret;      /* CQUIC_SECRET_LENGTH bytes for reset tokens; must outlive the connection */
    const cquic_tag *tag;       /* that the ids made here have, and outlives the connection; NULL: random ones */
    uint32_t bidirectional_streams;  /* that the other end may have open at once */
    uint32_t unidirectional_streams; /* that the other end may open, ever, before ngtcp2 0.13.1; at once after it */
    uint32_t datagram_size;          /* longest DATAGRAM frame taken (RFC 9221); 0: not offered */
    uint32_t payload_size;           /* longest UDP payload sent, 1200 to 65527 */
    uint32_t flags;                  /* CQUIC_FLAG_… */
    uint32_t version;                /* that a client begins with; 0: version 1 */
    uint16_t hello_padding;          /* zero bytes that a client adds to its ClientHello (RFC 7685); 0: no extension */
    uint16_t reserved[3];
    cquic_parameters parameters; /* with CQUIC_FLAG_PARAMETERS */
} cquic_options;

/* Who the other end has to be. A certificate is judged when the handshake is complete on that side; a client hears of a
 * server's verdict on its own with `connected`, not before. */
typedef struct cquic_peer {
    const char *name;    /* of the server, for SNI and an authority's certificate; NULL for an address or a client */
    const uint8_t *pins; /* any of these will do; copied. None: an authority has to vouch (client), anyone (server) */
    uint32_t pin_count;  /* at most 16 */
    uint32_t is_address; /* `name` is the text of an address: a certificate has to have it, SNI has none */
} cquic_peer;

typedef struct cquic_vector {
    const uint8_t *bytes;
    size_t length;
} cquic_vector;

/* Bytes of a stream that could go out now. They stay as they are until `stream_acked` or `stream_closed` says so. */
typedef struct cquic_outgoing {
    int64_t stream;
    cquic_vector vectors[8];
    uint32_t count; /* of vectors; 0 for a bare FIN */
    uint8_t fin;    /* the last of these bytes is the stream's last */
    uint8_t reserved[3];
} cquic_outgoing;

/* Called from within cquic_read, cquic_write and cquic_expire only. Those that return int end the connection by a
 * non-zero result (see cquic_fail); memory they are given is lent for the call. In them, streams may be opened, shut
 * and credited; the connection must not be read, written or freed. All must be set. */
typedef struct cquic_callbacks {
    /* The handshake is confirmed on both sides (RFC 9001, 4.1.2). */
    int (*connected)(void *user);
    int (*stream_opened)(void *user, int64_t stream);
    int (*stream_received)(void *user, int64_t stream, const uint8_t *bytes, size_t count, int fin);
    /* The `count` oldest bytes that were not acknowledged yet are. */
    int (*stream_acked)(void *user, int64_t stream, uint64_t count);
    int (*stream_reset)(void *user, int64_t stream, uint64_t error);
    /* Both directions have ended; `error` is set when `failed`. */
    int (*stream_closed)(void *user, int64_t stream, int failed, uint64_t error);
    /* A stream that pulled nothing for want of credit may go on. */
    int (*stream_credit)(void *user, int64_t stream);
    /* The other end lets this one open more bidirectional streams. */
    int (*streams_credit)(void *user);
    int (*datagram_received)(void *user, const uint8_t *bytes, size_t count);
    /* Packets for this id belong here from now on, or no longer. CQUIC_ID_LENGTH bytes. */
    void (*id_added)(void *user, const uint8_t *id);
    void (*id_removed)(void *user, const uint8_t *id);
    /* A packet that ends with these CQUIC_RESET_TOKEN_LENGTH bytes and is nobody's is for this connection; or no longer
     * (RFC 9000, 10.3.1). */
    void (*token_added)(void *user, const uint8_t *token);
    void (*token_removed)(void *user, const uint8_t *token);
    /* The path in use changed (`valid`), or a new one failed its test. */
    void (*path_changed)(void *user, int valid);
    /* What to send next; 1 when `out` was filled, 0 when there is nothing. */
    int (*pull)(void *user, cquic_outgoing *out);
    /* `count` of the bytes pulled last for `stream` went into packets, and its FIN when `fin`. */
    void (*took)(void *user, int64_t stream, uint64_t count, int fin);
    /* None did: the stream has no credit, or (`gone`) takes nothing any more. Must not be pulled again until then. */
    void (*refused)(void *user, int64_t stream, int gone);
    /* The handshake is complete at this end: the other end's certificate is good, and streams may be opened. A client does
     * not know yet whether the server has its last packet; `connected` follows. */
    int (*completed)(void *user);
} cquic_callbacks;

/* Equal packets in one buffer, for one path: what UDP_SEGMENT sends in one call. A packet that tries a greater length
 * than the path is known to carry is alone. */
typedef struct cquic_train {
    cquic_address local;
    cquic_address remote;
    uint32_t offset;  /* in the buffer */
    uint32_t length;  /* of all packets */
    uint16_t segment; /* of each packet but the last, which may be shorter */
    uint8_t ecn;      /* the two bits of the IP header */
    uint8_t reserved;
} cquic_train;

/* What a client's first packet says (cquic_packet_initial). */
struct cquic_initial;

cquic_connection *cquic_connect(const cquic_credentials *credentials, const cquic_options *options,
                                const cquic_peer *peer, const cquic_callbacks *callbacks, void *user,
                                const cquic_address *local, const cquic_address *remote, uint64_t now);
cquic_connection *cquic_accept(const cquic_credentials *credentials, const cquic_options *options,
                               const cquic_peer *peer, const cquic_callbacks *callbacks, void *user,
                               const cquic_address *local, const cquic_address *remote,
                               const struct cquic_initial *initial, uint64_t now);
void cquic_free(cquic_connection *connection);

/* One UDP payload in. CQUIC_OK, CLOSE, DRAIN, DROP or RETRY. */
int cquic_read(cquic_connection *connection, const cquic_address *local, const cquic_address *remote, uint8_t ecn,
               const uint8_t *bytes, size_t count, uint64_t now);
/* Packets out: fills `buffer` (at least 4096 bytes) with up to `limit` trains and says how many in `count`. 1 when
 * there may be more, 0 when there is nothing more for now, CQUIC_CLOSE on failure. */
int cquic_write(cquic_connection *connection, uint8_t *buffer, size_t capacity, cquic_train *trains, uint32_t limit,
                uint32_t *count, uint64_t now);
/* The packet that tells the other end of the failure. 1 when there is one, 0 when nothing can be said. */
int cquic_write_close(cquic_connection *connection, uint8_t *buffer, size_t capacity, cquic_train *train, uint64_t now);
/* An unreliable message (RFC 9221): 1 sent as `train`, 2 a packet without it had to go first (again), 0 not now,
 * CQUIC_ARGUMENT too long or not offered. */
int cquic_write_datagram(cquic_connection *connection, const uint8_t *bytes, size_t length, uint8_t *buffer,
                         size_t capacity, cquic_train *train, uint64_t now);
/* When cquic_expire is due; UINT64_MAX for never. */
uint64_t cquic_deadline(const cquic_connection *connection);
int cquic_expire(cquic_connection *connection, uint64_t now);

/* Streams. Each returns 0, CQUIC_BLOCKED or CQUIC_ARGUMENT. */
int cquic_stream_open(cquic_connection *connection, int bidirectional, int64_t *stream);
/* The application has done with `count` bytes of it: the other end may send as many more. */
int cquic_stream_consumed(cquic_connection *connection, int64_t stream, uint64_t count);
/* RESET_STREAM, STOP_SENDING, or both. */
int cquic_stream_reset(cquic_connection *connection, int64_t stream, uint64_t error);
int cquic_stream_stop(cquic_connection *connection, int64_t stream, uint64_t error);
int cquic_stream_abort(cquic_connection *connection, int64_t stream, uint64_t error);
uint64_t cquic_streams_left(const cquic_connection *connection);

/* Ends the connection with an error of the application protocol; the next cquic_write_close says so. A callback that
 * calls it returns -1 after it. `sentence` is a literal, or NULL. */
void cquic_fail(cquic_connection *connection, uint64_t error, const char *sentence);
/* Why it ended. */
void cquic_reason(const cquic_connection *connection, cquic_close_reason *reason);
int cquic_is_confirmed(const cquic_connection *connection);

/* New keys for both directions (RFC 9001, 6). CQUIC_BLOCKED until the last change was acknowledged. */
int cquic_update_key(cquic_connection *connection, uint64_t now);
/* A client goes on from another local address; packets go there once the path has been tested. */
int cquic_migrate(cquic_connection *connection, const cquic_address *local, const cquic_address *remote, uint64_t now);
/* Has a client's ClientHello copied into `buffer` before its first write, without the header of its message; NULL ends
 * that. cquic_kept_hello: how many bytes there are. */
void cquic_keep_hello(cquic_connection *connection, uint8_t *buffer, size_t capacity);
size_t cquic_kept_hello(const cquic_connection *connection);
/* Bytes that only the two ends of this TLS session can know (RFC 8446, 7.5). 0, or negative. */
int cquic_export(cquic_connection *connection, const char *label, uint8_t *bytes, size_t count);
/* The application protocol agreed upon; its length, 0 for none. `name` has room for 256 bytes. */
int cquic_protocol(cquic_connection *connection, char *name);

typedef struct cquic_statistics {
    uint64_t smoothed_rtt; /* nanoseconds */
    uint64_t minimum_rtt;
    uint64_t congestion_window; /* bytes */
    uint64_t bytes_in_flight;
    uint64_t memory;       /* bytes that ngtcp2 holds for this connection; TLS not counted */
    uint64_t probe_timeout; /* nanoseconds: one PTO (RFC 9002, 6.2) */
    uint32_t payload_size;  /* bytes of a packet on the present path */
    uint32_t key_updates;
    uint32_t cipher; /* of TLS, by its number (RFC 8446, B.4); 0 before there is one */
    uint32_t reserved;
} cquic_statistics;
void cquic_measure(cquic_connection *connection, cquic_statistics *statistics);
/* What `memory` says in there, alone. */
uint64_t cquic_memory(const cquic_connection *connection);
/* The path in use. */
void cquic_path(cquic_connection *connection, cquic_address *local, cquic_address *remote);

#endif

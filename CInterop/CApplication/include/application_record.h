/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application and its node say to each other: commands one way, events the other. The same bytes go through
 * a ring in the process and through meshd's client socket. docs/core-developer/application-protocol.md explains them.
 *
 * A record is a header of 64 bytes, then, in this order, an idempotency key of 16 bytes (commands with
 * APP_FLAG_KEY), metadata, data, and zeros up to a multiple of 8. Integers have the machine's byte order: both sides
 * are on one machine. A reader trusts no length: a record longer than its limit ends the connection. Reserved members
 * are 0.
 *
 * The cost of a record, in which credit is counted, is 64 + key + metadata + data, without the zeros. An application
 * that uses more credit than it has, or a number that it has not declared, is cut off; a number of something that has
 * ended is ignored, for the end may have crossed the command.
 */
#ifndef MESH_APPLICATION_RECORD_H
#define MESH_APPLICATION_RECORD_H

#include <stdint.h>

#define APP_VERSION 1u

/* Commands: application to node. `id` of a message, stream or request that the application starts is its own choice,
 * rises, and lies below 2^62; ids that the node gives have bit 62 set. */
#define APP_PROTOCOL 1u      /* number `protocol`, below APP_PROTOCOLS, stands for the name in data from now on */
#define APP_FLOW 2u          /* `id` = flow, 0, 1, 2 ...: messages to `peer` of `protocol` and `tclass`, in order unless
                                with APP_FLAG_UNORDERED */
#define APP_SERVE 3u         /* `protocol`, `flags` = MESH_SERVE_*, `token`, `value` = window; answered by APP_ON_ANSWER */
#define APP_UNSERVE 4u       /* `protocol`; answered by APP_ON_ANSWER */
#define APP_SEND 5u          /* `id`, `token`, `value` = flow, `lifetime_ms`; data = body */
#define APP_CANCEL 6u        /* `id` of a request, or of a message, with `value` = its flow; without effect when it has
                                left */
#define APP_STREAM_OPEN 7u   /* `id`, `token`, `peer`, `protocol`, `tclass`; meta = metadata */
#define APP_STREAM_DATA 8u   /* `id`; data */
#define APP_STREAM_FINISH 9u /* `id` */
#define APP_STREAM_RESET 10u /* `id`, `value` = code */
#define APP_REQUEST 11u      /* `id`, `token`, `peer`, `protocol`, `tclass`, `lifetime_ms`; meta; data = body */
#define APP_REPLY 12u        /* `id` of the request; data; APP_FLAG_MORE */
#define APP_REFUSE 13u       /* `id` of the request, `value` = code; data = sentence */
#define APP_RELEASE 14u      /* `id` of a message or request that came, or the number of a reply (its event's `value`);
                                or stream, with `value` = bytes. Each once; unreliable messages (`id` 0) never. With
                                the `id` of a message: data = those of further ones, 8 bytes each */
#define APP_CONNECT 15u      /* `peer` */
#define APP_BROADCAST 16u    /* `protocol`, `tclass`; data */
#define APP_HINT 17u         /* `id` = MESH_HINT_*, `value` */
#define APP_CONTROL 18u      /* data = one message of the control protocol, its four bytes of length first */
#define APP_SUBSCRIBE 19u    /* `value` = log level, 0 = no log. The first one is answered by the transports and the
                                connected peers as they are; MESH_ON_PEER, LINK, TRANSPORT, LOG and RESTARTED follow */

#define APP_FLAG_UNRELIABLE 0x1u
#define APP_FLAG_UNORDERED 0x2u
#define APP_FLAG_TELL_SENT 0x4u
#define APP_FLAG_TELL_SETTLED 0x8u
#define APP_FLAG_IDEMPOTENT 0x10u
#define APP_FLAG_TELL_STORED 0x20u
#define APP_FLAG_KEY 0x100u
#define APP_FLAG_MORE 0x200u
#define APP_FLAG_REPEATED 0x400u /* sent again after the node was away */
#define APP_FLAG_KEPT 0x800u     /* APP_SEND: the application keeps it until it is settled, and is told when that happens
                                    before an earlier message of the flow; else `token` of APP_ON_CREDIT says it */

typedef struct application_command {
    uint32_t kind; /* APP_* */
    uint32_t flags; /* APP_FLAG_* */
    uint64_t id;
    uint64_t token;
    uint64_t peer;
    uint64_t lifetime_ms;
    uint64_t value;
    uint32_t len; /* bytes of data */
    uint16_t meta_len;
    uint8_t tclass;
    uint8_t reserved0;
    uint32_t protocol;
    uint32_t reserved1;
} application_command;

/* Events: node to application. Kinds below 0x100 are those of mesh.h, and the header is a mesh_event whose two
 * pointers are 0: what they point to follows. */
#define APP_ON_CREDIT 0x100u  /* `id` = flow, stream or answered request, `value` = bytes of it confirmed (flows) or
                                 taken (streams, requests), in all, as cost; flows: all messages up to `token` are
                                 settled */
#define APP_ON_CONTROL 0x101u /* data = one message of the control protocol, its four bytes of length first */
#define APP_ON_PEER_NAME 0x102u /* `peer` stands for the node whose 32-byte name is in data; before its first use */
#define APP_ON_ANSWER 0x103u  /* to APP_SERVE and APP_UNSERVE, in their order: `id` = protocol, `code` */

/* Where mesh.h leaves a member open: MESH_ON_REPLY has in `value` the number for APP_RELEASE. MESH_ON_MESSAGE with `id`
 * 0 is unreliable and not released. MESH_ON_SETTLED has its flow in
 * `value`. An idempotency key is the `meta` of MESH_ON_MESSAGE, and of MESH_ON_REQUEST it is
 * not told. MESH_ON_DATA is released with as many bytes as it has. */

typedef struct application_event {
    uint32_t kind; /* MESH_ON_* or APP_ON_* */
    int32_t code;
    uint64_t id;
    uint64_t token;
    uint64_t peer;
    uint64_t data; /* 0 on its way; a pointer once read */
    uint64_t meta; /* 0 on its way; a pointer once read */
    uint64_t value;
    uint32_t len; /* bytes of data */
    uint16_t meta_len;
    uint16_t flags; /* MESH_EVENT_* */
} application_event;

/* Cost that an application may have unconfirmed in one flow, untaken in one stream or answered request, and in all its
 * requests together until MESH_ON_REQUEST_END. A single record may be larger when nothing else is. */
#define APP_WINDOW 4194304u
#define APP_PROTOCOLS 1024u /* numbers of protocols */
#define APP_FLOWS 16384u    /* flows */
#define APP_STREAMS 4096u   /* streams that the application has opened and that have not ended on both sides */
#define APP_REQUESTS 4096u  /* requests that the application has made and that have not ended */

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(application_command) == 64, "a command header is 64 bytes");
_Static_assert(sizeof(application_event) == 64, "an event header is 64 bytes");
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh.h: the client interface of libmesh, version 1.0.
 *
 * A handle is one application on one node. The node runs inside this process, or it is a running meshd that the
 * handle attaches to; the calls and what they promise are the same. An application names a peer and a protocol and
 * never a path: messages, streams and requests travel over whatever transport works now, and move when it dies.
 *
 * Pull. The library calls nobody. `mesh_fd` is readable when there are events, `mesh_events` takes them, `mesh_wait`
 * waits for them. The thread that waits does the node's work meanwhile, so that a request and its reply need no other
 * thread to wake up.
 *
 * Words of ownership. *Lent*: valid until the call named with it, and not to be changed or freed. *Copied*: the
 * library has its own when the call returns. *Taken*: the library owns it when the call has succeeded, the caller
 * otherwise. Every out pointer is written on failure too, with 0 or NULL.
 *
 * Growth. Option and information structs start with `size` and grow only at the end; fill them with their `_default`
 * function, or set `size` to sizeof. mesh_event and mesh_buffer keep their size for ever. An event of an unknown kind
 * is to be ignored; an unknown flag in a call is refused with MESH_E_FLAG.
 *
 * Threads. Every function may be called from any thread. Calls on one handle from several threads at once are put in
 * order by a lock, so that a thread that waits holds up the others: use one thread a handle, or a handle a thread.
 * `mesh_wake` is never held up and may be called from a signal handler; `mesh_close` ends the waits of others. The
 * library starts the threads that docs/application-author/threads.md lists, changes no signal handler or environment
 * variable, prints nothing, and runs nothing of its own after `mesh_close` has returned. In the child of a fork every
 * call answers MESH_E_FORKED.
 *
 * Hostile arguments. A handle, peer, stream, message or request is a number in disguise and never followed as an
 * address: one that is closed, foreign or made up is answered with MESH_E_STALE, NULL with MESH_E_INVALID.
 *
 * Return values. 0 or a count when all went well, else one of the negative codes below. `mesh_last_error` has the
 * sentence.
 */
#ifndef MESH_H
#define MESH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define MESH_PUBLIC __attribute__((visibility("default")))
#define MESH_CHECK_RESULT __attribute__((warn_unused_result))
#else
#define MESH_PUBLIC
#define MESH_CHECK_RESULT
#endif

#define MESH_VERSION_MAJOR 1u
#define MESH_VERSION_MINOR 0u
#define MESH_VERSION_PATCH 0u

/* ------------------------------------------------------------------ error codes: 0 or negative */

/* errors begin: written by scripts/make-errors */
#define MESH_OK ((int32_t)0)
#define MESH_E_INVALID ((int32_t)-1)      /* an argument is outside its range */
#define MESH_E_FLAG ((int32_t)-2)         /* a flag that this side does not know */
#define MESH_E_STATE ((int32_t)-3)        /* not in this state */
#define MESH_E_NOMEM ((int32_t)-4)        /* out of memory or buffers */
#define MESH_E_STALE ((int32_t)-5)        /* the id names nothing any more */
#define MESH_E_AGAIN ((int32_t)-6)        /* no credit or room now; an event will say when */
#define MESH_E_UNSUPPORTED ((int32_t)-7)  /* this plugin or host does not offer that */
#define MESH_E_ADDRESS ((int32_t)-8)      /* the address cannot be parsed or used */
#define MESH_E_REFUSED ((int32_t)-9)      /* the other side refused */
#define MESH_E_TIMEOUT ((int32_t)-10)     /* no answer in time */
#define MESH_E_UNREACHABLE ((int32_t)-11) /* no way to the address */
#define MESH_E_CLOSED ((int32_t)-12)      /* closed in an orderly way */
#define MESH_E_RESET ((int32_t)-13)       /* died without a goodbye */
#define MESH_E_AUTH ((int32_t)-14)        /* a key, certificate or signature was not accepted */
#define MESH_E_PROTOCOL ((int32_t)-15)    /* the other side broke the protocol */
#define MESH_E_CONFIG ((int32_t)-16)      /* a configuration value is wrong */
#define MESH_E_RESTART ((int32_t)-17)     /* the change needs a restart of the instance */
#define MESH_E_EXISTS ((int32_t)-18)      /* the name or address is taken */
#define MESH_E_NOTFOUND ((int32_t)-19)    /* nothing by that name */
#define MESH_E_LIMIT ((int32_t)-20)       /* a configured limit is reached */
#define MESH_E_MTU ((int32_t)-21)         /* larger than the link now carries */
#define MESH_E_EXPIRED ((int32_t)-22)     /* the lifetime has passed */
#define MESH_E_IO ((int32_t)-23)          /* the operating system reported an error */
#define MESH_E_CANCELLED ((int32_t)-24)   /* given up on request */
#define MESH_E_VERSION ((int32_t)-25)     /* no common version */
#define MESH_E_BUSY ((int32_t)-26)        /* somebody else serves it */
#define MESH_E_PERMISSION ((int32_t)-27)  /* not allowed here */
#define MESH_E_INTERNAL ((int32_t)-28)    /* a bug on the side that says so */
#define MESH_E_FORKED ((int32_t)-29)      /* the handle belongs to the process before the fork */
/* errors end */

#define MESH_ERROR_RETRYABLE 0x1u /* the same call may work later */
#define MESH_ERROR_AUTH 0x2u      /* a key or permission is at fault */
#define MESH_ERROR_PERMANENT 0x4u /* the same call will never work */

/* ------------------------------------------------------------------ basic types and limits */

/* One application on one node. Not an address: never followed, only looked up. */
typedef struct mesh_handle mesh_handle;

#define MESH_ID_SIZE 32u          /* bytes of a node's name: its Ed25519 public key */
#define MESH_NAME_SIZE 72u        /* bytes of the printed name (mesh1...), with its NUL */
#define MESH_SIGNATURE_SIZE 64u   /* bytes of a signature */
#define MESH_KEY_SIZE 16u         /* bytes of an idempotency key */
#define MESH_PROTOCOL_MAX 128u    /* bytes of a protocol's name, such as /fog/jobs/1; it begins with '/' */
#define MESH_METADATA_MAX 4096u   /* bytes of a stream's or request's metadata */
#define MESH_MESSAGE_MAX 16777216u /* bytes of a message, request or reply */
#define MESH_DATAGRAM_MAX 60000u  /* bytes of an unreliable message */

/* A piece of what is to be sent; the same layout as struct iovec. */
typedef struct mesh_slice {
    const void *data;
    size_t len;
} mesh_slice;

/* Traffic classes. */
#define MESH_TCLASS_REALTIME 1u
#define MESH_TCLASS_INTERACTIVE 2u
#define MESH_TCLASS_NORMAL 3u
#define MESH_TCLASS_BULK 4u
#define MESH_TCLASS_BACKGROUND 5u

/* ------------------------------------------------------------------ version and open */

/* The library's version: major << 16 | minor << 8 | patch.
 * Owns: nothing. Blocks: no. Errors: none. */
MESH_PUBLIC uint32_t mesh_version(void);

/* The same as text, such as "1.0.0".
 * Owns: the text is the library's, for ever. Blocks: no. Errors: none. */
MESH_PUBLIC const char *mesh_version_text(void);

#define MESH_HOME_PROCESS 1u /* run the node in this process */
#define MESH_HOME_DAEMON 2u  /* attach to a running meshd */

typedef struct mesh_open_options {
    uint32_t size;
    uint32_t flags;          /* 0 */
    uint32_t home;           /* MESH_HOME_PROCESS or MESH_HOME_DAEMON */
    uint32_t log_level;      /* 0 = no MESH_ON_LOG events, 1 errors, 2 warnings, 3 information, 4 debugging */
    const char *config_file; /* process: path of a YAML file, or NULL */
    const char *config_text; /* process: the YAML itself, or NULL; one of both */
    const char *folder;      /* process: what relative paths of config_text start from; NULL = the working folder */
    const char *socket;      /* daemon: its client socket; NULL = this user's own, else where packages put it */
    const char *application; /* who this is, for logs and `why`; at most 64 bytes, or NULL */
    uint32_t event_bytes;    /* most bytes of events that wait to be read; 0 = 4 MiB */
    uint32_t call_timeout_ms; /* for calls that wait for the node's answer; 0 = 5000 */
    uint64_t reserved[4];    /* 0 */
} mesh_open_options;

/* Fills `options` with the defaults and its size.
 * Owns: `options` is the caller's. Blocks: no. Errors: none; NULL is ignored. */
MESH_PUBLIC void mesh_open_options_default(mesh_open_options *options);

/* Opens a node or attaches to one. A node in the process listens when the call returns; what of it did not work is a
 * MESH_ON_TRANSPORT event.
 * Owns: text is copied; `*handle` is the caller's until mesh_close. Blocks: until the node is up, at most
 * call_timeout_ms. Errors: INVALID, FLAG, CONFIG (the sentence has file, line and column), NOTFOUND (no such file or
 * socket), PERMISSION (the socket's owner is not trusted), VERSION, TIMEOUT, LIMIT, IO, NOMEM. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_open(const mesh_open_options *options, mesh_handle **handle);

/* Ends the handle: nothing more is taken, what was accepted gets `drain_ms` to be confirmed, then the node stops or is
 * left. Lent memory and the descriptor of mesh_fd are gone. A call of another thread that waits answers MESH_E_STALE at
 * once, and so does a second mesh_close, without harm.
 * Owns: the handle goes back. Blocks: at most drain_ms and 2 s. Errors: INVALID, STALE, FORKED, STATE (inside
 * mesh_dispatch); EXPIRED when something accepted was not confirmed in time (the handle is closed all the same). */
MESH_PUBLIC int32_t mesh_close(mesh_handle *handle, uint32_t drain_ms);

/* ------------------------------------------------------------------ errors */

/* The name of a code, such as "MESH_E_TIMEOUT"; "MESH_E_?" for an unknown one.
 * Owns: the text is the library's, for ever. Blocks: no. Errors: none. */
MESH_PUBLIC const char *mesh_error_name(int32_t code);

/* What the code means and what to do, in a few sentences.
 * Owns: the text is the library's, for ever. Blocks: no. Errors: none. */
MESH_PUBLIC const char *mesh_error_text(int32_t code);

/* MESH_ERROR_* bits of a code.
 * Owns: nothing. Blocks: no. Errors: none. */
MESH_PUBLIC uint32_t mesh_error_flags(int32_t code);

/* The sentence of the calling thread's last failed call: which file, peer, protocol or key, and what was expected.
 * Owns: lent until the thread's next call that fails. Blocks: no. Errors: none; "" when nothing failed. */
MESH_PUBLIC const char *mesh_last_error(void);

/* ------------------------------------------------------------------ events */

#define MESH_ON_MESSAGE 1u      /* id, peer, token of mesh_serve; data = body, meta = idempotency key or nothing;
                                   value = milliseconds of lifetime left, 0 = no limit */
#define MESH_ON_SENT 2u         /* id, token: the message has left this node (asked for with MESH_SEND_TELL_SENT) */
#define MESH_ON_SETTLED 3u      /* id, token: what became of a message; code MESH_OK = the receiving application has
                                   released it, EXPIRED, REFUSED, CANCELLED, NOTFOUND = nobody serves the protocol,
                                   PERMISSION */
#define MESH_ON_STREAM 4u       /* a peer opened a stream: id, peer, token of mesh_serve; meta = its metadata */
#define MESH_ON_DATA 5u         /* stream id, token; data = bytes */
#define MESH_ON_STREAM_END 6u   /* stream id, token: the peer's side has ended; code MESH_OK, or RESET with value = the
                                   peer's number, NOTFOUND, PERMISSION, or why it died */
#define MESH_ON_STREAM_STOP 7u  /* stream id, token: the peer reads no more; code REFUSED, value = its number */
#define MESH_ON_REQUEST 8u      /* a request for us: id, peer, token of mesh_serve; data = body, meta = metadata;
                                   value = milliseconds left, 0 = no deadline; see MESH_EVENT_REPEATED */
#define MESH_ON_REPLY 9u        /* request id, token; data = body */
#define MESH_ON_REQUEST_END 10u /* request id, token: no more replies; code MESH_OK, TIMEOUT (the deadline), CANCELLED,
                                   NOTFOUND (nobody serves it), PERMISSION, REFUSED (value = the server's number, data =
                                   its sentence), BUSY (the server's window is full), RESET, UNREACHABLE */
#define MESH_ON_REQUEST_GONE 11u /* request id, token of mesh_serve: the asker has cancelled, or its deadline passed */
#define MESH_ON_ROOM 12u        /* what MESH_E_AGAIN was answered for has room again: id = stream, or 0 and peer */
#define MESH_ON_PEER 13u        /* peer; code MESH_OK = connected, RESET or CLOSED = its last link is gone,
                                   UNREACHABLE; data = a sentence */
#define MESH_ON_LINK 14u        /* peer; code as above for one link; meta = transport, data = a sentence; value =
                                   MESH_LINK_* */
#define MESH_ON_TRANSPORT 15u   /* meta = transport; code MESH_OK = runs and listens, data = where; else why not */
#define MESH_ON_HOME 16u        /* the daemon: code RESET = gone, attaching again; MESH_OK = attached again. What was
                                   accepted is sent again; streams and requests that cannot go on end by themselves */
#define MESH_ON_LOG 17u         /* value = level; data = the line */
#define MESH_ON_RESTARTED 18u   /* peer: it was restarted; its streams and requests end by themselves */
#define MESH_ON_STORED 19u      /* id, token: no link could carry a message of limited lifetime, and a transport that
                                   carries keeps it on disk: it goes on without this application (asked for with
                                   MESH_SEND_TELL_STORED). MESH_ON_SENT follows when another node keeps it; after
                                   MESH_ON_HOME it may be told again */

#define MESH_LINK_CONFIRMED 1u
#define MESH_LINK_SUSPECT 2u
#define MESH_LINK_RECOVERED 3u
#define MESH_LINK_CLOSED 4u
#define MESH_LINK_FAILED 5u

#define MESH_EVENT_REPEATED 0x1u /* may have been seen before, by its key */
#define MESH_EVENT_LAST 0x2u     /* with MESH_ON_REPLY: the only or last one; the end follows */

/* One event; 64 bytes for ever. `data` and `meta` are lent until the next mesh_events, mesh_dispatch or mesh_close,
 * or, after mesh_keep, until mesh_release. They are never NULL; with a length of 0 they point to a NUL. */
typedef struct mesh_event {
    uint32_t kind;       /* MESH_ON_* */
    int32_t code;        /* MESH_OK or MESH_E_* */
    uint64_t id;         /* message, stream or request */
    uint64_t token;      /* the application's own word */
    uint64_t peer;       /* a peer's number, 0 = none */
    const uint8_t *data; /* lent */
    const uint8_t *meta; /* lent */
    uint64_t value;      /* see the kind */
    uint32_t len;        /* bytes of data */
    uint16_t meta_len;   /* bytes of meta */
    uint16_t flags;      /* MESH_EVENT_REPEATED, MESH_EVENT_LAST */
} mesh_event;

/* A descriptor that is readable while events wait. Watch it with poll or epoll; never read or close it.
 * Owns: the descriptor is the library's until mesh_close. Blocks: no. Errors: INVALID, STALE, FORKED. */
MESH_PUBLIC MESH_CHECK_RESULT int mesh_fd(mesh_handle *handle);

/* Takes up to `n` events. What the last call lent is given back first; messages and data among it that were not kept
 * count as released: their senders learn that they were delivered.
 * Owns: data and meta are lent. Blocks: no. Errors: the number of events, or INVALID, STALE, FORKED; CLOSED when the
 * node has ended. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_events(mesh_handle *handle, mesh_event *events, uint32_t n);

/* Waits until events wait, mesh_wake is called, or the time is over; does the node's work meanwhile. Wait when
 * mesh_events has answered 0, not before: what it lent last stays lent during the wait, and as long as it does, no sender
 * learns that it was delivered. With events that were not taken it returns at once and does no work.
 * `timeout_ms`: negative = for ever.
 * Owns: nothing. Blocks: yes. Errors: 1 = events wait, 0 = time over or woken, or INVALID, STALE, FORKED, CLOSED. */
MESH_PUBLIC int32_t mesh_wait(mesh_handle *handle, int32_t timeout_ms);

/* Makes a mesh_wait of another thread, or the next one, return. Safe in a signal handler.
 * Owns: nothing. Blocks: no. Errors: INVALID, STALE, FORKED. */
MESH_PUBLIC int32_t mesh_wake(mesh_handle *handle);

typedef void (*mesh_callback)(void *context, mesh_handle *handle, const mesh_event *event);

/* Takes up to `n` events and calls `callback` with each, on this thread, before it returns. Inside, every function but
 * mesh_events, mesh_wait, mesh_dispatch and mesh_close of the same handle may be called; those answer MESH_E_STATE.
 * Owns: an event and its data are lent until the callback returns, unless kept. Blocks: no. Errors: as mesh_events. */
MESH_PUBLIC int32_t mesh_dispatch(mesh_handle *handle, uint32_t n, mesh_callback callback, void *context);

/* Keeps what the event of this message, stream data, request or reply lends, past the next mesh_events. `event` is one
 * of the last mesh_events. The message does not count as delivered, and uses the sender's credit, until mesh_release.
 * Owns: data and meta are lent until mesh_release; `*kept` names them. Blocks: no. Errors: INVALID (an event that lends
 * nothing, or an older one), STALE, FORKED, LIMIT (65,536 are kept). */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_keep(mesh_handle *handle, const mesh_event *event, uint64_t *kept);

/* Gives back what was kept; a message counts as delivered. In any order; the second time is MESH_E_STALE.
 * Owns: data and meta go back. Blocks: no. Errors: INVALID, STALE, FORKED. */
MESH_PUBLIC int32_t mesh_release(mesh_handle *handle, uint64_t kept);

/* ------------------------------------------------------------------ identity */

/* The node's name, 32 bytes.
 * Owns: `id` is the caller's. Blocks: no. Errors: INVALID, STALE, FORKED. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_id(mesh_handle *handle, uint8_t id[32]);

/* The printed form (mesh1...) of a name; `text` has room for MESH_NAME_SIZE bytes.
 * Owns: `text` is the caller's. Blocks: no. Errors: INVALID. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_name_encode(const uint8_t id[32], char *text, size_t size);

/* The name that a printed form stands for. Typing errors are found.
 * Owns: `id` is the caller's. Blocks: no. Errors: INVALID. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_name_decode(const char *text, uint8_t id[32]);

/* Makes a key and writes it to a new file that only its owner can read.
 * Owns: `id` is the caller's. Blocks: for the disk. Errors: INVALID, EXISTS, NOTFOUND (the folder), PERMISSION, IO. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_identity_generate(const char *path, uint8_t id[32]);

/* The name that belongs to a key file.
 * Owns: `id` is the caller's. Blocks: for the disk. Errors: INVALID, NOTFOUND, PERMISSION (others may read the file),
 * CONFIG (not a key file), IO. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_identity_load(const char *path, uint8_t id[32]);

/* Signs with the node's key. The signature covers a context of its own, so that it can never be taken for a record of
 * the node itself.
 * Owns: `data` is lent for the call, `signature` is the caller's. Blocks: until the node has answered. Errors:
 * INVALID, STALE, FORKED, PERMISSION, TIMEOUT, LIMIT (more than 1,000,000 bytes). */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_sign(mesh_handle *handle, const void *data, size_t len,
                                                uint8_t signature[64]);

/* Checks a signature of mesh_sign.
 * Owns: everything is lent for the call. Blocks: no. Errors: INVALID, AUTH (it does not fit). */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_verify(const uint8_t id[32], const void *data, size_t len,
                                                  const uint8_t signature[64]);

/* The line that mesh_peer_add or `meshctl peers add` takes elsewhere: this node's name and addresses.
 * Text: see mesh_why. Owns: `text` is the caller's. Blocks: until the node has answered. Errors: INVALID, STALE,
 * FORKED, TIMEOUT, LIMIT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_invite(mesh_handle *handle, char *text, size_t size, size_t *needed);

/* ------------------------------------------------------------------ peers */

/* The number of a peer, by its name (mesh1...) or by what the configuration calls it. Valid as long as the handle.
 * Owns: text is copied. Blocks: until the node has answered, the first time. Errors: INVALID, STALE, FORKED, NOTFOUND,
 * TIMEOUT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_peer_find(mesh_handle *handle, const char *name, uint64_t *peer);

/* Lets a peer in and remembers it: `invitation` is a line of mesh_invite, `alias` what it is called here or NULL.
 * Owns: text is copied. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, EXISTS (the alias),
 * LIMIT (node.max_peers), PERMISSION (a daemon's client socket may not), IO, TIMEOUT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_peer_add(mesh_handle *handle, const char *invitation, const char *alias,
                                                    uint64_t *peer);

/* Forgets a peer that was added; its session ends.
 * Owns: nothing. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, NOTFOUND (forgotten before),
 * STATE (the configuration file has it), PERMISSION, TIMEOUT. */
MESH_PUBLIC int32_t mesh_peer_remove(mesh_handle *handle, uint64_t peer);

typedef struct mesh_peer_info {
    uint32_t size;
    uint32_t connected;  /* 1 = a link is confirmed */
    uint8_t id[32];
    char name[72];       /* mesh1..., NUL-terminated */
    char alias[64];      /* what it is called here, cut to fit; "" = nothing */
    char transport[32];  /* the one in use, "" = none */
    uint64_t rtt_us;     /* smoothed round trip, 0 = unknown */
    uint64_t links;      /* links that carry data now */
    uint64_t bytes_sent; /* of streams and messages, since the start */
    uint64_t bytes_received;
} mesh_peer_info;

/* What is known of a peer. Set `info->size` first.
 * Owns: `info` is the caller's. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, NOTFOUND (forgotten
 * meanwhile), TIMEOUT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_peer_info_get(mesh_handle *handle, uint64_t peer, mesh_peer_info *info);

/* The numbers of up to `n` known peers; `*total` says how many there are.
 * Owns: `peers` is the caller's. Blocks: until the node has answered. Errors: the number written, or INVALID, STALE,
 * FORKED, TIMEOUT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_peers(mesh_handle *handle, uint64_t *peers, uint32_t n, uint32_t *total);

/* Wants a session with the peer from now on; MESH_ON_PEER says what comes of it. Sending does the same by itself.
 * Owns: nothing. Blocks: no. Errors: INVALID, STALE, FORKED, AGAIN. */
MESH_PUBLIC int32_t mesh_connect(mesh_handle *handle, uint64_t peer);

/* Which paths to the peer were considered, in what order, what each did last, which was chosen and why: JSON.
 * Text: NUL-terminated; `*needed` (may be NULL) is its size with the NUL. When `size` is too small nothing is written
 * and the answer is MESH_E_LIMIT.
 * Owns: `text` is the caller's. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, NOTFOUND (forgotten
 * meanwhile), TIMEOUT, LIMIT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_why(mesh_handle *handle, uint64_t peer, char *text, size_t size,
                                               size_t *needed);

/* ------------------------------------------------------------------ serving */

#define MESH_SERVE_MESSAGES 0x1u
#define MESH_SERVE_STREAMS 0x2u
#define MESH_SERVE_REQUESTS 0x4u

typedef struct mesh_serve_options {
    uint32_t size;
    uint32_t flags;    /* MESH_SERVE_*; one at least */
    uint64_t token;    /* comes back with events */
    uint64_t window;   /* most messages and requests unreleased or unanswered at a time; 0 = 4096 */
} mesh_serve_options;

/* Fills `options` with the defaults (messages, streams and requests) and its size.
 * Owns: `options` is the caller's. Blocks: no. Errors: none; NULL is ignored. */
MESH_PUBLIC void mesh_serve_options_default(mesh_serve_options *options);

/* Serves a protocol for every peer that the node's lists allow. There is one server for a name on a node.
 * `options` NULL = defaults.
 * Owns: text is copied. Blocks: until the node has answered. Errors: INVALID, FLAG, STALE, FORKED, BUSY (somebody
 * serves it), LIMIT (the handle has used 1023 names of protocols), PERMISSION, TIMEOUT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_serve(mesh_handle *handle, const char *protocol,
                                                 const mesh_serve_options *options);

/* Serves it no more. Open streams and requests go on; messages that were not read are refused.
 * Owns: nothing. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, NOTFOUND, TIMEOUT. */
MESH_PUBLIC int32_t mesh_unserve(mesh_handle *handle, const char *protocol);

/* ------------------------------------------------------------------ messages */

#define MESH_SEND_UNRELIABLE 0x1u  /* may be lost, is never repeated; at most MESH_DATAGRAM_MAX bytes. What the node
                                      cannot queue is counted in mesh_metrics; with MESH_SEND_TELL_SENT or _TELL_SETTLED
                                      MESH_ON_SETTLED says why, and MESH_ON_SENT that it was queued */
#define MESH_SEND_UNORDERED 0x2u   /* need not wait for messages sent before it */
#define MESH_SEND_TELL_SENT 0x4u   /* MESH_ON_SENT is wanted */
#define MESH_SEND_TELL_SETTLED 0x8u /* MESH_ON_SETTLED is wanted also when the message was delivered; when it was not,
                                      it comes unasked */
#define MESH_SEND_IDEMPOTENT 0x10u /* requests: may be repeated until an answer comes */
#define MESH_SEND_TELL_STORED 0x20u /* MESH_ON_STORED is wanted, should the message have to wait */

typedef struct mesh_send_options {
    uint32_t size;
    uint32_t flags;          /* MESH_SEND_* */
    uint32_t tclass;         /* MESH_TCLASS_*; 0 = normal, for requests interactive */
    uint32_t metadata_len;   /* streams and requests: bytes of metadata, at most MESH_METADATA_MAX */
    const void *metadata;    /* copied; or NULL */
    const uint8_t *key;      /* copied: MESH_KEY_SIZE bytes by which the receiver knows a repetition; or NULL */
    uint64_t lifetime_ms;    /* messages: of no use after this, 0 = none. Requests: the deadline, 0 = 30 s */
    uint64_t token;          /* comes back with events */
} mesh_send_options;

/* Fills `options` with the defaults and its size.
 * Owns: `options` is the caller's. Blocks: no. Errors: none; NULL is ignored. */
MESH_PUBLIC void mesh_send_options_default(mesh_send_options *options);

/* Accepts a message for a peer: `n` slices, put together. It is kept until the receiving application has released it,
 * over the death of any link; messages of one protocol and class arrive in the order of sending unless asked
 * otherwise. `options` NULL = defaults. `*message` (may be NULL) is its number for events and mesh_cancel.
 * Owns: everything is copied. Blocks: no. Errors: INVALID, FLAG, STALE, FORKED, AGAIN (MESH_ON_ROOM follows), LIMIT
 * (too large; or the handle has used 1023 names of protocols, or 16,384 pairs of a peer and one of these), NOMEM. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_send(mesh_handle *handle, uint64_t peer, const char *protocol,
                                                const mesh_slice *slices, uint32_t n,
                                                const mesh_send_options *options, uint64_t *message);

/* Room to write a message into, without a copy afterwards. */
typedef struct mesh_buffer {
    uint64_t id;
    uint8_t *data;     /* the caller's until the buffer is sent or released */
    uint32_t capacity; /* bytes */
    uint32_t reserved;
} mesh_buffer;

/* Room for `size` bytes, at most MESH_MESSAGE_MAX.
 * Owns: `*buffer` is the caller's until mesh_send_buffer or mesh_buffer_release. Blocks: no. Errors: INVALID, STALE,
 * FORKED, AGAIN (256 buffers are out, or no room), LIMIT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_buffer_get(mesh_handle *handle, uint32_t size, mesh_buffer *buffer);

/* Gives a buffer back unsent. The second time is MESH_E_STALE.
 * Owns: the buffer goes back. Blocks: no. Errors: INVALID, STALE, FORKED. */
MESH_PUBLIC int32_t mesh_buffer_release(mesh_handle *handle, uint64_t buffer);

/* mesh_send of the first `len` bytes of a buffer.
 * Owns: the buffer is taken. Blocks: no. Errors: as mesh_send. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_send_buffer(mesh_handle *handle, uint64_t peer, const char *protocol,
                                                       uint64_t buffer, uint32_t len,
                                                       const mesh_send_options *options, uint64_t *message);

/* Gives up on a request, or on a message that has not left yet; the end is told as an event (code CANCELLED). A message
 * sent with neither MESH_SEND_TELL_SENT nor MESH_SEND_TELL_SETTLED is not followed and cannot be given up: STALE. With
 * MESH_SEND_TELL_SENT alone it is followed until MESH_ON_SENT.
 * Owns: nothing. Blocks: no. Errors: INVALID, STALE (it has ended, or is not followed), STATE (it has left), FORKED. */
MESH_PUBLIC int32_t mesh_cancel(mesh_handle *handle, uint64_t id);

/* Sends an unreliable message to every connected peer.
 * Owns: everything is copied. Blocks: no. Errors: the number of peers, or INVALID, FLAG, STALE, FORKED, AGAIN, LIMIT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_broadcast(mesh_handle *handle, const char *protocol,
                                                     const mesh_slice *slices, uint32_t n,
                                                     const mesh_send_options *options);

/* ------------------------------------------------------------------ streams */

/* Opens a stream of bytes, both ways. What the peer answers comes as events.
 * Owns: everything is copied; the stream is the caller's until both sides have ended. Blocks: no. Errors: INVALID,
 * FLAG, STALE, FORKED, AGAIN (MESH_ON_ROOM follows), LIMIT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_stream_open(mesh_handle *handle, uint64_t peer, const char *protocol,
                                                       const mesh_send_options *options, uint64_t *stream);

/* Writes as much of the slices as there is room for.
 * Owns: everything is copied. Blocks: no. Errors: the number of bytes taken (at most INT32_MAX), or INVALID, STALE,
 * FORKED, AGAIN (no byte was taken; MESH_ON_ROOM follows), CLOSED (finished, reset or stopped). */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_stream_write(mesh_handle *handle, uint64_t stream, const mesh_slice *slices,
                                                        uint32_t n);

/* Ends our side after all that was written.
 * Owns: nothing. Blocks: no. Errors: INVALID, STALE, FORKED, CLOSED. */
MESH_PUBLIC int32_t mesh_stream_finish(mesh_handle *handle, uint64_t stream);

/* Cuts both sides off at once; the peer learns `code`, a number of the application's own below 2^60.
 * Owns: the stream goes back. Blocks: no. Errors: INVALID, STALE, FORKED. */
MESH_PUBLIC int32_t mesh_stream_reset(mesh_handle *handle, uint64_t stream, uint64_t code);

/* ------------------------------------------------------------------ requests */

/* Asks a peer: one request, one or more replies, one end. Without an answer in `lifetime_ms` it ends with TIMEOUT.
 * What the peer has no room for waits here, in order.
 * Owns: everything is copied. Blocks: no. Errors: as mesh_send; AGAIN when 4096 requests, or 4 MiB of them, have not
 * ended (MESH_ON_ROOM follows when half of them have). */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_request(mesh_handle *handle, uint64_t peer, const char *protocol,
                                                   const mesh_slice *slices, uint32_t n,
                                                   const mesh_send_options *options, uint64_t *request);

#define MESH_REPLY_MORE 0x1u /* further replies follow */

/* Answers a request that MESH_ON_REQUEST brought.
 * Owns: everything is copied. Blocks: no. Errors: INVALID, FLAG, STALE (ended, cancelled or too late), FORKED, AGAIN
 * (MESH_ON_ROOM follows), LIMIT. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_reply(mesh_handle *handle, uint64_t request, const mesh_slice *slices,
                                                 uint32_t n, uint32_t flags);

/* Refuses a request with a number of the application's own below 2^60 and a sentence of at most 512 bytes or NULL.
 * Owns: text is copied. Blocks: no. Errors: INVALID, STALE, FORKED, AGAIN. */
MESH_PUBLIC int32_t mesh_refuse(mesh_handle *handle, uint64_t request, uint64_t code, const char *sentence);

/* ------------------------------------------------------------------ hints, metrics, status */

#define MESH_HINT_BATTERY 1u /* value: percent left, 101 = on mains power. With 20 or less, of transports of the same
                                priority the one that needs less energy comes first, and none is kept warm beside it */
#define MESH_HINT_METERED 2u /* value: 1 = the network costs by the byte, 0 = it does not. With 1, of transports of the
                                same priority one that is not metered comes first, and none is kept warm beside it */
#define MESH_HINT_NETWORK 3u /* value: 0; the network has changed: forget failures and probe */

/* Tells the node what it cannot see by itself. An unknown hint is ignored.
 * Owns: nothing. Blocks: no. Errors: INVALID (value), STALE, FORKED, AGAIN, PERMISSION. */
MESH_PUBLIC int32_t mesh_hint(mesh_handle *handle, uint32_t hint, uint64_t value);

/* Counters and histograms of the node as Prometheus text. Text: see mesh_why.
 * Owns: `text` is the caller's. Blocks: until the node has answered. Errors: as mesh_why. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_metrics(mesh_handle *handle, char *text, size_t size, size_t *needed);

/* The node's status (transports, listeners, peers, plugins) as JSON. Text: see mesh_why.
 * Owns: `text` is the caller's. Blocks: until the node has answered. Errors: as mesh_why. */
MESH_PUBLIC MESH_CHECK_RESULT int32_t mesh_status(mesh_handle *handle, char *text, size_t size, size_t *needed);

/* ------------------------------------------------------------------ the same as a table, for dlopen */

typedef struct mesh_api_1 {
    uint32_t size;
    uint32_t version;
    const char *(*version_text)(void);
    void (*open_options_default)(mesh_open_options *options);
    int32_t (*open)(const mesh_open_options *options, mesh_handle **handle);
    int32_t (*close)(mesh_handle *handle, uint32_t drain_ms);
    const char *(*error_name)(int32_t code);
    const char *(*error_text)(int32_t code);
    uint32_t (*error_flags)(int32_t code);
    const char *(*last_error)(void);
    int (*fd)(mesh_handle *handle);
    int32_t (*events)(mesh_handle *handle, mesh_event *events, uint32_t n);
    int32_t (*wait)(mesh_handle *handle, int32_t timeout_ms);
    int32_t (*wake)(mesh_handle *handle);
    int32_t (*dispatch)(mesh_handle *handle, uint32_t n, mesh_callback callback, void *context);
    int32_t (*keep)(mesh_handle *handle, const mesh_event *event, uint64_t *kept);
    int32_t (*release)(mesh_handle *handle, uint64_t kept);
    int32_t (*id)(mesh_handle *handle, uint8_t id[32]);
    int32_t (*name_encode)(const uint8_t id[32], char *text, size_t size);
    int32_t (*name_decode)(const char *text, uint8_t id[32]);
    int32_t (*identity_generate)(const char *path, uint8_t id[32]);
    int32_t (*identity_load)(const char *path, uint8_t id[32]);
    int32_t (*sign)(mesh_handle *handle, const void *data, size_t len, uint8_t signature[64]);
    int32_t (*verify)(const uint8_t id[32], const void *data, size_t len, const uint8_t signature[64]);
    int32_t (*invite)(mesh_handle *handle, char *text, size_t size, size_t *needed);
    int32_t (*peer_find)(mesh_handle *handle, const char *name, uint64_t *peer);
    int32_t (*peer_add)(mesh_handle *handle, const char *invitation, const char *alias, uint64_t *peer);
    int32_t (*peer_remove)(mesh_handle *handle, uint64_t peer);
    int32_t (*peer_info_get)(mesh_handle *handle, uint64_t peer, mesh_peer_info *info);
    int32_t (*peers)(mesh_handle *handle, uint64_t *peers, uint32_t n, uint32_t *total);
    int32_t (*connect)(mesh_handle *handle, uint64_t peer);
    int32_t (*why)(mesh_handle *handle, uint64_t peer, char *text, size_t size, size_t *needed);
    void (*serve_options_default)(mesh_serve_options *options);
    int32_t (*serve)(mesh_handle *handle, const char *protocol, const mesh_serve_options *options);
    int32_t (*unserve)(mesh_handle *handle, const char *protocol);
    void (*send_options_default)(mesh_send_options *options);
    int32_t (*send)(mesh_handle *handle, uint64_t peer, const char *protocol, const mesh_slice *slices, uint32_t n,
                    const mesh_send_options *options, uint64_t *message);
    int32_t (*buffer_get)(mesh_handle *handle, uint32_t size, mesh_buffer *buffer);
    int32_t (*buffer_release)(mesh_handle *handle, uint64_t buffer);
    int32_t (*send_buffer)(mesh_handle *handle, uint64_t peer, const char *protocol, uint64_t buffer, uint32_t len,
                           const mesh_send_options *options, uint64_t *message);
    int32_t (*cancel)(mesh_handle *handle, uint64_t id);
    int32_t (*broadcast)(mesh_handle *handle, const char *protocol, const mesh_slice *slices, uint32_t n,
                         const mesh_send_options *options);
    int32_t (*stream_open)(mesh_handle *handle, uint64_t peer, const char *protocol,
                           const mesh_send_options *options, uint64_t *stream);
    int32_t (*stream_write)(mesh_handle *handle, uint64_t stream, const mesh_slice *slices, uint32_t n);
    int32_t (*stream_finish)(mesh_handle *handle, uint64_t stream);
    int32_t (*stream_reset)(mesh_handle *handle, uint64_t stream, uint64_t code);
    int32_t (*request)(mesh_handle *handle, uint64_t peer, const char *protocol, const mesh_slice *slices, uint32_t n,
                       const mesh_send_options *options, uint64_t *request);
    int32_t (*reply)(mesh_handle *handle, uint64_t request, const mesh_slice *slices, uint32_t n, uint32_t flags);
    int32_t (*refuse)(mesh_handle *handle, uint64_t request, uint64_t code, const char *sentence);
    int32_t (*hint)(mesh_handle *handle, uint32_t hint, uint64_t value);
    int32_t (*metrics)(mesh_handle *handle, char *text, size_t size, size_t *needed);
    int32_t (*status)(mesh_handle *handle, char *text, size_t size, size_t *needed);
} mesh_api_1;

/* The table of a major version; use a member only if it lies within `size`.
 * Owns: the table is the library's, for ever. Blocks: no. Errors: NULL for a major that this library does not have. */
MESH_PUBLIC const mesh_api_1 *mesh_api(uint32_t major);

#ifdef __cplusplus
}
#endif

#endif /* MESH_H */

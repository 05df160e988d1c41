/* SPDX-License-Identifier: Apache-2.0
 *
 * mesh_plugin.h: the contract between the transport host and a plugin, ABI 1.0.
 *
 * A plugin is a shared object named mesh_<id>.so with one entry function and one ELF note. It moves sealed packets
 * between this node and others over one kind of path. It sees no plaintext and is given no node key.
 *
 * Growth. Tables and option structs start with `size` and only grow at the end: a member exists if it ends within
 * `size` (MESH_HAS) and, for functions, is not NULL. Array elements (mesh_buf, mesh_link_event, mesh_ready, mesh_option,
 * mesh_param, mesh_secret, mesh_stat) are 64 bytes for ever; reserved members are zero. Sets are open: an unknown
 * event, ready kind or capability is ignored; an unknown flag on a call is refused with MESH_E_FLAG.
 *
 * Threads. "loop" is the one thread of the instance's event loop; "any" is every thread. The host never calls a
 * plugin from inside a call that the plugin makes, and no call waits: what takes time ends in an event.
 *
 * A plugin may call the host from inside any call that the host makes: an event sent from within `connect`, for
 * example, is legal, and the host acts on it after the call has returned.
 *
 * Ownership. A buffer has one owner at any moment: host, plugin or pool. `transmit` moves it to the plugin and
 * `transmit_done` back, exactly once; `deliver` moves it to the host; `buffer_get` and `buffer_put` move it from
 * and to the pool. Every other pointer is lent for the duration of the call.
 *
 * The numbered requirements (MPA-nn) are what the conformance tests check.
 */
#ifndef MESH_PLUGIN_H
#define MESH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ versions and small macros */

#define MESH_PLUGIN_ABI_MAJOR 1u
#define MESH_PLUGIN_ABI_MINOR 0u

/* True when `member` lies within the size that the other side declared. For functions also compare with NULL. */
#define MESH_HAS(object, type, member) \
    ((object)->size >= (uint32_t)(offsetof(type, member) + sizeof((object)->member)))

/* The ELF note: section .note.mesh, owner "mesh", type 1. Its descriptor is text, one `key=value` a line, in any
 * order: id, version, abi (major.minor), schemes (comma separated). It lets a listing tell what a file is without
 * running any of its code.
 * MPA-01 The note is present and its id equals the file name's and `describe`'s. */
#define MESH_NOTE_SECTION ".note.mesh"
#define MESH_NOTE_OWNER "mesh"
#define MESH_NOTE_TYPE 1u

#define MESH_DEADLINE_NONE 0xffffffffffffffffull
#define MESH_EVENT_PAYLOAD_MAX 4096u
#define MESH_STORE_KEY_MAX 128u
#define MESH_STORE_VALUE_MAX 65536u

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
/* errors end */

/* Failure classes: breaker and ranking act on the class, never on words. */
#define MESH_CLASS_NONE 0u
#define MESH_CLASS_TRANSIENT 1u   /* may work on the next try */
#define MESH_CLASS_PEER 2u        /* the other side refused or went away */
#define MESH_CLASS_AUTH 3u        /* keys or certificates */
#define MESH_CLASS_CONFIG 4u      /* needs a person */
#define MESH_CLASS_RESOURCE 5u    /* memory, descriptors, disk, quota */
#define MESH_CLASS_UNSUPPORTED 6u /* will never work with this plugin */
#define MESH_CLASS_BUG 7u         /* a rule of this header was broken */

/* ------------------------------------------------------------------ buffers */

#define MESH_BUF_SEGMENTED 0x0001u /* `segment` is valid: a train of equal datagrams, the last may be shorter */
#define MESH_BUF_ECN 0x0002u       /* `ecn` is valid */
#define MESH_BUF_TIME 0x0004u      /* `time_us` is valid */

/* One buffer. The payload is `len` bytes at data.ptr + off; `cap` bytes start at data.ptr.
 * MPA-02 off + len <= cap at every hand-over. MPA-03 `owner` and, between transmit and transmit_done, `cookie`
 * come back unchanged. */
typedef struct mesh_buf {
    union {
        uint8_t *ptr;
        uint64_t u64;
    } data;            /* start of the storage; a u64 so that the layout is the same on every machine */
    uint64_t link;     /* link id with its generation */
    uint64_t owner;    /* the pool's own word */
    uint64_t cookie;   /* the word of whoever gets the completion */
    uint32_t off;      /* start of the payload, bytes */
    uint32_t len;      /* length of the payload, bytes */
    uint32_t cap;      /* size of the storage, bytes */
    uint32_t time_us;  /* arrival before, or departure after, the turn's `now`, microseconds */
    uint32_t stream;   /* lane of the link, 0 unless the link has several (mesh.stream/1) */
    int32_t status;    /* with transmit_done: MESH_OK = handed to the path, or why not */
    uint16_t segment;  /* bytes per datagram of a train, 0 = one datagram */
    uint16_t flags;    /* MESH_BUF_* */
    uint8_t tclass;    /* traffic class: MESH_TCLASS_* */
    uint8_t ecn;       /* the two ECN bits */
    uint16_t reserved; /* zero */
} mesh_buf;

#define MESH_TCLASS_CONTROL 0u
#define MESH_TCLASS_REALTIME 1u
#define MESH_TCLASS_INTERACTIVE 2u
#define MESH_TCLASS_NORMAL 3u
#define MESH_TCLASS_BULK 4u
#define MESH_TCLASS_BACKGROUND 5u

/* ------------------------------------------------------------------ capabilities */

#define MESH_CAP_RELIABLE 0x00000001u    /* nothing is lost while the link is up */
#define MESH_CAP_ORDERED 0x00000002u     /* packets of a lane arrive in the order they were sent */
#define MESH_CAP_ANONYMOUS 0x00000004u   /* the path hides who talks to whom; see `hops` */
#define MESH_CAP_STORES 0x00000008u      /* store and forward; see `horizon_s` */
#define MESH_CAP_BROADCAST 0x00000010u   /* can reach all neighbours at once */
#define MESH_CAP_HALF_DUPLEX 0x00000020u /* one side talks at a time */
#define MESH_CAP_METERED 0x00000040u     /* somebody pays by the byte */
#define MESH_CAP_MIGRATES 0x00000080u    /* survives a change of network addresses by itself */
#define MESH_CAP_YIELDS 0x00000100u      /* a link that was dialled: its address would now lead to a better one. The host
                                            dials it once more, and closes this link when that one has taken over */

#define MESH_ENERGY_MAINS 0u
#define MESH_ENERGY_LOW 1u
#define MESH_ENERGY_HIGH 2u

/* What a plugin's links can do; per link with MESH_EVENT_UP and MESH_EVENT_CAPS. */
typedef struct mesh_caps {
    uint32_t size;         /* sizeof(mesh_caps) of the writer */
    uint32_t flags;        /* MESH_CAP_* */
    uint32_t mtu;          /* largest packet, bytes; at least 256, at most 65,535 */
    uint32_t headroom;     /* bytes the host leaves before a payload */
    uint32_t tailroom;     /* bytes the host leaves behind a payload */
    uint32_t max_batch;    /* most buffers in one transmit, 0 = no limit */
    uint32_t max_segments; /* most datagrams in one train, 0 or 1 = no trains */
    uint32_t lanes;        /* ordered channels per link, 0 counts as 1 */
    uint64_t bitrate;      /* bit/s, 0 = unknown */
    uint32_t rtt_us;       /* expected round trip, microseconds, 0 = unknown */
    uint32_t hops;         /* relays between the ends, for anonymous paths */
    uint32_t energy;       /* MESH_ENERGY_* */
    uint32_t horizon_s;    /* how long a packet may be stored on the way, seconds */
} mesh_caps;

/* ------------------------------------------------------------------ events: plugin to host */

#define MESH_EVENT_STARTED 1u       /* answer to start */
#define MESH_EVENT_CONFIGURED 2u    /* answer to configure; `code` MESH_E_RESTART or MESH_E_CONFIG refuses,
                                       `token` is then the index of the parameter */
#define MESH_EVENT_STOPPED 3u       /* answer to stop: no buffer, descriptor, thread or timer is left */
#define MESH_EVENT_LISTENING 4u     /* `listener`; data = bound address */
#define MESH_EVENT_LISTEN_FAILED 5u /* `listener`, `code`, `fclass`; data = a sentence */
#define MESH_EVENT_INCOMING 6u      /* `listener`, `token` = source for rate limits; data = remote address. The host
                                       writes `link`, or 0 and a `code` when it refuses */
#define MESH_EVENT_UP 7u            /* `link`; data = channel binding (may be empty), extra = mesh_caps or NULL; `token` =
                                       what it goes over, for people: at most eight printable characters of ASCII, the
                                       first in the lowest byte, or 0 */
#define MESH_EVENT_FAILED 8u        /* `link` never came up; `code`, `fclass`; data = a sentence */
#define MESH_EVENT_DOWN 9u          /* `link` was up and is gone; `code`, `fclass`; data = a sentence */
#define MESH_EVENT_CAPS 10u         /* `link` changed; extra = mesh_caps */
#define MESH_EVENT_PEER_SEEN 11u    /* somebody is near; data = address that connect takes */
#define MESH_EVENT_FAULT 12u        /* the instance cannot go on; `code`, `fclass`; data = a sentence */

typedef struct mesh_link_event {
    uint32_t kind;       /* MESH_EVENT_* */
    int32_t code;        /* MESH_OK or MESH_E_* */
    uint64_t link;       /* link id or 0 */
    uint64_t listener;   /* listener id or 0 */
    uint64_t token;      /* see the kind */
    union {
        const void *ptr;
        uint64_t u64;
    } data;              /* lent during the call */
    union {
        const void *ptr;
        uint64_t u64;
    } extra;             /* lent during the call */
    uint32_t data_len;   /* bytes, at most MESH_EVENT_PAYLOAD_MAX */
    uint32_t extra_len;  /* bytes, at most MESH_EVENT_PAYLOAD_MAX */
    uint32_t fclass;     /* MESH_CLASS_* */
    uint32_t reserved;   /* zero */
} mesh_link_event;

/* ------------------------------------------------------------------ readiness: host to plugin */

#define MESH_READY_FD 1u      /* a watched descriptor; `mask` says how */
#define MESH_READY_TIMER 2u   /* the deadline has passed */
#define MESH_READY_WAKE 3u    /* post(token) was called, once or more often */
#define MESH_READY_OFFLOAD 4u /* the offloaded function has returned; `status` is its result */
#define MESH_READY_STORE 5u   /* a store call has finished; `status`; data = the value for store_get */

#define MESH_WATCH_READ 0x1u
#define MESH_WATCH_WRITE 0x2u
#define MESH_WATCH_ERROR 0x4u /* reported always, asked for never */

typedef struct mesh_ready {
    uint32_t kind;     /* MESH_READY_* */
    uint32_t mask;     /* MESH_WATCH_* */
    uint64_t token;    /* the token given with watch, post, offload or store_* */
    int32_t fd;        /* the descriptor, or -1 */
    int32_t status;    /* MESH_OK or MESH_E_* */
    union {
        const void *ptr;
        uint64_t u64;
    } data;            /* lent during the call */
    uint32_t data_len; /* bytes */
    uint32_t reserved0;
    uint64_t reserved[3];
} mesh_ready;

/* ------------------------------------------------------------------ configuration */

#define MESH_TYPE_BOOL 1u
#define MESH_TYPE_INT 2u      /* int64, checked against min and max */
#define MESH_TYPE_STRING 3u   /* UTF-8, with `choices` one of them */
#define MESH_TYPE_DURATION 4u /* int64 nanoseconds; written 500ms, 10s, 5m, 1h */
#define MESH_TYPE_SIZE 5u     /* int64 bytes; written 64KiB, 1MB */
#define MESH_TYPE_PATH 6u     /* string, relative to the configuration file's folder */

#define MESH_OPTION_LIST 0x1u   /* the value is a list; one mesh_param an element */
#define MESH_OPTION_SECRET 0x2u /* never printed or logged */
#define MESH_OPTION_LIVE 0x4u   /* configure can change it while running */

/* One key that the plugin's part of the YAML may have. All text is static and UTF-8. */
typedef struct mesh_option {
    const char *name;     /* lower case, digits and underscore */
    const char *help;     /* one sentence */
    const char *fallback; /* default, as it would be written in the YAML, or NULL for none */
    const char *choices;  /* "a|b|c" or NULL */
    int64_t min;          /* with max: bounds of a number; both 0 = none */
    int64_t max;
    uint32_t type;        /* MESH_TYPE_* */
    uint32_t flags;       /* MESH_OPTION_* */
    uint64_t reserved;
} mesh_option;

/* One value. A key that neither the file nor a default sets has no element. */
typedef struct mesh_param {
    const char *name;
    union {
        const char *text; /* NUL-terminated as well */
        int64_t integer;
        uint64_t u64;
    } value;
    uint32_t type;   /* MESH_TYPE_* */
    uint32_t len;    /* bytes of text */
    uint32_t line;   /* where it stands in the file, 0 = default */
    uint32_t column;
    uint64_t reserved[4];
} mesh_param;

/* One key derived from the node's identity by its purpose; the node key itself never leaves the core. */
typedef struct mesh_secret {
    const char *purpose;
    uint8_t key[32];
    uint64_t reserved[3];
} mesh_secret;

#define MESH_STAT_COUNTER 1u
#define MESH_STAT_GAUGE 2u

typedef struct mesh_stat {
    const char *name; /* static: lower case, digits and underscore */
    const char *help; /* static: one sentence */
    uint64_t value;
    uint32_t kind;    /* MESH_STAT_* */
    uint32_t reserved0;
    uint64_t reserved[4];
} mesh_stat;

/* ------------------------------------------------------------------ what a plugin is */

/* Filled by `describe`; all of it static memory. */
typedef struct mesh_plugin_info {
    uint32_t size;
    uint32_t scheme_count;
    const char *id;              /* lower case, digits and hyphen, at most 32 bytes */
    const char *version;         /* the plugin's own version */
    const char *licence;         /* SPDX expression */
    const char *summary;         /* one sentence */
    const char *const *schemes;  /* address schemes, without "://" */
    const mesh_option *options;  /* keys of its part of the YAML */
    uint32_t option_count;
    uint32_t secret_count;
    const char *const *secrets;  /* purposes of the keys it wants in `create` */
    mesh_caps caps;              /* defaults of its links; the last member, for its own size may grow */
} mesh_plugin_info;

typedef struct mesh_create_options {
    uint32_t size;
    uint32_t param_count;
    uint32_t secret_count;
    uint32_t reserved;
    const char *name;            /* the instance's key in the YAML */
    const mesh_param *params;
    const mesh_secret *secrets;  /* lent; the host zeroes them after the call */
} mesh_create_options;

typedef struct mesh_listen_options {
    uint32_t size;
    uint32_t flags; /* none defined: 0 */
    int32_t fd;     /* a bound, listening descriptor, or -1; the plugin owns it when listen returns MESH_OK */
    uint32_t reserved;
} mesh_listen_options;

typedef struct mesh_connect_options {
    uint32_t size;
    uint32_t flags;       /* none defined: 0 */
    uint64_t deadline_ns; /* give up then, on the clock of `now`, or MESH_DEADLINE_NONE */
} mesh_connect_options;

#define MESH_DISCONNECT_GRACEFUL 0u /* send what was accepted, say goodbye */
#define MESH_DISCONNECT_ABORT 1u    /* drop it now */

#define MESH_LOG_ERROR 1u
#define MESH_LOG_WARNING 2u
#define MESH_LOG_INFO 3u
#define MESH_LOG_DEBUG 4u

/* ------------------------------------------------------------------ host table */

typedef struct mesh_host mesh_host; /* opaque: one per instance, given to `create` */

/* Every function takes the `host` that `create` received, and may be called from `create` until MESH_EVENT_STOPPED
 * has been sent (log and post: until `destroy` returns). */
typedef struct mesh_host_api {
    uint32_t size;
    uint32_t abi_minor;

    /* One line of UTF-8 for the log; it is cut at 1,024 bytes and control characters are replaced.
     * Thread: any. Owns: lends text. Blocks: no. Errors: INVALID. */
    int32_t (*log)(mesh_host *host, uint32_t level, const char *text, size_t len);

    /* Asks for an on_ready with MESH_READY_WAKE and this token. Equal tokens of a turn are merged; at most 64
     * different ones may wait. Async-signal-safe.
     * Thread: any. Blocks: no. Errors: AGAIN (64 waiting). */
    int32_t (*post)(mesh_host *host, uint64_t token);

    /* The loop's clock: monotonic nanoseconds, read once a turn.
     * Thread: loop. Blocks: no. Errors: none. */
    uint64_t (*now)(mesh_host *host);

    /* Watches a descriptor, level-triggered; watching it again changes mask and token. The plugin keeps owning the
     * descriptor and calls unwatch before it closes it (MPA-04). mask 0 keeps it registered and silent.
     * Thread: loop. Errors: INVALID, LIMIT, IO. */
    int32_t (*watch)(mesh_host *host, int32_t fd, uint32_t mask, uint64_t token);

    /* Thread: loop. Errors: NOTFOUND. */
    int32_t (*unwatch)(mesh_host *host, int32_t fd);

    /* Sets the instance's next deadline when it changes outside on_ready, whose result replaces it.
     * Thread: loop. Errors: none. */
    int32_t (*deadline)(mesh_host *host, uint64_t at_ns);

    /* Takes up to n buffers of at least min_cap bytes from the pool; off is 0 and len is 0. Returns how many, from
     * 0 to n. Thread: loop. Owns: moves pool to plugin. Errors: INVALID (min_cap over 65,536). */
    int32_t (*buffer_get)(mesh_host *host, mesh_buf *bufs, uint32_t n, uint32_t min_cap);

    /* Thread: loop. Owns: moves plugin to pool. Errors: INVALID (a buffer the plugin does not own; the rest are
     * taken). */
    int32_t (*buffer_put)(mesh_host *host, mesh_buf *bufs, uint32_t n);

    /* Packets that arrived, in order within a lane; `link` is set in each. A buffer for a stale link goes back to the
     * pool, which is not an error.
     * Thread: loop. Owns: moves plugin to host, all n, whatever is returned. Errors: INVALID. */
    int32_t (*deliver)(mesh_host *host, mesh_buf *bufs, uint32_t n);

    /* Gives transmitted buffers back, in any order across links and in order within a lane, each once (MPA-05).
     * Thread: loop. Owns: moves plugin to host. Errors: INVALID. */
    int32_t (*transmit_done)(mesh_host *host, mesh_buf *bufs, uint32_t n);

    /* Adds to what the host may transmit on a link: a frame for each datagram, plus bytes. transmit_done gives
     * nothing back by itself. Totals saturate at 2^31 frames and 2^40 bytes.
     * Thread: loop. Errors: STALE. */
    int32_t (*credit)(mesh_host *host, uint64_t link, uint32_t frames, uint64_t bytes);

    /* Thread: loop. Owns: lends; payloads are copied. Errors: INVALID (a payload too long, a wrong state; the others
     * of the batch are still taken). */
    int32_t (*link_event)(mesh_host *host, mesh_link_event *events, uint32_t n);

    /* Runs fn(arg) on the host's pool for blocking work; then on_ready with MESH_READY_OFFLOAD, token and its
     * result. `stop` waits for it. Thread: loop. Owns: arg stays the plugin's. Errors: LIMIT. */
    int32_t (*offload)(mesh_host *host, int32_t (*fn)(void *arg), void *arg, uint64_t token);

    /* Small durable state, private to the instance; each call ends in MESH_READY_STORE with its token. A put is
     * reported after it is on disk. Thread: loop. Owns: copies. Errors: INVALID, LIMIT, UNSUPPORTED. */
    int32_t (*store_get)(mesh_host *host, const char *key, uint32_t key_len, uint64_t token);
    int32_t (*store_put)(mesh_host *host, const char *key, uint32_t key_len, const void *value, uint32_t value_len,
                         uint64_t token);
    int32_t (*store_delete)(mesh_host *host, const char *key, uint32_t key_len, uint64_t token);

    /* A table of an extension such as "mesh.carrier/1", or NULL: then the plugin works without (MPA-06).
     * Thread: any. Owns: static. */
    const void *(*extension)(mesh_host *host, const char *name);
} mesh_host_api;

/* ------------------------------------------------------------------ plugin table */

/* Functions that are not marked optional must be present (MPA-07). `ctx` is what `create` returned. Return values
 * report argument errors only; what happens later is an event. State in braces. */
typedef struct mesh_plugin_api {
    uint32_t size;
    uint32_t abi_minor;

    /* Thread: any. State: {loaded}. Owns: static memory. Errors: none. Writes no more than info->size bytes. */
    int32_t (*describe)(mesh_plugin_info *info);

    /* Makes an instance. Opens nothing yet. On failure *ctx is NULL and nothing is left.
     * Thread: loop. State: {loaded}. Owns: options lent. Blocks: no. Errors: CONFIG, NOMEM. */
    int32_t (*create)(mesh_host *host, const mesh_create_options *options, void **ctx);

    /* New values of options marked LIVE; answered by MESH_EVENT_CONFIGURED. All or nothing. Optional.
     * Thread: loop. State: {running}. Errors: INVALID. */
    int32_t (*configure)(void *ctx, const mesh_param *params, uint32_t n);

    /* Answered by MESH_EVENT_STARTED or MESH_EVENT_FAULT. Thread: loop. State: {created}. */
    int32_t (*start)(void *ctx);

    /* Closes listeners and links, completes buffers, then MESH_EVENT_STOPPED, at the latest at deadline_ns (MPA-08).
     * Thread: loop. State: {running, draining}. */
    int32_t (*stop)(void *ctx, uint64_t deadline_ns);

    /* Frees the instance; nothing of it runs afterwards (MPA-09). Thread: loop. State: {created, stopped}. */
    void (*destroy)(void *ctx);

    /* Optional for plugins that only dial. Answered by LISTENING or LISTEN_FAILED.
     * Thread: loop. State: {running}. Errors: ADDRESS, FLAG, UNSUPPORTED. */
    int32_t (*listen)(void *ctx, uint64_t listener, const char *address, size_t len,
                      const mesh_listen_options *options);

    /* Closes a listener; its links stay. It is silent afterwards. Thread: loop. State: {running, draining}.
     * Errors: STALE. */
    int32_t (*unlisten)(void *ctx, uint64_t listener);

    /* Starts to dial; answered by UP or FAILED, one of them, once (MPA-10).
     * Thread: loop. State: {running}. Errors: ADDRESS, FLAG, LIMIT. */
    int32_t (*connect)(void *ctx, uint64_t link, const char *address, size_t len,
                       const mesh_connect_options *options);

    /* Ends a link in any of its states; answered by DOWN or FAILED with code CLOSED or CANCELLED.
     * Thread: loop. State: {running, draining}. Errors: STALE, INVALID. */
    int32_t (*disconnect)(void *ctx, uint64_t link, uint32_t mode);

    /* All readiness, an expired deadline and posted wakes of a turn. Returns the next deadline on the clock of
     * now_ns, or MESH_DEADLINE_NONE. Does a bounded amount of work (MPA-11: under 5 ms) and leaves the rest to the
     * next turn. Thread: loop. State: {running, draining}. */
    uint64_t (*on_ready)(void *ctx, const mesh_ready *ready, uint32_t n, uint64_t now_ns);

    /* Takes all n; the host never exceeds the credit of a link. A buffer for a link the plugin does not know
     * completes with MESH_E_STALE. Thread: loop. State: {running}. Owns: moves host to plugin. Errors: none. */
    int32_t (*transmit)(void *ctx, mesh_buf *bufs, uint32_t n);

    /* Writes up to cap figures and returns how many. Optional. Thread: loop. */
    int32_t (*stats)(void *ctx, mesh_stat *values, uint32_t cap);

    /* A table of an extension, or NULL. Optional. Thread: any. Owns: static. */
    const void *(*extension)(const char *name);
} mesh_plugin_api;

/* The entry. `host` is one static table for the life of the process, the same for every instance, so that a plugin may
 * keep the pointer; that is the one thing it may keep. The host zeroes `out` and sets out->size to the size of its own table; the plugin fills the members that
 * fit, sets out->size to the smaller of both sizes and out->abi_minor to the minor it was built for. It may be called
 * more than once, keeps no state, and hands out static functions (MPA-12). A future major gets a symbol of its own.
 * Errors: VERSION. */
int32_t mesh_plugin_entry_v1(const mesh_host_api *host, mesh_plugin_api *out);

typedef int32_t (*mesh_plugin_entry_v1_fn)(const mesh_host_api *host, mesh_plugin_api *out);

#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
// A small host for tests: loads any plugin by path, runs instances of it on epoll, and checks every call they make.
// What breaks a rule of mesh_plugin.h is recorded as a fault with its requirement number; host_faults counts them.
#ifndef MESH_TEST_HOST_H
#define MESH_TEST_HOST_H

#include <mesh/mesh_plugin.h>
#include <mesh/mesh_stream.h>
#include <stdbool.h>

#define HOST_BUFFERS 1024u   // in the pool of one host
#define HOST_ROOM 128u       // bytes before and behind a payload that it leaves; a plugin's caps ask for no more
#define HOST_BUFFER (65536u + 2 * HOST_ROOM) // bytes of storage of each
#define HOST_GUARD 64u       // bytes before and behind the storage that nobody may touch
#ifndef HOST_LINKS
#define HOST_LINKS 64u
#define HOST_EVENTS 512u
#endif
#define HOST_WATCHES 256u
#define HOST_LANES 64u

typedef struct host_event {
    uint32_t kind, fclass;
    int32_t code;
    uint64_t link, listener, token;
    char text[256];          // the payload, cut to fit and zero-terminated
    uint32_t data_len;
    mesh_caps caps;          // size 0 when the event carried none
} host_event;

// One link as the host sees it.
typedef struct host_link {
    uint64_t id, frames, bytes;      // the id it gave, and what it may still transmit
    enum { HOST_LINK_FREE, HOST_LINK_DIALING, HOST_LINK_UP, HOST_LINK_GONE } state;
    uint64_t sent, completed, failed, received, received_bytes, done_order, checksum;
    int32_t last_status;             // of the last completion
} host_link;

// One lane that was reported or asked for.
typedef struct host_lane {
    uint64_t link, frames, bytes;    // what may still be transmitted on it
    uint64_t sent, completed, received;
    uint32_t number, tclass, end;    // end: MESH_STREAM_CLOSED or MESH_STREAM_RESET
    uint32_t opened, failed, ended;  // how often each was reported
    bool asked;
} host_lane;

typedef struct host_plugin {
    mesh_plugin_api api;
    mesh_plugin_info info;
    mesh_plugin_entry_v1_fn entry;
    void *handle;
} host_plugin;

typedef struct mesh_host host;

// The table that plugins get. Its size can be made smaller to play an older host.
extern mesh_host_api host_table;

// Loads `path`, calls the entry and describe. False and a sentence on stderr when the file is no plugin.
bool host_load(host_plugin *plugin, const char *path);

// A value for create from its text: 64KiB, 500ms, true. False when the text does not fit the option's type.
bool host_param(const mesh_option *option, const char *text, mesh_param *param);
// The defaults that describe names, as a host gives them for keys that the file leaves out. Returns how many.
uint32_t host_defaults(const host_plugin *plugin, mesh_param *params, uint32_t cap);

// Makes and starts an instance; NULL when create refuses. host_start only adds the call of `start` and one turn.
host *host_create(const host_plugin *plugin, const mesh_param *params, uint32_t n);
host *host_start(const host_plugin *plugin, const mesh_param *params, uint32_t n);

// stop, turns until STOPPED (at most limit_ms), destroy, then checks that nothing is left. Returns all faults.
unsigned host_finish(host *host, uint64_t limit_ms);

// One turn of the loop, waiting at most timeout_ms; host_run turns all n hosts until `done` says so or limit_ms, of which
// a round that took longer than ten, because the machine was busy, uses ten.
void host_turn(host *host, int timeout_ms);
/* The same, waiting for at most so many nanoseconds, whatever is due. */
void host_turn_within(host *host, uint64_t nanoseconds);
bool host_run(host **hosts, unsigned n, bool (*done)(void *context), void *context, uint64_t limit_ms);

// Asks for a listener or a link; the plugin's return value goes to *status. Returns the id.
uint64_t host_listen(host *host, const char *address, int fd, uint32_t flags, int32_t *status);
uint64_t host_connect(host *host, const char *address, uint64_t deadline_ns, uint32_t flags, int32_t *status);

// Fills up to n buffers of len bytes each (sequence number first, pattern after it) and transmits what the credit
// allows in batches of `batch`. Returns how many went.
uint32_t host_send(host *host, uint64_t link, uint32_t n, uint32_t len, uint32_t batch);
// Transmits one buffer as it is, without regard to credit or state: for tests of what must be refused.
void host_send_raw(host *host, uint64_t link, const void *bytes, uint32_t len, uint16_t flags);

// A buffer that the plugin owns from now on and completes, for calls of extensions that move one.
bool host_take_for_transmit(host *host, mesh_buf *buf, const void *bytes, uint32_t len);

host_link *host_find(host *host, uint64_t link);
// The last event of that kind for a link or listener id (0 = any), or NULL; and how many there were.
const host_event *host_last(host *host, uint32_t kind, uint64_t id);
unsigned host_count(host *host, uint32_t kind, uint64_t id);
uint64_t host_last_incoming(host *host);

// Records a fault by hand; `rule` is "MPA-nn" or another short name.
__attribute__((format(printf, 3, 4))) void host_fault(host *host, const char *rule, const char *format, ...);
unsigned host_faults(const host *host);
const char *host_fault_text(const host *host, unsigned index);

void *host_context(host *host);              // the plugin's ctx
const mesh_plugin_api *host_api(host *host);
void host_refuse_incoming(host *host, bool refuse);
void host_limit_buffers(host *host, uint32_t most); // lets buffer_get give no more than this many in all
void host_spoil_credit(host *host);          // credit is not counted: the host breaks the rule on purpose
void host_pause(host *host, bool paused);    // turns do nothing
unsigned host_buffers_out(const host *host); // buffers that the plugin holds
unsigned host_watching(const host *host);
uint64_t host_longest_turn_ns(const host *host);
unsigned host_rx_batch_max(const host *host);
int32_t host_last_status(const host *host);  // of the last completion, whatever its link
int host_accepting(const host *host);        // a watched descriptor that accepts connections, or -1
const mesh_plugin_info *host_info(const host *host);

// mesh.stream/1: what host_offer takes, and what new hosts offer; the plugin's side; one lane; calls that keep account.
const void *host_streams(const char *name);
const mesh_stream_plugin *host_stream_side(const host *host);
host_lane *host_lane_find(host *host, uint64_t link, uint32_t number);
int32_t host_open_lane(host *host, uint64_t link, uint32_t number, uint32_t tclass, uint32_t flags);
// As host_send, on a lane; len at most 2,048.
uint32_t host_send_lane(host *host, uint64_t link, uint32_t number, uint32_t n, uint32_t len);
void host_offer(host *host, const void *(*extension)(const char *name)); // what the table's extension answers

#endif

// SPDX-License-Identifier: Apache-2.0
//! The functions of `mesh.h`, in its order, with its words.

use std::os::raw::{c_char, c_int, c_void};

use crate::table::mesh_api_1;
use crate::types::*;

extern "C" {
    /// The library's version: major << 16 | minor << 8 | patch.
    /// Owns: nothing. Blocks: no. Errors: none.
    pub fn mesh_version() -> u32;

    /// The same as text, such as "1.0.0".
    /// Owns: the text is the library's, for ever. Blocks: no. Errors: none.
    pub fn mesh_version_text() -> *const c_char;

    /// Fills `options` with the defaults and its size.
    /// Owns: `options` is the caller's. Blocks: no. Errors: none; NULL is ignored.
    pub fn mesh_open_options_default(options: *mut mesh_open_options);

    /// Opens a node or attaches to one. A node in the process listens when the call returns; what of it did not
    /// work is a MESH_ON_TRANSPORT event.
    /// Owns: text is copied; `*handle` is the caller's until mesh_close. Blocks: until the node is up, at most
    /// call_timeout_ms. Errors: INVALID, FLAG, CONFIG (the sentence has file, line and column), NOTFOUND (no such
    /// file or socket), PERMISSION (the socket's owner is not trusted), VERSION, TIMEOUT, LIMIT, IO, NOMEM.
    pub fn mesh_open(options: *const mesh_open_options, handle: *mut *mut mesh_handle) -> i32;

    /// Ends the handle: nothing more is taken, what was accepted gets `drain_ms` to be confirmed, then the node
    /// stops or is left. Lent memory and the descriptor of mesh_fd are gone. A second call answers MESH_E_STALE and
    /// does no harm.
    /// Owns: the handle goes back. Blocks: at most drain_ms and 2 s. Errors: INVALID, STALE, FORKED; EXPIRED when
    /// something accepted was not confirmed in time (the handle is closed all the same).
    pub fn mesh_close(handle: *mut mesh_handle, drain_ms: u32) -> i32;

    /// The name of a code, such as "MESH_E_TIMEOUT"; "MESH_E_?" for an unknown one.
    /// Owns: the text is the library's, for ever. Blocks: no. Errors: none.
    pub fn mesh_error_name(code: i32) -> *const c_char;

    /// What the code means and what to do, in a few sentences.
    /// Owns: the text is the library's, for ever. Blocks: no. Errors: none.
    pub fn mesh_error_text(code: i32) -> *const c_char;

    /// MESH_ERROR_* bits of a code.
    /// Owns: nothing. Blocks: no. Errors: none.
    pub fn mesh_error_flags(code: i32) -> u32;

    /// The sentence of the calling thread's last failed call: which file, peer, protocol or key, and what was
    /// expected.
    /// Owns: lent until the thread's next call that fails. Blocks: no. Errors: none; "" when nothing failed.
    pub fn mesh_last_error() -> *const c_char;

    /// A descriptor that is readable while events wait. Watch it with poll or epoll; never read or close it.
    /// Owns: the descriptor is the library's until mesh_close. Blocks: no. Errors: INVALID, STALE, FORKED.
    pub fn mesh_fd(handle: *mut mesh_handle) -> c_int;

    /// Takes up to `n` events. What the last call lent is given back first; messages and data among it that were
    /// not kept count as released: their senders learn that they were delivered.
    /// Owns: data and meta are lent. Blocks: no. Errors: the number of events, or INVALID, STALE, FORKED; CLOSED
    /// when the node has ended.
    pub fn mesh_events(handle: *mut mesh_handle, events: *mut mesh_event, n: u32) -> i32;

    /// Waits until events wait, mesh_wake is called, or the time is over; does the node's work meanwhile.
    /// `timeout_ms`: negative = for ever.
    /// Owns: nothing. Blocks: yes. Errors: 1 = events wait, 0 = time over or woken, or INVALID, STALE, FORKED,
    /// CLOSED.
    pub fn mesh_wait(handle: *mut mesh_handle, timeout_ms: i32) -> i32;

    /// Makes a mesh_wait of another thread, or the next one, return. Safe in a signal handler.
    /// Owns: nothing. Blocks: no. Errors: INVALID, STALE, FORKED.
    pub fn mesh_wake(handle: *mut mesh_handle) -> i32;

    /// Takes up to `n` events and calls `callback` with each, on this thread, before it returns. Inside, every
    /// function but mesh_events, mesh_wait, mesh_dispatch and mesh_close of the same handle may be called; those
    /// answer MESH_E_STATE.
    /// Owns: an event and its data are lent until the callback returns, unless kept. Blocks: no. Errors: as
    /// mesh_events.
    pub fn mesh_dispatch(handle: *mut mesh_handle, n: u32, callback: mesh_callback, context: *mut c_void) -> i32;

    /// Keeps what the event of this message, stream data, request or reply lends, past the next mesh_events.
    /// `event` is one of the last mesh_events. The message does not count as delivered, and uses the sender's
    /// credit, until mesh_release.
    /// Owns: data and meta are lent until mesh_release; `*kept` names them. Blocks: no. Errors: INVALID (an event
    /// that lends nothing, or an older one), STALE, FORKED, LIMIT (65,536 are kept).
    pub fn mesh_keep(handle: *mut mesh_handle, event: *const mesh_event, kept: *mut u64) -> i32;

    /// Gives back what was kept; a message counts as delivered. In any order; the second time is MESH_E_STALE.
    /// Owns: data and meta go back. Blocks: no. Errors: INVALID, STALE, FORKED.
    pub fn mesh_release(handle: *mut mesh_handle, kept: u64) -> i32;

    /// The node's name, 32 bytes.
    /// Owns: `id` is the caller's. Blocks: no. Errors: INVALID, STALE, FORKED.
    pub fn mesh_id(handle: *mut mesh_handle, id: *mut u8) -> i32;

    /// The printed form (mesh1...) of a name; `text` has room for MESH_NAME_SIZE bytes.
    /// Owns: `text` is the caller's. Blocks: no. Errors: INVALID.
    pub fn mesh_name_encode(id: *const u8, text: *mut c_char, size: usize) -> i32;

    /// The name that a printed form stands for. Typing errors are found.
    /// Owns: `id` is the caller's. Blocks: no. Errors: INVALID.
    pub fn mesh_name_decode(text: *const c_char, id: *mut u8) -> i32;

    /// Makes a key and writes it to a new file that only its owner can read.
    /// Owns: `id` is the caller's. Blocks: for the disk. Errors: INVALID, EXISTS, NOTFOUND (the folder),
    /// PERMISSION, IO.
    pub fn mesh_identity_generate(path: *const c_char, id: *mut u8) -> i32;

    /// The name that belongs to a key file.
    /// Owns: `id` is the caller's. Blocks: for the disk. Errors: INVALID, NOTFOUND, PERMISSION (others may read the
    /// file), CONFIG (not a key file), IO.
    pub fn mesh_identity_load(path: *const c_char, id: *mut u8) -> i32;

    /// Signs with the node's key. The signature covers a context of its own, so that it can never be taken for a
    /// record of the node itself.
    /// Owns: `data` is lent for the call, `signature` is the caller's. Blocks: until the node has answered. Errors:
    /// INVALID, STALE, FORKED, PERMISSION, TIMEOUT, LIMIT (more than 1 MiB).
    pub fn mesh_sign(handle: *mut mesh_handle, data: *const c_void, len: usize, signature: *mut u8) -> i32;

    /// Checks a signature of mesh_sign.
    /// Owns: everything is lent for the call. Blocks: no. Errors: INVALID, AUTH (it does not fit).
    pub fn mesh_verify(id: *const u8, data: *const c_void, len: usize, signature: *const u8) -> i32;

    /// The line that mesh_peer_add or `meshctl peers add` takes elsewhere: this node's name and addresses. Text:
    /// see mesh_why. Owns: `text` is the caller's. Blocks: until the node has answered. Errors: INVALID, STALE,
    /// FORKED, TIMEOUT, LIMIT.
    pub fn mesh_invite(handle: *mut mesh_handle, text: *mut c_char, size: usize, needed: *mut usize) -> i32;

    /// The number of a peer, by its name (mesh1...) or by what the configuration calls it. Valid as long as the
    /// handle.
    /// Owns: text is copied. Blocks: until the node has answered, the first time. Errors: INVALID, STALE, FORKED,
    /// NOTFOUND, TIMEOUT.
    pub fn mesh_peer_find(handle: *mut mesh_handle, name: *const c_char, peer: *mut u64) -> i32;

    /// Lets a peer in and remembers it: `invitation` is a line of mesh_invite, `alias` what it is called here or
    /// NULL.
    /// Owns: text is copied. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, EXISTS (the
    /// alias), LIMIT (node.max_peers), PERMISSION (a daemon's client socket may not), IO, TIMEOUT.
    pub fn mesh_peer_add(
        handle: *mut mesh_handle,
        invitation: *const c_char,
        alias: *const c_char,
        peer: *mut u64,
    ) -> i32;

    /// Forgets a peer that was added; its session ends.
    /// Owns: nothing. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, STATE (the configuration
    /// file has it), PERMISSION, TIMEOUT.
    pub fn mesh_peer_remove(handle: *mut mesh_handle, peer: u64) -> i32;

    /// What is known of a peer. Set `info->size` first.
    /// Owns: `info` is the caller's. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, TIMEOUT.
    pub fn mesh_peer_info_get(handle: *mut mesh_handle, peer: u64, info: *mut mesh_peer_info) -> i32;

    /// The numbers of up to `n` known peers; `*total` says how many there are.
    /// Owns: `peers` is the caller's. Blocks: until the node has answered. Errors: the number written, or INVALID,
    /// STALE, FORKED, TIMEOUT.
    pub fn mesh_peers(handle: *mut mesh_handle, peers: *mut u64, n: u32, total: *mut u32) -> i32;

    /// Wants a session with the peer from now on; MESH_ON_PEER says what comes of it. Sending does the same by
    /// itself.
    /// Owns: nothing. Blocks: no. Errors: INVALID, STALE, FORKED, AGAIN.
    pub fn mesh_connect(handle: *mut mesh_handle, peer: u64) -> i32;

    /// Which paths to the peer were considered, in what order, what each did last, which was chosen and why: JSON.
    /// Text: NUL-terminated; `*needed` (may be NULL) is its size with the NUL. When `size` is too small nothing is
    /// written and the answer is MESH_E_LIMIT.
    /// Owns: `text` is the caller's. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, TIMEOUT,
    /// LIMIT.
    pub fn mesh_why(handle: *mut mesh_handle, peer: u64, text: *mut c_char, size: usize, needed: *mut usize) -> i32;

    /// Fills `options` with the defaults (messages, streams and requests) and its size.
    /// Owns: `options` is the caller's. Blocks: no. Errors: none; NULL is ignored.
    pub fn mesh_serve_options_default(options: *mut mesh_serve_options);

    /// Serves a protocol for every peer that the node's lists allow. There is one server for a name on a node.
    /// `options` NULL = defaults.
    /// Owns: text is copied. Blocks: until the node has answered. Errors: INVALID, FLAG, STALE, FORKED, BUSY
    /// (somebody serves it), LIMIT (1024 protocols), PERMISSION, TIMEOUT.
    pub fn mesh_serve(handle: *mut mesh_handle, protocol: *const c_char, options: *const mesh_serve_options) -> i32;

    /// Serves it no more. Open streams and requests go on; messages that were not read are refused.
    /// Owns: nothing. Blocks: until the node has answered. Errors: INVALID, STALE, FORKED, NOTFOUND, TIMEOUT.
    pub fn mesh_unserve(handle: *mut mesh_handle, protocol: *const c_char) -> i32;

    /// Fills `options` with the defaults and its size.
    /// Owns: `options` is the caller's. Blocks: no. Errors: none; NULL is ignored.
    pub fn mesh_send_options_default(options: *mut mesh_send_options);

    /// Accepts a message for a peer: `n` slices, put together. It is kept until the receiving application has
    /// released it, over the death of any link; messages of one protocol and class arrive in the order of sending
    /// unless asked otherwise. `options` NULL = defaults. `*message` (may be NULL) is its number for events and
    /// mesh_cancel.
    /// Owns: everything is copied. Blocks: no. Errors: INVALID, FLAG, STALE, FORKED, AGAIN (MESH_ON_ROOM follows),
    /// LIMIT (too large), NOMEM.
    pub fn mesh_send(
        handle: *mut mesh_handle,
        peer: u64,
        protocol: *const c_char,
        slices: *const mesh_slice,
        n: u32,
        options: *const mesh_send_options,
        message: *mut u64,
    ) -> i32;

    /// Room for `size` bytes, at most MESH_MESSAGE_MAX.
    /// Owns: `*buffer` is the caller's until mesh_send_buffer or mesh_buffer_release. Blocks: no. Errors: INVALID,
    /// STALE, FORKED, AGAIN (256 buffers are out, or no room), LIMIT.
    pub fn mesh_buffer_get(handle: *mut mesh_handle, size: u32, buffer: *mut mesh_buffer) -> i32;

    /// Gives a buffer back unsent. The second time is MESH_E_STALE.
    /// Owns: the buffer goes back. Blocks: no. Errors: INVALID, STALE, FORKED.
    pub fn mesh_buffer_release(handle: *mut mesh_handle, buffer: u64) -> i32;

    /// mesh_send of the first `len` bytes of a buffer.
    /// Owns: the buffer is taken. Blocks: no. Errors: as mesh_send.
    pub fn mesh_send_buffer(
        handle: *mut mesh_handle,
        peer: u64,
        protocol: *const c_char,
        buffer: u64,
        len: u32,
        options: *const mesh_send_options,
        message: *mut u64,
    ) -> i32;

    /// Gives up on a request, or on a message that has not left yet; the end is told as an event (code CANCELLED).
    /// Owns: nothing. Blocks: no. Errors: INVALID, STALE (it has ended), STATE (it has left), FORKED.
    pub fn mesh_cancel(handle: *mut mesh_handle, id: u64) -> i32;

    /// Sends an unreliable message to every connected peer.
    /// Owns: everything is copied. Blocks: no. Errors: the number of peers, or INVALID, FLAG, STALE, FORKED, AGAIN,
    /// LIMIT.
    pub fn mesh_broadcast(
        handle: *mut mesh_handle,
        protocol: *const c_char,
        slices: *const mesh_slice,
        n: u32,
        options: *const mesh_send_options,
    ) -> i32;

    /// Opens a stream of bytes, both ways. What the peer answers comes as events.
    /// Owns: everything is copied; the stream is the caller's until both sides have ended. Blocks: no. Errors:
    /// INVALID, FLAG, STALE, FORKED, AGAIN (MESH_ON_ROOM follows), LIMIT.
    pub fn mesh_stream_open(
        handle: *mut mesh_handle,
        peer: u64,
        protocol: *const c_char,
        options: *const mesh_send_options,
        stream: *mut u64,
    ) -> i32;

    /// Writes as much of the slices as there is room for.
    /// Owns: everything is copied. Blocks: no. Errors: the number of bytes taken (at most INT32_MAX), or INVALID,
    /// STALE, FORKED, AGAIN (no byte was taken; MESH_ON_ROOM follows), CLOSED (finished, reset or stopped).
    pub fn mesh_stream_write(handle: *mut mesh_handle, stream: u64, slices: *const mesh_slice, n: u32) -> i32;

    /// Ends our side after all that was written.
    /// Owns: nothing. Blocks: no. Errors: INVALID, STALE, FORKED, CLOSED.
    pub fn mesh_stream_finish(handle: *mut mesh_handle, stream: u64) -> i32;

    /// Cuts both sides off at once; the peer learns `code`, a number of the application's own below 2^60.
    /// Owns: the stream goes back. Blocks: no. Errors: INVALID, STALE, FORKED.
    pub fn mesh_stream_reset(handle: *mut mesh_handle, stream: u64, code: u64) -> i32;

    /// Asks a peer: one request, one or more replies, one end. Without an answer in `lifetime_ms` it ends with
    /// TIMEOUT.
    /// Owns: everything is copied. Blocks: no. Errors: as mesh_send.
    pub fn mesh_request(
        handle: *mut mesh_handle,
        peer: u64,
        protocol: *const c_char,
        slices: *const mesh_slice,
        n: u32,
        options: *const mesh_send_options,
        request: *mut u64,
    ) -> i32;

    /// Answers a request that MESH_ON_REQUEST brought.
    /// Owns: everything is copied. Blocks: no. Errors: INVALID, FLAG, STALE (ended, cancelled or too late), FORKED,
    /// AGAIN (MESH_ON_ROOM follows), LIMIT.
    pub fn mesh_reply(handle: *mut mesh_handle, request: u64, slices: *const mesh_slice, n: u32, flags: u32) -> i32;

    /// Refuses a request with a number of the application's own below 2^60 and a sentence of at most 512 bytes or
    /// NULL.
    /// Owns: text is copied. Blocks: no. Errors: INVALID, STALE, FORKED, AGAIN.
    pub fn mesh_refuse(handle: *mut mesh_handle, request: u64, code: u64, sentence: *const c_char) -> i32;

    /// Tells the node what it cannot see by itself. An unknown hint is ignored.
    /// Owns: nothing. Blocks: no. Errors: INVALID (value), STALE, FORKED, AGAIN, PERMISSION.
    pub fn mesh_hint(handle: *mut mesh_handle, hint: u32, value: u64) -> i32;

    /// Counters and histograms of the node as Prometheus text. Text: see mesh_why.
    /// Owns: `text` is the caller's. Blocks: until the node has answered. Errors: as mesh_why.
    pub fn mesh_metrics(handle: *mut mesh_handle, text: *mut c_char, size: usize, needed: *mut usize) -> i32;

    /// The node's status (transports, listeners, peers, plugins) as JSON. Text: see mesh_why.
    /// Owns: `text` is the caller's. Blocks: until the node has answered. Errors: as mesh_why.
    pub fn mesh_status(handle: *mut mesh_handle, text: *mut c_char, size: usize, needed: *mut usize) -> i32;

    /// The table of a major version; use a member only if it lies within `size`.
    /// Owns: the table is the library's, for ever. Blocks: no. Errors: NULL for a major that this library does not
    /// have.
    pub fn mesh_api(major: u32) -> *const mesh_api_1;
}

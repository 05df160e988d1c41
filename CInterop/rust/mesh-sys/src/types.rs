// SPDX-License-Identifier: Apache-2.0
//! The types of `mesh.h`, in its order.

use std::os::raw::{c_char, c_void};

/// One application on one node. Not an address: never followed, only looked up.
#[repr(C)]
#[derive(Debug)]
pub struct mesh_handle {
    _opaque: [u8; 0],
}

/// A piece of what is to be sent; the same layout as `struct iovec`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_slice {
    /// The bytes.
    pub data: *const c_void,
    /// How many they are.
    pub len: usize,
}

/// Options of `mesh_open`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_open_options {
    /// Bytes of this struct.
    pub size: u32,
    /// 0.
    pub flags: u32,
    /// `MESH_HOME_PROCESS` or `MESH_HOME_DAEMON`.
    pub home: u32,
    /// 0 = no `MESH_ON_LOG` events, 1 errors, 2 warnings, 3 information, 4 debugging.
    pub log_level: u32,
    /// Process: path of a YAML file, or NULL.
    pub config_file: *const c_char,
    /// Process: the YAML itself, or NULL; one of both.
    pub config_text: *const c_char,
    /// Process: what relative paths of `config_text` start from; NULL = the working folder.
    pub folder: *const c_char,
    /// Daemon: its client socket; NULL = this user's own, else where packages put it.
    pub socket: *const c_char,
    /// Who this is, for logs and `why`; at most 64 bytes, or NULL.
    pub application: *const c_char,
    /// Most bytes of events that wait to be read; 0 = 4 MiB.
    pub event_bytes: u32,
    /// For calls that wait for the node's answer; 0 = 5000.
    pub call_timeout_ms: u32,
    /// 0.
    pub reserved: [u64; 4],
}

/// One event; 64 bytes for ever. `data` and `meta` are lent until the next `mesh_events`, `mesh_dispatch` or
/// `mesh_close`, or, after `mesh_keep`, until `mesh_release`. They are never NULL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_event {
    /// `MESH_ON_*`.
    pub kind: u32,
    /// `MESH_OK` or `MESH_E_*`.
    pub code: i32,
    /// Message, stream or request.
    pub id: u64,
    /// The application's own word.
    pub token: u64,
    /// A peer's number, 0 = none.
    pub peer: u64,
    /// Lent.
    pub data: *const u8,
    /// Lent.
    pub meta: *const u8,
    /// See the kind.
    pub value: u64,
    /// Bytes of `data`.
    pub len: u32,
    /// Bytes of `meta`.
    pub meta_len: u16,
    /// `MESH_EVENT_REPEATED`, `MESH_EVENT_LAST`.
    pub flags: u16,
}

/// What `mesh_dispatch` calls.
pub type mesh_callback =
    Option<unsafe extern "C" fn(context: *mut c_void, handle: *mut mesh_handle, event: *const mesh_event)>;

/// What is known of a peer. Set `size` first.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_peer_info {
    /// Bytes of this struct.
    pub size: u32,
    /// 1 = a link is confirmed.
    pub connected: u32,
    /// The peer's public key.
    pub id: [u8; 32],
    /// `mesh1...`, NUL-terminated.
    pub name: [c_char; 72],
    /// What it is called here, cut to fit; "" = nothing.
    pub alias: [c_char; 64],
    /// The one in use, "" = none.
    pub transport: [c_char; 32],
    /// Smoothed round trip in microseconds, 0 = unknown.
    pub rtt_us: u64,
    /// Links that carry data now.
    pub links: u64,
    /// Of streams and messages, since the start.
    pub bytes_sent: u64,
    /// The same, received.
    pub bytes_received: u64,
}

/// Options of `mesh_serve`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_serve_options {
    /// Bytes of this struct.
    pub size: u32,
    /// `MESH_SERVE_*`; one at least.
    pub flags: u32,
    /// Comes back with events.
    pub token: u64,
    /// Most messages and requests unreleased or unanswered at a time; 0 = 4096.
    pub window: u64,
}

/// Options of whatever is sent.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_send_options {
    /// Bytes of this struct.
    pub size: u32,
    /// `MESH_SEND_*`.
    pub flags: u32,
    /// `MESH_TCLASS_*`; 0 = normal, for requests interactive.
    pub tclass: u32,
    /// Streams and requests: bytes of metadata, at most `MESH_METADATA_MAX`.
    pub metadata_len: u32,
    /// Copied; or NULL.
    pub metadata: *const c_void,
    /// Copied: `MESH_KEY_SIZE` bytes by which the receiver knows a repetition; or NULL.
    pub key: *const u8,
    /// Messages: of no use after this, 0 = none. Requests: the deadline, 0 = 30 s.
    pub lifetime_ms: u64,
    /// Comes back with events.
    pub token: u64,
}

/// Room to write a message into, without a copy afterwards.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mesh_buffer {
    /// Its number.
    pub id: u64,
    /// The caller's until the buffer is sent or released.
    pub data: *mut u8,
    /// Bytes.
    pub capacity: u32,
    /// 0.
    pub reserved: u32,
}

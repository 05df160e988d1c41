// SPDX-License-Identifier: Apache-2.0
//! The constants of `mesh.h`, in its order. Error codes are negative.

/// The major version of the header this crate was written from.
pub const MESH_VERSION_MAJOR: u32 = 1;
/// Its minor version.
pub const MESH_VERSION_MINOR: u32 = 0;
/// Its patch version.
pub const MESH_VERSION_PATCH: u32 = 0;
/// All went well.
pub const MESH_OK: i32 = 0;
/// An argument is outside its range.
pub const MESH_E_INVALID: i32 = -1;
/// A flag that this side does not know.
pub const MESH_E_FLAG: i32 = -2;
/// Not in this state.
pub const MESH_E_STATE: i32 = -3;
/// Out of memory or buffers.
pub const MESH_E_NOMEM: i32 = -4;
/// The id names nothing any more.
pub const MESH_E_STALE: i32 = -5;
/// No credit or room now; an event will say when.
pub const MESH_E_AGAIN: i32 = -6;
/// This plugin or host does not offer that.
pub const MESH_E_UNSUPPORTED: i32 = -7;
/// The address cannot be parsed or used.
pub const MESH_E_ADDRESS: i32 = -8;
/// The other side refused.
pub const MESH_E_REFUSED: i32 = -9;
/// No answer in time.
pub const MESH_E_TIMEOUT: i32 = -10;
/// No way to the address.
pub const MESH_E_UNREACHABLE: i32 = -11;
/// Closed in an orderly way.
pub const MESH_E_CLOSED: i32 = -12;
/// Died without a goodbye.
pub const MESH_E_RESET: i32 = -13;
/// A key, certificate or signature was not accepted.
pub const MESH_E_AUTH: i32 = -14;
/// The other side broke the protocol.
pub const MESH_E_PROTOCOL: i32 = -15;
/// A configuration value is wrong.
pub const MESH_E_CONFIG: i32 = -16;
/// The change needs a restart of the instance.
pub const MESH_E_RESTART: i32 = -17;
/// The name or address is taken.
pub const MESH_E_EXISTS: i32 = -18;
/// Nothing by that name.
pub const MESH_E_NOTFOUND: i32 = -19;
/// A configured limit is reached.
pub const MESH_E_LIMIT: i32 = -20;
/// Larger than the link now carries.
pub const MESH_E_MTU: i32 = -21;
/// The lifetime has passed.
pub const MESH_E_EXPIRED: i32 = -22;
/// The operating system reported an error.
pub const MESH_E_IO: i32 = -23;
/// Given up on request.
pub const MESH_E_CANCELLED: i32 = -24;
/// No common version.
pub const MESH_E_VERSION: i32 = -25;
/// Somebody else serves it.
pub const MESH_E_BUSY: i32 = -26;
/// Not allowed here.
pub const MESH_E_PERMISSION: i32 = -27;
/// A bug on the side that says so.
pub const MESH_E_INTERNAL: i32 = -28;
/// The handle belongs to the process before the fork.
pub const MESH_E_FORKED: i32 = -29;
/// The same call may work later.
pub const MESH_ERROR_RETRYABLE: u32 = 0x1;
/// A key or permission is at fault.
pub const MESH_ERROR_AUTH: u32 = 0x2;
/// The same call will never work.
pub const MESH_ERROR_PERMANENT: u32 = 0x4;
/// Bytes of a node's name: its Ed25519 public key.
pub const MESH_ID_SIZE: usize = 32;
/// Bytes of the printed name (mesh1...), with its NUL.
pub const MESH_NAME_SIZE: usize = 72;
/// Bytes of a signature.
pub const MESH_SIGNATURE_SIZE: usize = 64;
/// Bytes of an idempotency key.
pub const MESH_KEY_SIZE: usize = 16;
/// Bytes of a protocol's name, such as /fog/jobs/1.
pub const MESH_PROTOCOL_MAX: usize = 128;
/// Bytes of a stream's or request's metadata.
pub const MESH_METADATA_MAX: usize = 4096;
/// Bytes of a message, request or reply.
pub const MESH_MESSAGE_MAX: usize = 16_777_216;
/// Bytes of an unreliable message.
pub const MESH_DATAGRAM_MAX: usize = 60000;
/// Traffic class: realtime.
pub const MESH_TCLASS_REALTIME: u32 = 1;
/// Traffic class: interactive.
pub const MESH_TCLASS_INTERACTIVE: u32 = 2;
/// Traffic class: normal.
pub const MESH_TCLASS_NORMAL: u32 = 3;
/// Traffic class: bulk.
pub const MESH_TCLASS_BULK: u32 = 4;
/// Traffic class: background.
pub const MESH_TCLASS_BACKGROUND: u32 = 5;
/// Run the node in this process.
pub const MESH_HOME_PROCESS: u32 = 1;
/// Attach to a running meshd.
pub const MESH_HOME_DAEMON: u32 = 2;
/// Id, peer, token of mesh_serve; data = body, meta = idempotency key or nothing; value = milliseconds of lifetime
/// left, 0 = no limit.
pub const MESH_ON_MESSAGE: u32 = 1;
/// Id, token: the message has left this node (asked for with MESH_SEND_TELL_SENT).
pub const MESH_ON_SENT: u32 = 2;
/// Id, token: what became of a message; code MESH_OK = the receiving application has released it, EXPIRED, REFUSED,
/// CANCELLED, NOTFOUND = nobody serves the protocol, PERMISSION.
pub const MESH_ON_SETTLED: u32 = 3;
/// A peer opened a stream: id, peer, token of mesh_serve; meta = its metadata.
pub const MESH_ON_STREAM: u32 = 4;
/// Stream id, token; data = bytes.
pub const MESH_ON_DATA: u32 = 5;
/// Stream id, token: the peer's side has ended; code MESH_OK, or RESET with value = the peer's number, NOTFOUND,
/// PERMISSION, or why it died.
pub const MESH_ON_STREAM_END: u32 = 6;
/// Stream id, token: the peer reads no more; code REFUSED, value = its number.
pub const MESH_ON_STREAM_STOP: u32 = 7;
/// A request for us: id, peer, token of mesh_serve; data = body, meta = metadata; value = milliseconds left, 0 = no
/// deadline; see MESH_EVENT_REPEATED.
pub const MESH_ON_REQUEST: u32 = 8;
/// Request id, token; data = body.
pub const MESH_ON_REPLY: u32 = 9;
/// Request id, token: no more replies; code MESH_OK, TIMEOUT (the deadline), CANCELLED, NOTFOUND (nobody serves
/// it), PERMISSION, REFUSED (value = the server's number, data = its sentence), RESET, UNREACHABLE.
pub const MESH_ON_REQUEST_END: u32 = 10;
/// Request id, token of mesh_serve: the asker has cancelled, or its deadline passed.
pub const MESH_ON_REQUEST_GONE: u32 = 11;
/// What MESH_E_AGAIN was answered for has room again: id = stream, or 0 and peer.
pub const MESH_ON_ROOM: u32 = 12;
/// Peer; code MESH_OK = connected, RESET or CLOSED = its last link is gone, UNREACHABLE; data = a sentence.
pub const MESH_ON_PEER: u32 = 13;
/// Peer; code as above for one link; meta = transport, data = a sentence; value = MESH_LINK_*.
pub const MESH_ON_LINK: u32 = 14;
/// Meta = transport; code MESH_OK = runs and listens, data = where; else why not.
pub const MESH_ON_TRANSPORT: u32 = 15;
/// The daemon: code RESET = gone, attaching again; MESH_OK = attached again. What was accepted is sent again;
/// streams and requests that cannot go on end by themselves.
pub const MESH_ON_HOME: u32 = 16;
/// Value = level; data = the line.
pub const MESH_ON_LOG: u32 = 17;
/// Peer: it was restarted; its streams and requests end by themselves.
pub const MESH_ON_RESTARTED: u32 = 18;
/// Id, token: no link could carry a message of limited lifetime, and a transport that carries keeps it on disk (asked for
/// with MESH_SEND_TELL_STORED).
pub const MESH_ON_STORED: u32 = 19;
/// What happened to a link: confirmed.
pub const MESH_LINK_CONFIRMED: u64 = 1;
/// What happened to a link: suspect.
pub const MESH_LINK_SUSPECT: u64 = 2;
/// What happened to a link: recovered.
pub const MESH_LINK_RECOVERED: u64 = 3;
/// What happened to a link: closed.
pub const MESH_LINK_CLOSED: u64 = 4;
/// What happened to a link: failed.
pub const MESH_LINK_FAILED: u64 = 5;
/// May have been seen before, by its key.
pub const MESH_EVENT_REPEATED: u16 = 0x1;
/// With MESH_ON_REPLY: the only or last one; the end follows.
pub const MESH_EVENT_LAST: u16 = 0x2;
/// Serve the protocol's messages.
pub const MESH_SERVE_MESSAGES: u32 = 0x1;
/// Serve the protocol's streams.
pub const MESH_SERVE_STREAMS: u32 = 0x2;
/// Serve the protocol's requests.
pub const MESH_SERVE_REQUESTS: u32 = 0x4;
/// May be lost, is never repeated; at most MESH_DATAGRAM_MAX bytes.
pub const MESH_SEND_UNRELIABLE: u32 = 0x1;
/// Need not wait for messages sent before it.
pub const MESH_SEND_UNORDERED: u32 = 0x2;
/// MESH_ON_SENT is wanted.
pub const MESH_SEND_TELL_SENT: u32 = 0x4;
/// MESH_ON_SETTLED is wanted also when the message was delivered; when it was not, it comes unasked.
pub const MESH_SEND_TELL_SETTLED: u32 = 0x8;
/// Requests: may be repeated until an answer comes.
pub const MESH_SEND_IDEMPOTENT: u32 = 0x10;
/// MESH_ON_STORED is wanted, should the message have to wait.
pub const MESH_SEND_TELL_STORED: u32 = 0x20;
/// Further replies follow.
pub const MESH_REPLY_MORE: u32 = 0x1;
/// Value: percent left, 101 = on mains power.
pub const MESH_HINT_BATTERY: u32 = 1;
/// Value: 1 = the network costs by the byte, 0 = it does not.
pub const MESH_HINT_METERED: u32 = 2;
/// Value: 0; the network has changed: forget failures and probe.
pub const MESH_HINT_NETWORK: u32 = 3;

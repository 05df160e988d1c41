// SPDX-License-Identifier: Apache-2.0
//! Messages, streams and requests between nodes that know each other by key.
//!
//! A [`Node`] is one application on one node, which runs in this process or is a running `meshd`. Name a peer and a
//! protocol and never a path: the node finds the way, and changes it when one dies.
//!
//! ```no_run
//! use mesh::{Event, OpenOptions, Protocol, SendOptions};
//!
//! # fn main() -> Result<(), mesh::Error> {
//! let node = OpenOptions::daemon().application("greeter").open()?;
//! let hello = Protocol::new("/example/hello/1")?;
//! let alice = node.find_peer("alice")?;
//! node.send(alice, &hello, b"good morning", &SendOptions::new().tell_settled())?;
//! 'waiting: loop {
//!     for event in &node.wait_events(None)? {
//!         if let Event::Settled { result, .. } = event {
//!             result?;
//!             break 'waiting;
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Memory.** What an event lends is borrowed from [`Events`] and gone with it; [`Node::keep`] keeps it longer. The
//! compiler checks both. **Threads.** A [`Node`] may be used from any thread; its calls are put in order by a lock
//! inside the library, so a thread that waits holds up the others. **Async.** [`Node`] has a descriptor that is
//! readable while events wait (`AsRawFd`, `AsFd`); `examples/poll.rs` shows a loop around it.

#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

mod buffer;
mod error;
mod event;
mod events;
mod id;
mod kept;
mod lent;
mod node;
mod node_send;
mod node_text;
mod numbers;
mod open;
mod peer_info;
mod protocol;
mod question;
mod request;
mod send_options;
mod serve_options;
mod stream;
mod text;

pub use buffer::Buffer;
pub use error::{Error, ErrorCode};
pub use event::{Event, LinkState};
pub use events::{Events, EventsIterator};
pub use id::{NodeId, Signature};
pub use kept::Kept;
pub use lent::{Data, Lent, Message, Reply};
pub use node::Node;
pub use node_send::Hint;
pub use numbers::{MessageId, Peer, RequestId, StreamId};
pub use open::{LogLevel, OpenOptions};
pub use peer_info::PeerInfo;
pub use protocol::Protocol;
pub use question::Question;
pub use request::{Answer, Request};
pub use send_options::{SendOptions, TrafficClass};
pub use serve_options::ServeOptions;
pub use stream::{IncomingStream, Stream};

/// The version of the library that is loaded: major, minor, patch.
pub fn version() -> (u32, u32, u32) {
    // SAFETY: takes nothing.
    let number = unsafe { mesh_sys::mesh_version() };
    (number >> 16, number >> 8 & 0xff, number & 0xff)
}

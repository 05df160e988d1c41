// SPDX-License-Identifier: Apache-2.0

use std::ops::Deref;
use std::time::Duration;
use std::{fmt, slice};

use mesh_sys as sys;

use crate::{MessageId, Peer, RequestId, StreamId};

/// Bytes that an event lends until its [`crate::Events`] is dropped; [`crate::Node::keep`] keeps them longer.
#[derive(Clone, Copy)]
pub struct Lent<'b> {
    event: &'b sys::mesh_event,
}

impl<'b> Lent<'b> {
    /// # Safety
    /// The event is the library's, and what it points to stays for `'b`.
    pub(crate) unsafe fn new(event: &'b sys::mesh_event) -> Self {
        Self { event }
    }

    pub(crate) fn event(&self) -> &'b sys::mesh_event {
        self.event
    }

    /// The body or piece.
    pub fn bytes(&self) -> &'b [u8] {
        // SAFETY: `new`'s promise; never NULL.
        unsafe { slice::from_raw_parts(self.event.data, self.event.len as usize) }
    }

    /// What came beside it: a request's or stream's metadata, a message's idempotency key.
    pub fn meta(&self) -> &'b [u8] {
        // SAFETY: `new`'s promise; never NULL.
        unsafe { slice::from_raw_parts(self.event.meta, usize::from(self.event.meta_len)) }
    }

    /// Who sent it. Streams name their peer once, in [`crate::Event::Stream`].
    pub fn peer(&self) -> Peer {
        Peer(self.event.peer)
    }

    /// Your own word, given when the protocol was served, the stream opened or the request asked.
    pub fn token(&self) -> u64 {
        self.event.token
    }

    /// Whether it may have been seen before, by its key: either node was restarted meanwhile.
    pub fn is_repeated(&self) -> bool {
        self.event.flags & sys::MESH_EVENT_REPEATED != 0
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lent").field("id", &self.event.id).field("len", &self.event.len).finish()
    }
}

macro_rules! lends {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'b>(pub(crate) Lent<'b>);

        impl<'b> Deref for $name<'b> {
            type Target = Lent<'b>;

            fn deref(&self) -> &Lent<'b> {
                &self.0
            }
        }
    };
}

lends! {
    /// A message. It counts as delivered with the next [`crate::Node::events`], or when what
    /// [`crate::Node::keep`] made of it is dropped.
    Message
}
lends! {
    /// A piece of a stream. [`crate::Stream::take_in`] takes it in.
    Data
}
lends! {
    /// A reply to a request of ours. [`crate::Request::take_in`] understands it.
    Reply
}

impl Message<'_> {
    /// Its number on the receiving side.
    pub fn id(&self) -> MessageId {
        MessageId(self.event.id)
    }

    /// How long it is still of use; `None` = no limit.
    pub fn lifetime_left(&self) -> Option<Duration> {
        Some(self.event.value).filter(|value| *value > 0).map(Duration::from_millis)
    }
}

impl Data<'_> {
    /// Which stream it belongs to.
    pub fn stream(&self) -> StreamId {
        StreamId(self.event.id)
    }
}

impl Reply<'_> {
    /// Which request it answers.
    pub fn request(&self) -> RequestId {
        RequestId(self.event.id)
    }

    /// Whether it is the only or last one; the end follows.
    pub fn is_last(&self) -> bool {
        self.event.flags & sys::MESH_EVENT_LAST != 0
    }
}

// SPDX-License-Identifier: Apache-2.0

use std::mem::size_of;
use std::time::Duration;

use mesh_sys as sys;

use crate::node_send::optional;

/// Who waits for it; classes share a path fairly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficClass {
    /// Worthless when late; give it a lifetime.
    Realtime = sys::MESH_TCLASS_REALTIME as isize,
    /// A person or a request waits.
    Interactive = sys::MESH_TCLASS_INTERACTIVE as isize,
    /// The default of messages and streams.
    Normal = sys::MESH_TCLASS_NORMAL as isize,
    /// Files.
    Bulk = sys::MESH_TCLASS_BULK as isize,
    /// What may take a night.
    Background = sys::MESH_TCLASS_BACKGROUND as isize,
}

/// How something is sent. The default is right for most.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendOptions<'a> {
    flags: u32,
    class: Option<TrafficClass>,
    metadata: Option<&'a [u8]>,
    key: Option<&'a [u8; sys::MESH_KEY_SIZE]>,
    lifetime: Duration,
    token: u64,
}

impl<'a> SendOptions<'a> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// May be lost, is never repeated; at most 60,000 bytes.
    pub fn unreliable(self) -> Self {
        self.with(sys::MESH_SEND_UNRELIABLE)
    }

    /// Need not wait for messages sent before it.
    pub fn unordered(self) -> Self {
        self.with(sys::MESH_SEND_UNORDERED)
    }

    /// [`crate::Event::Sent`] is wanted.
    pub fn tell_sent(self) -> Self {
        self.with(sys::MESH_SEND_TELL_SENT)
    }

    /// [`crate::Event::Settled`] is wanted also when the message was delivered; when it was not, it comes unasked.
    pub fn tell_settled(self) -> Self {
        self.with(sys::MESH_SEND_TELL_SETTLED)
    }

    /// [`crate::Event::Stored`] is wanted, should the message have to wait.
    pub fn tell_stored(self) -> Self {
        self.with(sys::MESH_SEND_TELL_STORED)
    }

    /// Requests: may be repeated until an answer comes.
    pub fn idempotent(self) -> Self {
        self.with(sys::MESH_SEND_IDEMPOTENT)
    }

    /// Who waits for it; without it `Normal`, for requests `Interactive`.
    pub fn class(mut self, class: TrafficClass) -> Self {
        self.class = Some(class);
        self
    }

    /// Streams and requests: at most 4096 bytes beside the body.
    pub fn metadata(mut self, metadata: &'a [u8]) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// By which the receiver knows a repetition.
    pub fn key(mut self, key: &'a [u8; sys::MESH_KEY_SIZE]) -> Self {
        self.key = Some(key);
        self
    }

    /// Messages: of no use after this; without it no limit. Requests: the deadline; without it 30 s.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// A word of your own that comes back with events.
    pub fn token(mut self, token: u64) -> Self {
        self.token = token;
        self
    }

    fn with(mut self, flag: u32) -> Self {
        self.flags |= flag;
        self
    }

    /// The same for C; lives no longer than what it points to.
    pub(crate) fn raw(&self) -> sys::mesh_send_options {
        let nanoseconds = self.lifetime.as_nanos();
        sys::mesh_send_options {
            size: size_of::<sys::mesh_send_options>() as u32,
            flags: self.flags,
            tclass: self.class.map_or(0, |class| class as u32),
            metadata_len: self.metadata.map_or(0, |bytes| bytes.len().min(u32::MAX as usize) as u32),
            metadata: optional(self.metadata).cast(),
            key: optional(self.key.map(|key| &key[..])),
            // Up: 0 would be no lifetime at all.
            lifetime_ms: ((nanoseconds + 999_999) / 1_000_000).min(u128::from(u64::MAX)) as u64,
            token: self.token,
        }
    }
}

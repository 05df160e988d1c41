// SPDX-License-Identifier: Apache-2.0
//! What a node sends.

use std::ffi::CString;
use std::io::IoSlice;
use std::ptr;

use mesh_sys as sys;

use crate::text::c_string;
use crate::{Buffer, Error, MessageId, Node, Peer, Protocol, Request, RequestId, SendOptions, Stream, StreamId};

/// What a node cannot see by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Percent of the battery that is left; 101 on mains power.
    Battery(u8),
    /// Whether the network costs by the byte.
    Metered(bool),
    /// The network has changed: forget failures and probe.
    NetworkChanged,
}

/// `IoSlice` is `struct iovec` by its documentation, and so is `mesh_slice`.
pub(crate) fn slices(pieces: &[IoSlice<'_>]) -> (*const sys::mesh_slice, u32) {
    (pieces.as_ptr().cast(), pieces.len().min(u32::MAX as usize) as u32)
}

impl Node {
    /// Accepts a message for a peer. It is kept until the receiving application has released it, over the death of any
    /// link. `ErrorCode::Again` when there is no room: [`crate::Event::Room`] follows.
    pub fn send(
        &self,
        peer: Peer,
        protocol: &Protocol,
        body: &[u8],
        options: &SendOptions<'_>,
    ) -> Result<MessageId, Error> {
        self.send_vectored(peer, protocol, &[IoSlice::new(body)], options)
    }

    /// [`Node::send`] of several pieces, put together.
    pub fn send_vectored(
        &self,
        peer: Peer,
        protocol: &Protocol,
        pieces: &[IoSlice<'_>],
        options: &SendOptions<'_>,
    ) -> Result<MessageId, Error> {
        let ((data, count), mut message) = (slices(pieces), 0);
        let (name, options) = (protocol.0.as_ptr(), options.raw());
        // SAFETY: everything is alive for the call, which copies it.
        let answer = unsafe { sys::mesh_send(self.handle(), peer.0, name, data, count, &options, &mut message) };
        Error::check(answer).map(|_| MessageId(message))
    }

    /// Sends an unreliable message to every connected peer; answers how many they are.
    pub fn broadcast(&self, protocol: &Protocol, body: &[u8], options: &SendOptions<'_>) -> Result<u32, Error> {
        let pieces = [IoSlice::new(body)];
        let (data, count) = slices(&pieces);
        // SAFETY: everything is alive for the call, which copies it.
        Error::check(unsafe { sys::mesh_broadcast(self.handle(), protocol.0.as_ptr(), data, count, &options.raw()) })
    }

    /// Room for a message of up to `size` bytes that is sent without a copy.
    pub fn buffer(&self, size: u32) -> Result<Buffer<'_>, Error> {
        Buffer::get(self, size)
    }

    /// Asks a peer: one request, one or more replies, one end.
    pub fn request(
        &self,
        peer: Peer,
        protocol: &Protocol,
        body: &[u8],
        options: &SendOptions<'_>,
    ) -> Result<Request<'_>, Error> {
        let pieces = [IoSlice::new(body)];
        let ((data, count), mut request) = (slices(&pieces), 0);
        let (name, options) = (protocol.0.as_ptr(), options.raw());
        // SAFETY: everything is alive for the call, which copies it.
        let answer = unsafe { sys::mesh_request(self.handle(), peer.0, name, data, count, &options, &mut request) };
        Error::check(answer).map(|_| Request::new(self, RequestId(request)))
    }

    /// Answers a request that [`crate::Event::Request`] brought; with `more` further replies follow.
    pub fn reply(&self, request: RequestId, body: &[u8], more: bool) -> Result<(), Error> {
        let pieces = [IoSlice::new(body)];
        let (data, count) = slices(&pieces);
        let flags = if more { sys::MESH_REPLY_MORE } else { 0 };
        // SAFETY: everything is alive for the call, which copies it.
        Error::check(unsafe { sys::mesh_reply(self.handle(), request.0, data, count, flags) }).map(drop)
    }

    /// Refuses a request with a number of your own below 2^60 and a sentence of at most 512 bytes.
    pub fn refuse(&self, request: RequestId, code: u64, sentence: &str) -> Result<(), Error> {
        let sentence: CString = c_string(sentence.as_bytes(), "the sentence")?;
        // SAFETY: text with its NUL.
        Error::check(unsafe { sys::mesh_refuse(self.handle(), request.0, code, sentence.as_ptr()) }).map(drop)
    }

    /// Opens a stream of bytes, both ways. What the peer answers comes as events.
    pub fn open_stream(&self, peer: Peer, protocol: &Protocol, options: &SendOptions<'_>) -> Result<Stream<'_>, Error> {
        let mut stream = 0;
        // SAFETY: everything is alive for the call, which copies it.
        let answer =
            unsafe { sys::mesh_stream_open(self.handle(), peer.0, protocol.0.as_ptr(), &options.raw(), &mut stream) };
        Error::check(answer).map(|_| Stream::new(self, StreamId(stream)))
    }

    /// The stream that [`crate::Event::Stream`] brought, to read and write.
    pub fn stream(&self, id: StreamId) -> Stream<'_> {
        Stream::new(self, id)
    }

    /// Gives up on a message that has not left yet; the end is told as an event.
    pub fn cancel(&self, message: MessageId) -> Result<(), Error> {
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_cancel(self.handle(), message.0) }).map(drop)
    }

    /// Tells the node what it cannot see by itself.
    pub fn hint(&self, hint: Hint) -> Result<(), Error> {
        let (kind, value) = match hint {
            Hint::Battery(percent) => (sys::MESH_HINT_BATTERY, u64::from(percent)),
            Hint::Metered(metered) => (sys::MESH_HINT_METERED, u64::from(metered)),
            Hint::NetworkChanged => (sys::MESH_HINT_NETWORK, 0),
        };
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_hint(self.handle(), kind, value) }).map(drop)
    }
}

/// The pointer of optional bytes.
pub(crate) fn optional(bytes: Option<&[u8]>) -> *const u8 {
    bytes.map_or(ptr::null(), <[u8]>::as_ptr)
}

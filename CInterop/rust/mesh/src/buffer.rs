// SPDX-License-Identifier: Apache-2.0

use std::mem;
use std::ops::{Deref, DerefMut};
use std::{fmt, ptr, slice};

use mesh_sys as sys;

use crate::{Error, MessageId, Node, Peer, Protocol, SendOptions};

/// Room to write a message into, without a copy afterwards. Dropping it gives it back unsent.
pub struct Buffer<'n> {
    node: &'n Node,
    raw: sys::mesh_buffer,
}

// SAFETY: the room is this value's alone, and any thread may make the calls.
unsafe impl Send for Buffer<'_> {}
unsafe impl Sync for Buffer<'_> {}

impl<'n> Buffer<'n> {
    pub(crate) fn get(node: &'n Node, size: u32) -> Result<Self, Error> {
        let mut raw = sys::mesh_buffer { id: 0, data: ptr::null_mut(), capacity: 0, reserved: 0 };
        // SAFETY: a place for the buffer.
        Error::check(unsafe { sys::mesh_buffer_get(node.handle(), size, &mut raw) })?;
        // SAFETY: the room is ours alone; zeros, so that nobody reads what was there before.
        unsafe { ptr::write_bytes(raw.data, 0, raw.capacity as usize) };
        Ok(Self { node, raw })
    }

    /// Sends the first `len` bytes as [`Node::send`] does. When it fails the buffer comes back with the error.
    pub fn send(
        self,
        len: u32,
        peer: Peer,
        protocol: &Protocol,
        options: &SendOptions<'_>,
    ) -> Result<MessageId, (Error, Self)> {
        let mut message = 0;
        let (handle, name, options) = (self.node.handle(), protocol.0.as_ptr(), options.raw());
        // SAFETY: everything is alive for the call.
        let answer = unsafe { sys::mesh_send_buffer(handle, peer.0, name, self.raw.id, len, &options, &mut message) };
        match Error::check(answer) {
            Ok(_) => {
                mem::forget(self);
                Ok(MessageId(message))
            }
            Err(error) => Err((error, self)),
        }
    }
}

impl Deref for Buffer<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: ours until sent or released, and written once by `get`.
        unsafe { slice::from_raw_parts(self.raw.data, self.raw.capacity as usize) }
    }
}

impl DerefMut for Buffer<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: ours until sent or released, and written once by `get`.
        unsafe { slice::from_raw_parts_mut(self.raw.data, self.raw.capacity as usize) }
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        // SAFETY: the buffer is ours, and given back once.
        unsafe { sys::mesh_buffer_release(self.node.handle(), self.raw.id) };
    }
}

impl fmt::Debug for Buffer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Buffer").field("capacity", &self.raw.capacity).finish_non_exhaustive()
    }
}

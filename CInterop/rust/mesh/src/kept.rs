// SPDX-License-Identifier: Apache-2.0

use std::ops::Deref;
use std::{fmt, slice};

use mesh_sys as sys;

use crate::{Node, Peer};

/// What [`Node::keep`] keeps: the bytes of a message, piece, request or reply, without a copy. Dropping it gives them
/// back, and a message then counts as delivered.
pub struct Kept<'n> {
    node: &'n Node,
    number: u64,
    event: sys::mesh_event,
}

// SAFETY: the bytes are only read, and released through a call that any thread may make.
unsafe impl Send for Kept<'_> {}
unsafe impl Sync for Kept<'_> {}

impl<'n> Kept<'n> {
    /// # Safety
    /// `number` is what the library has just kept `event` under.
    pub(crate) unsafe fn new(node: &'n Node, number: u64, event: sys::mesh_event) -> Self {
        Self { node, number, event }
    }

    /// What came beside it: a request's metadata, a message's idempotency key.
    pub fn meta(&self) -> &[u8] {
        // SAFETY: kept until `drop`; never NULL.
        unsafe { slice::from_raw_parts(self.event.meta, usize::from(self.event.meta_len)) }
    }

    /// Who sent it.
    pub fn peer(&self) -> Peer {
        Peer(self.event.peer)
    }
}

impl Deref for Kept<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: kept until `drop`; never NULL.
        unsafe { slice::from_raw_parts(self.event.data, self.event.len as usize) }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        // SAFETY: the number is ours, and released once.
        unsafe { sys::mesh_release(self.node.handle(), self.number) };
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Kept").field("len", &self.event.len).finish_non_exhaustive()
    }
}

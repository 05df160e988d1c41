// SPDX-License-Identifier: Apache-2.0

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::MaybeUninit;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mesh_sys as sys;

use crate::{Error, ErrorCode, Events, Kept, Lent, Peer, Protocol, ServeOptions};

/// Events that one call takes at most.
const BATCH: usize = 64;

/// One application on one node, opened with [`crate::OpenOptions`].
///
/// It may be used from any thread; a lock inside the library puts the calls in order, so that a thread that waits
/// holds up the others: one thread a node, or a node a thread. [`Node::wake`] is never held up. Dropping it closes
/// it at once; [`Node::close`] first lets what was accepted arrive.
pub struct Node {
    handle: NonNull<sys::mesh_handle>,
    descriptor: RawFd,
    /// Whether an [`Events`] lives. Nobody else touches `batch` meanwhile.
    lent: AtomicBool,
    batch: UnsafeCell<Box<[sys::mesh_event; BATCH]>>,
}

// SAFETY: the library's calls may come from any thread, and `lent` guards the only memory that is written here.
unsafe impl Send for Node {}
unsafe impl Sync for Node {}

impl Node {
    pub(crate) fn from_handle(handle: *mut sys::mesh_handle) -> Result<Self, Error> {
        let handle = NonNull::new(handle).ok_or_else(|| Error::new(ErrorCode::Internal, "no handle"))?;
        // SAFETY: zeros are a valid event.
        let batch = Box::new(unsafe { MaybeUninit::<[sys::mesh_event; BATCH]>::zeroed().assume_init() });
        let mut node = Self { handle, descriptor: -1, lent: AtomicBool::new(false), batch: UnsafeCell::new(batch) };
        // SAFETY: the handle is open.
        let descriptor = unsafe { sys::mesh_fd(handle.as_ptr()) };
        Error::check(descriptor)?;
        node.descriptor = descriptor;
        Ok(node)
    }

    pub(crate) fn handle(&self) -> *mut sys::mesh_handle {
        self.handle.as_ptr()
    }

    /// Ends the node: nothing more is taken, and what was accepted gets `drain` to be confirmed.
    /// `ErrorCode::Expired` when something was not; the node is closed all the same.
    pub fn close(self, drain: Duration) -> Result<(), Error> {
        let milliseconds = drain.as_millis().min(u32::MAX.into()) as u32;
        // SAFETY: nothing lent outlives `self`. The call of `drop` that follows finds it closed and does no harm.
        Error::check(unsafe { sys::mesh_close(self.handle(), milliseconds) }).map(drop)
    }

    /// Takes the events that wait, 64 at most, without blocking. What the last call lent is given back first;
    /// messages among it that were not kept count as delivered. `ErrorCode::State` while an earlier [`Events`]
    /// lives; `ErrorCode::Closed` when the node has ended.
    pub fn events(&self) -> Result<Events<'_>, Error> {
        if self.lent.swap(true, Ordering::Acquire) {
            return Err(Error::new(ErrorCode::State, "the events of the last call are still in use"));
        }
        // SAFETY: `lent` was false, so no reference to the batch is alive.
        let batch = unsafe { &mut *self.batch.get() };
        // SAFETY: room for as many events as is said.
        let answer = unsafe { sys::mesh_events(self.handle(), batch.as_mut_ptr(), BATCH as u32) };
        match Error::check(answer) {
            Ok(count) => Ok(Events::new(self, count as usize)),
            Err(error) => {
                self.lent.store(false, Ordering::Release);
                Err(error)
            }
        }
    }

    /// Takes the events that wait; when there is none, waits for some. None when `timeout` is over or
    /// [`Node::wake`] was called. `None` waits for ever.
    pub fn wait_events(&self, timeout: Option<Duration>) -> Result<Events<'_>, Error> {
        // Taking comes first: it gives back what the last call lent, which must not wait for the next event.
        let events = self.events()?;
        if !events.is_empty() {
            return Ok(events);
        }
        drop(events);
        self.wait(timeout)?;
        self.events()
    }

    /// Waits until events wait (true), [`Node::wake`] is called or `timeout` is over (false); does the node's work
    /// meanwhile.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool, Error> {
        // Up, so that a wait of less than a millisecond is not a loop without any.
        let milliseconds =
            timeout.map_or(-1, |timeout| ((timeout.as_nanos() + 999_999) / 1_000_000).min(i32::MAX as u128) as i32);
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_wait(self.handle(), milliseconds) }).map(|answer| answer != 0)
    }

    /// Makes a [`Node::wait`] of another thread, or the next one, return.
    pub fn wake(&self) -> Result<(), Error> {
        // SAFETY: takes the handle only.
        Error::check(unsafe { sys::mesh_wake(self.handle()) }).map(drop)
    }

    /// Keeps what an event lends, past the next [`Node::events`]. The message does not count as delivered, and uses
    /// the sender's credit, until the [`Kept`] is dropped.
    pub fn keep(&self, lent: &Lent<'_>) -> Result<Kept<'_>, Error> {
        let mut kept = 0;
        // SAFETY: the event is borrowed from the batch it came in; the library refuses that of another node.
        Error::check(unsafe { sys::mesh_keep(self.handle(), lent.event(), &mut kept) })?;
        // SAFETY: the library has just promised to leave it in place until `kept` is released.
        Ok(unsafe { Kept::new(self, kept, *lent.event()) })
    }

    /// Serves a protocol for every peer that the node's lists allow. `ErrorCode::Busy` when somebody else does.
    pub fn serve(&self, protocol: &Protocol, options: &ServeOptions) -> Result<(), Error> {
        // SAFETY: text with its NUL, and options of the size they say.
        Error::check(unsafe { sys::mesh_serve(self.handle(), protocol.0.as_ptr(), &options.raw()) }).map(drop)
    }

    /// Serves it no more. Open streams and requests go on; messages that were not read are refused.
    pub fn unserve(&self, protocol: &Protocol) -> Result<(), Error> {
        // SAFETY: text with its NUL.
        Error::check(unsafe { sys::mesh_unserve(self.handle(), protocol.0.as_ptr()) }).map(drop)
    }

    /// Wants a session with the peer from now on; [`crate::Event::Peer`] says what comes of it. Sending does the
    /// same.
    pub fn connect(&self, peer: Peer) -> Result<(), Error> {
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_connect(self.handle(), peer.0) }).map(drop)
    }

    /// An event of the batch that is lent.
    ///
    /// # Safety Only while `lent` is true because of an [`Events`] that outlives the result.
    pub(crate) unsafe fn batch(&self) -> &[sys::mesh_event; BATCH] {
        // SAFETY: the caller's promise; nothing writes to it meanwhile.
        unsafe { &*self.batch.get() }
    }

    pub(crate) fn give_back(&self) {
        self.lent.store(false, Ordering::Release);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: what the node lent is borrowed from it and therefore gone. A second close is harmless.
        unsafe { sys::mesh_close(self.handle(), 0) };
    }
}

impl AsRawFd for Node {
    fn as_raw_fd(&self) -> RawFd {
        self.descriptor
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is the library's until the node is closed.
        unsafe { BorrowedFd::borrow_raw(self.descriptor) }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Node").field("handle", &self.handle).finish_non_exhaustive()
    }
}

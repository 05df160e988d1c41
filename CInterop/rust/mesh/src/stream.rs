// SPDX-License-Identifier: Apache-2.0

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::ops::Deref;

use mesh_sys as sys;

use crate::node_send::slices;
use crate::{Error, Event, Kept, Lent, Node, StreamId};

/// A stream that a peer opened: who, and its metadata. [`Node::stream`] takes it.
#[derive(Clone, Copy, Debug)]
pub struct IncomingStream<'b>(pub(crate) Lent<'b>);

impl IncomingStream<'_> {
    /// Its number.
    pub fn id(&self) -> StreamId {
        StreamId(self.0.event().id)
    }
}

impl<'b> Deref for IncomingStream<'b> {
    type Target = Lent<'b>;

    fn deref(&self) -> &Lent<'b> {
        &self.0
    }
}

/// A stream of bytes, both ways, that never blocks: `Read` and `Write` answer `WouldBlock` until events bring data
/// or room. Show it every event with [`Stream::take_in`]; what is left is yours, such as `Event::StreamStop`. Data
/// that was not read yet uses the sender's credit.
///
/// Dropping it before [`Stream::finish`] cuts both sides off.
#[derive(Debug)]
pub struct Stream<'n> {
    node: &'n Node,
    id: StreamId,
    inbox: VecDeque<Kept<'n>>,
    /// Bytes of the inbox's first piece that were read.
    read: usize,
    end: Option<Result<(), Error>>,
    finished: bool,
}

impl<'n> Stream<'n> {
    pub(crate) fn new(node: &'n Node, id: StreamId) -> Self {
        Self { node, id, inbox: VecDeque::new(), read: 0, end: None, finished: false }
    }

    /// Its number.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Takes in what an event brings for this stream; false when it is about something else.
    pub fn take_in(&mut self, event: &Event<'_>) -> Result<bool, Error> {
        match event {
            Event::Data(data) if data.stream() == self.id => {
                let kept = self.node.keep(data)?;
                self.inbox.push_back(kept);
            }
            Event::StreamEnd { stream, result, .. } if *stream == self.id => self.end = Some(result.clone()),
            Event::Room { stream: Some(stream), .. } if *stream == self.id => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The next piece, without a copy; `None` when none is here yet, or the peer has finished.
    pub fn next_piece(&mut self) -> Option<Kept<'n>> {
        if self.read == 0 {
            self.inbox.pop_front()
        } else {
            None
        }
    }

    /// Whether the peer's side has ended and everything was read; an error when it did not end well.
    pub fn is_at_end(&self) -> Result<bool, Error> {
        match (&self.end, self.inbox.is_empty()) {
            (Some(Err(error)), true) => Err(error.clone()),
            (Some(Ok(())), true) => Ok(true),
            _ => Ok(false),
        }
    }

    /// Ends our side after all that was written.
    pub fn finish(&mut self) -> Result<(), Error> {
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_stream_finish(self.node.handle(), self.id.0) })?;
        self.finished = true;
        Ok(())
    }

    /// Cuts both sides off at once; the peer learns `code`, a number of your own below 2^60.
    pub fn reset(mut self, code: u64) -> Result<(), Error> {
        self.finished = true;
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_stream_reset(self.node.handle(), self.id.0, code) }).map(drop)
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let piece = match self.inbox.front() {
            Some(piece) => &piece[self.read..],
            None if self.is_at_end()? => return Ok(0),
            None => return Err(io::ErrorKind::WouldBlock.into()),
        };
        let count = piece.len().min(room.len());
        room[..count].copy_from_slice(&piece[..count]);
        if count == piece.len() {
            self.inbox.pop_front();
            self.read = 0;
        } else {
            self.read += count;
        }
        Ok(count)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let (data, count) = slices(pieces);
        // SAFETY: the pieces live for the call, which copies them.
        let answer = unsafe { sys::mesh_stream_write(self.node.handle(), self.id.0, data, count) };
        Ok(Error::check(answer)? as usize)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        if !self.finished && !matches!(self.end, Some(Err(_))) {
            // SAFETY: takes numbers; a stream that has ended is answered with an error.
            unsafe { sys::mesh_stream_reset(self.node.handle(), self.id.0, 0) };
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

use mesh_sys as sys;

use crate::{Error, Event, Node, Reply, RequestId};

/// What an event means for a [`Request`].
#[derive(Clone, Debug)]
pub enum Answer<'b> {
    /// A reply.
    Reply(Reply<'b>),
    /// No more replies: Ok, or why there is none; the number is the server's own when it refused.
    End(Result<(), Error>, u64),
}

/// A request that was asked. Dropping it before its end cancels it.
#[derive(Debug)]
pub struct Request<'n> {
    node: &'n Node,
    id: RequestId,
    ended: bool,
}

impl<'n> Request<'n> {
    pub(crate) fn new(node: &'n Node, id: RequestId) -> Self {
        Self { node, id, ended: false }
    }

    /// Its number.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// What an event means for this request; `None` when it is about something else.
    pub fn take_in<'b>(&mut self, event: &Event<'b>) -> Option<Answer<'b>> {
        match event {
            Event::Reply(reply) if reply.request() == self.id => Some(Answer::Reply(*reply)),
            Event::RequestEnd { request, result, number, .. } if *request == self.id => {
                self.ended = true;
                Some(Answer::End(result.clone(), *number))
            }
            _ => None,
        }
    }

    /// Gives it up; the end comes as an event all the same.
    pub fn cancel(&self) -> Result<(), Error> {
        // SAFETY: takes numbers.
        Error::check(unsafe { sys::mesh_cancel(self.node.handle(), self.id.0) }).map(drop)
    }

    /// Lets it go on without this value; its events come as before.
    pub fn detach(mut self) -> RequestId {
        self.ended = true;
        self.id
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // SAFETY: takes numbers; one that has ended is answered with an error.
            unsafe { sys::mesh_cancel(self.node.handle(), self.id.0) };
        }
    }
}

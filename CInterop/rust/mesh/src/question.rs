// SPDX-License-Identifier: Apache-2.0

use std::ops::Deref;
use std::time::Duration;

use crate::{Error, Lent, Node, RequestId};

/// A request for us. Answer it here, or later by [`Question::id`] with [`Node::reply`] and [`Node::refuse`].
#[derive(Clone, Copy, Debug)]
pub struct Question<'b> {
    pub(crate) node: &'b Node,
    pub(crate) lent: Lent<'b>,
}

impl Question<'_> {
    /// Its number, to answer it later.
    pub fn id(&self) -> RequestId {
        RequestId(self.lent.event().id)
    }

    /// How long an answer is still of use; `None` = no deadline.
    pub fn time_left(&self) -> Option<Duration> {
        Some(self.lent.event().value).filter(|value| *value > 0).map(Duration::from_millis)
    }

    /// The only or last reply.
    pub fn reply(&self, body: &[u8]) -> Result<(), Error> {
        self.node.reply(self.id(), body, false)
    }

    /// A reply that others follow.
    pub fn reply_more(&self, body: &[u8]) -> Result<(), Error> {
        self.node.reply(self.id(), body, true)
    }

    /// Refuses it with a number of your own below 2^60 and a sentence of at most 512 bytes.
    pub fn refuse(&self, code: u64, sentence: &str) -> Result<(), Error> {
        self.node.refuse(self.id(), code, sentence)
    }
}

impl<'b> Deref for Question<'b> {
    type Target = Lent<'b>;

    fn deref(&self) -> &Lent<'b> {
        &self.lent
    }
}

// SPDX-License-Identifier: Apache-2.0

use std::{fmt, slice};

use mesh_sys as sys;

use crate::{Event, Node};

/// The events that one call took. What they lend is borrowed from here.
pub struct Events<'n> {
    node: &'n Node,
    count: usize,
}

impl<'n> Events<'n> {
    pub(crate) fn new(node: &'n Node, count: usize) -> Self {
        Self { node, count }
    }

    /// Each event, in order.
    pub fn iter(&self) -> EventsIterator<'_> {
        // SAFETY: this value holds the batch until it is dropped.
        let batch = unsafe { self.node.batch() };
        EventsIterator { node: self.node, rest: batch[..self.count].iter() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        self.node.give_back();
    }
}

impl fmt::Debug for Events<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self).finish()
    }
}

impl<'b> IntoIterator for &'b Events<'_> {
    type Item = Event<'b>;
    type IntoIter = EventsIterator<'b>;

    fn into_iter(self) -> EventsIterator<'b> {
        self.iter()
    }
}

/// Walks through [`Events`].
#[derive(Debug)]
pub struct EventsIterator<'b> {
    node: &'b Node,
    rest: slice::Iter<'b, sys::mesh_event>,
}

impl<'b> Iterator for EventsIterator<'b> {
    type Item = Event<'b>;

    fn next(&mut self) -> Option<Event<'b>> {
        // SAFETY: an event of the library, whose data is lent until the batch is given back.
        self.rest.next().map(|event| unsafe { Event::new(self.node, event) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}
